"""Sanctions: lists are loaded by operations, live names compared with the youngest, a hit waits for a person."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts import operations as accounts
from accounts.models import Organisation
from campaigns import operations
from campaigns.models import Debtor, Hold, SanctionsList, Task
from campaigns.rules import screening
from events.models import Event
from tests import factories

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 17, 15, tzinfo=UTC)


def load(*names: str) -> SanctionsList:
    return operations.load_sanctions(lines=["name,id", *(f'"{name}",7' for name in names)], source="t", by="t", at=AT)


def live(name: str) -> Debtor:
    organisation = Organisation.objects.first() or factories.organisation()
    return factories.debtor(organisation, livemode=True, name=name, screened_list="", screened_at=None)


@pytest.mark.parametrize(
    ("name", "listed", "same"),
    [
        ("Havana Trading", "HAVANA TRADING Co., S.A.", True),
        ("John Smith", "SMITH, John", True),
        ("Société Générale d'Or", "SOCIETE GENERALE D OR", True),
        ("Havana Trading Partners", "Havana Trading", False),
        ("Smithers", "Smith", False),
    ],
)
def test_names_are_compared_folded_and_never_by_likeness(name: str, listed: str, same: bool) -> None:
    assert (screening.folded(name) == screening.folded(listed)) == same


def test_a_hit_is_held_with_a_task_and_others_are_free() -> None:
    bad, good = live("Bad Trading Inc"), live("Good Trading Inc")
    test_mode = factories.debtor(bad.organisation, name="Bad Trading Inc")
    made = load("BAD TRADING CO")
    assert operations.screen_debtors(at=AT) == 2
    for row in (bad, good, test_mode):
        row.refresh_from_db()
    assert (bad.screening_hit, good.screening_hit) == ("BAD TRADING CO 7", "")
    assert (good.screened_list, good.screened_at, test_mode.screened_list) == (made.id, AT, "")
    held = Hold.objects.get(kind="compliance_review")
    assert (held.debtor_id, held.evidence["rule"]) == (bad.id, "R-36")
    assert Task.objects.get().reason.startswith("the name meets an entry of a sanctions list")
    assert operations.screen_debtors(at=AT) == 0
    call_command("clear_screening", bad.id, "--reason", "another company", "--by", "kim")
    held.refresh_from_db()
    assert held.released_by == "ops:kim" and held.evidence["cleared"] == "another company"
    assert Debtor.objects.get(id=bad.id).screening_hit == ""


def test_without_a_list_nobody_is_screened_and_a_new_one_or_a_new_name_asks_again() -> None:
    SanctionsList.objects.all().delete()
    organisation = factories.organisation()
    debtor = factories.debtor(organisation, name="Acme Corp")
    Debtor.objects.filter(id=debtor.id).update(livemode=False)
    assert operations.screen_debtors(at=AT) == 0
    other = live("Acme Corp")
    first = load("Nobody")
    assert (operations.screen_debtors(at=AT), load("Nobody").id) == (1, first.id)
    second = load("Nobody", "Somebody Bad")
    assert second.id > first.id
    assert (operations.screen_debtors(at=AT), operations.screen_debtors(at=AT)) == (1, 0)
    operations.correct_debtor(debtor_id=other.id, changes={"name": "Somebody Bad"}, reason="", by="key:1", at=AT)
    assert operations.screen_debtors(at=AT) == 1
    assert Debtor.objects.get(id=other.id).screening_hit == "Somebody Bad 7"


def test_the_commands_of_operations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sdn.csv"
    path.write_text("ent_num,SDN_Name\n1,Bad One\n2,Bad Two\n", encoding="utf-8")
    call_command("load_sanctions", str(path))
    assert "2 names from sdn.csv are in force" in capsys.readouterr().out
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(CommandError, match="no column"):
        call_command("load_sanctions", str(path))
    creditor = factories.organisation(mandate_signed_at=None, mandate_signed_by="", first_party=False)
    call_command("record_mandate", creditor.id, "--signed-by", "Kim Lee, CFO", "--first-party")
    creditor.refresh_from_db()
    assert (creditor.mandate_signed_by, creditor.first_party) == ("Kim Lee, CFO", True)
    assert "placed with nobody else" in creditor.mandate_text
    assert "signed by Kim Lee, CFO" in capsys.readouterr().out
    accounts.sign_mandate(organisation_id=creditor.id, signed_by="Somebody Else", by="t", at=AT)
    assert Organisation.objects.get(id=creditor.id).mandate_signed_by == "Kim Lee, CFO"
    assert Event.objects.filter(type="organisation.mandate_signed").count() == 1
    with pytest.raises(CommandError):
        call_command("clear_screening", "dbt_nobody", "--reason", "x", "--by", "kim")
    with pytest.raises(CommandError):
        call_command("record_mandate", "org_nobody", "--signed-by", "X", "--first-party")
