"""A bank of the sandbox: a statement of pretended transfers for what is open, so that matching can be seen at work."""

from datetime import date, datetime, timedelta
from xml.sax.saxutils import escape

from agentcollect.kit import money
from campaigns.models import Case
from payments.operations.references import bank_reference
from payments.rules.banking import spaced

# The standard's own example of an IBAN; nobody's money.
IBAN = "GB33BUKB20201555555555"
_CASES = 40


def sample_statement(*, organisation_id: str, at: datetime) -> bytes:
    """A camt.053.001.08 about the organisation's open invoices of test mode: paid in full, in part, by number alone,
    by name alone, and money that is for none of them."""
    open_ = Case.objects.filter(organisation_id=organisation_id, livemode=False, clock_id="", closed_at=None)
    cases = list(open_.filter(balance_minor__gt=0).select_related("debtor").order_by("due_date", "id")[:_CASES])
    day, number = at.date() - timedelta(days=1), int(at.timestamp())
    rows = [_row(case, place, day, number) for place, case in enumerate(cases)]
    currency = cases[0].currency if cases else "USD"
    rows.append(entry("Corner Bakery", "Refund of a deposit", 12_34, currency, day, f"{number}-none"))
    return document("".join(rows), currency, at).encode()


def _row(case: Case, place: int, day: date, number: int) -> str:
    """The five ways in which debtors pay, one after the other."""
    name, mark, whole = case.debtor.name, f"{number}-{place}", case.balance_minor
    part = max(1, whole * 2 // 5)
    text, minor = [
        (f"Payment {spaced(bank_reference(case=case))}", whole),
        (f"first part {bank_reference(case=case).lower()}", part),
        (f"Invoice {case.invoice_number}", whole),
        (f"Invoice {case.invoice_number} less discount", part),
        ("thank you", whole),
    ][place % 5]
    return entry(name, text, minor, case.currency, day, mark)


def entry(payer: str, text: str, minor: int, currency: str, day: date, mark: str) -> str:
    """One credit of `minor` units as a statement has it; `mark`: what the bank calls it, once and for all."""
    amount = f'<Amt Ccy="{currency}">{money.to_major(minor, currency)}</Amt><CdtDbtInd>CRDT</CdtDbtInd>'
    return (
        f"<Ntry>{amount}<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>{mark}</AcctSvcrRef>"
        f"<NtryDtls><TxDtls>{amount}<RltdPties><Dbtr><Pty><Nm>{escape(payer)}</Nm></Pty></Dbtr></RltdPties>"
        f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )


def document(entries: str, currency: str, at: datetime, name: str = "SAMPLE") -> str:
    """A camt.053.001.08 of these entries; `name`: the statement's own."""
    made = at.isoformat(timespec="seconds")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>\n'
        f"<GrpHdr><MsgId>{name}</MsgId><CreDtTm>{made}</CreDtTm></GrpHdr>\n"
        f"<Stmt><Id>{name}</Id><CreDtTm>{made}</CreDtTm>"
        f"<Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>{currency}</Ccy></Acct>\n"
        f"{entries}</Stmt></BkToCstmrStmt></Document>\n"
    )
