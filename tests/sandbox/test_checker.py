"""The independent checker: content with what the engine does, and with nothing that breaks a rule."""

import ast
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agentcollect.kit import db
from benchmarks import checker
from benchmarks.checker import TABLE
from benchmarks.checker import __main__ as command
from benchmarks.checker.reading import sums
from benchmarks.checker.show import text
from benchmarks.drive import drive
from campaigns import operations as campaigns
from campaigns.models import Campaign, Case
from outreach.models import Message
from sandbox import replies
from tests import factories
from tests.outreach import world
from tests.outreach.world import DAY
from tests.sandbox.seeds import ALSO, SEEDS
from tests.sandbox.stories import call, lawful, send

# A Tuesday after the day on which the factories' rows are made.
AT = datetime(2027, 3, 16, 15, 0, tzinfo=UTC)
_LEVELS = ((1, "ap", "Accounts Payable"), (2, "controller", "Controller"), (3, "cfo", "CFO"))


# --- seeded violations


@pytest.mark.parametrize("id", TABLE)
def test_each_check_notices_its_seed_alone(id: str) -> None:
    noticed = {one.check for one in checker.check(SEEDS[id]())}
    assert noticed == {id} | ALSO.get(id, set())


def test_a_lawful_story_is_lawful() -> None:
    story = call(send(lawful(), at=AT), AT + 3 * DAY)
    assert checker.check(lawful()) == []
    assert checker.run(story).examined["hours"] == 3


@pytest.mark.parametrize(
    ("written", "currency", "minor"),
    [
        ("pay $15,000.00 by 31 March 2026, $1.50", "USD", {1_500_000, 150}),
        ("October 31, 2025, $2,025.00 is open", "USD", {202_500}),
        ("reste 15\u202f000,00\u00a0€ à régler", "EUR", {1_500_000}),
        ("offen: 1.234,56 € (Rechnung 2025-0847)", "EUR", {123_456}),
        ("¥15,000 and CA 94104, USA", "JPY", {15_000}),
    ],
)
def test_sums_are_read_as_people_write_them(written: str, currency: str, minor: set[int]) -> None:
    assert sums(written, currency) == minor


# --- nothing shared with what is checked


def imported(path: Path) -> set[str]:
    """Every module that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_it_reads_rows_and_shares_no_code_with_what_it_checks() -> None:
    """The engine's models, holidays and Django; import-linter holds the same in `make check`."""
    rooms = {"agentcollect", "compliance", "accounts", "events", "campaigns", "payments", "outreach", "sandbox"}
    files = sorted(Path(checker.__file__).parent.glob("*.py"))
    ours = {name for path in files for name in imported(path) if name.split(".")[0] in rooms}
    assert len(files) > 15
    assert ours == {f"{room}.models" for room in ("accounts", "events", "campaigns", "payments", "outreach")}


# --- the engine's own story


def placed(campaign: Campaign, name: str) -> Case:
    """An open invoice of a company in New York with three people to write to and a number that talks."""
    host = f"{name.replace('_', '-')}.com"
    facts = {"name": f"{name.title()} Ltd", "email_domain": host, "region": "NY", "identity": name}
    own = factories.debtor(campaign.organisation, **facts)
    for level, local, title in _LEVELS:
        number = "+1 212 555 0100" if level == 1 else "+1 212 555 0101"
        factories.contact(own, email=f"{local}@{host}", level=level, title=title, name=title, phone=number)
    numbered = {"invoice_number": f"N-{name}", "invoice_key": name}
    found = factories.case(campaign.organisation, campaign=campaign, debtor=own, **numbered)
    world.step(found, due_at=AT, version=2)
    return found


# What this small story has none of: live mode, consumers, found people, plans, an attorney, doubts.
SILENT = set(
    """
after_talk approval california clauses collector doubtful escalated excluded extinguished final found found_notice
inconvenient licence live plan_waits referral represented role stranger_told voicemail weekly
""".split()
)


def says(case: Case, template: str) -> Any:
    return lambda at: replies.reply(case=case, text="", template=template, sender="", at=at)


def pays(case: Case, minor: int) -> Any:
    def act(at: datetime) -> None:
        with db.atomic():
            campaigns.settle(case_id=case.id, amount_minor=minor, payment_id="pay_x", by="test", at=at)

    return act


def bounces(case: Case) -> Any:
    return lambda at: replies.bounce(message=Message.objects.filter(case=case).latest("id"), kind="hard", at=at)


@pytest.mark.django_db(transaction=True)
def test_what_the_engine_does_is_lawful(empty_redis: None, monkeypatch: Any, capsys: Any) -> None:
    organisation = factories.organisation()
    shared = {"brand": world.BRAND, "creditor": "Your Company Inc.", "posture": "firm", "playbook_version": 2}
    campaign = factories.campaign(organisation, **shared)
    told = ["promise", "dispute", "opt_out", "cease", "attorney", "wrong_person", "who"]
    cases = {name: placed(campaign, name) for name in ["silent", "half", "paid", "bounce", *told]}
    acts = [(AT + 3 * DAY, says(cases[name], name)) for name in told]
    acts += [(AT + DAY, pays(cases["half"], 400_000)), (AT + DAY, pays(cases["paid"], 1_500_000))]
    acts += [(AT + DAY, bounces(cases["bounce"]))]
    drive(begins=AT, until=AT + 11 * DAY, acts=acts)
    story = checker.load(organisation.id)
    result = checker.run(story)
    assert result.violations == (), text(story, result)
    assert {id for id, count in result.examined.items() if not count} <= SILENT
    for more in ([], ["--json"]):
        monkeypatch.setattr("sys.argv", ["checker", "--organisation", organisation.id, *more])
        assert command.main() == 0
        assert '"violations": []' in (said := capsys.readouterr().out) or "0 violations" in said
