"""From rows to a letter: the campaign's brand, the case's account, the two links, and what it was written from."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage

from accounts.models import Organisation
from campaigns.models import Campaign, Case, Contact, Debtor, LedgerEntry, Step
from outreach import drafting, queries
from outreach.operations import consumers, reply_path
from outreach.queries.desk import File
from outreach.rendering import Account, Brand, Letter, Line, Links
from payments.queries import pay_url
from payments.rules import palette

# Test mode's sender where the brand names none: nothing of it leaves the house.
SANDBOX_SENDER = "ar@sandbox.agentcollect.com"
_LABELS = {
    "interest": "Interest",
    "fee": "Fee",
    "payment": "Payment received",
    "refund": "Refund",
    "reversal": "Payment reversed",
    "credit_note": "Credit note",
    "adjustment": "Adjustment",
    "write_off": "Written off",
}
_SUBTYPES = {"png": "png", "jpg": "jpeg", "jpeg": "jpeg", "webp": "webp"}


@dataclass(frozen=True, slots=True)
class Stationery:
    """What a message of one campaign is written on; read before the transaction, since a logo is a file."""

    brand: Brand
    campaign: Campaign

    @property
    def livemode(self) -> bool:
        return self.campaign.livemode

    @property
    def missing(self) -> str:
        """Why nothing can be sent for this creditor yet; empty when all is there."""
        if not self.brand.from_email:
            return "the brand has no from_email"
        if not self.brand.address:
            # CAN-SPAM, 15 USC 7704(a)(5)(A)(iii); LAW.md R-27.
            return "neither the brand nor the organisation has a postal address"
        if self.livemode and not settings.SMTP["host"]:
            return "no mail server is configured"
        return ""


def stationery(campaign: Campaign, organisation: Organisation) -> Stationery:
    """The brand that a message of `campaign` carries."""
    given = campaign.brand
    name = given.get("name") or campaign.creditor
    sender = given.get("from_email") or settings.MAIL_FROM or ("" if campaign.livemode else SANDBOX_SENDER)
    logo, subtype = _logo(campaign)
    brand = Brand(
        name=name,
        legal_name=given.get("legal_name") or organisation.legal_name or name,
        from_email=sender,
        reply_to=given.get("reply_to") or sender,
        address=given.get("address") or organisation.postal_address,
        phone=given.get("phone") or "",
        palette=_palette(given.get("colors")),
        logo=logo,
        logo_subtype=subtype,
    )
    return Stationery(brand, campaign)


def _logo(campaign: Campaign) -> tuple[bytes | None, str]:
    subtype = _SUBTYPES.get(campaign.logo_file.rpartition(".")[2].lower())
    if campaign.logo_state != "ready" or subtype is None:
        return None, "png"
    try:
        with default_storage.open(campaign.logo_file) as file:
            return file.read(), subtype
    except OSError:
        # A lost file is no reason not to write: the name then stands in type.
        return None, "png"


def _palette(colors: object) -> dict[str, dict[str, str]]:
    """The pay page's colours, with names a template can write."""
    return {
        scheme: {name.replace("-", "_"): value for name, value in shades.items()}
        for scheme, shades in palette(colors).items()
    }


