"""Doing what the reducer said: each act a call down, all of them in the transaction that marks the reply as read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from agentcollect.kit import clock, db, ids
from agentcollect.kit.prepared import Prepared, PreparedValues
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case, Contact, Debtor, Document, Hold, Step
from campaigns.operations.facts import about, case_data, whereabouts
from campaigns.queries import shared_documents
from campaigns.rules import offers
from campaigns.rules.tasks import business_days_after
from events.operations import record
from outreach import queries
from outreach.models import Message, Reply
from outreach.operations import answering, matching
from outreach.rules import law
from outreach.rules.replies import Act, Heard, Situation
from payments import operations as payments


@dataclass(frozen=True, slots=True)
class Scene:
    """The locked rows that a reply is about, and who did it (`by`: the debtor, or the person who read it)."""

    reply: Reply
    debtor: Debtor
    case: Case
    campaign: Campaign
    by: str
    at: datetime

    @classmethod
    def locked(cls, reply_id: str, *, by: str, at: datetime) -> "Scene":
        """Lock debtor, case, reply, in the order of kit.db.locked."""
        debtor_id, case_id = _whose.one(id=reply_id)
        debtor, case = _debtor.one(id=debtor_id), _case.one(id=case_id)
        case.debtor = debtor
        reply = _reply.one(id=reply_id)
        reply.case = case
        campaign = _campaign.one(id=case.campaign_id)
        return cls(reply, debtor, case, campaign, by, at)

    @property
    def evidence(self) -> dict[str, Any]:
        said = self.reply.text[:500]
        return {"reply_id": self.reply.id, "reason": f"they wrote: {said[:160]}", "quote": said}

    @property
    def zone(self) -> str:
        return self.campaign.organisation.timezone


_whose = PreparedValues(lambda id: Reply.objects.filter(id=id).values_list("debtor_id", "case_id"))
_debtor = Prepared(lambda id: db.locked(Debtor.objects.filter(id=id)))
_case = Prepared(lambda id: db.locked(Case.objects.filter(id=id)))
_reply = Prepared(lambda id: db.locked(Reply.objects.filter(id=id)))
_campaign = Prepared(lambda id: Campaign.objects.select_related("organisation").filter(id=id))


def situation(scene: Scene, *, person: bool = False) -> Situation:
    """How things stand, as the reducer reads them."""
    policy = offers.policy(scene.campaign.offer_policy, scene.campaign.organisation.offer_policy)
    told, case = scene.reply.interpretation, scene.case
    contacts = matching.people_of(debtor_id=scene.debtor.id)
    return Situation(
        text=scene.reply.text,
        identity=scene.reply.identity,
        balance_minor=case.balance_minor,
        currency=case.currency,
        today=offers.today(scene.zone, scene.at),
        company_domains=matching.company_domains(scene.debtor, contacts),
        automatic=bool(told.get("automatic")),
        hidden=bool(told.get("hidden")),
        closed=case.closed_at is not None,
        consumer=whereabouts(scene.debtor).consumer,
        person=person,
        has_contact=_written_to(scene) is not None,
        plans=policy.plans,
        max_promise_days=policy.max_promise_days,
        documents=_documents(case),
        phone=scene.reply.contact.phone if scene.reply.contact else "",
    )


def _documents(case: Case) -> tuple[str, ...]:
    """Names of what the pay page lists for the debtor, where the invoice itself is among it."""
    found = shared_documents(case)
    return tuple(one.name for one in found) if found and found[0].kind == Document.Kind.INVOICE else ()


def known_contact(scene: Scene, heard: Heard) -> Contact | None:
    """The sender as a contact: somebody of the company's who wrote becomes one (R-07, debtor_used)."""
    reply = scene.reply
    if reply.contact_id:
        return Contact.objects.get(id=reply.contact_id)
    if reply.identity != Reply.Identity.COMPANY:
        return None
    before = Contact.objects.filter(id=_message_contact(reply)).first()
    name = str(reply.interpretation.get("sender_name") or "")
    made = _contact(scene, name=name, email=reply.sender, phone="", like=before)
    Reply.objects.filter(id=reply.id).update(contact=made)
    reply.contact = made
    return made


def _message_contact(reply: Reply) -> str:

    return Message.objects.filter(id=reply.message_id).values_list("contact_id", flat=True).first() or ""


def _written_to(scene: Scene) -> Contact | None:
    """Whose address a stop closes: the sender's, else the one our message went to."""
    return _person.first(id=scene.reply.contact_id or _message_contact(scene.reply))


_person = Prepared(lambda id: Contact.objects.filter(id=id))


