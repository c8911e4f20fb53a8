"""Where money goes, and what came there."""

from collections import Counter
from collections.abc import Iterable

from django.db.models import Count, Q, QuerySet, Sum

from agentcollect.kit import db
from campaigns.models import Case, Debtor, Hold
from campaigns.rules.identity import fold
from payments.models import BankLine, BankReference, RemitTo
from payments.rules.banking import bodies_in, references_in
from payments.rules.matching import Owed, agrees, invoice_keys_in


def remit_to(*, organisation_id: str, livemode: bool, currency: str) -> RemitTo | None:
    """The bank account in force for `currency`: its own one before one that takes whatever comes."""
    rows = _active(organisation_id, livemode, RemitTo.Kind.BANK).filter(currency__in=[currency, ""])
    return rows.order_by("-currency").first()


def stripe_account(organisation_id: str, livemode: bool) -> str:
    """The creditor's own account at Stripe that is in force (`acct_…`); "" where there is none."""
    row = _active(organisation_id, livemode, RemitTo.Kind.STRIPE).first()
    return row.details["account"] if row else ""


def _active(organisation_id: str, livemode: bool, kind: str) -> QuerySet[RemitTo]:
    status = RemitTo.Status.ACTIVE
    return RemitTo.objects.filter(organisation_id=organisation_id, livemode=livemode, kind=kind, status=status)


def bank_reference(case_id: str) -> str:
    """The reference of a case; "" where none was needed yet."""
    return BankReference.objects.filter(case_id=case_id).values_list("reference", flat=True).first() or ""


# --- what a line may be for

# Held for one of these, money is booked by a person: who owes it, or whether it is owed, is open. Other holds stop
# letters, not money.
_ASKS = {
    Hold.Kind.DISPUTE: "it is disputed",
    Hold.Kind.PAYMENT_PROCESSING: "another payment of it is under way",
    Hold.Kind.ATTORNEY_REPRESENTED: "they are represented by an attorney",
    Hold.Kind.BANKRUPTCY: "they are bankrupt",
    Hold.Kind.DECEASED: "they are dead",
    Hold.Kind.IDENTITY_DOUBT: "it is not certain who owes it",
    Hold.Kind.COMPLIANCE_REVIEW: "it is under review",
    Hold.Kind.LEGAL_HOLD: "it is under a legal hold",
}
_MOST = 1000


def candidates(organisation_id: str, livemode: bool, lines: Iterable[BankLine]) -> list[Owed]:
    """The invoices that any of `lines` may be for: those whose reference or number stands in a text, those of a debtor
    called like a payer, those that owe exactly an amount. Test clocks' only by reference: they live in another time."""
    asked = list(lines)
    references = {one for line in asked for find in (references_in, bodies_in) for one in find(line.text)}
    mine = Case.objects.filter(organisation_id=organisation_id, livemode=livemode)
    wall = mine.filter(clock_id="")
    theirs = wall.filter(closed_at=None, balance_minor__gt=0)
    known = BankReference.objects.filter(organisation_id=organisation_id, livemode=livemode)
    by_reference = known.filter(db.among("reference", references)).values_list("case_id", flat=True)
    debtors = Debtor.objects.filter(organisation_id=organisation_id, livemode=livemode, clock_id="")
    payers = debtors.filter(db.among("name_key", {key for line in asked for key in _payer_keys(line.payer)}))
    numbers = {key for line in asked for key in invoice_keys_in(line.text)}
    found = {
        *by_reference,
        *wall.filter(db.among("invoice_key", numbers)).values_list("id", flat=True)[:_MOST],
        *theirs.filter(db.among("debtor_id", list(payers.values_list("id", flat=True)[:_MOST])))
        .order_by("due_date", "id").values_list("id", flat=True)[:_MOST],
        *theirs.filter(balance_minor__in={line.amount_minor for line in asked}).values_list("id", flat=True)[:_MOST],
    }  # fmt: skip
    return owed(organisation_id, livemode, found)


def _payer_keys(payer: str) -> list[str]:
    """The payer's folded name, and as much of it as may be a debtor's shorter one."""
    words = fold(payer)[:200].split()
    whole = " ".join(words)
    return [whole, *(key for size in range(1, len(words)) if agrees(key := " ".join(words[:size]), whole))]


def owed(organisation_id: str, livemode: bool, case_ids: Iterable[str]) -> list[Owed]:
    """These cases as matching sees them, the oldest first."""
    rows = Case.objects.filter(db.among("id", set(case_ids)), organisation_id=organisation_id, livemode=livemode)
    cases = list(rows.select_related("debtor").order_by("due_date", "id"))
    references = dict(
        BankReference.objects.filter(db.among("case_id", [case.id for case in cases])).values_list(
            "case_id", "reference"
        )
    )
    asks = _asks(cases)
    twins = Counter(case.invoice_key for case in cases if case.closed_at is None)
    return [
        Owed(
            case_id=case.id,
            debtor_id=case.debtor_id,
            payer_key=fold(case.debtor.name),
            invoice_number=case.invoice_number,
            reference=references.get(case.id, ""),
            currency=case.currency,
            minor=case.balance_minor,
            wants_person=asks.get(case.id, ""),
            twins=twins[case.invoice_key],
        )
        for case in cases
    ]


def _asks(cases: list[Case]) -> dict[str, str]:
    """Why only a person may book money to it, by case."""
    on = Q(db.among("case_id", [case.id for case in cases]))
    on |= Q(db.among("debtor_id", {case.debtor_id for case in cases}))
    on |= Q(db.among("campaign_id", {case.campaign_id for case in cases}))
    holds = Hold.objects.filter(on, released_at=None, kind__in=list(_ASKS))
    held = {place: kind for *places, kind in holds.values_list("case_id", "debtor_id", "campaign_id", "kind")
            for place in places if place}  # fmt: skip
    found = {}
    for case in cases:
        kind = next((held[place] for place in (case.id, case.debtor_id, case.campaign_id) if place in held), None)
        if case.status == Case.Status.CLOSED:
            found[case.id] = "it is closed"
        elif case.status == Case.Status.DISPUTED:
            found[case.id] = _ASKS[Hold.Kind.DISPUTE]
        elif kind:
            found[case.id] = _ASKS[Hold.Kind(kind)]
    return found


def twin_of(line: BankLine, case_ids: Iterable[str]) -> BankLine | None:
    """A line of another statement, of the same day and amount, that one of these cases was booked: perhaps the same
    money once more, in another format."""
    same = BankLine.objects.filter(
        organisation_id=line.organisation_id,
        livemode=line.livemode,
        status=BankLine.Status.MATCHED,
        booked_on=line.booked_on,
        amount_minor=line.amount_minor,
        currency=line.currency,
    ).exclude(statement_id=line.statement_id)
    wanted = set(case_ids)
    return next((row for row in same[:20] if wanted & {part["case_id"] for part in row.suggestion}), None)


# --- lists


def line_totals(organisation_id: str, livemode: bool, statement_id: str = "") -> dict[str, dict[str, tuple[int, int]]]:
    """Currency → status → (lines, minor units), of one statement or of all."""
    mine = BankLine.objects.filter(organisation_id=organisation_id, livemode=livemode)
    rows = mine.filter(statement_id=statement_id) if statement_id else mine
    found: dict[str, dict[str, tuple[int, int]]] = {}
    grouped = rows.order_by("currency", "status").values_list("currency", "status")
    for currency, status, count, minor in grouped.annotate(Count("id"), Sum("amount_minor")):
        found.setdefault(currency, {})[status] = (count, minor)
    return found
