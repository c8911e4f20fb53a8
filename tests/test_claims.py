"""Every rule of the law has its line in docs/law.md, and no text that ships says what we never say."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from compliance.rules import RULES
from tests.dashboard.test_docs_wording import OLD

ROOT = Path(settings.BASE_DIR)
LAW = (ROOT / "docs" / "law.md").read_text(encoding="utf-8")
LINES = dict(re.findall(r"^\| ([A-Z]-\d\d) \| (.+) \|$", LAW, flags=re.MULTILINE))
# Kept elsewhere than in the gate: guards on text, what is never deleted, and what payments never do.
ELSEWHERE = {"R-21", "R-30", "R-34", "R-40", "R-41"}
# Files of other kinds than pages, mails, guides and modules, which tests/dashboard/test_docs_wording.py reads.
KINDS = ("json", "yml", "yaml", "svg", "css", "txt", "toml")
FOLDERS = ("agentcollect", "clients", "compliance", "dashboard", "docs", "events", "outreach", "payments", "sandbox")
SKIPPED = {"vendor", "node_modules", "data", "dist"}


def test_every_rule_of_the_law_has_its_line() -> None:
    assert list(LINES) == [*(f"R-{n:02}" for n in range(42)), "K-01", "H-01"]
    assert {rule.id for rule in RULES} == set(LINES) - ELSEWHERE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_stands_where_its_line_says(rule: object) -> None:
    module = rule.check.__module__.replace(".", "/") + ".py"  # type: ignore[attr-defined]
    assert f"rule `{module}`" in LINES[rule.id]  # type: ignore[attr-defined]


def test_what_a_line_names_exists() -> None:
    tests = {path.name for path in (ROOT / "tests").rglob("test_*.py")}
    for line in LINES.values():
        for named in re.findall(r"`([a-z_/]+(?:\.py)?)`", line.replace("tests/", "")):
            is_test = named.rpartition("/")[2] in tests
            assert is_test or (ROOT / named).exists() or (ROOT / f"{named}.py").exists(), named
        assert re.search(r"`(tests/)?[a-z_/]*test_[a-z_]+\.py`$", line.rstrip())


def others() -> Iterator[tuple[str, str]]:
    for folder in FOLDERS:
        for kind in KINDS:
            for path in (ROOT / folder).rglob(f"*.{kind}"):
                if not SKIPPED & set(path.parts):
                    yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8", errors="replace")


@pytest.mark.parametrize("old", OLD)
def test_no_other_file_says_it_either(old: str) -> None:
    files = dict(others())
    assert "agentcollect/openapi.json" in files
    pattern = re.compile(OLD[old], re.IGNORECASE)
    assert [(name, said[0]) for name, text in files.items() for said in pattern.finditer(text)] == []


def test_our_own_words_stand_where_a_reader_looks() -> None:
    words = " ".join(LAW.split())
    assert "Every contact passes a rule engine modelled on Regulation F" in words
    assert "accepted only under a licensed collector of record" in words
