"""The month's money: what the operator charges and where debtors pay to, agreed before it; after it the bank's last
statement, and the statements of the months that are over."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from accounts.models import Member, Organisation
from campaigns.models import Case
from payments import operations as payments
from payments import queries
from payments.models import RemitTo
from payments.operations import fees, sampling
from payments.operations.statements import make_statements
from payments.rules.banking import spaced
from sandbox import demo
from sandbox.month import cast
from sandbox.month.door import Door, RefusedError

_AGREED: dict[str, Any] = {
    "tiers": [
        {"up_to_days": 90, "basis_points": 1500},
        {"up_to_days": 180, "basis_points": 2000},
        {"up_to_days": None, "basis_points": 2500},
    ],
    "card_basis_points": 290,
    "discovery_minor": 50,
    "currency": "USD",
}
# The standard's own example of an IBAN, as the sandbox's bank has it, and a BIC of the same bank.
_ACCOUNT = {"bank": "Example Bank", "iban": sampling.IBAN, "bic": "BUKBGB22"}
_CURRENCIES = ("USD", "EUR")


def agree(door: Door, login: demo.Demo, *, at: datetime) -> None:
    """What is not agreed yet: a schedule of fees, an account for each currency, a name for the payment pages."""
    if fees.in_force(login.organisation_id, at) is None:
        fees.agree(organisation_id=login.organisation_id, **_AGREED, effective_at=None, by="ops:demo", at=at)
    owner = Member.objects.select_related("organisation").get(
        organisation_id=login.organisation_id, user__email=login.email
    )
    for currency in _CURRENCIES:
        where: dict[str, Any] = {"livemode": False, "currency": currency}
        if queries.remit_to(organisation_id=login.organisation_id, **where) is None:
            given = _ACCOUNT | {"holder": owner.organisation.legal_name}
            payments.propose_remit_to(member=owner, **where, kind=RemitTo.Kind.BANK, given=given, at=at)
    try:
        door.post("/v1/domains", {"host": f"pay.{login.email.rpartition('@')[2]}"})
    except RefusedError:  # a reserved name (.example) is no public host
        return


def close(login: demo.Demo, *, by: str, at: datetime) -> None:
    """The bank's statement of the last banking day, read and matched; last month's statements of fees."""
    zone = ZoneInfo(Organisation.objects.values_list("timezone", flat=True).get(id=login.organisation_id))
    day = _banking_day(at.astimezone(zone).date())
    raw = sampling.document("".join(_transfers(login.organisation_id, day)), "USD", at, f"{day:%Y-%j}")
    payments.import_statement(
        organisation_id=login.organisation_id,
        livemode=False,
        name=f"statement-{day}.xml",
        raw=raw.encode(),
        currency="USD",
        by=by,
        at=at,
    )
    payments.match_bank_lines(at=at)
    make_statements(at=at)


def _banking_day(today: date) -> date:
    """The last working day before today."""
    day = today - timedelta(days=1)
    while day.weekday() >= 5:
        day -= timedelta(days=1)
    return day


def _transfers(organisation_id: str, day: date) -> Iterator[str]:
    """What debtors wired that day, and money that is nobody's debt."""
    stories = {one.name: one.story for portfolio in cast.PORTFOLIOS for one in portfolio.companies}
    open_ = Case.objects.filter(organisation_id=organisation_id, livemode=False, clock_id="", closed_at=None)
    wired: dict[str, list[Case]] = {}
    for case in open_.filter(debtor__name__in=stories).select_related("debtor").order_by("invoice_number"):
        if stories[case.debtor.name] in cast.WIRES:
            wired.setdefault(case.debtor.name, []).append(case)
    for number, (payer, cases) in enumerate(wired.items(), start=1):
        words, part = cast.WIRES[stories[payer]]
        text = ", ".join(words.format(reference=_reference(case), number=case.invoice_number) for case in cases)
        minor = round(sum(case.balance_minor for case in cases) * part)
        yield sampling.entry(payer, text, minor, cases[0].currency, day, f"{day:%Y%m%d}-{number:03}")
    yield sampling.entry(
        "Hartwell Mutual Insurance", "premium refund policy 88120", 412_60, "USD", day, f"{day:%Y%m%d}-900"
    )


def _reference(case: Case) -> str:
    return spaced(payments.bank_reference(case=case))
