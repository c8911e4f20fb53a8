"""What the gate decides on: one debtor's rows, as the law reads them."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from accounts.models import Organisation
from agentcollect.kit import db
from campaigns.models import Campaign, Case, Contact, Debtor, Hold, Suppression
from compliance.facts import ContactFact, Facts, HoldFact, Recipient, SuppressionFact
from outreach.models import Message
from outreach.queries.tenant import tenant

# look back seven days; one more for clocks and zones.
_HISTORY = timedelta(days=8)


def facts(
    *,
    debtor: Debtor,
    campaign: Campaign,
    organisation: Organisation,
    contact: Contact | None,
    at: datetime,
    opt_out: tuple[bool, bool],
    without_message: str = "",
) -> Facts:
    """The snapshot of one debtor that the gate decides on; call it with the debtor's row locked.

    `opt_out`: whether the rendered message carries the sentence and the link. `without_message`: the message being
    decided on, whose own reservation must not count against itself.
    """
    holds, suppressions = list(_holds(debtor, campaign)), list(_suppressions(debtor))
    since = min([at - _HISTORY, *(row.created_at for row in (*holds, *suppressions))])
    return snapshot(
        debtor=debtor,
        organisation=organisation,
        contact=contact,
        holds=holds,
        suppressions=suppressions,
        history=_history(debtor, since, without_message),
        opt_out=opt_out,
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
) -> Facts:
    """Rows as the law reads them."""
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
        recipient=_recipient(contact),
        holds=tuple(map(_hold_fact, holds)),
        suppressions=tuple(map(_suppression_fact, suppressions)),
        history=tuple(history),
        opt_out_line=opt_out[0],
        opt_out_link=opt_out[1],
    )


def _recipient(contact: Contact | None) -> Recipient | None:
    if contact is None or not contact.email:
        return None
    return Recipient(contact_id=contact.id, address=contact.email, basis=contact.basis, source=contact.source)  # type: ignore[arg-type]


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
    spelt = addresses | {address.lower() for address in addresses}
    rows = tenant(Suppression.objects.all(), debtor.organisation_id, debtor.livemode)
    return rows.filter(Q(address__in=spelt) | Q(db.among("contact_id", contacts.values("id"))))


def _suppression_fact(row: Suppression) -> SuppressionFact:
    channel = None if row.channel == "all" else row.channel
    return SuppressionFact(address=row.address, channel=channel, since=row.created_at, contact_id=row.contact_id)


def _history(debtor: Debtor, since: datetime, without_message: str) -> Iterable[ContactFact]:
    rows = Message.objects.filter(debtor_id=debtor.id, created_at__gte=since).exclude(id=without_message)
    for row in rows.only("created_at", "handed_over_at", "channel", "kind", "status", "case_id", "contact_id"):
        yield ContactFact(
            at=row.handed_over_at or row.created_at,
            channel=row.channel,
            kind=row.kind,  # type: ignore[arg-type]
            state=row.status,
            case_id=row.case_id,
            contact_id=row.contact_id,
        )
