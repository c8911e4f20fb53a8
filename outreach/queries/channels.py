"""Which channel and which step of the playbook came before the answers and the money.

**Last touch**: a reply or a payment follows the last message or call of our own accord that reached out to the same
debtor within the 14 days before it; what nothing preceded is counted apart, so the parts add up to the whole. Answers,
receipts and notices are no touches. It says what came after, not what caused it.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from django.db.models import CharField, Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce, Concat, Greatest, Left, Substr

from agentcollect.kit import clock
from agentcollect.kit import money as minor_units
from campaigns.models import Step as PlannedStep
from outreach.models import Call, Message, Reply
from outreach.queries.letters import LEFT
from payments import rules
from payments.models import Allocation, Payment
from payments.reports.figures import Figure, fraction
from payments.reports.money import STANDING
from payments.reports.scope import Scope

WINDOW = timedelta(days=14)
RULE = "last touch of the debtor within the 14 days before"
NOTHING = "none"
CHANNELS = ("email", "call", NOTHING)
COLUMNS = (
    *("channel", "step", "sent", "undelivered", "replies", "payments", "reply_rate", "payment_rate"),
    *("currency", "amount"),
)
PAID_COLUMNS = (
    *("payment_id", "case_id", "campaign_id", "debtor_id", "debtor", "invoice_number", "amount", "currency", "source"),
    *("received_at", "channel", "step", "touch_id", "touched_at"),
)
_KIND = "outreach"
_CALLED = (Call.Status.HANDED_OVER, Call.Status.COMPLETED, Call.Status.UNCONFIRMED)


class Step(NamedTuple):
    """A channel, and what was said or asked by it; both empty: nothing within 14 days."""

    channel: str
    intent: str


@dataclass(slots=True)
class Touches:
    """What a step did: touches that left, those that arrived nowhere, and what followed."""

    sent: int = 0
    undelivered: int = 0
    replies: int = 0
    payments: int = 0
    collected: dict[str, int] = field(default_factory=lambda: defaultdict(int))


@dataclass(frozen=True, slots=True)
class Channels:
    figures: list[Figure]
    steps: dict[Step, Touches]

    def by_channel(self) -> dict[str, Touches]:
        """The steps of each channel together."""
        found: dict[str, Touches] = defaultdict(Touches)
        for step, each in self.steps.items():
            total = found[step.channel]
            for name in ("sent", "undelivered", "replies", "payments"):
                setattr(total, name, getattr(total, name) + getattr(each, name))
            for currency, minor in each.collected.items():
                total.collected[currency] += minor
        return dict(sorted(found.items()))


def channels(scope: Scope) -> Channels:
    """What was done about the cases of `scope`, and what followed: five grouped statements."""
    found: dict[Step, Touches] = defaultdict(Touches)
    _count(found, _sent(scope), {"status": Message.Status.BOUNCED})
    _count(found, _called(scope), {"outcome": Call.Outcome.WRONG_NUMBER})
    for touch, n in _replies(scope).values_list("touch").annotate(Count("id")):
        found[_step(touch)].replies += n
    for touch, currency, n, minor in _paid(scope):
        step = found[_step(touch)]
        step.payments, step.collected[currency] = step.payments + n, step.collected[currency] + minor
    return Channels(_reached(scope), dict(sorted(found.items())))


def _count(found: dict[Step, Touches], touches: QuerySet, failed: dict[str, str]) -> None:
    sums = {"n": Count("id"), "failed": Count("id", filter=Q(**failed))}
    for row in touches.order_by().values("step").annotate(**sums):
        step = found[_step(row["step"])]
        step.sent, step.undelivered = row["n"], row["failed"]


def _step(text: str) -> Step:
    channel, _, intent = (text or "/").partition("/")
    return Step(channel, intent)


# --- touches


def _messages() -> QuerySet[Message]:
    left = Message.objects.filter(kind=_KIND, status__in=LEFT, handed_over_at__isnull=False)
    return left.annotate(step=Concat("channel", Value("/"), "intent", output_field=CharField()))


def _calls() -> QuerySet[Call]:
    """Calls that were made, by what the playbook's step was for."""
    made = Call.objects.filter(kind=_KIND, status__in=_CALLED, handed_over_at__isnull=False)
    intent = Coalesce(Subquery(PlannedStep.objects.filter(id=OuterRef("step_id")).values("intent")[:1]), Value(""))
    return made.annotate(step=Concat(Value("call/"), intent, output_field=CharField()))


def _sent(scope: Scope) -> QuerySet[Message]:
    return _messages().filter(scope.placed("case__"), scope.before("handed_over_at"))


def _called(scope: Scope) -> QuerySet[Call]:
    return _calls().filter(scope.placed("case__"), scope.before("handed_over_at"))


# A touch as a text: the second it left at (UTC), then its step; so the later of two is the greater.
_SECOND = len("2026-03-17 14:22:00")


def _keyed(rows: QuerySet, debtor: str, at: str) -> QuerySet:
    """The touch of the outer row's debtor that came last within the window before its column `at`."""
    within: dict[str, Any] = {"debtor_id": OuterRef(debtor), "handed_over_at__lte": OuterRef(at)}
    within |= {"handed_over_at__gt": OuterRef(at) - WINDOW}
    left_at = Left(Cast("handed_over_at", CharField()), _SECOND)
    key = Concat(left_at, "step", output_field=CharField())
    return rows.filter(**within).order_by("-handed_over_at", "-id").annotate(key=key)


def _touched(rows: QuerySet, debtor: str, at: str) -> QuerySet[Any, Any]:
    """`rows` with `touch`: the step of the last touch of their debtor within the window before column `at`."""
    last = [Coalesce(Subquery(_keyed(found, debtor, at).values("key")[:1]), Value("")) for found in _every()]
    return rows.annotate(touch=Substr(Greatest(*last), _SECOND + 1, output_field=CharField()))