def _contact(scene: Scene, *, name: str, email: str, phone: str, like: Contact | None) -> Contact:
    """Somebody the debtor made known; the row that exists already, when one does."""
    standing = Contact.objects.filter(debtor_id=scene.debtor.id, email__iexact=email).first()
    if standing is not None:
        return standing
    made = Contact.objects.create(
        id=ids.new("con"),
        organisation_id=scene.debtor.organisation_id,
        livemode=scene.debtor.livemode,
        created_at=scene.at,
        recorded_at=clock.now(),
        updated_at=scene.at,
        debtor=scene.debtor,
        name=name,
        email=email,
        phone=phone,
        level=like.level if like else 1,
        source=Contact.Source.DEBTOR,
        basis="debtor_used",
        sources=["debtor"],
        confidence=100,
    )
    campaigns.enforce(
        organisation_id=made.organisation_id, livemode=made.livemode, debtor_ids=[scene.debtor.id], at=scene.at
    )
    _record(scene, "contact.added", contact_id=made.id, name=made.name or made.email)
    return made


# --- acts


def perform(scene: Scene, acts: list[Act], heard: Heard) -> tuple[str, bool]:
    """Do them in order. Returns what came of it in plain words, and whether a person must look.

    Raises ApiError or IntegrityError when an operation refuses; then nothing of it may stand.
    """
    contact = known_contact(scene, heard)
    said = [words for act in acts if (words := _DO[act.do](scene, contact, act.facts))]
    waits = any(act.do in ("task", "cease_task", "document_needed") for act in acts)
    return "; ".join(said)[:300] or "nothing to do", waits


