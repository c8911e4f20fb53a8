"""When, and how often: R-01, R-02, R-11, R-12, K-01."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from benchmarks.checker import places
from benchmarks.checker.checks import Found, Look, check, wrong
from benchmarks.checker.story import Debtor, Story, Touch, plain
from benchmarks.checker.tables import CALLS, DAYS, DEFAULT_CALLS

_APART, _WEEK, _PER_WEEK = timedelta(hours=48), timedelta(days=7), 3
_ANSWERED_WITHIN = timedelta(hours=72)


def _begun(story: Story) -> Iterator[tuple[Debtor, Touch, str]]:
    """Every touch that we began, with its debtor and the recipient's number."""
    for touch in story.touches:
        debtor = story.debtors.get(touch.debtor)
        if touch.asks and debtor is not None:
            yield debtor, touch, _number(story, touch)


def _number(story: Story, touch: Touch) -> str:
    contact = story.contacts.get(touch.contact)
    return touch.address if touch.channel == "call" else contact.phone if contact else ""


def _consumer(story: Story, debtor: Debtor, touch: Touch) -> bool:
    return places.consumer(debtor, attested=story.organisation.attested_class)


@check("hours", "R-01", "inside the hours of every zone where the debtor may be", citation="12 CFR 1006.6(b)(1)")
def hours(story: Story, look: Look) -> Iterator[Found]:
    for debtor, touch, number in _begun(story):
        look()
        consumer = _consumer(story, debtor, touch)
        for zone, local in places.clocks(debtor, touch.at, number):
            if why := places.closed_hour(local, consumer=consumer, channel=touch.channel):
                yield wrong(touch, f"{why} in {zone}", zone=zone, local=local.isoformat())
                break


@check("holidays", "R-01", "no public holiday where the debtor is", citation="LAW.md R-01, commercial default")
def on_holidays(story: Story, look: Look) -> Iterator[Found]:
    for debtor, touch, number in _begun(story):
        if _consumer(story, debtor, touch):
            continue
        look()
        days = {local.date() for _, local in places.clocks(debtor, touch.at, number)}
        if names := sorted(filter(None, (places.holiday(debtor, day) for day in days))):
            yield wrong(touch, f"a public holiday: {names[0]}", days=sorted(day.isoformat() for day in days))


@check("inconvenient", "R-02", "outside the times they called inconvenient", citation="12 CFR 1006.6(b)(1)")
def inconvenient(story: Story, look: Look) -> Iterator[Found]:
    for debtor, touch, number in _begun(story):
        for told in debtor.inconvenient:
            if not _about(told, touch):
                continue
            look()
            if any(places.within(told, local) for _, local in places.clocks(debtor, touch.at, number)):
                yield wrong(touch, "they had told us that this time is inconvenient", told=told)
                break


def _about(told: dict[str, object], touch: Touch) -> bool:
    same_channel = told.get("channel") in (None, "", touch.channel)
    same_address = not told.get("address") or plain(str(told["address"])) == plain(touch.address)
    since = str(told.get("since") or "")
    return same_channel and same_address and (not since or since[:19] <= touch.at.isoformat()[:19])


@check("apart", "R-12", "48 hours between two contacts of a debtor, over all channels", citation="12 CFR 1006.14(a)")
def apart(story: Story, look: Look) -> Iterator[Found]:
    for touches in story.by_debtor.values():
        begun = [touch for touch in touches if touch.asks]
        for before, touch in pairwise(begun):
            look()
            if touch.at - before.at < _APART and not _a_day(story, before, touch):
                yield wrong(touch, "less than 48 hours after another", after=before.id, hours=_hours(touch, before))


def _hours(touch: Touch, before: Touch) -> float:
    return round((touch.at - before.at) / timedelta(hours=1), 2)


@check("daily", "R-12", "one contact of a debtor a day, over all channels", citation="12 CFR 1006.14(a)")
def daily(story: Story, look: Look) -> Iterator[Found]:
    for touches in story.by_debtor.values():
        begun = [touch for touch in touches if touch.asks]
        for before, touch in pairwise(begun):
            look()
            if _a_day(story, before, touch):
                yield wrong(touch, "a second contact on one day", after=before.id, hours=_hours(touch, before))


