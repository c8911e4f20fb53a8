"""What a step is judged on, read for one debtor or for many in the same number of statements.

A `File` holds what the law, the words and the plan ask of one conversation. All that follows from it is pure: whoever
has the file reads nothing more. Read behind the locks of the debtors, it stands until the transaction ends.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import BooleanField, CharField, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from agentcollect.kit import db
from agentcollect.kit.prepared import Prepared, PreparedValues
from campaigns.models import (
    Campaign,
    Case,
    Contact,
    Debtor,
    Exclusion,
    Hold,
    LedgerEntry,
    SanctionsList,
    Step,
    Suppression,
)
from outreach.models import OPEN_REFERRALS, Call, Message, Referral, Reply, ReplyPath


class Seen(NamedTuple):
    """One message, call or reply of a debtor, over all cases and campaigns; `id` of what came in is empty."""

    debtor_id: str
    created_at: datetime
    seen_at: datetime
    channel: str
    kind: str
    direction: str
    state: str
    case_id: str | None
    contact_id: str | None
    intent: str
    address: str
    talk: bool
    id: str
    step_id: str
    rfc_message_id: str
    variant: str
    approved_at: datetime | None


class Referred(NamedTuple):
    """The open referral of an invoice: where its attorney is admitted, and how far it has come."""

    region: str
    status: str
    accepted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ways:
    """What holds for a campaign as a whole: its rows, and what was asked about them by the way."""

    campaign: Campaign
    sanctions_list: str
    ruled: bool
    path_kind: str
    path_address: str
    path_status: str


@dataclass(slots=True)
class File:
    """What is known of one debtor in one campaign. `steps`: of its conversation there, answers and notices too."""

    debtor: Debtor
    ways: Ways
    people: list[Contact] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    suppressions: list[Suppression] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    ledger: Mapping[str, list[LedgerEntry]] = field(default_factory=dict)
    referrals: Mapping[str, Referred] = field(default_factory=dict)

    @property
    def said(self) -> list[Step]:
        """The playbook's steps of the conversation (campaigns.queries.conversations.said)."""
        return [step for step in self.steps if step.kind == "outreach"]

    def holding(self, case: Case, *, at: datetime) -> list[Hold]:
        """The holds in force that cover this invoice (campaigns.queries.holds_on)."""
        mine = (hold for hold in self.holds if hold.case_id in (None, case.id))
        return [hold for hold in mine if hold.ends_at is None or hold.ends_at > at]

    def own_messages(self, step: Step) -> list[Seen]:
        """What was written for this very step before: a draft, or a reservation that came to nothing."""
        return [row for row in self.seen if row.step_id == step.id and row.channel == "email"]


def file_of(debtor: Debtor, campaign_id: str, case_ids: Collection[str], *, steps: bool = True) -> File:
    """The file of one debtor."""
    return files([(debtor, campaign_id)], case_ids, steps=steps)[debtor.id]


def files(debtors: Iterable[tuple[Debtor, str]], case_ids: Collection[str], *, steps: bool = True) -> dict[str, File]:
    """Debtor id → its file in the campaign named beside it. `case_ids`: the invoices whose account is wanted; `steps`
    False: what was said and planned is not."""
    pairs = list(debtors)
    ways = {one.campaign.id: one for one in read_ways({campaign_id for _, campaign_id in pairs})}
    found = {debtor.id: File(debtor, ways[campaign_id]) for debtor, campaign_id in pairs}
    among = sorted(found)
    for person in _people(debtor_ids=among):
        found[person.debtor_id].people.append(person)
    _add_holds(found, ways)
    _add_suppressions(found)
    for row in _seen(debtor_ids=among):
        found[row[0]].seen.append(Seen(*row))
    for step in _steps(debtor_ids=among) if steps else ():
        if step.campaign_id == found[step.debtor_id].ways.campaign.id:
            found[step.debtor_id].steps.append(step)
    _add_accounts(found, case_ids)
    return found


def seen_of(debtor_ids: Collection[str]) -> list[Seen]:
    """Messages, calls and replies of those debtors."""
    return [Seen(*row) for row in _seen(debtor_ids=sorted(debtor_ids))]


def _add_holds(found: dict[str, File], ways: dict[str, Ways]) -> None:
    people = [person.id for one in found.values() for person in one.people]
    for hold in _holds(campaign_ids=sorted(ways), debtor_ids=sorted(found), contact_ids=people):
        owner = hold.owner  # type: ignore[attr-defined]
        for one in [found[owner]] if owner else found.values():
            if owner or one.ways.campaign.id == hold.campaign_id:
                one.holds.append(hold)


def _add_suppressions(found: dict[str, File]) -> None:
    """By the address that was closed, and by the person who closed it; of the debtor's own tenant and timeline."""
    owners: dict[str, set[str]] = defaultdict(set)
    for one in found.values():
        own = {text for person in one.people for text in (person.email, person.phone, person.id)}
        for text in {*own, one.debtor.phone} - {""}:
            owners[text].add(one.debtor.id)
            owners[text.lower()].add(one.debtor.id)
    tenants = sorted({one.debtor.organisation_id for one in found.values()})
    for row in _suppressions(organisation_ids=tenants, texts=list(owners)):
        for debtor_id in owners.get(row.address, set()) | owners.get(row.contact_id or "", set()):
            debtor = found[debtor_id].debtor
            whose = (debtor.organisation_id, debtor.livemode, debtor.clock_id)
            if whose == (row.organisation_id, row.livemode, row.clock_id):
                found[debtor_id].suppressions.append(row)


