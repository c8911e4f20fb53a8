"""What a reacting debtor does, by its name in a Reaction: each goes in by the door that reality uses.

A mail through the inbound door, a bounce and a complaint as a mail provider's events, money through the payment page's
own operation and the processor's callback. Each runs inside its reaction's transaction.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from agentcollect.kit import clock, db, ids
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared, PreparedValues
from campaigns.models import Case, Step
from campaigns.rules import offers
from outreach.models import Message
from payments import operations as payments
from payments.models import Payment
from payments.providers import sandbox_books
from payments.providers.base import Instrument, News
from payments.rules import plans
from sandbox import replies
from sandbox.models import Reaction

# Before a reaction's id: the key of whatever it sends (sandbox.due reads from it whose that is).
KEY = "sandbox:"
# What the bank says when a debit comes back (ACH return code R10; payments.providers.sandbox).
RETURNED = "The customer says it was not authorised (R10)."
_FIRST_INSTALMENT = timedelta(days=7)
_NOON = time(12)
# A payment of that invoice is under way, or was a moment ago.
_HARMLESS = ("payment_in_progress", "case_closed", "amount_above_balance")


class NotDoneError(Exception):
    """Things do not stand so that it can be done; the words say why."""


def _open_case(row: Reaction) -> Case:
    case = _case.one(id=row.case_id)
    if case.closed_at is not None:
        raise NotDoneError(f"the case is closed ({case.close_reason})")
    return case


_case = Prepared(lambda id: Case.objects.select_related("debtor", "campaign", "organisation").filter(id=id))


# --- mail


def _reply(row: Reaction, at: datetime) -> str:
    """A mail with the message it answers quoted below. The words hang on who writes, and on which day of the story."""
    case, message = _open_case(row), Message.objects.get(id=row.cause)
    told = {"text": "", "template": row.facts["template"], "sender": message.recipient}
    seed = f"{case.debtor.name}|{(at - case.campaign.created_at).days}"
    return replies.reply(case=case, **told, to=message, seed=seed, dedupe=_once(row), at=at).id


def _bounce(row: Reaction, at: datetime) -> str:
    facts = {"type": "bounced", "hard": True, "words": "550 5.1.1 user unknown"}
    return replies.told(facts=facts, **_about(row), at=at).id


def _complain(row: Reaction, at: datetime) -> str:
    return replies.complain(**_about(row), at=at).id


def _about(row: Reaction) -> dict[str, Any]:
    return {"message": Message.objects.get(id=row.cause), "clock_id": row.clock_id, "dedupe": _once(row)}


def _once(row: Reaction) -> str:
    return f"{KEY}{row.id}"


# --- money


def _pay(row: Reaction, at: datetime) -> str:
    """Every invoice that the message listed and that is open still, each by its own pay link."""
    made = [payment.id for payment in _payments(row, at)]
    if not made:
        raise NotDoneError("nothing that was asked for is owed any more")
    if row.facts.get("goes_back"):
        back = at + timedelta(seconds=row.facts["goes_back"])
        told = {"what": "reversed", "words": RETURNED}
        follow(row, [(payment_id, 1, told, back) for payment_id in made], act="processor", at=at)
    return " ".join(made)


def _payments(row: Reaction, at: datetime) -> Iterator[Payment]:
    method = "ach_debit" if row.facts.get("goes_back") else "bank_transfer"
    for case in _asked(row):
        owed = max(case.balance_minor // 2, 1) if row.facts.get("half") else case.balance_minor
        minor = min(row.facts.get("minor", owed), case.balance_minor)
        asked = {"amount_minor": minor, "instrument": Instrument(method=method), "nonce": row.id}
        try:
            yield payments.pay(case=case, **asked, by="debtor", at=at)
        except ApiError as refused:
            if refused.code not in _HARMLESS:
                raise


def _asked(row: Reaction) -> list[Case]:
    """The invoice itself (`own`), or with it all others that the message listed; what is owed still."""
    named = [row.case_id]
    if not row.facts.get("own"):
        named += [one for (facts,) in _facts(message_id=row.cause) for one in facts.get("others", [])]
    return sorted(_owing(ids=named), key=lambda case: named.index(case.id))


@PreparedValues
def _facts(message_id: str) -> QuerySet[Step, Any]:
    return Step.objects.filter(id__in=Message.objects.filter(id=message_id).values("step_id")).values_list("facts")


@Prepared
def _owing(ids: Any) -> QuerySet[Case]:
    return Case.objects.filter(db.among("id", ids), closed_at=None, balance_minor__gt=0)


def _start_plan(row: Reaction, at: datetime) -> str:
    """As many monthly instalments as the creditor grants, agreed on the payment page; each is paid on its day."""
    case = _open_case(row)
    today = offers.today(case.organisation.timezone, at)
    first, bounds = today + _FIRST_INSTALMENT, payments.bounds_of(case)
    count = plans.largest_count(case.balance_minor, bounds, first, today=today)
    if not count:
        raise NotDoneError("the balance cannot be shared out within what is granted")
    parts = plans.schedule(case.balance_minor, count, first)
    seen = {"how": "confirmed on the payment page", "at": clock.iso(at)}
    made = payments.start_plan(case_id=case.id, schedule=parts, source="page", evidence=seen, by="debtor", at=at)
    zone = ZoneInfo(case.organisation.timezone)
    due = [
        (made.id, number, {"own": True, "minor": minor}, datetime.combine(on, _NOON, zone).astimezone(UTC))
        for number, (on, minor) in enumerate(parts, start=1)
    ]
    follow(row, due, act="pay", at=at)
    return made.id


def _processor(row: Reaction, at: datetime) -> str:
    """The sandbox processor calls back about a charge."""
    payment = Payment.objects.get(id=row.cause)
    sandbox_books.told(payment, row.facts["what"], at=at)
    news = News(payment.provider_reference, row.facts["what"], row.facts["words"])
    whose = {"organisation_id": row.organisation_id, "livemode": False}
    payments.told(provider=payment.provider, **whose, news=news, at=at)
    return payment.id


Follows = list[tuple[str, int, dict[str, Any], datetime]]


def follow(row: Reaction, wanted: Follows, *, act: str, at: datetime) -> None:
    """Reactions that follow from this one: (cause, number, facts, when)."""
    same = {name: getattr(row, name) for name in ("organisation_id", "livemode", "clock_id", "case_id", "contact_id")}
    more = {"persona": row.persona, "act": act, "created_at": at, "recorded_at": clock.now()}
    Reaction.objects.bulk_create(
        Reaction(id=ids.new("rct"), cause=cause, number=number, facts=facts, due_at=due_at, **same, **more)
        for cause, number, facts, due_at in wanted
    )


MOVES: dict[str, Callable[[Reaction, datetime], str]] = {
    "reply": _reply,
    "bounce": _bounce,
    "complain": _complain,
    "pay": _pay,
    "start_plan": _start_plan,
    "processor": _processor,
}
