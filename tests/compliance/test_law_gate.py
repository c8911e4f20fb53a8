"""The gate: every rule is asked, precedence, fail closed, no Django, and a decision that can be stored."""

import ast
import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import compliance
from compliance import gate
from compliance.facts import Facts
from compliance.rules import RULES, hours
from compliance.verdicts import Ask, Says
from tests.compliance.law_facts import NOON, ask, contact, facts, hold, utc, verdict

ROOM = Path(compliance.__file__).parent
TWO_AM = utc("2026-03-18T02:00:00-04:00")


def test_every_rule_is_asked_even_after_a_refusal() -> None:
    decision = ask(facts(holds=(hold("bankruptcy"), hold("cease"))), at=TWO_AM)
    assert [one.rule for one in decision.verdicts] == [rule.id for rule in RULES]
    refused = {one.rule for one in decision.verdicts if one.outcome != "allow"}
    assert refused == {"R-29", "R-05", "R-01"}


def test_precedence_deny_require_defer_allow() -> None:
    late = facts()
    assert (ask(late, at=TWO_AM).outcome, ask(late, at=TWO_AM).rule) == ("defer", "R-01")
    unrendered = facts(opt_out_link=False)
    assert (ask(unrendered, at=TWO_AM).outcome, ask(unrendered, at=TWO_AM).rule) == ("require", "R-09")
    held = replace(unrendered, holds=(hold("approval"),))
    assert (ask(held, at=TWO_AM).outcome, ask(held, at=TWO_AM).until) == ("deny", None)
    fine = ask(facts())
    assert (fine.outcome, fine.rule, fine.until, fine.allowed) == ("allow", None, None, True)


def test_until_is_when_all_deferring_rules_allow_together() -> None:
    # 48 hours after Friday 17:00 is Sunday; R-01 then says Monday 08:00.
    friday = utc("2026-03-20T17:00:00-04:00")
    decision = ask(facts(history=(contact(friday),)), at=friday + timedelta(hours=2))
    assert decision.until == utc("2026-03-23T08:00:00-04:00")


@pytest.mark.parametrize("broken", RULES, ids=lambda rule: rule.id)
def test_a_rule_that_fails_denies(broken: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(facts: Facts, ask: Ask) -> Says:
        raise ZeroDivisionError("the cause")

    bad = replace(broken, check=fails)
    monkeypatch.setattr(gate, "RULES", tuple(bad if rule is broken else rule for rule in RULES))
    kind = "answer" if broken.id == "K-01" else "outreach"
    decision = ask(facts(history=(contact(NOON - timedelta(days=1), direction="in"),)), kind=kind)
    assert (decision.outcome, decision.rule, decision.reason) == ("deny", broken.id, "rule failed")
    assert verdict(decision, broken.id).evidence == {"error": "ZeroDivisionError", "detail": "the cause"}


@pytest.mark.parametrize("until", [None, NOON, NOON - timedelta(days=1)])
def test_a_rule_that_defers_to_nowhere_denies(until: datetime | None, monkeypatch: pytest.MonkeyPatch) -> None:
    stuck = replace(hours, check=lambda facts, ask: Says("defer", "later", {}, until))
    monkeypatch.setattr(gate, "RULES", (stuck,))
    assert ask(facts()).outcome == "deny"


def test_rules_that_never_agree_deny(monkeypatch: pytest.MonkeyPatch) -> None:
    always = replace(hours, check=lambda f, asked: Says("defer", "later", {}, asked.at + timedelta(days=1)))
    monkeypatch.setattr(gate, "RULES", (always,))
    assert (ask(facts()).outcome, ask(facts()).reason) == ("deny", "no moment suits every rule")


def test_a_naive_moment_in_the_history_denies() -> None:
    assert ask(facts(history=(contact(datetime(2026, 3, 17, 12)),))).outcome == "deny"


@pytest.mark.parametrize(
    "question",
    [
        {"at": datetime(2026, 3, 18, 15)},
        {"channel": "pigeon"},
        {"kind": "letter_of_love"},
        {"confirms": "opt_out"},
        {"kind": "notice", "confirms": "everything"},
    ],
)
def test_a_malformed_question_is_an_error_not_a_permission(question: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        ask(facts(), **question)


def test_a_decision_can_be_stored_and_holds_no_address() -> None:
    decision = ask(facts(holds=(hold("opt_out:email"),)), at=TWO_AM)
    stored = json.loads(json.dumps(decision.as_json()))
    assert stored["outcome"] == "deny"
    assert stored["at"] == "2026-03-18T06:00:00+00:00"
    assert len(stored["verdicts"]) == len(RULES)
    assert "jane@" not in json.dumps(stored)


def test_rules_carry_id_citation_version_and_scope() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert all([rule.citation, rule.version, rule.title, rule.check.__doc__])
        assert set(rule.scope.replace("; ", " ").split()) <= {"C", "D", "All"}
    assert {rule.id for rule in RULES if rule.defers} == {"R-01", "R-02", "R-10", "R-11", "R-12", "K-01"}


def test_the_law_imports_nothing_that_acts() -> None:
    allowed = {"compliance", "holidays", *sys.stdlib_module_names}
    acting = {"os", "socket", "subprocess", "time", "random", "logging", "threading", "sqlite3"}
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            roots = {name.split(".")[0] for name in names}
            assert roots <= allowed - acting, (path, roots)


def test_importing_the_law_does_not_import_django() -> None:
    acting = "{'django', 'rest_framework', 'celery', 'httpx'}"
    code = f"import compliance.gate, compliance.guards, sys; assert not {acting} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOM.parent, check=True)


def test_every_table_names_its_source_and_date_and_gives_no_advice() -> None:
    for path in (ROOM / "data").rglob("*.json"):
        table = json.loads(path.read_text(encoding="utf-8"))
        assert table["source"]
        assert datetime.fromisoformat(table["date"])
        assert table["notice"].startswith("Not legal advice")
