"""Reading what debtors wrote: understood outside any transaction, acted on in one, once.

A worker may die between any two lines: until the one transaction that marks the reply as read commits, nothing of it
has happened and its debtor waits; after it, nobody takes the reply up again.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db.models import Q

from agentcollect.kit import clock, db, errors
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case, Hold, Task
from campaigns.operations.facts import whereabouts
from outreach.models import AgentRun, Reply
from outreach.operations import inbound, reducing, wording
from outreach.operations.reducing import Scene
from outreach.rules import replies as rules
from outreach.rules.replies import Act, Heard, Kept

log = structlog.get_logger()

errors.define("reply_already_handled", 409, "The reply has been dealt with already.")
errors.define("invalid_label", 400, "There is no such label.")

# Longer than the longest a model is waited for.
LEASE = timedelta(minutes=5)
_KEPT_KEYS = ("automatic", "hidden", "sender_name")


def process_inbound(*, at: datetime, limit: int = 100) -> int:
    """Match what came in, then read the replies; returns how many of both were taken up."""
    return inbound.match_new(at=at, limit=limit) + read_replies(at=at, limit=limit)


def read_replies(*, at: datetime, limit: int = 100) -> int:
    """Understand and act on received replies, oldest first; returns how many were taken up."""
    done = 0
    while done < limit and (reply := _claim()):
        _read(reply, at=at)
        done += 1
    return done


def read_inbound(*, inbound_id: str, at: datetime) -> None:
    """Match one stored message and read what it says, at its own moment: the driver of a test clock does so."""
    inbound.match_one(inbound_id=inbound_id, at=at)
    for reply in Reply.objects.filter(inbound_id=inbound_id, status=Reply.Status.RECEIVED):
        _read(reply, at=at)


def _claim() -> Reply | None:
    """Lease the oldest reply nobody reads, of those on the wall. Leases live on the wall clock."""
    now = clock.now()
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    waiting = Reply.objects.filter(free, status=Reply.Status.RECEIVED, case__clock_id="").order_by("recorded_at", "id")
    with db.atomic():
        reply = db.claimable(waiting).first()
        if reply is not None:
            reply.lease_until = now + LEASE
            reply.save(update_fields=["lease_until"])
        return reply


def _read(reply: Reply, *, at: datetime) -> None:
    try:
        heard = understand(reply=reply, at=at)
    except Exception:
        log.exception("reply_not_understood", reply=reply.id)
        heard = rules.NOT_UNDERSTOOD
    try:
        _act(reply.id, heard, by="debtor", at=at)
    except Exception:
        # What was asked cannot be done as the case stands; whatever ends contact is done all the same.
        log.exception("reply_not_reduced", reply=reply.id)
        _act(reply.id, heard, by="debtor", at=at, refused=True)


def understand(*, reply: Reply, at: datetime) -> Heard:
    """What the interpreter makes of it."""
    return wording.understand(reply=reply, at=at)


def _act(
    reply_id: str, heard: Heard, *, by: str, at: datetime, refused: bool = False, person: bool = False
) -> Reply | None:
    """One transaction: the acts, the reply's new state, and the end of its wait. None: somebody was faster."""
    with db.atomic():
        scene = Scene.locked(reply_id, by=by, at=at)
        reply = scene.reply
        allowed = (Reply.Status.RECEIVED, Reply.Status.NEEDS_HUMAN) if person else (Reply.Status.RECEIVED,)
        if reply.status not in allowed:
            return None
        acts = rules.reduce(heard, reducing.situation(scene, person=person))
        if refused:
            why = "What they ask cannot be done as the case stands; read it and decide."
            acts = [*rules.stops_only(acts), Act("task", {"kind": "review_reply", "reason": why})]
        words, waits = reducing.perform(scene, acts, heard)
        _settle(scene, heard, words, acts, waits=waits, person=person)
        return reply


def _settle(scene: Scene, heard: Heard, words: str, acts: list[Act], *, waits: bool, person: bool) -> None:
    reply, nothing = scene.reply, [act.do for act in acts] in (["ignore"], ["defer"])
    ignored = nothing and not person and bool(reply.interpretation.get("automatic"))
    done = Reply.Status.IGNORED if ignored else Reply.Status.HANDLED
    reply.status = Reply.Status.NEEDS_HUMAN if waits else done
    reply.label, reply.confidence, reply.lexicon = heard.label[:24], heard.confidence, heard.lexicon[:24]
    kept = {name: reply.interpretation[name] for name in _KEPT_KEYS if name in reply.interpretation}
    reply.interpretation = kept | as_json(heard) | {"heard": list(getattr(heard, "heard", ()))}
    reply.outcome, reply.lease_until = words, None
    if not waits:
        reply.handled_at, reply.handled_by = scene.at, scene.by if person else "engine"
    runs = AgentRun.objects.filter(case_id=reply.case_id, reply_id=reply.id).order_by("-recorded_at", "-id")
    reply.agent_run_id = runs.values_list("id", flat=True).first() or ""
    reply.save(
        update_fields=[
            "status",
            "label",
            "confidence",
            "lexicon",
            "interpretation",
            "outcome",
            "lease_until",
            "handled_at",
            "handled_by",
            "agent_run_id",
        ]
    )
    told = {"label": reply.label, "outcome": words, "status": reply.status}
    inbound.record_reply(
        "reply.understood", reply, scene.debtor.name, at=scene.at, by=scene.by if person else "engine", **told
    )
    # A person who has said what it is has read it, even where another question (may it cease?) stands now.
    if not waits or (person and not any(act.do == "task" for act in acts)):
        campaigns.end_tasks(
            cause=reply.id, kind="review_reply", status="done", outcome="handled", by=scene.by, at=scene.at
        )
    if not waits:
        inbound.wait_over(scene.debtor, at=scene.at)


