"""A statement as camt.053 (ISO 20022 BankToCustomerStatement), versions 02 to 08 and what follows them.

The tree is read here and not through pycamt, which loses what money needs (1.1.1): it takes the first `Amt` below a
transaction, and so reads 1,345 instructed dollars as euros; a batch without amounts of its own counts in full once per
transaction; it gives the first structured reference only (and that instead of the free text), no proprietary account
number, no ultimate debtor and no return reason. Tests hold its answer beside ours where both can read.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from agentcollect.kit import money
from payments.rules.statements.shape import (
    BATCH,
    FUTURE_DAYS,
    PAYER,
    REFERENCE,
    RETURNED,
    TEXT,
    Credit,
    Problem,
    Read,
    Returned,
    Unreadable,
    clean,
)

_NO_CAMT = "This XML is no bank statement (camt.053). Ask your bank for camt.053, or for CSV."
# Deeper than this is no statement: 10 MB of empty elements would cost a hundred times their bytes.
_MOST_ELEMENTS = 3_000_000


def read(raw: bytes, *, today: date) -> Read:
    """The booked credits of every statement in the file. Raises Unreadable."""
    found = Read("camt.053")
    for account, entry in _entries(raw):
        found.full()
        found.account = found.account or account
        try:
            _take(found, entry, account, found.lines, today)
        except _Fault as fault:
            found.problems.append(Problem(found.lines, fault.field, str(fault)))
    return found


class _Fault(Exception):
    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def _entries(raw: bytes) -> Iterator[tuple[str, Element]]:
    """(our account, entry) of each `Ntry`, one at a time; a document type or an entity is refused unread."""
    account, inside, seen, right = "", 0, 0, False
    try:
        for event, element in iterparse(io.BytesIO(raw), events=("start", "end"), forbid_dtd=True):
            name = element.tag.rpartition("}")[2]
            if event == "start":
                seen += 1
                right = right or name == "BkToCstmrStmt"
                inside += name == "Ntry"
                _check(seen, right)
            elif name == "Ntry":
                inside -= 1
                yield account, element
                element.clear()
            elif name == "Acct" and not inside:
                account = _account_number(element)
    except DefusedXmlException:
        raise Unreadable("The XML declares a document type or entities, which no bank does. It was not read.") from None
    except (ParseError, LookupError, ValueError) as error:
        raise Unreadable(f"The XML is broken: {error}.") from None
    if not right:
        raise Unreadable(_NO_CAMT)


def _check(seen: int, right: bool) -> None:
    # Document and its one child, and whatever a bank puts around them.
    if seen > _MOST_ELEMENTS or (seen > 20 and not right):
        raise Unreadable(_NO_CAMT)


# --- one entry


@dataclass(frozen=True, slots=True)
class _Entry:
    """What the parts of an entry share."""

    number: int
    account: str
    on: date
    currency: str
    minor: int
    came: bool
    reversal: bool
    reference: str


def _take(found: Read, entry: Element, account: str, number: int, today: date) -> None:
    _check_booked(entry)
    minor, currency = _amount(entry.find("{*}Amt"))
    shared = _Entry(
        number=number,
        account=account,
        on=_booked_on(entry, today),
        currency=currency,
        minor=minor,
        came=_came(entry),
        reversal=_text(entry, "{*}RvslInd") in ("true", "1"),
        reference=_text(entry, "{*}AcctSvcrRef") or _text(entry, "{*}NtryRef"),
    )
    for part, signed in _parts(entry, shared):
        _sort(found, shared, entry, part, signed)


def _check_booked(entry: Element) -> None:
    """Version 02 writes the status itself, 08 a code below it; a bank that leaves it out sends what is booked."""
    status = _text(entry, "{*}Sts/{*}Cd") or _text(entry, "{*}Sts")
    if status and status != "BOOK":
        raise _Fault("Sts", f"is not booked ({status[:10]}).")


def _came(element: Element) -> bool:
    side = _text(element, "{*}CdtDbtInd")
    if side not in ("CRDT", "DBIT"):
        raise _Fault("CdtDbtInd", "says neither CRDT nor DBIT.")
    return side == "CRDT"


def _amount(element: Element | None) -> tuple[int, str]:
    """(minor units, currency) of an amount with its `Ccy`. ISO 20022 amounts are decimal, never negative."""
    if element is None or not (element.text or "").strip():
        raise _Fault("Amt", "is missing.")
    currency, text = element.get("Ccy", ""), (element.text or "").strip()
    if currency not in money.CURRENCIES:
        raise _Fault("Amt", f"names no currency we know ({currency[:10]!r}).")
    try:
        value = Decimal(text)
        if not text.replace(".", "", 1).isascii() or not text.replace(".", "", 1).isdigit():
            raise ValueError("is no amount")
        return money.to_minor(value, currency), currency
    except (ValueError, InvalidOperation) as error:
        words = str(error) if isinstance(error, ValueError) else "is no amount"
        raise _Fault("Amt", f"{text[:40]!r} {words}.") from None


def _booked_on(entry: Element, today: date) -> date:
    for path in ("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"):
        if text := _text(entry, "/".join(f"{{*}}{name}" for name in path.split("/"))):
            return _day(text, today)
    raise _Fault("BookgDt", "is missing.")


def _day(text: str, today: date) -> date:
    """The day as the bank writes it: the bank's own zone decides, not ours."""
    try:
        on = datetime.fromisoformat(text).date()
    except ValueError:
        raise _Fault("BookgDt", f"{text[:40]!r} is no day.") from None
    if not date(2000, 1, 1) <= on <= today + timedelta(days=FUTURE_DAYS):
        raise _Fault("BookgDt", "lies in the future, or before 2000.")
    return on


