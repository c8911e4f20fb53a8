"""Every read of outreach worth a name."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from accounts.models import Organisation
from agentcollect.kit import crypto, db
from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign, Case, Contact, Debtor, Hold, LedgerEntry, Suppression
from campaigns.queries import usable_contacts
from compliance.facts import ContactFact, Facts, HoldFact, Recipient, SuppressionFact
from compliance.zones import region_code
from outreach.models import Attorney, Decision, Message, Referral
from outreach.rules import Licence

_PURPOSE, _PREFIX = "optout", "con"
# look back seven days; one more for clocks and zones.
_HISTORY = timedelta(days=8)
# States in which the debtor was certainly, or possibly, reached.
LEFT = (
    Message.Status.HANDED_OVER,
    Message.Status.SENT,
    Message.Status.DELIVERED,
    Message.Status.BOUNCED,
    Message.Status.UNCONFIRMED,
)


# --- for the API


def messages(organisation_id: str, livemode: bool) -> QuerySet[Message]:
    """Every message of one organisation in one mode."""
    return _tenant(Message.objects.all(), organisation_id, livemode)


def decisions(organisation_id: str, livemode: bool) -> QuerySet[Decision]:
    """Every answer of the gate for one organisation in one mode."""
    return _tenant(Decision.objects.all(), organisation_id, livemode)


def campaign_messages(organisation_id: str, livemode: bool, campaign_id: str) -> QuerySet[Message]:
    """The messages of one campaign. Raises ApiError(not_found) where the campaign is not theirs."""
    if not _tenant(Campaign.objects.all(), organisation_id, livemode).filter(id=_plain(campaign_id)).exists():
        raise ApiError("not_found")
    return messages(organisation_id, livemode).filter(campaign_id=campaign_id)


def message(organisation_id: str, livemode: bool, message_id: str) -> Message:
    """One message. Raises ApiError(not_found)."""
    found = messages(organisation_id, livemode).filter(id=_plain(message_id)).first()
    if found is None:
        raise ApiError("not_found")
    return found


def case_decisions(organisation_id: str, livemode: bool, case_id: str) -> QuerySet[Decision]:
    """What the gate said about one case, refusals too. Raises ApiError(not_found)."""
    if not _tenant(Case.objects.all(), organisation_id, livemode).filter(id=_plain(case_id)).exists():
        raise ApiError("not_found")
    return decisions(organisation_id, livemode).filter(case_id=case_id)


def _tenant(rows: QuerySet, organisation_id: str, livemode: bool) -> QuerySet:
    return rows.filter(organisation_id=organisation_id, livemode=livemode)


def _plain(text: str) -> str:
    """`text` as a value one may look for: NUL, which PostgreSQL refuses even in a question, finds nothing."""
    return text.replace("\0", "?")


# --- for the gate


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
    rows = _tenant(Suppression.objects.all(), debtor.organisation_id, debtor.livemode)
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


def contact_for(debtor: Debtor, level: int) -> Contact | None:
    """Whom a step of `level` writes to: that level's person, else the nearest level's; given ones before found ones.

    An address that opted out, that no mail reaches, or that the creditor closed, is taken only when there is no other:
    the gate then says why.
    """
    people = list(Contact.objects.filter(debtor_id=debtor.id).exclude(email=""))
    usable = set(usable_contacts(debtor.id).values_list("id", flat=True))

    def order(person: Contact) -> tuple[bool, int, int, bool, int, str]:
        unusable = person.id not in usable
        found = person.source == Contact.Source.ENRICHMENT
        distance = abs(person.level - level)
        return unusable, distance, person.level, found, -person.confidence, person.id

    return min(people, key=order, default=None)


def reachable(debtor: Debtor) -> bool:
    """Whether any address of this debtor is left to write to."""
    return usable_contacts(debtor.id).exists()


def suppressions_among(organisation_id: str, livemode: bool, addresses: Iterable[str]) -> list[Suppression]:
    """The opt-outs of any of these addresses."""
    spelt = {form for address in addresses for form in (address, address.lower())}
    return list(_tenant(Suppression.objects.all(), organisation_id, livemode).filter(address__in=spelt))


# --- for the message


def ledger(case: Case) -> list[LedgerEntry]:
    """The case's account in order."""
    return list(LedgerEntry.objects.filter(case_id=case.id).order_by("created_at", "id"))


def zone_of(organisation: Organisation) -> ZoneInfo:
    """Where the creditor's days begin and end."""
    return ZoneInfo(organisation.timezone)


def thread(case: Case) -> list[str]:
    """Message-IDs of this case's messages that left or may have left, oldest first."""
    rows = Message.objects.filter(case_id=case.id, channel="email", status__in=LEFT)
    return list(rows.order_by("created_at", "id").values_list("rfc_message_id", flat=True))


def opt_out_url(contact_id: str) -> str:
    """The address at which this contact opts out, with no login."""
    return f"{settings.PUBLIC_URL}/optout/{crypto.sign_id(_PURPOSE, contact_id)}"


def contact_of_token(token: str) -> Contact | None:
    """The contact an opt-out link was made for; None for every other text, without a word to the database."""
    contact_id = crypto.read_signed_id(_PURPOSE, _PREFIX, token)
    if contact_id is None:
        return None
    return Contact.objects.select_related("debtor", "organisation").filter(id=contact_id).first()


def creditor_seen_by(contact: Contact) -> tuple[str, object]:
    """(name, colours) of the creditor as this contact knows it: from the last message, else the organisation's own."""
    last = Message.objects.filter(contact_id=contact.id).order_by("-created_at", "-id").first()
    if last is None:
        return contact.organisation.name, contact.organisation.brand.get("colors")
    campaign = Campaign.objects.only("brand", "creditor").get(id=last.campaign_id)
    return campaign.brand.get("name") or campaign.creditor, campaign.brand.get("colors")


# --- for the attorney


def contacts_made(case: Case) -> int:
    """How many messages about this case reached, or may have reached, its debtor."""
    return Message.objects.filter(case_id=case.id, kind="outreach", status__in=LEFT).count()


def licences(*, sandbox: bool) -> list[Licence]:
    """The directory as the choice looks at it. Demo attorneys are never offered real cases, nor the reverse."""
    open_ = Q(referrals__status__in=[Referral.Status.OFFERED, Referral.Status.ACCEPTED])
    rows = Attorney.objects.filter(active=True, sandbox=sandbox, capacity__gt=0).annotate(
        taken=Count("referrals", filter=open_)
    )
    return [Licence(row.id, row.bar_state, row.licence_expires_on, row.capacity, row.taken) for row in rows]


def state_of(debtor: Debtor) -> str:
    """The debtor's state as bar associations name it; empty outside the US or when unknown."""
    return (region_code(debtor.country, debtor.region) or "") if debtor.country == "US" else ""