def _a_day(story: Story, before: Touch, touch: Touch) -> bool:
    debtor = story.debtors.get(touch.debtor)
    return debtor is not None and bool(places.days(debtor, before.at) & places.days(debtor, touch.at))


@check("weekly", "R-12", "three contacts of a debtor in seven days, over all channels", citation="12 CFR 1006.14(a)")
def weekly(story: Story, look: Look) -> Iterator[Found]:
    for touches in story.by_debtor.values():
        begun = [touch for touch in touches if touch.asks]
        for first, touch in zip(begun, begun[_PER_WEEK:], strict=False):
            look()
            if touch.at - first.at < _WEEK:
                yield wrong(touch, "the fourth contact in seven days", first=first.id)


def _calls(story: Story) -> Iterator[tuple[Debtor, list[Touch]]]:
    """The calls we began, by person and invoice."""
    for debtor_id, touches in story.by_debtor.items():
        if debtor_id not in story.debtors:
            continue
        mine: dict[tuple[str, str], list[Touch]] = {}
        for touch in touches:
            if touch.channel == "call" and touch.asks:
                mine.setdefault((touch.contact, touch.case), []).append(touch)
        yield from ((story.debtors[debtor_id], calls) for calls in mine.values())


@check("calls", "R-11", "so many calls in seven days as the state allows", citation="12 CFR 1006.14(b)(2)(i)(A)")
def calls(story: Story, look: Look) -> Iterator[Found]:
    for debtor, made in _calls(story):
        most = CALLS.get(debtor.region.upper().removeprefix("US-"), DEFAULT_CALLS)
        for first, last in zip(made, made[most:], strict=False):
            look()
            if places.days_apart(debtor, first.at, last.at, last.address) < DAYS:
                yield wrong(last, f"more than {most} calls in seven days", first=first.id)
        look()


@check("after_talk", "R-11", "no call for seven days after a conversation", citation="12 CFR 1006.14(b)(2)(i)(B)")
def after_talk(story: Story, look: Look) -> Iterator[Found]:
    for debtor, made in _calls(story):
        talk: Touch | None = None
        for call in made:
            if talk is not None:
                look()
                if places.days_apart(debtor, talk.at, call.at, call.address) < DAYS:
                    yield wrong(call, "a call within seven days of a conversation", talked=talk.id)
            talk = call if call.outcome == "conversation" else talk


def _answers(story: Story) -> Iterator[tuple[Touch, list[Touch]]]:
    """Answers, each with those that the same contact got before."""
    for touches in story.by_contact.values():
        given: list[Touch] = []
        for touch in (touch for touch in touches if touch.kind == "answer"):
            yield touch, given
            given.append(touch)


@check("one_answer", "K-01", "at most one automatic answer a day per contact", citation="LAW.md, Kinds of message")
def one_answer(story: Story, look: Look) -> Iterator[Found]:
    for touch, given in _answers(story):
        look()
        automatic = touch.drafter != "person" and touch.approved_at is None
        debtor = story.debtors.get(touch.debtor)
        if automatic and debtor is not None and given and _a_day(story, given[-1], touch):
            yield wrong(touch, "a second automatic answer on one day", after=given[-1].id)


@check(
    "asked_for", "K-01", "an answer follows a message of theirs within 72 hours", citation="LAW.md, Kinds of message"
)
def asked_for(story: Story, look: Look) -> Iterator[Found]:
    for touch, _ in _answers(story):
        look()
        theirs = [
            reply
            for reply in story.replies_of.get(touch.debtor, ())
            if reply.channel == touch.channel and reply.contact in (touch.contact, "")
        ]
        if not any(reply.at <= touch.at <= reply.at + _ANSWERED_WITHIN for reply in theirs):
            yield wrong(touch, "an answer to nothing they wrote in the last 72 hours")
