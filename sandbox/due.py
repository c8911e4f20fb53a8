"""What is due on a test clock, over all rooms: one statement for the earliest moment, one for everything up to another.

Each kind is a row of `_KINDS`: the rows that wait, whose they are, and when they are due. What is written into the
statement instead of handed over (kit.due.literal) is so for SQLite, which else takes no partial index.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Substr

from agentcollect.kit.due import literal, on_a_clock
from agentcollect.kit.prepared import PreparedValues
from campaigns.models import Campaign, Case, Debtor, Hold, Step, Task
from campaigns.rules.playbook import NOTICE, OFFER
from outreach import rules
from outreach.models import OPEN_REFERRALS, Inbound, Referral
from outreach.operations import readiness, sending
from payments.models import Instalment, Offer, Plan, Promise
from payments.operations.offers import MOOT
from sandbox import moves
from sandbox.models import Reaction


class Item(NamedTuple):
    """One thing that is due. `debtor_id` is empty where nobody knows yet whose it is, or where it is many debtors'."""

    kind: str
    id: str
    debtor_id: str
    due: datetime


class Kind(NamedTuple):
    """`rows(clock_id)`, the column of its debtor, and that of its moment; it is due `later` than that says."""

    rows: Callable[[str], QuerySet[Any]]
    debtor: Any
    due: str
    later: timedelta = timedelta()


def _runs(path: str = "campaign") -> Q:
    """The campaign at `path` is at work, and its organisation not paused with all of test mode."""
    active = {f"{path}__status": literal("active"), f"{path}__organisation__test_paused_at": None}
    return Q(**active)


def _on(model: Any, clock_id: str, *conditions: Q, **more: Any) -> QuerySet[Any]:
    return model.objects.filter(on_a_clock(), *conditions, clock_id=clock_id, **more)


def _in(*states: str) -> list[RawSQL]:
    return [literal(state) for state in states]


def _steps(clock_id: str) -> QuerySet[Step]:
    """Who writes to us is answered until the mandate has ended, and after it (outreach.operations.readiness)."""
    paused = Q(campaign__organisation__test_paused_at=None)
    answers = Q(kind__in=readiness.REPLIES) & Q(campaign__status__in=readiness.ANSWERED) & paused
    return _on(Step, clock_id, _runs() | answers, status=literal("planned"), channel__in=tuple(sending.WORKERS))


def _attorneys(clock_id: str, intent: str) -> QuerySet[Step]:
    mine = {"channel": "attorney", "intent": intent, "case__status": "active"}
    return _on(Step, clock_id, _runs(), status=literal("planned"), **mine)


def _offers_near(clock_id: str) -> QuerySet[Step]:
    seen = _on(Referral, clock_id, case_id=OuterRef("case_id"), status__in=OPEN_REFERRALS)
    return _attorneys(clock_id, OFFER).filter(~Exists(seen))


def _over(clock_id: str) -> QuerySet[Case]:
    """Cases at the end of their playbook for which no attorney has been thought of."""
    seen = _on(Referral, clock_id, case_id=OuterRef("id"), status__in=OPEN_REFERRALS)
    waiting = Case.objects.filter(_runs(), ~Exists(seen), status=literal("escalation_pending"), clock_id=clock_id)
    return waiting.exclude(campaign__escalation="never")


def _referrals(clock_id: str, **more: Any) -> QuerySet[Referral]:
    return _on(Referral, clock_id, _runs("case__campaign"), case__status__in=("active", "escalation_pending"), **more)


def _moot(clock_id: str) -> QuerySet[Referral]:
    early = ("proposed", "authorised", "offered")
    return _on(Referral, clock_id, status__in=early, case__closed_at__isnull=False)


def _moved_promises(clock_id: str) -> QuerySet[Promise]:
    """Their case changed since they were looked at, or went its own way (payments.operations.promises)."""
    moved = Q(case__updated_at__gt=F("updated_at")) | (~Q(case__status="promised") & ~Q(case__close_reason="recalled"))
    return _on(Promise, clock_id, moved, status__in=_in("proposed", "open")).filter(status="open")


