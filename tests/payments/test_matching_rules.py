"""What a transfer is for, judged from what it says: certain, likely, or a person's to say."""

import secrets
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from payments.rules import banking, matching
from payments.rules.matching import Owed, Paid, Part, Verdict, Who

REFERENCE = banking.reference("ACEFHJKMNP")
OTHER = banking.reference("RTVWXY3477")


def owed(number: str = "INV-1", minor: int = 10_000, **facts: Any) -> Owed:
    row = {"case_id": f"cas_{number}", "debtor_id": "dbt_1", "payer_key": "nordwind traders", "currency": "USD"}
    return Owed(**{**row, "invoice_number": number, "reference": "", "minor": minor, **facts})


ONE, TWO = owed("INV-2026-0001", reference=REFERENCE), owed("INV-2026-0002", 5_000, reference=OTHER)


def judge(text: str, minor: int = 10_000, *of: Owed, payer: str = "nordwind traders", doubt: str = "") -> Verdict:
    paid = Paid(minor, "USD", payer, text, doubt)
    return matching.judge(paid, of or (ONE, TWO), Who(payer, "" if payer else text.casefold()))


def said(verdict: Verdict) -> tuple[str, str, list[tuple[str, int]]]:
    return verdict.status, verdict.outcome, [(part.case_id[-4:], part.minor) for part in verdict.parts]


def test_references_hold_their_check_digits() -> None:
    drawn = {banking.draw(secrets.choice) for _ in range(50)}
    assert len(drawn) == 50
    assert all(iso11649.is_valid(one) and len(one) == banking.LENGTH for one in drawn)
    assert banking.spaced(REFERENCE) == f"{REFERENCE[:4]} ACEF HJKM NP"


@given(
    st.text("ACEFHJKMNPRTVWXY347", min_size=10, max_size=10), st.randoms(), st.text(max_size=20), st.text(max_size=20)
)
def test_a_reference_is_found_however_it_is_written(body: str, chance: Any, before: str, behind: str) -> None:
    reference = banking.reference(body)
    torn = "".join(letter + chance.choice(["", " ", "-", ".", "\n"]) for letter in reference)
    text = f"{before} {chance.choice([torn, torn.lower()])} {behind}"
    assert reference in banking.references_in(text)
    assert reference in banking.bodies_in(f"{behind[:3]} {body}")


@pytest.mark.parametrize("place", range(2, banking.LENGTH))
def test_one_wrong_sign_is_no_reference(place: int) -> None:
    for sign in "23469ACEH":
        if sign != REFERENCE[place]:
            assert REFERENCE not in banking.references_in(REFERENCE[:place] + sign + REFERENCE[place + 1 :])


def test_misread_check_digits_are_figures() -> None:
    reference = next(
        one for one in iter(lambda: banking.draw(secrets.choice), "") if "0" in one[2:4] or "1" in one[2:4]
    )
    misread = "RF" + reference[2:4].replace("0", "O").replace("1", "I") + reference[4:]
    assert banking.references_in(misread) == [reference]


@pytest.mark.parametrize(
    ("text", "minor", "expected"),
    [
        (REFERENCE, 10_000, ("matched", "exact", [("0001", 10_000)])),
        (f"rechnung {banking.spaced(REFERENCE).lower()} danke", 10_000, ("matched", "exact", [("0001", 10_000)])),
        (REFERENCE, 4_000, ("matched", "partial", [("0001", 4_000)])),
        (REFERENCE, 12_000, ("matched", "over", [("0001", 12_000)])),
        (f"{OTHER} {REFERENCE}", 15_000, ("matched", "many", [("0002", 5_000), ("0001", 10_000)])),
        (f"{OTHER} {REFERENCE}", 14_000, ("suggested", "many", [("0002", 5_000), ("0001", 9_000)])),
        (f"{REFERENCE} and INV-2026-0002", 15_000, ("matched", "many", [("0001", 10_000), ("0002", 5_000)])),
        (f"{REFERENCE} and INV-2026-0002", 10_000, ("suggested", "many", [("0001", 10_000)])),
        ("INV-2026-0001", 10_000, ("matched", "exact", [("0001", 10_000)])),
        ("inv 2026 0001", 10_000, ("matched", "exact", [("0001", 10_000)])),
        ("INV20260001", 10_000, ("matched", "exact", [("0001", 10_000)])),
        ("INV-2026-0001, INV-2026-0002", 15_000, ("matched", "many", [("0001", 10_000), ("0002", 5_000)])),
        ("INV-2026-0001", 9_999, ("suggested", "named", [("0001", 9_999)])),
        ("INV-2026-00011", 7, ("suggested", "payer", [("0001", 7)])),
        (f"{REFERENCE[4:]}", 3, ("suggested", "misread", [("0001", 3)])),
        ("thanks", 5_000, ("suggested", "payer", [("0002", 5_000)])),
        ("thanks", 15_000, ("suggested", "payer", [("0001", 10_000), ("0002", 5_000)])),
        ("thanks", 11_000, ("suggested", "payer", [("0001", 10_000), ("0002", 1_000)])),
    ],
)
def test_verdicts(text: str, minor: int, expected: object) -> None:
    assert said(judge(text, minor)) == expected