def letter(
    paper: Stationery,
    *,
    case: Case,
    debtor: Debtor,
    contact: Contact,
    organisation: Organisation,
    step: Step,
    itemised: bool,
    at: datetime,
    others: Sequence[Case] = (),
    tone: str = "neutral",
    facts: dict[str, Any] | None = None,
    file: File | None = None,
) -> Letter:
    """Everything a message about `case` to `contact` is made of, as the ledger has it now. `others`: further open
    invoices of the same debtor; `facts`: what an answer or a notice speaks of; `file`: the debtor's, where it has been
    read with all of these invoices; `step`: what it is a message of."""
    named: dict[str, Any] = {
        "case": case,
        "debtor": debtor,
        "organisation": organisation,
        "contact": contact,
        "step": step,
    }
    ground = queries.ground(campaign=paper.campaign, file=file, **named)
    ledger = file.ledger if file else {one.id: queries.ledger(one) for one in (case, *others)}
    ways = file.ways if file else None
    plain = Letter(
        brand=replace(paper.brand, reply_to=reply_path.reply_to(case, contact, paper.brand, ways=ways)),
        account=_account(case, debtor, organisation, ledger[case.id]),
        links=_links(case, contact, paper.campaign.brand, facts or {}),
        contact_name=contact.name,
        itemised=itemised,
        language=debtor.language if debtor.language in drafting.LANGUAGES else "en",
        tone=tone,
        others=tuple(_account(other, debtor, organisation, ledger[other.id]) for other in others),
        facts=facts or {},
        authorised=ground.authorised,
        offers=ground.offers,
        attorney_allowed=ground.attorney_allowed,
        sources=ground.sources,
    )
    return consumers.told(plain, ground=ground, debtor=debtor, organisation=organisation, at=at)


def _links(case: Case, contact: Contact, brand: Mapping[str, Any], facts: Mapping[str, Any]) -> Links:
    """The page, the way out, and of a receipt the payment's own page."""
    pay, payment_id = pay_url(case, brand), facts.get("payment_id")
    receipt = f"{pay}/payments/{payment_id}" if payment_id else ""
    return Links(pay=pay, opt_out=queries.opt_out_url(contact.id), receipt=receipt)


def facts_hash(letter: Letter, recipient: str) -> str:
    """Of all that a message states and that may change: amounts, dates, invoices, whom it is for. What differs makes
    another message, so one that was written before must not leave."""
    first, *others = [_stated(account) for account in letter.accounts]
    return _hash([first, *sorted(others, key=str)], letter.contact_name, recipient, letter.facts)


def facts_hash_of(case: Case, others: Sequence[Case], contact: Contact, facts: Mapping[str, Any]) -> str:
    """The same, from the rows alone."""
    stated = [_stated(case), *sorted((_stated(other) for other in others), key=str)]
    return _hash(stated, contact.name, contact.email, facts)


def _stated(of: Account | Case) -> list[Any]:
    return [of.invoice_number, of.invoice_date, of.due_date, of.currency, of.balance_minor]


def _hash(*stated: Any) -> str:
    return hashlib.sha256(json.dumps(stated, sort_keys=True, default=str).encode()).hexdigest()


def _account(case: Case, debtor: Debtor, organisation: Organisation, entries: list[LedgerEntry]) -> Account:
    zone = queries.zone_of(organisation)
    lines = [
        Line(_label(entry), entry.amount_minor, entry.created_at.astimezone(zone).date())
        for entry in entries
        if not _placed(entry)
    ]
    return Account(
        debtor=debtor.name,
        invoice_number=case.invoice_number,
        invoice_date=case.invoice_date,
        due_date=case.due_date,
        currency=case.currency,
        balance_minor=case.balance_minor,
        lines=(*_invoice_lines(case, entries), *lines),
    )


def _placed(entry: LedgerEntry) -> bool:
    """What was placed, as it was corrected since: a correction changes the invoice's own lines, and is none itself.

    What a settlement gave up (payments.operations.settlements) is no correction.
    """
    corrected = entry.kind == LedgerEntry.Kind.ADJUSTMENT and not entry.reference.startswith("off_")
    return corrected or entry.kind == LedgerEntry.Kind.PRINCIPAL


def _invoice_lines(case: Case, entries: list[LedgerEntry]) -> list[Line]:
    """The invoice as it was written, and what had been paid on it before it was placed."""
    placed = sum(entry.amount_minor for entry in entries if _placed(entry))
    lines = [Line("Invoice amount", case.invoice_minor)]
    if placed != case.invoice_minor:
        lines.append(Line("Paid before", placed - case.invoice_minor))
    return lines


def _label(entry: LedgerEntry) -> str:
    return _LABELS[entry.kind]