def _parts(entry: Element, shared: _Entry) -> list[tuple[Element | None, int]]:
    """(transaction, signed minor units): the transactions of a batch, or the entry as a whole.

    The entry's amount is what came. A single transaction has it, whatever was instructed; a batch is taken apart only
    where its parts add up to it: else somebody's money would be made up or lost.
    """
    whole = shared.minor if shared.came else -shared.minor
    transactions = entry.findall("{*}NtryDtls/{*}TxDtls")
    if len(transactions) < 2:
        return [(transactions[0] if transactions else None, whole)]
    amounts = [_part_amount(one, shared) for one in transactions]
    if None in amounts or sum(one for one in amounts if one is not None) != whole:
        return [(None, whole)]
    return [(one, amount) for one, amount in zip(transactions, amounts, strict=True) if amount]


def _part_amount(transaction: Element, shared: _Entry) -> int | None:
    """Signed minor units in the entry's currency; None where the file does not say. Version 02 has no `Amt` of its
    own here, only details."""
    for path in ("{*}Amt", "{*}AmtDtls/{*}TxAmt/{*}Amt", "{*}AmtDtls/{*}InstdAmt/{*}Amt"):
        element = transaction.find(path)
        if element is not None and element.get("Ccy") == shared.currency:
            minor, _ = _amount(element)
            came = _came(transaction) if transaction.find("{*}CdtDbtInd") is not None else shared.came
            return minor if came else -minor
    return None


def _sort(found: Read, shared: _Entry, entry: Element, part: Element | None, signed: int) -> None:
    payer, text = _payer(part), _words(entry, part)
    why = _why_returned(entry) or ("reversal" if shared.reversal else "")
    if signed == 0:
        found.problems.append(Problem(shared.number, "Amt", "is zero."))
    elif signed < 0:
        found.debit(shared.currency, -signed)
        if why:
            debited = (shared.number, shared.on, -signed, shared.currency, payer, text, why)
            found.returned.append(Returned(*debited))
    else:
        found.credits.append(
            Credit(
                number=shared.number,
                booked_on=shared.on,
                minor=signed,
                currency=shared.currency,
                payer=payer,
                payer_account=_payer_account(part),
                text=text,
                bank_reference=_bank_reference(shared, part),
                account=shared.account,
                doubt=RETURNED if why else BATCH if part is None and _is_batch(entry) else "",
            )
        )


def _is_batch(entry: Element) -> bool:
    """Several transfers in one entry, which could not be taken apart."""
    return len(entry.findall("{*}NtryDtls/{*}TxDtls")) > 1


def _bank_reference(shared: _Entry, part: Element | None) -> str:
    """What the bank calls it. In a batch the transaction's own number, else the entry's with the payer's behind it."""
    if part is None:
        return clean(shared.reference, REFERENCE)
    own = _text(part, "{*}Refs/{*}AcctSvcrRef") or _text(part, "{*}Refs/{*}TxId")
    if own and own != shared.reference:
        return clean(own, REFERENCE)
    return clean(f"{shared.reference} {_end_to_end(part)}", REFERENCE)


def _end_to_end(part: Element) -> str:
    given = _text(part, "{*}Refs/{*}EndToEndId")
    return "" if given == "NOTPROVIDED" else given


# --- who and why


def _payer(part: Element | None) -> str:
    """The debtor of the transfer: below `Pty` since version 08, directly below `Dbtr` before."""
    if part is None:
        return ""
    for who in ("Dbtr", "UltmtDbtr"):
        for below in ("{*}Pty/{*}Nm", "{*}Nm"):
            if name := _text(part, f"{{*}}RltdPties/{{*}}{who}/{below}"):
                return clean(name, PAYER)
    return ""


def _payer_account(part: Element | None) -> str:
    account = part.find("{*}RltdPties/{*}DbtrAcct") if part is not None else None
    return _account_number(account) if account is not None else ""


def _account_number(element: Element) -> str:
    return clean(_text(element, "{*}Id/{*}IBAN") or _text(element, "{*}Id/{*}Othr/{*}Id"), 40)


_STRUCTURED = (
    "{*}RmtInf/{*}Strd/{*}CdtrRefInf/{*}Ref",
    "{*}RmtInf/{*}Strd/{*}RfrdDocInf/{*}Nb",
    "{*}RmtInf/{*}Strd/{*}AddtlRmtInf",
    "{*}RmtInf/{*}Ustrd",
)
_ADDITIONAL = ("{*}AddtlTxInf", "{*}RltdPties/{*}UltmtDbtr/{*}Pty/{*}Nm", "{*}RltdPties/{*}UltmtDbtr/{*}Nm")


def _words(entry: Element, part: Element | None) -> str:
    """Everything the payer and the bank said, the structured reference first. An entry that is not taken apart says
    what all of its transactions say."""
    parts = [part] if part is not None else entry.findall("{*}NtryDtls/{*}TxDtls")
    said = [text.text or "" for one in parts for path in (*_STRUCTURED, *_ADDITIONAL) for text in one.findall(path)]
    said += [_end_to_end(one) for one in parts]
    said += [_text(entry, "{*}AddtlNtryInf")] if len(parts) != 1 or not any(said) else []
    return clean(" ".join(dict.fromkeys(one.strip() for one in said if one.strip())), TEXT)


def _why_returned(entry: Element) -> str:
    """The return reason that some transaction of the entry carries (ISO 20022 external code, such as AC04)."""
    information = entry.find("{*}NtryDtls/{*}TxDtls/{*}RtrInf")
    if information is None:
        return ""
    code = _text(information, "{*}Rsn/{*}Cd") or _text(information, "{*}Rsn/{*}Prtry")
    return clean(f"returned {code} {_text(information, '{*}AddtlInf')}", 60)


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()
