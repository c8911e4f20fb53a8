"""What the gate decides on: one debtor's rows, as the law reads them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import BooleanField, CharField, Exists, F, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from accounts.models import Collector as CollectorRow
from accounts.models import Organisation
from agentcollect.kit import db
from campaigns.models import Campaign, Case, Contact, Debtor, Hold, LedgerEntry, SanctionsList, Suppression
from compliance.facts import (
    AttorneyFact,
    Carries,
    Collector,
    ContactFact,
    Facts,
    HoldFact,
    Mandate,
    Recipient,
    Screening,
    SuppressionFact,
)
from outreach.models import Call, Message, Referral, Reply
from outreach.queries.tenant import tenant
from outreach.rules import law

# What a message about the law's own stops confirms, by its intent.
_CONFIRMS = {"notice_opt_out": "opt_out", "notice_cease": "cease", "notice_dispute": "dispute"}
# A mandate lasts twelve months: ask whether somebody was written to before in it.
_HISTORY = timedelta(days=400)
_OPEN = (Referral.Status.PROPOSED, Referral.Status.OFFERED, Referral.Status.ACCEPTED)


@dataclass(frozen=True, slots=True)
class About:
    """What the law asks of the invoice and of its debtor's screening, read in one statement."""

    sanctions_list: str
    amounts_authorised: bool
    ledger_agrees: bool
    attorney: AttorneyFact | None
    owed_since: date | None
    credit_kind: str


def facts(
    *,
    debtor: Debtor,
    campaign: Campaign,
    organisation: Organisation,
    contact: Contact | None,
    at: datetime,
    opt_out: tuple[bool, bool],
    without_message: str = "",
    case: Case | None = None,
    channel: str = "email",
    message: Carries | None = None,
    without_call: str = "",
) -> Facts:
    """The snapshot of one debtor that the gate decides on; call it with the debtor's row locked.

    `opt_out`: whether the rendered message carries the sentence and the link. `message`: what else it, or a call's
    script, carries; without it only what the campaign's brand tells. `without_message` and `without_call`: the attempt
    being decided on, whose own reservation must not count against itself. `case`: the invoice it is about; without it
    all of the debtor's. `channel`: which of the contact's addresses it goes to.
    """
    holds, suppressions = list(_holds(debtor, campaign)), list(_suppressions(debtor))
    since = min([at - _HISTORY, *(row.created_at for row in (*holds, *suppressions))])
    return snapshot(
        debtor=debtor,
        organisation=organisation,
        contact=contact,
        holds=holds,
        suppressions=suppressions,
        history=_history(debtor, since, without_message, without_call),
        opt_out=opt_out,
        campaign=campaign,
        case=case,
        channel=channel,
        message=message,
        about=_about(debtor, campaign, case),
    )


def snapshot(
    *,
    debtor: Debtor,
    organisation: Organisation,
    contact: Contact | None,
    holds: Iterable[Hold],
    suppressions: Iterable[Suppression],
    history: Iterable[ContactFact],
    opt_out: tuple[bool, bool],
    campaign: Campaign | None = None,
    case: Case | None = None,
    channel: str = "email",
    message: Carries | None = None,
    about: About | None = None,
) -> Facts:
    """Rows as the law reads them.

    `about` None: the debtor is still to be made (a preview), and what a worker does before its first contact, such as
    screening, is taken as done; its account is the one line that is placed.
    """
    planned = about is None
    about = about or _planned(debtor, case)
    return Facts(
        debt_class=debtor.debt_class or None,  # type: ignore[arg-type]
        attested_class=organisation.attested_class or None,  # type: ignore[arg-type]
        debtor_type=debtor.debtor_type or None,  # type: ignore[arg-type]
        consumer_enabled=organisation.consumer_enabled,
        livemode=debtor.livemode,
        country=debtor.country or None,
        region=debtor.region or None,
        declared_zone=debtor.timezone or None,
        phone=(contact.phone if contact else "") or debtor.phone or None,
        recipient=_recipient(contact, debtor, channel),
        holds=tuple(map(_hold_fact, holds)),
        suppressions=tuple(map(_suppression_fact, suppressions)),
        history=tuple(history),
        opt_out_line=opt_out[0],
        opt_out_link=opt_out[1],
        enabled_countries=frozenset(organisation.enabled_countries or [organisation.country]),
        credit_kind=about.credit_kind,
        brand_names=frozenset(law.brand_names(organisation.name, organisation.legal_name, campaign)),
        postal_address=(campaign.brand.get("address") if campaign else "") or organisation.postal_address,
        collector=_collector(organisation.collector),
        first_party=organisation.first_party,
        mandate=_mandate(organisation),
        sanctions_list=about.sanctions_list,
        screening=Screening(at=debtor.created_at, list_id=about.sanctions_list) if planned else _screening(debtor),
        inconvenient=law.inconvenient(debtor.inconvenient, since=debtor.created_at),
        owed_since=about.owed_since,
        amounts_authorised=about.amounts_authorised,
        ledger_agrees=about.ledger_agrees,
        attorney=about.attorney,
        message=message or law.carried(campaign),
    )