def _every() -> tuple[QuerySet, QuerySet]:
    return _messages(), _calls()


# --- what followed


def _replies(scope: Scope) -> QuerySet[Any, Any]:
    """What debtors wrote; a bounce or an automatic answer is none."""
    mine = Reply.objects.filter(scope.placed("case__"), scope.before("created_at"))
    written = mine.exclude(status=Reply.Status.IGNORED).order_by()
    return _touched(written, "debtor_id", "created_at")


def _paid(scope: Scope) -> QuerySet[Any, Any]:
    """(touch, currency, payments, principal that still stands in minor units)."""
    paid = Allocation.objects.filter(
        scope.placed("case__"),
        scope.before("payment__received_at"),
        **scope.tenant,
        component=rules.PRINCIPAL,
        payment__status__in=STANDING,
        payment__organisation_id=scope.organisation_id,
        payment__livemode=scope.livemode,
    ).order_by()
    touched = _touched(paid, "case__debtor_id", "payment__received_at")
    sums = {"n": Count("id", filter=Q(cause="")), "minor": Sum("amount_minor")}
    return touched.values_list("touch", "currency").annotate(**sums)


# --- whom we reached


def _reached(scope: Scope) -> list[Figure]:
    """Debtors, however many invoices each has: contacted of placed, answered of contacted, over all currencies."""
    written = Exists(_messages().filter(scope.before("handed_over_at"), debtor_id=OuterRef("debtor_id")))
    called = Exists(_calls().filter(scope.before("handed_over_at"), debtor_id=OuterRef("debtor_id")))
    replied = Reply.objects.filter(scope.before("created_at"), debtor_id=OuterRef("debtor_id"))
    spoken = Call.objects.filter(scope.before("handed_over_at"), debtor_id=OuterRef("debtor_id"))
    answered = Exists(replied.exclude(status=Reply.Status.IGNORED)) | Exists(
        spoken.filter(outcome=Call.Outcome.CONVERSATION)
    )
    debtors = scope.cases().order_by().values("debtor_id").distinct()
    sums = debtors.annotate(contacted=written | called, answered=answered).aggregate(
        placed=Count("debtor_id"),
        reached=Count("debtor_id", filter=Q(contacted=True)),
        replied=Count("debtor_id", filter=Q(contacted=True, answered=True)),
    )
    contacted = "debtors with a message or call of ours that left"
    return [
        fraction("contact_rate", "", sums["reached"], sums["placed"], f"{contacted} ÷ debtors placed", of="count"),
        fraction(
            "response_rate",
            "",
            sums["replied"],
            sums["reached"],
            f"debtors who wrote back or talked to us ÷ {contacted}",
            of="count",
        ),
    ]


# --- as lines, and the rows behind them


def lines(found: Channels) -> list[dict[str, Any]]:
    """A line for each step, with each currency that came after it; money in major units."""
    return [_line(step, each) for step, each in found.steps.items()]


def _line(step: Step, each: Touches) -> dict[str, Any]:
    rate = {"reply_rate": _rate(each.replies, each.sent), "payment_rate": _rate(each.payments, each.sent)}
    counts = {name: getattr(each, name) for name in ("sent", "undelivered", "replies", "payments")}
    named = {"channel": step.channel or None, "step": step.intent or None}
    came = sorted(each.collected.items())
    collected = [{"currency": currency, "amount": minor_units.to_json(minor, currency)} for currency, minor in came]
    return named | counts | rate | {"collected": collected}


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def flat(found: Channels) -> list[dict[str, Any]]:
    """The same for a file: one line for each step and currency."""
    return [line | came for line in lines(found) for came in line["collected"] or [{"currency": None, "amount": None}]]


def paid_rows(scope: Scope, channel: str = "") -> QuerySet[Any, Any]:
    """The payments that stand about the cases of `scope`, each with its last touch; of one channel if it is named."""
    rows = Payment.objects.filter(scope.placed("case__"), scope.before("received_at"), **scope.tenant)
    rows = rows.filter(status__in=STANDING)
    touched = _touched(rows.select_related("case__debtor"), "case__debtor_id", "received_at")
    for name, found in zip(("mail", "call"), _every(), strict=True):
        last = _keyed(found, "case__debtor_id", "received_at")
        both = {f"{name}_at": last.values("handed_over_at"), f"{name}_id": last.values("id")}
        touched = touched.annotate(**{as_: Subquery(values[:1]) for as_, values in both.items()})
    if not channel:
        return touched
    return touched.filter(touch="") if channel == NOTHING else touched.filter(touch__startswith=f"{channel}/")


def paid_row(row: Payment) -> dict[str, Any]:
    """A row of `paid_rows`."""
    step = _step(row.touch)  # type: ignore[attr-defined]
    called = step.channel == "call"
    at = row.call_at if called else row.mail_at  # type: ignore[attr-defined]
    touch_id = row.call_id if called else row.mail_id  # type: ignore[attr-defined]
    return {
        "payment_id": row.id,
        "case_id": row.case_id,
        "campaign_id": row.campaign_id,
        "debtor_id": row.case.debtor_id,
        "debtor": row.case.debtor.name,
        "invoice_number": row.case.invoice_number or None,
        "amount": minor_units.to_json(row.amount_minor, row.currency),
        "currency": row.currency,
        "source": row.source,
        "received_at": clock.iso(row.received_at) if row.received_at else None,
        "channel": step.channel or None,
        "step": step.intent or None,
        "touch_id": touch_id or None,
        "touched_at": clock.iso(at) if at else None,
    }
