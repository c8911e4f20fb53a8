"""How a window is cut: many things due at one moment must not keep a clock from going on."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import due, windows
from sandbox.due import Item

NOON = datetime(2031, 3, 3, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def many(number: int, at: datetime, first: int = 0) -> list[Item]:
    return [Item("reaction", f"rea_{n}", f"dbt_{n}", at) for n in range(first, first + number)]


def test_few_things_are_one_window() -> None:
    found = many(windows.MOST, NOON)
    assert windows._cut(found, NOON - HOUR, NOON + HOUR) == (found, NOON + HOUR, None)


def test_what_comes_before_a_crowd_comes_first() -> None:
    found = [*many(3, NOON - HOUR / 2), *many(200, NOON, first=3)]
    before, until, only = windows._cut(found, NOON - HOUR, NOON + HOUR)
    assert (before, until, only) == (found[:3], NOON - windows.BLINK, None)


@pytest.mark.parametrize("begin", [NOON, NOON - windows.BLINK, NOON - HOUR])
def test_a_crowd_at_one_moment_is_taken_by_some_of_the_debtors(begin: datetime) -> None:
    """Also from the moment just before it, where nothing else is due."""
    found = many(200, NOON)
    _, until, only = windows._cut(found, begin, NOON + HOUR)
    assert until == NOON
    assert only == {item.debtor_id for item in found[: windows.MOST]}


def test_what_was_tried_at_this_moment_to_no_avail_crowds_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred that wait for something else, and one whose turn it is."""
    tried, fresh = many(100, NOON), many(1, NOON, first=100)
    done: list[str] = []
    waiting = {"found": [*tried, *fresh]}

    def do(batch: list[windows.Act]) -> None:
        done.extend(act.item.id for act in batch)
        waiting["found"] = tried

    monkeypatch.setattr(due, "items", lambda clock_id, until: waiting["found"])
    monkeypatch.setattr(windows, "_do", do)
    monkeypatch.setattr(windows, "_ask_shared", lambda ids: [])
    monkeypatch.setattr(windows, "_recall_calls", lambda clock_id, reached: None)
    tries: windows.Tries = Counter({(item.kind, item.id, NOON): 1 for item in tried})
    assert windows.run("clk_1", begin=NOON, until=NOON + HOUR, tries=tries).acts == 1
    assert done == [fresh[0].id]