def _add_accounts(found: dict[str, File], case_ids: Collection[str]) -> None:
    ledger: dict[str, list[LedgerEntry]] = {case_id: [] for case_id in case_ids}
    referrals: dict[str, Referred] = {}
    for entry in _entries(case_ids=case_ids):
        ledger[entry.case_id].append(entry)
        if entry.licensed:  # type: ignore[attr-defined]
            referrals[entry.case_id] = Referred(entry.licensed, entry.referred, entry.accepted)  # type: ignore[attr-defined]
    for one in found.values():
        one.ledger, one.referrals = ledger, referrals


# --- the statements


def read_ways(campaign_ids: Collection[str]) -> list[Ways]:
    """The campaigns with their organisations and collectors, and what holds for all of their debtors."""
    return [
        Ways(row, row.listed or "", row.ruled, row.path_kind or "", row.path_address or "", row.path_status or "")  # type: ignore[attr-defined]
        for row in _ways(campaign_ids=sorted(campaign_ids))
    ]


@Prepared
def _ways(campaign_ids: Any) -> QuerySet[Campaign]:
    rows = Campaign.objects.filter(db.among("id", campaign_ids)).select_related("organisation__collector")
    own = {"organisation_id": OuterRef("organisation_id"), "livemode": OuterRef("livemode")}
    path = ReplyPath.objects.filter(**own)
    return rows.annotate(
        listed=Subquery(SanctionsList.objects.order_by("-id").values("id")[:1]),
        ruled=Exists(Exclusion.objects.filter(**own, removed_at=None)),
        path_kind=Subquery(path.values("kind")[:1]),
        path_address=Subquery(path.values("address")[:1]),
        path_status=Subquery(path.values("status")[:1]),
    )


@Prepared
def _people(debtor_ids: Any) -> QuerySet[Contact]:
    return Contact.objects.filter(db.among("debtor_id", debtor_ids)).order_by("id")


@Prepared
def _holds(campaign_ids: Any, debtor_ids: Any, contact_ids: Any) -> QuerySet[Hold]:
    cases = Case.objects.filter(db.among("debtor_id", debtor_ids)).values("id")
    reached = Q(db.among("campaign_id", campaign_ids)) | Q(db.among("debtor_id", debtor_ids))
    reached |= Q(db.among("case_id", cases)) | Q(db.among("contact_id", contact_ids))
    owner = Coalesce("debtor_id", "case__debtor_id", "contact__debtor_id", output_field=CharField())
    return Hold.objects.filter(reached, released_at=None).annotate(owner=owner).order_by("created_at", "id")


@Prepared
def _suppressions(organisation_ids: Any, texts: Any) -> QuerySet[Suppression]:
    named = Q(db.among("organisation_id", organisation_ids)) & Q(db.among("address", texts))
    return Suppression.objects.filter(named | Q(db.among("contact_id", texts)))


@Prepared
def _steps(debtor_ids: Any) -> QuerySet[Step]:
    cases = Case.objects.filter(db.among("debtor_id", debtor_ids)).values("id")
    return Step.objects.filter(case_id__in=cases).order_by("version", "index", "attempt")


@Prepared
def _entries(case_ids: Any) -> QuerySet[LedgerEntry]:
    referral = Referral.objects.filter(case_id=OuterRef("case_id"), status__in=OPEN_REFERRALS).order_by("-id")
    rows = LedgerEntry.objects.filter(db.among("case_id", case_ids)).order_by("created_at", "id")
    return rows.annotate(
        licensed=Subquery(referral.values("attorney__bar_state")[:1]),
        referred=Subquery(referral.values("status")[:1]),
        accepted=Subquery(referral.values("accepted_at")[:1]),
    )


@PreparedValues
def _seen(debtor_ids: Any) -> QuerySet[Any, Any]:
    """Messages, calls and replies of the debtors, over all cases and campaigns."""
    mine = db.among("debtor_id", debtor_ids)
    handed = Coalesce("handed_over_at", "created_at")
    messages = _columns(
        Message.objects.filter(mine),
        *("channel", "kind", "status", "intent", "recipient", "id", "step_id", "rfc_message_id", "variant"),
        direction="out",
        seen_at=handed,
        talk=Value(False, BooleanField()),
        approved=F("approved_at"),
    )
    calls = _columns(
        Call.objects.filter(mine),
        *(Value("call"), "kind", "status", Value(""), "phone", "id", "step_id", Value(""), Value("")),
        direction="out",
        seen_at=handed,
        talk=Q(outcome=Call.Outcome.CONVERSATION),
        approved=Value(None, DateTimeField()),
    )
    replies = _columns(
        Reply.objects.filter(mine),
        *("channel", Value("answer"), "status", Value(""), "sender", Value(""), Value(""), Value(""), Value("")),
        direction="in",
        seen_at=F("created_at"),
        talk=Value(False, BooleanField()),
        approved=Value(None, DateTimeField()),
    )
    return messages.union(calls, replies, all=True)


_TEXTS = ("channel_", "kind_", "state_", "intent_", "address_", "id_", "step_", "header_", "variant_")
_COLUMNS = (
    *("debtor_id", "created_at", "seen_at", "channel_", "kind_", "direction_", "state_", "case_id", "contact_id"),
    *("intent_", "address_", "talk", "id_", "step_", "header_", "variant_", "approved"),
)


def _columns(
    rows: QuerySet[Any], *texts: Any, direction: str, seen_at: Any, talk: Any, approved: Any
) -> QuerySet[Any, Any]:
    cast = {name: Coalesce(text, Value(""), output_field=CharField()) for name, text in zip(_TEXTS, texts, strict=True)}
    other = {"direction_": Value(direction, CharField()), "seen_at": seen_at, "talk": talk, "approved": approved}
    return rows.order_by().annotate(**cast, **other).values_list(*_COLUMNS)
