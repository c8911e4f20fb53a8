"""What the driver of a test clock does with each kind of thing that is due: one call down, at its own moment."""

from collections.abc import Callable
from datetime import datetime

from campaigns import operations as campaigns
from campaigns.models import Hold
from outreach import operations as outreach
from outreach.operations import escalation
from payments import operations as payments
from payments.models import Instalment
from sandbox import reactions

Do = Callable[[str, datetime], object]


def _release(hold_id: str, at: datetime) -> None:
    for hold in Hold.objects.select_related("contact").filter(id=hold_id, released_at=None):
        campaigns.release(hold=hold, by="engine", at=at)


def _judge_by_instalment(instalment_id: str, at: datetime) -> None:
    payments.judge_plan(plan_id=Instalment.objects.values_list("plan_id", flat=True).get(id=instalment_id), at=at)


def _judge_promise(promise_id: str, at: datetime) -> None:
    payments.judge_promise(promise_id=promise_id, at=at)


def _judge_offer(offer_id: str, at: datetime) -> None:
    payments.judge_offer(offer_id=offer_id, at=at)


def _judge_plan(plan_id: str, at: datetime) -> None:
    payments.judge_plan(plan_id=plan_id, at=at)


def _on_its_way(move: str) -> Do:
    return lambda id, at: escalation.MOVES[move](id, at=at)


DEEDS: dict[str, Do] = {
    "inbound": lambda id, at: outreach.read_inbound(inbound_id=id, at=at),
    "reaction": lambda id, at: reactions.react(reaction_id=id, at=at),
    "hold": _release,
    "promise": _judge_promise,
    "promise_moved": _judge_promise,
    "instalment": _judge_by_instalment,
    "plan": _judge_plan,
    "plan_moved": _judge_plan,
    "plan_moot": _judge_plan,
    "settlement": _judge_offer,
    "settlement_moot": _judge_offer,
    "task": lambda id, at: campaigns.expire_task(task_id=id, at=at),
    "referral_moot": _on_its_way("referral_moot"),
    "offer_near": _on_its_way("offer_near"),
    "playbook_over": _on_its_way("playbook_over"),
    "offer_authorised": _on_its_way("offer_due"),
    "offer_due": _on_its_way("offer_due"),
    "offer_over": _on_its_way("offer_over"),
    "attorney_answers": _on_its_way("attorney_answers"),
    "attorney_begins": _on_its_way("attorney_begins"),
    "step": lambda id, at: outreach.send_step(step_id=id, at=at),
    "call": lambda id, at: outreach.recall(step_id=id, at=at),
    "mandate": lambda id, at: campaigns.end_mandate(campaign_id=id, at=at),
    "opening": lambda id, at: campaigns.open_campaign(campaign_id=id, at=at),
    "judgement": lambda id, at: campaigns.judge_step(step_id=id, at=at),
}
