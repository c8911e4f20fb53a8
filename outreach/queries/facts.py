"""What the gate decides on: one debtor's rows, as the law reads them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from accounts.models import Collector as CollectorRow
from accounts.models import Organisation
from campaigns.models import Campaign, Case, Contact, Debtor, Hold, LedgerEntry, Suppression
from campaigns.queries import namesakes
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
    is_consumer,
)
from outreach.models import Referral
from outreach.queries import desk
from outreach.queries.desk import File, Referred, Seen
from outreach.queries.ground import validated_at
from outreach.rules import law

# What a message about the law's own stops confirms, by its intent.
_CONFIRMS = {"notice_opt_out": "opt_out", "notice_cease": "cease", "notice_dispute": "dispute"}
# A mandate lasts twelve months: ask whether somebody was written to before in it.
_HISTORY = timedelta(days=400)
# What may be asked for beside the principal only where a clause or a statute allows it.
_ADDED = (LedgerEntry.Kind.INTEREST, LedgerEntry.Kind.FEE)


@dataclass(frozen=True, slots=True)
class About:
    """What the law asks of the invoice and of its debtor's screening."""

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
    file: File | None = None,
) -> Facts:
    """The snapshot of one debtor that the gate decides on; call it with the debtor's row locked.

    `opt_out`: whether the rendered message carries the sentence and the link. `message`: what else it, or a call's
    script, carries; without it only what the campaign's brand tells. `without_message` and `without_call`: the attempt
    being decided on, whose own reservation must not count against itself. `case`: the invoice it is about; without it
    all of the debtor's. `channel`: which of the contact's addresses it goes to. `file`: the debtor's, where the caller
    has read it behind the same lock.
    """
    if file is None:
        file = desk.file_of(debtor, campaign.id, [case.id] if case else _open_cases(debtor), steps=False)
    begun = [*(row.created_at for row in file.holds), *(row.created_at for row in file.suppressions)]
    since = min([at - _HISTORY, *begun])
    found = snapshot(
        debtor=debtor,
        organisation=organisation,
        contact=contact,
        holds=file.holds,
        suppressions=file.suppressions,
        history=_history(file.seen, since, {without_message, without_call} - {""}),
        opt_out=opt_out,
        campaign=campaign,
        case=case,
        channel=channel,
        message=message,
        about=_about(file, campaign, case),
    )
    if not is_consumer(found):
        return replace(found, history=(*found.history, *_of_namesakes(debtor, since)))
    return replace(found, validation_at=validated_at(case)) if case else found


def _of_namesakes(debtor: Debtor, since: datetime) -> list[ContactFact]:
    """What was asked of the same company under another identity: it fills the same caps (R-12), until a person says
    that they are two. People of one name are more often two, so a consumer's are never taken together."""
    twins = namesakes(debtor)
    seen = desk.seen_of(twins) if twins else []
    return [_contact_fact(one) for one in seen if one.kind == "outreach" and one.created_at >= since]


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


def _about(file: File, campaign: Campaign, case: Case | None) -> About:
    """The list in force, the account's components and sum, and the attorney of the case."""
    accounts = [file.ledger[case.id]] if case else list(file.ledger.values())
    bare = [
        entry
        for entries in accounts
        for entry in entries
        if entry.kind in _ADDED and entry.amount_minor > 0 and not entry.clause
    ]
    own = file.ledger[case.id] if case else []
    agrees = bool(own) and sum(entry.amount_minor for entry in own) == (case.balance_minor if case else 0)
    return About(
        sanctions_list=file.ways.sanctions_list,
        amounts_authorised=not bare,
        ledger_agrees=case is None or agrees,
        attorney=_attorney(file.referrals.get(case.id) if case else None, campaign),
        owed_since=(case.due_date or case.invoice_date) if case else None,
        credit_kind=case.credit_kind if case else "",
    )


def _open_cases(debtor: Debtor) -> list[str]:
    return list(Case.objects.filter(debtor_id=debtor.id, closed_at=None).values_list("id", flat=True))


def _attorney(referral: Referred | None, campaign: Campaign) -> AttorneyFact | None:
    """Authorised: the campaign goes to attorneys by itself, or the creditor agreed to this case's proposal."""
    if referral is None:
        return None
    asked = campaign.escalation == Campaign.Escalation.AUTO or referral.status != Referral.Status.PROPOSED
    return AttorneyFact(region=referral.region, accepted_at=referral.accepted_at, authorised=asked)


def _hold_fact(hold: Hold) -> HoldFact:
    scope = next(name for name in ("campaign", "debtor", "case", "contact") if getattr(hold, f"{name}_id"))
    return HoldFact(
        # While they wait for a paper of ours, only asking stops (outreach.operations.reducing).
        kind="document_needed" if hold.evidence.get("waits_for") == "document" else hold.kind,
        scope=scope,  # type: ignore[arg-type]
        since=hold.created_at,
        until=hold.ends_at,
        by=hold.actor,
        case_id=hold.case_id,
        contact_id=hold.contact_id,
    )


def _suppression_fact(row: Suppression) -> SuppressionFact:
    channel = None if row.channel == "all" else row.channel
    return SuppressionFact(
        address=row.address, channel=channel, since=row.created_at, contact_id=row.contact_id, reason=row.reason
    )


def _history(seen: Iterable[Seen], since: datetime, without: Collection[str]) -> list[ContactFact]:
    """Messages, calls and replies of the debtor over all cases and campaigns."""
    return [_contact_fact(row) for row in seen if row.created_at >= since and row.id not in without]


def _contact_fact(row: Seen) -> ContactFact:
    return ContactFact(
        at=row.seen_at,
        channel=row.channel,
        kind=row.kind,  # type: ignore[arg-type]
        direction=row.direction,  # type: ignore[arg-type]
        state=row.state,
        case_id=row.case_id,
        contact_id=row.contact_id,
        confirms=_CONFIRMS.get(row.intent),  # type: ignore[arg-type]
        address=row.address,
        conversation=bool(row.talk),
    )