# --- what a person does


def resolve(*, reply_id: str, label: str, note: str, by: str, at: datetime) -> Reply:
    """A person has read it: the reducer runs again with their label. `other`: nothing follows from it.

    Raises ApiError: invalid_label, reply_already_handled, and what an operation refuses.
    """
    if label not in rules.LABELS:
        raise ApiError("invalid_label", f"A label is one of {', '.join(rules.LABELS)}.", param="label")
    with db.atomic():
        standing = db.locked(Reply.objects.filter(id=reply_id)).get()
        done = _act(reply_id, corrected(standing, label), by=by, at=at, person=True)
        if done is None:
            raise ApiError("reply_already_handled")
        if note:
            done.outcome = f"{done.outcome}; {by}: {note}"[:300]
            done.save(update_fields=["outcome"])
        return done


def corrected(reply: Reply, label: str) -> Kept:
    """What was found in the text, under the label a person gave it."""
    return replace(read_json(reply.interpretation), label=label, confidence=1.0, agrees=True)


def review_task_done(*, task: Task, outcome: str, note: str, by: str, at: datetime) -> None:
    """`handled` or `ignored` (settings.TASK_OUTCOMES): the person has dealt with it, and what waited goes on."""
    with db.atomic():
        scene = Scene.locked(task.cause, by=by, at=at)
        _close(scene, "ignored" if outcome == "ignored" else "handled", note)


def cease_task_done(*, task: Task, outcome: str, note: str, by: str, at: datetime) -> None:
    """`cease`: every open invoice of the debtor is closed. `go_on`: they did not mean that, and the hold ends.

    A consumer's word stands whatever anybody makes of it (15 USC 1692c(c)). Raises ApiError(hold_not_yours).
    """
    with db.atomic():
        scene = Scene.locked(task.cause, by=by, at=at)
        if outcome == "cease":
            for case in Case.objects.filter(debtor_id=scene.debtor.id, closed_at=None).order_by("id"):
                campaigns.close_case(case_id=case.id, reason="cease", note=note, by=by, at=at)
        elif whereabouts(scene.debtor).consumer:
            raise ApiError("hold_not_yours", "A consumer's word ends contact; nobody else can take it back.")
        else:
            for hold in Hold.objects.filter(debtor_id=scene.debtor.id, kind="cease", released_at=None):
                campaigns.release(hold=hold, by="engine", at=at)
        _close(scene, f"a person decided: {outcome}", note)


def document_task_done(*, task: Task, outcome: str, note: str, by: str, at: datetime) -> None:
    """`provided`: what is shared with the debtor by now is named to them. `not_available`: a person answers."""
    with db.atomic():
        scene = Scene.locked(task.cause, by=by, at=at)
        heard = read_json(scene.reply.interpretation)
        now = reducing.situation(scene, person=True)
        if outcome == "provided" and now.documents:
            reducing.perform(scene, rules.reduce(replace(heard, label="request_info"), now), heard)
        _close(scene, f"document {outcome.replace('_', ' ')}", note)


def _close(scene: Scene, words: str, note: str) -> None:
    reply = scene.reply
    if reply.status in (Reply.Status.RECEIVED, Reply.Status.NEEDS_HUMAN):
        reply.status, reply.handled_at, reply.handled_by = Reply.Status.HANDLED, scene.at, scene.by
        reply.outcome = f"{reply.outcome}; {words}{': ' + note if note else ''}".strip("; ")[:300]
        reply.save(update_fields=["status", "handled_at", "handled_by", "outcome"])
    inbound.wait_over(scene.debtor, at=scene.at)


# --- as a row keeps it


def as_json(heard: Heard) -> dict[str, Any]:
    """`amounts` in minor units, days as ISO texts; `agrees`: both readings say the same."""
    return {
        "label": heard.label,
        "confidence": heard.confidence,
        "amounts": [{"minor": minor, "currency": currency, "quote": quote} for minor, currency, quote in heard.amounts],
        "dates": [{"on": day.isoformat(), "quote": quote} for day, quote in heard.dates],
        "quotes": list(heard.quotes),
        "contact": dict(heard.contact) if heard.contact else None,
        "lexicon": heard.lexicon,
        "agrees": heard.agrees,
    }


def read_json(kept: dict[str, Any]) -> Kept:
    return Kept(
        label=kept.get("label", "other"),
        confidence=kept.get("confidence", 0.0),
        amounts=tuple((one["minor"], one["currency"], one["quote"]) for one in kept.get("amounts", [])),
        dates=tuple((date.fromisoformat(one["on"]), one["quote"]) for one in kept.get("dates", [])),
        quotes=tuple(kept.get("quotes", [])),
        contact=kept.get("contact"),
        lexicon=kept.get("lexicon", ""),
        agrees=kept.get("agrees", True),
    )