def _planned(debtor: Debtor, case: Case | None) -> About:
    owed = (case.due_date or case.invoice_date) if case else None
    return About("planned", True, True, None, owed, case.credit_kind if case else "")


def _recipient(contact: Contact | None, debtor: Debtor, channel: str) -> Recipient | None:
    if contact is None:
        return None
    addresses = {"email": contact.email, "letter": debtor.address}
    address = addresses.get(channel, contact.phone or debtor.phone)
    return law.recipient(contact, address) if address else None


def _collector(row: CollectorRow | None) -> Collector | None:
    return law.collector(row.legal_name, row.address, row.licences) if row else None


def _mandate(organisation: Organisation) -> Mandate | None:
    """The mandate's words attest all three at once (accounts.rules.MANDATE)."""
    if organisation.mandate_signed_at is None:
        return None
    signed_at, signed_by = organisation.mandate_signed_at, organisation.mandate_signed_by
    return Mandate(signed_at=signed_at, signed_by=signed_by, due=True, owned=True, nowhere_else=True)


def _screening(debtor: Debtor) -> Screening | None:
    if debtor.screened_at is None:
        return None
    return Screening(at=debtor.screened_at, list_id=debtor.screened_list, hit=debtor.screening_hit)


def _about(debtor: Debtor, campaign: Campaign, case: Case | None) -> About:
    """One statement: the list in force, the account's components and sum, and the attorney of the case."""
    youngest = SanctionsList.objects.order_by("-id").values("id")[:1]
    account = LedgerEntry.objects.filter(case_id=case.id) if case else _accounts(debtor)
    bare = account.filter(kind__in=["interest", "fee"], amount_minor__gt=0, clause="")
    total = LedgerEntry.objects.filter(case_id=case.id if case else "").order_by().values("case_id")
    referral = Referral.objects.filter(case_id=case.id if case else "", status__in=_OPEN).order_by("-id")
    found: dict[str, Any] = (
        Debtor.objects.filter(id=debtor.id)
        .annotate(
            list_id=Subquery(youngest),
            bare=Exists(bare),
            total=Subquery(total.annotate(sum=Sum("amount_minor")).values("sum")),
            licensed=Subquery(referral.values("attorney__bar_state")[:1]),
            accepted=Subquery(referral.values("accepted_at")[:1]),
            referred=Subquery(referral.values("status")[:1]),
        )
        .values("list_id", "bare", "total", "licensed", "accepted", "referred")
        .get()
    )
    return About(
        sanctions_list=found["list_id"] or "",
        amounts_authorised=not found["bare"],
        ledger_agrees=case is None or found["total"] == case.balance_minor,
        attorney=_attorney(found, campaign),
        owed_since=(case.due_date or case.invoice_date) if case else None,
        credit_kind=case.credit_kind if case else "",
    )


def _accounts(debtor: Debtor) -> QuerySet[LedgerEntry]:
    return LedgerEntry.objects.filter(case_id__in=Case.objects.filter(debtor_id=debtor.id, closed_at=None).values("id"))


def _attorney(found: dict[str, Any], campaign: Campaign) -> AttorneyFact | None:
    """Authorised: the campaign goes to attorneys by itself, or the creditor agreed to this case's proposal."""
    if not found["licensed"]:
        return None
    asked = campaign.escalation == Campaign.Escalation.AUTO or found["referred"] != Referral.Status.PROPOSED
    return AttorneyFact(region=found["licensed"], accepted_at=found["accepted"], authorised=asked)


