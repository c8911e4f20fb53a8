"""Every debtor of the one table, played through the real engine to the end that is documented for them."""

from pathlib import Path

import pytest
from django.db.models import Q

from campaigns.models import Case, Hold, Task
from events.models import Event
from sandbox import personas
from sandbox.models import Reaction
from sandbox.personas import PERSONAS, Persona
from tests.sandbox import debtors

pytestmark = pytest.mark.django_db
_OWED = {"all": 1_500_000, "half": 750_000, "nothing": 0}


def test_each_comes_to_its_documented_end(monkeypatch: pytest.MonkeyPatch, empty_redis: None) -> None:
    """All of the table in one campaign (debtors do not see each other), lived through once."""
    campaign = debtors.place(monkeypatch, *({"persona": one.name} for one in PERSONAS), on_a_clock=True)
    debtors.advance(campaign.clock_id, 90)
    found = {one.invoice_number.partition("-")[0]: one for one in Case.objects.filter(campaign=campaign)}
    wrong = {one.name: said for one in PERSONAS if (said := _differs(one, found[one.name]))}
    assert not wrong and len(found) == len(PERSONAS)
    assert set(Reaction.objects.values_list("status", flat=True)) == {"done"}
    assert set(Reaction.objects.values_list("persona", flat=True)) == {one.name for one in PERSONAS if one.moves}


def _differs(persona: Persona, case: Case) -> str:
    """What is not as the table says; empty: all is."""
    end = persona.end
    stands = (case.status, case.balance_minor, case.close_reason)
    documented = (end.status, _OWED[end.owed], "paid" if end.status == "closed" else "")
    happened = set(Event.objects.filter(case_id=case.id).values_list("type", flat=True))
    on = Q(case=case) | Q(debtor=case.debtor) | Q(contact__debtor=case.debtor)
    held = set(Hold.objects.filter(on, released_at=None).values_list("kind", flat=True))
    waiting = set(Task.objects.filter(debtor=case.debtor, status="open").values_list("kind", flat=True))
    asked = {end.task} if end.task else set()
    right = stands == documented and set(end.events) <= happened and held == set(end.holds) and asked <= waiting
    return "" if right else f"{stands}, not {documented}; {happened}; {held}; {waiting}"


def test_the_guide_shows_the_table() -> None:
    guide = Path(__file__).parents[2] / "docs/guides/debtors.md"
    assert personas.guide() in guide.read_text(), f"put this into {guide.name}:\n\n{personas.guide()}"
