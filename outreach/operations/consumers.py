"""What a message to a consumer is besides: under the collector's name, with the disclosures and the validation notice.

LAW.md, R-14, R-15, R-22; the words are in compliance.consumer. Where none are written the letter carries none, and the
gate refuses it with the reason.
"""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from accounts.models import Collector, Organisation
from campaigns.models import Debtor
from compliance import consumer
from compliance.hours import NeverPermitted
from outreach.drafting import grammar
from outreach.queries.ground import Ground
from outreach.rendering import Account, Brand, Letter, day


def told(letter: Letter, *, ground: Ground, debtor: Debtor, organisation: Organisation, at: datetime) -> Letter:
    """`letter` as a consumer gets it; unchanged for everybody else, and where no collector of record is known."""
    collector = organisation.collector
    if not ground.consumer or collector is None:
        return letter
    named = replace(
        letter,
        brand=_brand(letter.brand, collector),
        collector=collector.legal_name,
        creditor=letter.brand.name,
        validation_open=_open(ground, debtor, organisation, at=at),
    )
    if consumer.unwritten(debtor.country, debtor.region, letter.language, ground.state):
        return named
    ends = None if ground.validated_at else _ends(debtor, organisation, at=at)
    return replace(named, notice=_notice(named, collector, ground, ends), notice_days=frozenset([ends] if ends else []))


def _brand(brand: Brand, collector: Collector) -> Brand:
    """The creditor's colours and way of answers; the name and the address are the collector's."""
    name = consumer.sender(collector.legal_name, brand.name)
    address = collector.address or brand.address
    return replace(brand, name=name, legal_name=collector.legal_name, address=address)


def _notice(letter: Letter, collector: Collector, ground: Ground, ends: date | None) -> tuple[str, ...]:
    name = collector.legal_name
    words = [consumer.disclosure("first" if ground.first else "later", name)]
    if ground.state != "live":
        words.append(consumer.disclosure("barred", name))
    if ends is not None and letter.itemised:
        words += consumer.validation(_facts(letter, collector, ends))
    return tuple(words)


def _facts(letter: Letter, collector: Collector, ends: date) -> consumer.Notice:
    account = letter.account
    placed = account.lines[0]
    return consumer.Notice(
        collector=collector.legal_name,
        collector_address=letter.brand.address,
        creditor=letter.creditor,
        debtor=account.debtor,
        the_invoice=_invoice(account, letter.language),
        itemised_on=_on(account),
        itemised_amount=account.money(placed.amount_minor, letter.language),
        amount=account.money(account.balance_minor, letter.language),
        ends_on=day(ends, letter.language),
    )


def _invoice(account: Account, language: str) -> str:
    return grammar.the_invoice(language, account.number, account.invoice_date)


def _on(account: Account) -> str:
    """The itemisation date (1006.34(b)(3)): of the transaction, which the invoice bears; else the day it fell due."""
    known = account.invoice_date or account.due_date
    return day(known) if known else "the day it was placed for collection"


def _ends(debtor: Debtor, organisation: Organisation, *, at: datetime) -> date | None:
    try:
        return consumer.validation_ends(at.astimezone(ZoneInfo(organisation.timezone)).date(), debtor.country)
    except NeverPermitted:
        return None  # without the end date there is no notice, and without the notice no message


def _open(ground: Ground, debtor: Debtor, organisation: Organisation, *, at: datetime) -> bool:
    """Whether the validation period runs: from the first message on, which carries the notice, to its end."""
    if ground.validated_at is None:
        return True
    ends = _ends(debtor, organisation, at=ground.validated_at)
    return ends is None or at.astimezone(ZoneInfo(organisation.timezone)).date() <= ends
