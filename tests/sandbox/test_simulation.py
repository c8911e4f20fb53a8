"""A simulated portfolio: the same seed tells the same story, byte for byte; another one another."""

from pathlib import Path
from typing import Any

import orjson
import pytest
import structlog

from accounts.models import TestClock
from agentcollect.kit import charts, clock
from campaigns.models import Case, Debtor
from sandbox.personas import NAMED
from sandbox.simulation import Order, measure, portfolio, simulate
from sandbox.simulation.mixes import MIXES

SMALL = Order(debtors=6, months=1, seed=7, mix="hostile")


def told(order: Order, folder: Path, *, erase: bool = False) -> dict[str, Any]:
    done = simulate(order, folder=folder, erase=erase, progress=lambda at, acts: None, by="test", wall=clock.now())
    assert done.page.read_text(encoding="utf-8").count("<svg") >= 2
    return {"bytes": done.data.read_bytes(), "clock": done.clock_id, "figures": orjson.loads(done.data.read_bytes())}


@pytest.mark.parametrize("mix", sorted(MIXES))
def test_a_mix_names_debtors_that_exist(mix: str) -> None:
    assert set(MIXES[mix].people) <= set(NAMED)


def test_a_portfolio_follows_from_its_seed() -> None:
    order = Order(debtors=700, months=12, seed=7)
    bodies = list(portfolio.bodies(order))
    assert bodies == list(portfolio.bodies(order))
    assert bodies != list(portfolio.bodies(Order(debtors=700, months=12, seed=8)))
    assert len(bodies) > 1 and all(len(body["debtors"]) <= 500 for body in bodies)
    firms = [{row["company_name"] for row in body["debtors"]} for body in bodies]
    assert sum(map(len, firms)) == len(set.union(*firms)) == 700, "all invoices of a debtor are in one campaign"


def test_a_persona_is_read_from_the_first_person_with_an_address() -> None:
    firm = {"name": "", "email": "", "phone": "+12125550100"}
    people = [firm, {"email": "pays+3d@d1.sandbox.agentcollect.com"}, {"email": "cease@d1.sandbox.agentcollect.com"}]
    assert [measure._persona(some) for some in (people, people[:1], [])] == ["pays", "silent", "silent"]


def test_a_number_is_shared_only_when_all_have_run_out() -> None:
    shown = [
        row["contact_phone"] for body in portfolio.bodies(SMALL) for row in body["debtors"] if "contact_phone" in row
    ]
    every = {portfolio._area(number) for number in range(len(portfolio._areas()))}
    assert shown and len(every) == len(portfolio._areas()) > 300


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        first, second = told(SMALL, tmp_path / "first"), told(SMALL, tmp_path / "second", erase=True)
    assert first["bytes"] == second["bytes"]
    assert not logs, "nobody is woken, nothing is tried twice"
    figures = first["figures"]
    assert len(figures["by_persona"]) > 2
    assert figures["portfolio"]["debtors"] == 6
    assert figures["contacts"]["total"] > 6 and figures["decisions"]["total"] >= figures["contacts"]["total"]
    assert sum(row["invoices"] for row in figures["outcomes"]) == figures["portfolio"]["invoices"]
    collected = figures["portfolio"]["money"]["USD"]["collected"]
    assert collected == figures["recovery"]["USD"][-1]["collected"] == sum(c["collected"] for c in figures["outcomes"])
    assert figures["portfolio"]["campaigns"] == {"completed": 1}
    # What was erased is gone, and nothing of the other story with it.
    assert not TestClock.objects.filter(id=second["clock"]).exists()
    assert not Debtor.objects.filter(clock_id=second["clock"]).exists()
    assert Case.objects.filter(clock_id=first["clock"]).count() == figures["portfolio"]["invoices"]


def test_a_chart_tells_its_values_to_who_cannot_see_it() -> None:
    drawn = charts.bars([("1", 3, "3 debtors <once>")], title="Debtors")
    assert 'aria-label="Debtors"' in drawn and "<title>3 debtors &lt;once&gt;</title>" in drawn
    assert charts.line([], title="nothing") and charts.bars([], title="nothing")
