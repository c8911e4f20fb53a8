"""The table of checks, and running it: every check over the story, every body once."""

from collections import Counter
from dataclasses import dataclass

# Each enters its checks in the table.
from benchmarks.checker import asking, letters, people, records, standing, stops, timing, voice
from benchmarks.checker.checks import TABLE, Look, Violation
from benchmarks.checker.story import Story

MODULES = (timing, stops, asking, letters, voice, people, standing, records)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`examined`: how many things each check looked at; a check that looked at nothing proves nothing."""

    violations: tuple[Violation, ...]
    examined: dict[str, int]

    @property
    def noticed(self) -> Counter[str]:
        """How many violations each check found."""
        return Counter(one.check for one in self.violations)


def run(story: Story) -> Result:
    """Every check over the whole story, then over every message's body in turn."""
    looks = {id: Look() for id in TABLE}
    found = [
        one.signed(each) for one in TABLE.values() if one.over is not None for each in one.over(story, looks[one.id])
    ]
    reading = [one for one in TABLE.values() if one.body is not None]
    for body in story.bodies():
        touch = story.touch.get(body.touch)
        if touch is None:
            continue
        for one in reading:
            found += [one.signed(each) for each in one.body(story, touch, body, looks[one.id])]
    return Result(violations=tuple(found), examined={id: look.count for id, look in looks.items()})


def check(story: Story) -> list[Violation]:
    """Every violation of the law in a story."""
    return list(run(story).violations)