def test_what_is_never_booked_by_itself() -> None:
    disputed = owed("INV-2026-0001", reference=REFERENCE, wants_person="it is disputed")
    others = owed("INV-2026-0002", 5_000, reference=OTHER, debtor_id="dbt_2")
    twin = owed("INV-2026-0001", twins=2)
    euros = owed("INV-2026-0001", reference=REFERENCE, currency="EUR")
    verdicts = [
        judge(REFERENCE, 10_000, disputed),
        judge(f"{REFERENCE} {OTHER}", 15_000, ONE, others),
        judge("INV-2026-0001", 10_000, twin),
        judge("INV-2026-0001", 10_000, payer="somebody else"),
        judge("INV-2026-0001", 10_000, payer=""),
        judge(REFERENCE, doubt="it seems to be money of yours that came back"),
        judge("nothing to see", 10_000, payer="somebody else"),
    ]
    assert [one.status for one in verdicts] == ["suggested"] * 7
    assert [one.parts[0].why for one in verdicts] == [
        f"names the reference {banking.spaced(REFERENCE)}; but it is disputed",
        f"names the reference {banking.spaced(REFERENCE)}; but others are named, too",
        "names the invoice INV-2026-0001; but other invoices have such a number",
        "names the invoice INV-2026-0001; but the payer has another name",
        "names the invoice INV-2026-0001; but the payer has another name",
        f"names the reference {banking.spaced(REFERENCE)}; but it seems to be money of yours that came back",
        "the only open invoice of this amount",
    ]
    assert judge(REFERENCE, 10_000, euros) == Verdict("unmatched")
    assert judge("nothing", 77, payer="somebody else") == Verdict("unmatched")


def test_a_bank_without_a_column_for_the_payer() -> None:
    assert judge("ORIG CO NORDWIND TRADERS INV-2026-0001", payer="").status == "matched"


def test_a_closed_invoice_takes_it_as_credit_when_a_person_says_so() -> None:
    closed = owed("INV-2026-0001", 0, reference=REFERENCE, wants_person="it is closed")
    assert said(judge(REFERENCE, 500, closed)) == ("suggested", "over", [("0001", 500)])


@pytest.mark.parametrize(
    ("payer", "debtor", "same"),
    [
        ("acme", "acme", True),
        ("nordwind trad", "nordwind traders", True),
        ("nord", "nordwind", False),
        ("", "acme", False),
    ],
)
def test_names_agree(payer: str, debtor: str, same: bool) -> None:
    assert matching.agrees(payer, debtor) is same


def test_numbers_as_the_database_keeps_them() -> None:
    keys = matching.invoice_keys_in("Invoice INV 2026\n0001, thanks for 2")
    assert {"inv-2026-0001", "inv 2026 0001", "inv20260001", "inv/2026/0001"} <= set(keys)
    assert "2" not in keys and not any(key.isalpha() for key in keys)
    assert len(matching.invoice_keys_in("A1-B2 " * 5_000)) <= 700


CASES = st.builds(
    owed,
    number=st.sampled_from(["INV-1001", "INV-1002", "INV-1003", "20260"]),
    minor=st.integers(-500, 20_000),
    reference=st.sampled_from(["", REFERENCE, OTHER]),
    debtor_id=st.sampled_from(["dbt_1", "dbt_2"]),
    wants_person=st.sampled_from(["", "it is closed"]),
    currency=st.sampled_from(["USD", "EUR"]),
    twins=st.integers(0, 2),
)
TEXTS = st.lists(st.sampled_from([REFERENCE, OTHER, REFERENCE[4:], "INV-1001", "inv 1002", "20260", "x"]), max_size=5)


@given(
    st.integers(1, 50_000),
    TEXTS,
    st.lists(CASES, max_size=6),
    st.sampled_from(["", "nordwind traders", "x"]),
    st.booleans(),
)
def test_never_more_than_the_line(minor: int, texts: list[str], cases: list[Owed], payer: str, doubt: bool) -> None:
    cases = list({one.case_id: one for one in cases}.values())
    text = " ".join(texts)
    verdict = matching.judge(Paid(minor, "USD", payer, text, "doubt" if doubt else ""), cases, Who(payer, text))
    assert all(part.minor > 0 for part in verdict.parts)
    assert sum(part.minor for part in verdict.parts) <= minor
    assert (verdict.status == "unmatched") == (not verdict.parts)
    known = {one.case_id: one for one in cases}
    chosen = [known[part.case_id] for part in verdict.parts]
    assert len(set(known) & {part.case_id for part in verdict.parts}) == len(verdict.parts), "each once"
    if verdict.status == "matched":
        assert not doubt and not any(one.wants_person for one in chosen)
        assert len({one.debtor_id for one in chosen}) == 1 and {one.currency for one in chosen} == {"USD"}
        assert sum(part.minor for part in verdict.parts) == minor, "whatever is booked by itself is all of it"
        sure = all(one.reference and one.reference in banking.references_in(text) for one in chosen)
        assert sure or sum(one.minor for one in chosen) == minor


def test_what_a_person_may_book() -> None:
    assert matching.fits([("a", 1), ("b", 2)], 3)
    assert matching.fits([("a", 1)], 3)
    for wrong in ([], [("a", 0)], [("a", -1), ("b", 2)], [("a", 1), ("a", 1)], [("a", 4)]):
        assert not matching.fits(wrong, 3)
    assert Part("a", 1, "").why == ""