def _moved_plans(clock_id: str) -> QuerySet[Plan]:
    moved = Q(case__updated_at__gt=F("updated_at")) | (~Q(case__status="in_plan") & ~Q(case__close_reason="recalled"))
    return _on(Plan, clock_id, moved, status=literal("active"))


def _moot_plans(clock_id: str) -> QuerySet[Plan]:
    return _on(Plan, clock_id, status=literal("offered"), case__status="closed")


def _offers(clock_id: str, *conditions: Q) -> QuerySet[Offer]:
    open_ = {"status__in": _in("draft", "approved", "sent", "accepted"), "settled_at": None}
    return _on(Offer, clock_id, *conditions, **open_)


_HELD = Coalesce("debtor_id", "case__debtor_id", "contact__debtor_id")
# What a reacting debtor sends bears its reaction's id (sandbox.moves); of anything else nobody knows before it is read.
_REACTED = Reaction.objects.filter(id=Substr(OuterRef("dedupe"), len(moves.KEY) + 1))
_SENDER = Subquery(_REACTED.values("case__debtor_id")[:1])
# In the order in which things of one moment happen: what came in is heard before anything is said.
KINDS: dict[str, Kind] = {
    "inbound": Kind(lambda clock: _on(Inbound, clock, status=literal("new")), _SENDER, "received_at"),
    "reaction": Kind(lambda clock: _on(Reaction, clock, status=literal("planned")), "case__debtor_id", "due_at"),
    "hold": Kind(lambda clock: _on(Hold, clock, released_at=None, ends_at__isnull=False), _HELD, "ends_at"),
    "promise": Kind(lambda clock: _on(Promise, clock, status__in=_in("proposed", "open")), "debtor_id", "judged_after"),
    "promise_moved": Kind(_moved_promises, "debtor_id", "case__updated_at"),
    "instalment": Kind(
        lambda clock: _on(Instalment, clock, status=literal("due"), plan__status="active"),
        "plan__debtor_id",
        "judged_after",
    ),
    "plan": Kind(lambda clock: _on(Plan, clock, status=literal("offered")), "debtor_id", "expires_at"),
    "plan_moved": Kind(_moved_plans, "debtor_id", "case__updated_at"),
    "plan_moot": Kind(_moot_plans, "debtor_id", "case__closed_at"),
    "settlement": Kind(_offers, "debtor_id", "valid_until"),
    "settlement_moot": Kind(lambda clock: _offers(clock, MOOT), "debtor_id", "case__updated_at"),
    "task": Kind(
        lambda clock: _on(Task, clock, status__in=_in("open", "claimed"), expires_at__isnull=False),
        "debtor_id",
        "expires_at",
    ),
    "referral_moot": Kind(_moot, "case__debtor_id", "case__closed_at"),
    "offer_near": Kind(_offers_near, "debtor_id", "due_at", -NOTICE),
    "playbook_over": Kind(_over, "debtor_id", "updated_at"),
    "offer_authorised": Kind(
        lambda clock: _referrals(clock, status="authorised"),
        "case__debtor_id",
        "updated_at",
        timedelta(days=1),  # asked for then, and nobody was free: the next day may be another
    ),
    "offer_due": Kind(
        lambda clock: _referrals(clock, status="proposed", offer_at__isnull=False, case__campaign__escalation="auto"),
        "case__debtor_id",
        "offer_at",
    ),
    "offer_over": Kind(lambda clock: _attorneys(clock, OFFER), "debtor_id", "due_at"),
    "attorney_answers": Kind(
        lambda clock: _referrals(clock, status="offered", attorney__sandbox=True),
        "case__debtor_id",
        "offered_at",
        timedelta(days=1),  # at the earliest: a business day
    ),
    "attorney_begins": Kind(
        lambda clock: _on(
            Referral, clock, _runs("case__campaign"), status="accepted", case__status="escalation_pending"
        ),
        "case__debtor_id",
        "case__updated_at",
    ),
    "step": Kind(_steps, "debtor_id", "due_at"),
    "judgement": Kind(lambda clock: _attorneys(clock, "escalate"), "debtor_id", "due_at"),
}
RANK = {name: place for place, name in enumerate(KINDS)}


