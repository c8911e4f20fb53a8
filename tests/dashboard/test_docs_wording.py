"""What the product says of itself: a rule engine, not a seal; your brand, not a disguise; nothing nobody can show."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from agentcollect import openapi
from events.catalogue import TYPES

# What may not be said, because it is not true or cannot be shown.
OLD = {
    "FDCPA compliant": r"FDCPA[\s-]+compliant|compliant with the FDCPA",
    "SOC 2": r"SOC\s?2\b",
    "an uptime nobody has measured": r"\b99\.9+\s?%|uptime SLA",
    "TLS ends at the operator's proxy": r"TLS 1\.3",
    "invisible": r"\binvisible\b(?! (character|letter|format))",
    "the debtor never knows": r"never knows?\b",
    "attorney assigned": r"attorney (is |was |will be )?assigned",
    "1–4 hours": r"\b1\s?[–-]\s?4 hours",
}
FOLDERS = ("accounts", "agentcollect", "campaigns", "dashboard", "docs", "events", "outreach", "payments", "webhooks")


def texts() -> Iterator[tuple[str, str]]:
    """(name, text) of every page, mail, guide, and module that prints one."""
    root: Path = settings.BASE_DIR
    files = [root / "README.md", root / "CHANGELOG.md"]
    for folder in (*FOLDERS, "sandbox", "compliance", "clients"):
        files += [path for end in ("html", "txt", "md", "py", "js") for path in (root / folder).rglob(f"*.{end}")]
    for path in files:
        if "vendor" not in path.parts and "node_modules" not in path.parts:
            # Comments may quote what is not said.
            text = (
                re.sub(r"^\s*#.*$", "", path.read_text(), flags=re.MULTILINE)
                if path.suffix == ".py"
                else path.read_text()
            )
            yield str(path.relative_to(root)), text
    yield "the OpenAPI document", openapi.build()


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    return dict(texts())


@pytest.mark.parametrize("old", OLD)
def test_it_is_not_said(written: dict[str, str], old: str) -> None:
    assert len(written) > 200
    found = [(name, said[0]) for name, text in written.items() for said in re.finditer(OLD[old], text, re.IGNORECASE)]
    assert found == []


def test_the_patterns_find_what_they_look_for() -> None:
    for name, pattern in OLD.items():
        assert re.search(pattern, OLD_PAGE, re.IGNORECASE), name


OLD_PAGE = """AgentCollect is invisible. The debtor never knows we exist. Licensed attorney assigned. Expect first
contact within 1–4 hours. SOC 2 Type II, HTTPS + TLS 1.3, 99.9% uptime SLA, FDCPA compliant"""


def test_what_is_said_instead(written: dict[str, str]) -> None:
    document = written["the OpenAPI document"]
    assert "Every contact passes a rule engine modelled on Regulation F." in document
    assert "licensed collector of record" in document
    assert "1–4 business hours where your debtor is" in TYPES["campaign.started"].description
    attorney = TYPES["case.escalated"].description
    assert "independent attorney" in attorney
    assert "engaged by you" in attorney
    brand = "we never pretend to be a person or your employee"
    assert any(brand in text.lower().replace("\n", " ") for text in written.values())
