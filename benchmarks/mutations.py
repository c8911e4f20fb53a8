"""Does the checker notice when a rule of the law is gone? Each in turn is replaced by one that always allows.

    python -m benchmarks.mutations [--rule R-12 …]

For every rule a scene is played twice against the real engine, on a database of its own that is thrown away: with the
law as it is, when the checker must find nothing; and with that rule off, when it must notice. Where another rule
refuses the same thing as well, that one is turned off too, and the table says so. Ends with 1 if one goes unnoticed.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock

os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ.pop("DATABASE_URL", None)

import tests.environment  # noqa: F401  a state folder and a broker of its own, before settings load

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")

# How many rules may stand behind the one that is turned off.
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """`off`: the rules that had to be off; `noticed`: the checks that then found something."""

    rule: str
    expected: str
    off: tuple[str, ...]
    noticed: tuple[str, ...]
    control: tuple[str, ...]
    note: str

    @property
    def good(self) -> bool:
        return not self.expected or (self.expected in self.noticed and not self.control)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rule", nargs="*", default=[])
    wanted = parser.parse_args().rule
    with _database():
        from benchmarks.mutation_scenes import SCENES

        _complete(SCENES)
        outcomes = []
        print(f"{'rule':6} {'noticed by':30} {'off besides':28} note", flush=True)
        for scene in SCENES:
            if not wanted or scene.rule in wanted:
                outcomes.append(examine(scene))
                print(_row(outcomes[-1]), flush=True)
    seen = [one for one in outcomes if one.expected]
    missed = [one.rule for one in seen if not one.good]
    print(f"{len(seen) - len(missed)} of {len(seen)} noticed; {len(outcomes) - len(seen)} cannot be seen from outside")
    return 1 if missed else 0


def _complete(scenes: Any) -> None:
    from compliance.rules import RULES

    missing = {rule.id for rule in RULES} ^ {scene.rule for scene in scenes}
    if missing:
        raise SystemExit(f"rules without a scene, or scenes without a rule: {sorted(missing)}")


@contextmanager
def _database() -> Iterator[None]:
    import django
    from django.conf import settings

    django.setup()
    from django.test.runner import DiscoverRunner
    from django.test.utils import setup_test_environment

    setup_test_environment()
    # A file, as in the product: shared-cache memory has table locks that no busy timeout waits for.
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = os.path.join(
        os.environ["AGENTCOLLECT_VAR"], "mutations.sqlite3"
    )
    runner = DiscoverRunner(verbosity=0, interactive=False)
    before = runner.setup_databases()
    try:
        yield
    finally:
        runner.teardown_databases(before)


def examine(scene: Any) -> Outcome:
    """Play a scene with the law as it is, then without its rule, and those that say the same."""
    if scene.play is None:
        return Outcome(scene.rule, "", (), (), (), scene.why)
    control, _ = _played(scene, (), spoilt=False)
    off: tuple[str, ...] = (scene.rule,)
    for _ in range(_ROUNDS):
        noticed, refusing = _played(scene, off, spoilt=True)
        if scene.check in noticed or not refusing:
            break
        off += tuple(sorted(refusing))
    note = f"guarded twice: {scene.also} had to be broken as well" if scene.also else ""
    return Outcome(scene.rule, scene.check, off[1:], tuple(sorted(noticed)), tuple(sorted(control)), note)


def _played(scene: Any, off: tuple[str, ...], *, spoilt: bool) -> tuple[set[str], set[str]]:
    """The checks that found something, and the rules that refused beside those that are off."""
    from benchmarks import checker
    from benchmarks.mutation_scenes import outside

    with ExitStack() as stack:
        stack.enter_context(outside())
        stack.enter_context(without(off))
        for spoil in scene.spoils if spoilt else ():
            stack.enter_context(spoil())
        organisation_id = scene.play()
    found = {one.check for one in checker.check(checker.load(organisation_id))}
    return found, _refusing(organisation_id) - {*off}


@contextmanager
def without(off: tuple[str, ...]) -> Iterator[None]:
    """The law without some of its rules: they always allow."""
    from compliance import gate
    from compliance.verdicts import Says

    def allow(facts: Any, ask: Any) -> Says:
        return Says("allow", "this rule is off")

    rules = tuple(replace(rule, check=allow) if rule.id in off else rule for rule in gate.RULES)
    with mock.patch.object(gate, "RULES", rules):
        yield


def _refusing(organisation_id: str) -> set[str]:
    from outreach.models import Decision

    rows = Decision.objects.filter(organisation_id=organisation_id).exclude(outcome="allow")
    return {
        one["rule"]
        for verdicts in rows.values_list("verdicts", flat=True)
        for one in verdicts
        if one["outcome"] != "allow"
    }


def _row(one: Outcome) -> str:
    if not one.expected:
        return f"{one.rule:6} {'cannot be seen':30} {'':28} {one.note}"
    noticed = one.expected if one.expected in one.noticed else f"NOT NOTICED (expected {one.expected})"
    more = sorted(set(one.noticed) - {one.expected})
    note = "; ".join(filter(None, [one.note, f"also {', '.join(more)}" if more else ""]))
    if one.control:
        note += f"; FOUND WITH THE RULE ON: {', '.join(one.control)}"
    return f"{one.rule:6} {noticed:30} {' '.join(one.off):28} {note}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