def _earliest(clock_id: str) -> QuerySet[Any, Any]:
    """(kind, its earliest moment) of each kind that has any."""
    first, *rest = [
        kind.rows(clock_id).order_by().values("clock_id").annotate(kind=literal(name), least=Min(kind.due))
        for name, kind in KINDS.items()
    ]
    pairs = [rows.values_list("kind", "least") for rows in (first, *rest)]
    return pairs[0].union(*pairs[1:], all=True)


def _items(clock_id: str, **until: datetime) -> QuerySet[Any, Any]:
    """(kind, id, debtor, moment) of everything due. `until`: one moment per shift of `Kind.later`, by its name."""
    found = [
        kind.rows(clock_id)
        .filter(**{f"{kind.due}__lte": until[_shift(kind.later)]})
        .order_by()
        .annotate(kind_=literal(name), whose=kind.debtor if not isinstance(kind.debtor, str) else F(kind.debtor))
        .values_list("kind_", "id", "whose", kind.due)
        for name, kind in KINDS.items()
    ]
    return found[0].union(*found[1:], all=True)


def _shift(later: timedelta) -> str:
    return f"hours{later // timedelta(hours=1)}".replace("-", "_")


_SHIFTS = {_shift(kind.later): kind.later for kind in KINDS.values()}
_ask_earliest = PreparedValues(_earliest)
_ask_items = PreparedValues(_items)


def earliest(clock_id: str) -> datetime | None:
    """When the next thing is due on the clock; None: nothing ever is, as things stand."""
    found = [least + KINDS[kind].later for kind, least in _ask_earliest(clock_id=clock_id) if least is not None]
    return min(found, default=None)


def items(clock_id: str, *, until: datetime) -> list[Item]:
    """Everything due at or before `until`, in the order of moments, of one moment in the order of kinds."""
    moments = {name: until - later for name, later in _SHIFTS.items()}
    rows = _ask_items(clock_id=clock_id, **moments)
    found = [Item(kind, id, debtor or "", due + KINDS[kind].later) for kind, id, debtor, due in rows]
    slow = [item for item in found if item.kind == "attorney_answers"]
    if slow:
        asked = _business_days({item.id for item in slow})
        found = [item._replace(due=asked.get(item.id, item.due)) for item in found]
        found = [item for item in found if item.due <= until]
    return sorted(found, key=lambda item: (item.due, RANK[item.kind], item.id))


def _business_days(referral_ids: set[str]) -> dict[str, datetime]:
    """When the demo attorneys answer: one business day after they were asked."""
    rows = Referral.objects.filter(id__in=referral_ids).values_list("id", "offered_at", "attorney__bar_state")
    return {id: rules.business_day_after(offered_at, state) for id, offered_at, state in rows if offered_at}


# --- of the campaigns themselves: they cut the window


class Instants(NamedTuple):
    """`to_open`: campaigns with cases to open. `ends`: when each mandate ends, soonest first; None: it ends now."""

    to_open: list[str]
    ends: list[tuple[datetime | None, str]]


_ask_campaigns = PreparedValues(
    lambda clock_id: Campaign.objects.filter(
        on_a_clock(), clock_id=clock_id, status__in=("active", "paused", "completing")
    ).values_list("id", "status", "unopened", "mandate_ends_at")
)


def instants(clock_id: str) -> Instants:
    """What is to come of the clock's campaigns as such, soonest first."""
    rows = _ask_campaigns(clock_id=clock_id)
    to_open = [id for id, status, unopened, _ in rows if unopened and status == "active"]
    over = [(None, id) for id, status, _, _ in rows if status == "completing"]
    return Instants(to_open, [*over, *sorted((ends, id) for id, status, _, ends in rows if status != "completing")])


def unsearched(clock_id: str) -> bool:
    """Whether people are still to be searched for at some debtor of the clock."""
    opened = Case.objects.filter(debtor_id=OuterRef("id"), opened_at__isnull=False, closed_at=None)
    return Debtor.objects.filter(on_a_clock(), Exists(opened), clock_id=clock_id, enriched_at=None).exists()
