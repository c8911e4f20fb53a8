"""What the gate decides on, read for many debtors at once: a number of statements that does not depend on theirs."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from agentcollect.kit import db
from campaigns.models import Campaign, Case, Contact, Debtor, Hold, SanctionsList, Suppression
from compliance.facts import ContactFact
from outreach.models import Call, Message, Reply
from outreach.queries.facts import About
from outreach.queries.tenant import tenant

# look back a week; over the mandate.
_HISTORY = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one debtor."""

    people: list[Contact] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    suppressions: list[Suppression] = field(default_factory=list)
    history: list[ContactFact] = field(default_factory=list)


def known(campaign: Campaign, debtors: Collection[Debtor], *, at: datetime) -> dict[str, Known]:
    """Debtor id → what is known of it: people, holds in force, opt-outs, and every contact over all campaigns."""
    found: dict[str, Known] = defaultdict(Known)
    among = {debtor.id for debtor in debtors}
    for person in Contact.objects.filter(db.among("debtor_id", among)).order_by("id"):
        found[person.debtor_id].people.append(person)
    _add_holds(found, campaign, among)
    _add_suppressions(found, campaign, debtors)
    since = at - _HISTORY
    mine = Q(db.among("debtor_id", among), created_at__gte=since)
    for debtor_id, fact in _contacts(mine):
        found[debtor_id].history.append(fact)
    return found


def _add_holds(found: dict[str, Known], campaign: Campaign, among: set[str]) -> None:
    cases = Case.objects.filter(db.among("debtor_id", among)).values("id")
    people = [person.id for one in found.values() for person in one.people]
    about = Q(campaign_id=campaign.id) | Q(db.among("debtor_id", among))
    about |= Q(case_id__in=cases) | Q(db.among("contact_id", people))
    for hold in Hold.objects.filter(about, released_at=None).select_related("case", "contact"):
        on = hold.case or hold.contact
        owner = on.debtor_id if on else hold.debtor_id
        for debtor_id in [owner] if owner else among:
            found[debtor_id].holds.append(hold)


def _add_suppressions(found: dict[str, Known], campaign: Campaign, debtors: Collection[Debtor]) -> None:
    """By the address that was closed, and by the person who closed it."""
    owners: dict[str, set[str]] = defaultdict(set)
    for debtor in debtors:
        people = found[debtor.id].people
        texts = [text for person in people for text in (person.email, person.phone, person.id)]
        for text in {*texts, debtor.phone} - {""}:
            owners[text] |= {debtor.id}
            owners[text.lower()] |= {debtor.id}
    own = Suppression.objects.filter(clock_id=campaign.clock_id)
    rows = tenant(own, campaign.organisation_id, campaign.livemode)
    for row in rows.filter(Q(address__in=list(owners)) | Q(contact_id__in=list(owners))):
        for debtor_id in owners.get(row.address, set()) | owners.get(row.contact_id or "", set()):
            found[debtor_id].suppressions.append(row)


def _contacts(mine: Q) -> Iterable[tuple[str, ContactFact]]:
    for message in Message.objects.filter(mine).defer("text", "html", "paragraphs"):
        at = message.handed_over_at or message.created_at
        facts = {"state": message.status, "case_id": message.case_id, "contact_id": message.contact_id}
        fact = ContactFact(at=at, channel=message.channel, kind=message.kind, address=message.recipient, **facts)  # type: ignore[arg-type]
        yield message.debtor_id, fact
    for call in Call.objects.filter(mine).defer("script", "transcript"):
        at, spoken = call.handed_over_at or call.created_at, call.outcome == Call.Outcome.CONVERSATION
        facts = {"state": call.status, "case_id": call.case_id, "contact_id": call.contact_id or ""}
        yield call.debtor_id, ContactFact(at=at, channel="call", address=call.phone, conversation=spoken, **facts)
    for reply in Reply.objects.filter(mine).only("created_at", "channel", "case_id", "contact_id", "debtor_id"):
        facts = {"case_id": reply.case_id or "", "contact_id": reply.contact_id or ""}
        yield (
            reply.debtor_id or "",
            ContactFact(at=reply.created_at, channel=reply.channel, kind="answer", direction="in", **facts),
        )


def screened_about(debtor: Debtor, case: Case, sanctions_list: str) -> About | None:
    """What the law asks of the invoice, where its debtor has been screened; None: as of one still to be placed.

    That the account's lines are authorised and agree with its balance is taken as given; the gate asks again.
    """
    if debtor.screened_at is None:
        return None
    owed_since = case.due_date or case.invoice_date
    return About(sanctions_list, True, True, None, owed_since, case.credit_kind)


def list_in_force() -> str:
    """The list of sanctions that names are compared with; "" none is loaded."""
    return SanctionsList.objects.order_by("-id").values_list("id", flat=True).first() or ""