def _hold(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    evidence = scene.evidence | {"label": facts["label"]}
    campaigns.hold(kind=facts["kind"], on=scene.debtor, by="debtor", at=scene.at, evidence=evidence)
    return f"on hold: {facts['kind']}"


def _suppress(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    person = contact or _written_to(scene)
    if person is None:
        return ""
    evidence = {"how": "reply", "reply_id": scene.reply.id}
    campaigns.suppress(
        contact=person, channel=facts["channel"], reason="opt_out", by="debtor", at=scene.at, evidence=evidence
    )
    return f"{facts['channel']} closed"


def _close_contact(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    person = contact or _written_to(scene)
    if person is None:
        return ""
    evidence = scene.evidence | {"label": "wrong_person"}
    campaigns.hold(kind="compliance_review", on=person, by="debtor", at=scene.at, evidence=evidence)
    return "that person is not written to again"


def _cease_task(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    _task(
        scene,
        None,
        {"kind": "decide_cease", "reason": "They ask for no more contact; nothing is sent until you decide."},
    )
    return "asked you what to do"


def _task(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    organisation = scene.campaign.organisation
    reply = scene.reply
    campaigns.open_task(
        kind=facts["kind"],
        debtor=scene.debtor,
        case=scene.case,
        cause=reply.id,
        reason=facts["reason"],
        facts={"reply_id": reply.id, "from": reply.sender, "subject": reply.subject, "text": reply.text[:1000]},
        due_at=business_days_after(scene.at, 1, zone=organisation.timezone, country=organisation.country),
        by="engine",
        at=scene.at,
    )
    return str(facts["reason"])


def _answer(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    """Never to somebody unknown, whatever a person made of the message."""
    if contact is None or scene.reply.identity == Reply.Identity.UNKNOWN:
        return ""
    asked = {name: facts[name] for name in ("intent", "kind", "facts", "confirms")}
    answering.plan_answer(case=scene.case, contact=contact, cause=scene.reply.id, at=scene.at, **asked)
    return "answered" if facts["kind"] == "answer" else "confirmed"


def _promise(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    payments.make_promise(
        case_id=scene.case.id,
        amount_minor=facts["amount_minor"],
        due_on=facts["due_on"],
        source="reply",
        evidence=scene.evidence,
        cause=scene.reply.id,
        by="debtor",
        at=scene.at,
    )
    return f"promise for {facts['due_on'].isoformat()}"


def _dispute(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    campaigns.open_dispute(
        case_id=scene.case.id,
        reason=facts["reason"],
        text=scene.reply.text[:5000],
        amount_minor=facts["amount_minor"],
        source="reply",
        evidence=scene.evidence,
        by="debtor",
        at=scene.at,
    )
    return f"dispute opened: {facts['reason']}"


def _claim_paid(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    campaigns.claim_paid(case_id=scene.case.id, source="reply", evidence=scene.evidence, by="debtor", at=scene.at)
    return "they say it is paid: asking stops, the account stays as it is"


def _document_needed(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    _task(scene, contact, {"kind": "document_needed", "reason": facts["reason"]})
    _record(scene, "document.needed", reply_id=scene.reply.id, reason=facts["reason"])
    _only_asking_waits(scene)
    return str(facts["reason"])


def _only_asking_waits(scene: Scene) -> None:
    """What they asked for is understood: until it is there nothing is asked of them, but they are answered."""
    others = Reply.objects.filter(debtor_id=scene.debtor.id, status__in=("received", "needs_human"))
    if others.exclude(id=scene.reply.id).exists():
        return
    held = Hold.objects.filter(debtor_id=scene.debtor.id, kind="compliance_review", released_at=None, actor="engine")
    for one in held:
        if one.evidence.get("cause") == "reply":
            Hold.objects.filter(id=one.id).update(evidence=one.evidence | {"waits_for": "document"})


def _referral(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    """The person they name comes before the one who named them, at the same level."""
    named = _contact(scene, **facts, like=contact)
    if contact is not None and contact.id != named.id:
        Contact.objects.filter(id=contact.id, confidence__gt=60).update(confidence=60, updated_at=scene.at)
        if contact.source == Contact.Source.ENRICHMENT or named.source != Contact.Source.ENRICHMENT:
            Contact.objects.filter(id=named.id).update(confidence=100, updated_at=scene.at)
    return f"{named.email} is written to from now on"


def _defer(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    """What would go to this person waits for the morning of the day they are back."""
    back = datetime.combine(facts["until"], time(8), ZoneInfo(scene.debtor.timezone or scene.zone))
    until = back.astimezone(scene.at.tzinfo)
    planned = Step.objects.filter(debtor_id=scene.debtor.id, status=Step.Status.PLANNED, kind="outreach")
    for step in planned.filter(channel="email", due_at__lt=until):
        person = queries.contact_for(scene.debtor, step.level)
        if contact is not None and person is not None and person.id == contact.id:
            reason = f"out of office until {facts['until'].isoformat()}"
            Step.objects.filter(id=step.id, status=Step.Status.PLANNED).update(due_at=until, reason=reason)
            Case.objects.filter(id=step.case_id).update(next_contact_at=until, updated_at=scene.at)
    return f"away until {facts['until'].isoformat()}"


def _inconvenient(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    """Times and media of their own choice hold for everybody of theirs; calls they close take back any consent."""
    windows = facts["windows"]
    words = "; ".join(law.said(one) for one in windows)
    rows = [law.as_row(one) for one in windows]
    campaigns.note_inconvenient(
        debtor=scene.debtor, windows=rows, by="debtor", at=scene.at, evidence=_quoting(scene, windows), words=words
    )
    closed = {one.channel for one in windows if not (one.days or one.starts or one.ends)} & {"call", "sms"}
    if contact is not None and closed:
        campaigns.revoke_consents(
            contact=contact, channels=closed, by="debtor", at=scene.at, evidence=_quoting(scene, windows)
        )
    return f"noted: {words}"


def _quoting(scene: Scene, said: Sequence[Any]) -> dict[str, Any]:
    return {"reply_id": scene.reply.id, "quote": " ".join(dict.fromkeys(one.quote for one in said))[:500]}


def _consent(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    if contact is None:
        return ""
    evidence = {"reply_id": scene.reply.id, "quote": facts["quote"]}
    channel, phone = facts["channel"], facts["phone"]
    campaigns.consent(contact=contact, channel=channel, phone=phone, by="debtor", at=scene.at, evidence=evidence)
    return f"agreed to {facts['channel']} on {facts['phone']}"


def _ignore(scene: Scene, contact: Contact | None, facts: dict[str, Any]) -> str:
    return ""


_DO: dict[str, Callable[[Scene, Contact | None, dict[str, Any]], str]] = {
    "hold": _hold,
    "suppress": _suppress,
    "close_contact": _close_contact,
    "cease_task": _cease_task,
    "task": _task,
    "answer": _answer,
    "promise": _promise,
    "dispute": _dispute,
    "claim_paid": _claim_paid,
    "document_needed": _document_needed,
    "referral": _referral,
    "defer": _defer,
    "inconvenient": _inconvenient,
    "consent": _consent,
    "ignore": _ignore,
}


def _record(scene: Scene, type: str, **data: Any) -> None:
    record(
        type=type,
        organisation_id=scene.case.organisation_id,
        livemode=scene.case.livemode,
        data=case_data(scene.case, scene.debtor.name, **data),
        by="debtor",
        at=scene.at,
        about=about(scene.case),
        cause=scene.reply.id,
    )
