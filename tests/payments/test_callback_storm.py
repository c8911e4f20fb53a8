"""Callbacks by the dozen, in any order and many at once, end in the books that they make when told once in order."""

import pytest

from payments.models import ProcessorCallback
from tests.payments.storm import LIVES, Story, unread
from tests.payments.stripe_world import creditor, stripe

# Those in which money goes back; all of them, by the hundred: benchmarks/callback_storm.py.
HARD = LIVES[7:]


@pytest.mark.django_db(transaction=True)
def test_a_storm_ends_as_the_story_told_once_in_order() -> None:
    ends = {}
    for told in ("in order", "storm"):
        with stripe() as api:
            story = Story(api, creditor(api)[0], len(HARD), HARD)
            story.begin()
            before = ProcessorCallback.objects.count()
            if told == "in order":
                story.in_order()
            else:
                story.storm(threads=3, times=3, seed=11)
            assert unread() == 0
            assert ProcessorCallback.objects.count() - before == len({one["id"] for one in api.events})
            assert story.explained()
            ends[told] = story.ends()
    assert len(set(ends["in order"])) >= 5  # the lives differ
    assert ends["storm"] == ends["in order"]