def _holds(debtor: Debtor, campaign: Campaign) -> QuerySet[Hold]:
    cases = Case.objects.filter(debtor_id=debtor.id).values("id")
    contacts = Contact.objects.filter(debtor_id=debtor.id).values("id")
    reached = Q(campaign_id=campaign.id) | Q(debtor_id=debtor.id)
    reached |= Q(db.among("case_id", cases)) | Q(db.among("contact_id", contacts))
    return Hold.objects.filter(reached, released_at=None)


def _hold_fact(hold: Hold) -> HoldFact:
    scope = next(name for name in ("campaign", "debtor", "case", "contact") if getattr(hold, f"{name}_id"))
    return HoldFact(
        kind=hold.kind,
        scope=scope,  # type: ignore[arg-type]
        since=hold.created_at,
        until=hold.ends_at,
        by=hold.actor,
        case_id=hold.case_id,
        contact_id=hold.contact_id,
    )


def _suppressions(debtor: Debtor) -> QuerySet[Suppression]:
    """Opt-outs of this debtor's people, also those they made as another debtor's."""
    contacts = Contact.objects.filter(debtor_id=debtor.id)
    addresses = {text for row in contacts.values_list("email", "phone") for text in row if text}
    addresses |= {debtor.phone} - {""}
    spelt = addresses | {address.lower() for address in addresses}
    rows = tenant(Suppression.objects.all(), debtor.organisation_id, debtor.livemode)
    return rows.filter(Q(address__in=spelt) | Q(db.among("contact_id", contacts.values("id"))))


def _suppression_fact(row: Suppression) -> SuppressionFact:
    channel = None if row.channel == "all" else row.channel
    return SuppressionFact(
        address=row.address, channel=channel, since=row.created_at, contact_id=row.contact_id, reason=row.reason
    )


# The columns of the history's three tables, in the order of `_contact_fact`.
_COLUMNS = (
    "seen_at",
    "channel_",
    "kind_",
    "direction_",
    "state_",
    "case_id",
    "contact_id",
    "intent_",
    "address_",
    "talk",
)


def _history(debtor: Debtor, since: datetime, without_message: str, without_call: str) -> Iterable[ContactFact]:
    """Messages, calls and replies of the debtor over all cases and campaigns, in one statement."""
    mine = Q(debtor_id=debtor.id, created_at__gte=since)
    messages = _columns(
        Message.objects.filter(mine).exclude(id=without_message),
        *(F("channel"), F("kind"), Value("out"), F("status"), F("intent"), F("recipient")),
        seen_at=Coalesce("handed_over_at", "created_at"),
        talk=Value(False, BooleanField()),
    )
    calls = _columns(
        Call.objects.filter(mine).exclude(id=without_call),
        *(Value("call"), F("kind"), Value("out"), F("status"), Value(""), F("phone")),
        seen_at=Coalesce("handed_over_at", "created_at"),
        talk=Q(outcome=Call.Outcome.CONVERSATION),
    )
    replies = _columns(
        Reply.objects.filter(mine),
        *(F("channel"), Value("answer"), Value("in"), F("status"), Value(""), F("sender")),
        seen_at=F("created_at"),
        talk=Value(False, BooleanField()),
    )
    rows = messages.union(calls, replies, all=True)
    return [_contact_fact(row) for row in rows]


def _columns(rows: QuerySet[Any], *texts: Any, seen_at: Any, talk: Any) -> QuerySet[Any, Any]:
    names = ("channel_", "kind_", "direction_", "state_", "intent_", "address_")
    cast = {name: Coalesce(text, Value(""), output_field=CharField()) for name, text in zip(names, texts, strict=True)}
    return rows.order_by().annotate(seen_at=seen_at, talk=talk, **cast).values_list(*_COLUMNS)


def _contact_fact(row: Sequence[Any]) -> ContactFact:
    at, channel, kind, direction, state, case_id, contact_id, intent, address, talk = row
    return ContactFact(
        at=at,
        channel=channel,
        kind=kind,
        direction=direction,
        state=state,
        case_id=case_id,
        contact_id=contact_id,
        confirms=_CONFIRMS.get(intent),  # type: ignore[arg-type]
        address=address,
        conversation=bool(talk),
    )
