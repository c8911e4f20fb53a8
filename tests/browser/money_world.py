"""What fills the pages of money: statements and their lines, payouts, fees, addresses, settlements, both books."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Organisation
from agentcollect.kit import clock
from campaigns.models import Case
from payments import operations
from payments.models import BankLine, Payment, ProcessorEntry
from payments.operations.statements import make_statements
from tests import factories, rows, settling
from tests.payments import agreed, bank, fees_world, offered, reconciled, states


def fill(organisation: Organisation) -> dict[str, str]:
    """Something of everything that the pages of money know, in test mode; what to open besides: name to path."""
    Organisation.objects.filter(id=organisation.id).update(
        offer_policy={"settlement": offered.LADDER, "settlement_days": 30, "settlement_approval": "person"}
    )
    organisation.refresh_from_db()
    _remit(organisation)
    _addresses(organisation)
    fees_world.agree(organisation)
    fees_world.march(organisation)
    make_statements(at=datetime(2026, 4, 2, 5, tzinfo=UTC))
    reconciled.differ(organisation)
    found = _bank(organisation) | _payouts(organisation) | _offers(organisation)
    return found | {
        f"payment_{status}": f"payments/{_payment(status)}"
        for status in ("succeeded", "partially_refunded", "reversed")
    }


def _payment(status: str) -> str:
    """The newest in that state."""
    return Payment.objects.filter(status=status).latest("id").id


def _remit(organisation: Organisation) -> None:
    case = factories.case(organisation)
    states.remit_to(case)
    states.remit_to(case, status="proposed", kind="stripe", details={"account": "acct_1A2b3C4d5E6f7G"})


def _addresses(organisation: Organisation) -> None:
    factories.domain(organisation)
    factories.domain(organisation, status="verified")
    factories.domain(organisation, host=f"pay.{'long' * 12}.example", status="broken", fault="it leads elsewhere.")


def _bank(organisation: Organisation) -> dict[str, str]:
    """A line in each state; none has another organisation's words."""
    debtor = factories.debtor(organisation, name="Wolfeschlegelsteinhausenbergerdorff GmbH")
    paid, part = (
        factories.case(
            organisation, amount_minor=minor, debtor=debtor, invoice_number=number, invoice_key=number.lower()
        )
        for number, minor in (("B-1", 100_00), ("B-2", 90_00))
    )
    for case in (paid, part):
        Case.objects.filter(id=case.id).update(search=f"{debtor.name} {case.invoice_number}".casefold())
    statement = bank.send(
        organisation,
        bank.row("100.00", operations.bank_reference(case=paid), debtor.name),
        bank.row("60.00", "B-2 first half", debtor.name),
        bank.row("7.00", "RENT/2026-03/0123456789012345678901234567890123456789"),
        bank.row("9.00", "interest"),
        bank.row("NaN"),
    )
    aside = BankLine.objects.get(statement=statement, amount_minor=9_00)
    ours = {"organisation_id": organisation.id, "livemode": False}
    operations.ignore_bank_line(line_id=aside.id, note="ours", **ours, by="member:test", at=bank.AT)
    found = {line.status: f"bank/lines/{line.id}" for line in bank.lines(statement)}
    return found | {"statement": f"bank/lines?statement={statement.id}"}


def _payouts(organisation: Organisation) -> dict[str, str]:
    row = rows.payout(organisation, lines=3, destination="STRIPE TEST BANK ••6789")
    rows.payout(organisation, status="failed")
    first, second, _ = ProcessorEntry.objects.filter(payout_reference=row.reference)
    ProcessorEntry.objects.filter(id=first.id).update(payment_id=settling.payment(factories.case(organisation)).id)
    ProcessorEntry.objects.filter(id=second.id).update(kind="refund", amount_minor=-5_000, fee_minor=0)
    return {"payout": f"payouts/{row.id}"}


def _offers(organisation: Organisation) -> dict[str, str]:
    """A case for each state of its settlement."""
    now = clock.now()
    about: dict[str, Any] = {"valid_until": (now + timedelta(days=10)).date(), "conditions": "In one payment."}
    found = {}
    for name in ("draft", "sent", "accepted"):
        case = agreed.case(organisation=organisation, due_date=now.date() - timedelta(days=100))
        offer = offered.draft(case, at=now, **about)
        found[f"offer_{name}"] = f"cases/{case.id}"
        if name == "draft":
            continue
        operations.approve_offer(offer_id=offer.id, by="member:two", at=now)
        operations.send_offer(offer_id=offer.id, by="key:one", at=now)
        if name == "accepted":
            operations.accept_offer(offer_id=offer.id, evidence={}, by="debtor", at=now)
    return found
