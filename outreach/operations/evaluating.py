"""The agent put to the test: the golden set through lists and templates, or through a model. Writes nothing."""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings

from outreach import drafting
from outreach.agent import Endpoint, evaluation
from outreach.agent.evaluation import Score
from outreach.operations import wording
from outreach.rendering import Account, Brand, Letter, Line, Links
from payments.rules import palette

GOLDEN = Path("tests/data/golden")
# The sets are read as on this Tuesday, about this open balance: what they expect hangs on both.
TODAY, BALANCE, CURRENCY, SENDER = date(2026, 3, 17), 1_500_000, "USD", "ap@acmecorp.com"


@dataclass(slots=True)
class Written:
    """Messages asked for, those the guards passed, those a model wrote, and why the others are not its own."""

    asked: int = 0
    passed: int = 0
    by_model: int = 0
    cost_micros: int = 0
    wrong: list[tuple[str, str]] = field(default_factory=list)


def evaluate_replies(*, folder: Path | None = None, where: Endpoint | None = None) -> Score:
    """Read the set's replies. Raises FileNotFoundError where the set is not."""
    facts: dict[str, Any] = {"today": TODAY, "balance_minor": BALANCE, "currency": CURRENCY, "sender": SENDER}
    return evaluation.read_all(_cases(folder, "replies.json"), **facts, where=where)


def evaluate_drafts(*, folder: Path | None = None, where: Endpoint | None = None) -> Written:
    """Write the set's messages for the invoice of the product page, and ask the guards. Raises FileNotFoundError."""
    written = Written()
    for case in _cases(folder, "drafts.json"):
        letter = _letter(case["language"], case["tone"])
        templates = drafting.drafts(case["intent"], language=letter.language, tone=letter.tone, key=case["id"])
        clean = wording.first_clean(templates, letter)
        written.asked += 1
        if where is None:
            written.passed += clean is not None
        else:
            _count(written, case, where, letter, clean)
    return written


def _count(written: Written, case: dict[str, Any], where: Endpoint, letter: Letter, clean: Any) -> None:
    own, report = wording.attempt(where, intent=case["intent"], letter=letter, instead=clean)
    written.cost_micros += report.cost_micros
    written.by_model += own is not None
    written.passed += own is not None or clean is not None
    if own is None:
        written.wrong.append((case["id"], report.fallback_reason))


def _cases(folder: Path | None, name: str) -> list[dict[str, Any]]:
    path = (folder or settings.BASE_DIR / GOLDEN) / name
    cases: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return cases


def _letter(language: str, tone: str) -> Letter:
    shades = {scheme: {n.replace("-", "_"): v for n, v in tones.items()} for scheme, tones in palette(None).items()}
    brand = Brand(
        name="Your Company",
        legal_name="Your Company Inc.",
        from_email="ar@yourcompany.com",
        reply_to="ar@yourcompany.com",
        address="548 Market Street, San Francisco, CA 94104, USA",
        phone="",
        palette=shades,
    )
    account = Account(
        debtor="Acme Corp",
        invoice_number="INV-2025-0847",
        invoice_date=date(2025, 10, 1),
        due_date=date(2025, 10, 31),
        currency=CURRENCY,
        balance_minor=BALANCE,
        lines=(Line("Invoice amount", BALANCE),),
    )
    links = Links(pay=f"{settings.PUBLIC_URL}/pay/sample", opt_out=f"{settings.PUBLIC_URL}/optout/sample")
    return Letter(
        brand=brand,
        account=account,
        links=links,
        contact_name="",
        itemised=True,
        language=language,
        tone=tone,
    )
