"""A decoded campaign body, checked against the organisation's facts: the request as values, or every fault at once."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import UNSET, Raw

from accounts.models import Organisation
from agentcollect.kit import errors, money
from agentcollect.kit.errors import ApiError, FieldError
from campaigns.rules.identity import debtor_identity, invoice_key
from campaigns.rules.playbook import BUILT_IN, POSTURE, POSTURES
from campaigns.serializers import intake, offers, parsing
from campaigns.serializers.brand import brand
from campaigns.serializers.intake import BrandIn, CampaignIn, ContactIn, Decoded, Request, Row
from campaigns.serializers.offer_body import OfferPolicyIn
from campaigns.serializers.reading import Faults, country_code, fetchable, metadata, moment, text, zone_name
from compliance.reading import LANGUAGES

errors.define("consumer_debt_not_enabled", 422, "Consumer debt is taken only where operations has enabled it.")
errors.define("country_not_enabled", 422, "The debtor's country is not among those this organisation may collect in.")
errors.define("duplicate_invoice", 400, "The invoice is in this body twice, or already in an open case (`case_id`).")

DEBT_CLASSES = frozenset({"commercial", "consumer"})
DEBTOR_TYPES = frozenset({"company", "sole_proprietor", "individual"})
CREDIT_KINDS = frozenset({"trade", "loan", "lease", "purchased"})
ESCALATIONS = frozenset({"auto", "ask", "never"})
APPROVALS = frozenset({"none", "first_message", "first_per_debtor", "always"})
CONSUMER_TYPES = frozenset({"sole_proprietor", "individual"})


@dataclass(frozen=True, slots=True)
class Terms:
    """What the organisation's facts say about rows that leave something open."""

    currency: str
    country: str
    countries: frozenset[str]
    consumer: bool
    terms_days: int
    today: date
    livemode: bool


def terms_of(organisation: Organisation, *, livemode: bool, at: datetime) -> Terms:
    """The facts of `organisation` that intake needs; today is its own day."""
    return Terms(
        currency=organisation.currency,
        country=organisation.country,
        countries=frozenset(organisation.enabled_countries or [organisation.country]),
        consumer=organisation.consumer_enabled,
        terms_days=organisation.payment_terms_days,
        today=at.astimezone(ZoneInfo(organisation.timezone)).date(),
        livemode=livemode,
    )


def check(decoded: Decoded, terms: Terms) -> Request:
    """The request as values. Raises ApiError: 400 with every fault, 422 when only the organisation's limits forbid."""
    body, faults = decoded.body, Faults(decoded.faults)
    if not faults.found:
        _one_form(body)
    listed = body.debtors if body.debtors is not UNSET else None
    rows_in: list[tuple[str, str, Any]]
    if listed is not None:
        if not listed and not faults.found:
            raise ApiError("no_debtors", param="debtors")
        rows_in = [(f"debtors[{at}].", row.company_name, row) for at, row in enumerate(listed)]
    elif body.invoice_amount is not UNSET:
        rows_in = [("", body.company, body)]
    else:
        rows_in = []
    currency = _currency(body, rows_in, terms, faults)
    rows = [check_row(prefix, name, row, currency, terms, faults) for prefix, name, row in rows_in]
    _twins(rows, faults)
    request = _request(body, rows, currency, shorthand=listed is None and bool(rows), faults=faults)
    faults.done()
    check_permitted(request.rows, terms)
    return request


def check_rows(listed: list[intake.DebtorIn], currency: str, terms: Terms, faults: Faults) -> tuple[Row, ...]:
    """Rows for a campaign in `currency` that stands already. Raises as `check` does."""
    rows = []
    for at, given in enumerate(listed):
        prefix = f"debtors[{at}]."
        if isinstance(given.currency, str) and given.currency != currency:
            faults.add(f"{prefix}currency", "mixed_currencies", f"is {given.currency[:20]} in a campaign in {currency}")
        rows.append(check_row(prefix, given.company_name, given, currency, terms, faults))
    _twins(rows, faults)
    faults.done()
    check_permitted(tuple(rows), terms)
    return tuple(rows)


def _one_form(body: CampaignIn) -> None:
    """Exactly one request shape, and none of the shorthand's row fields beside the other two."""
    wants_csv = body.csv_url is not UNSET or body.source is not UNSET
    forms = [body.invoice_amount is not UNSET, body.debtors is not UNSET, wants_csv]
    if sum(forms) != 1:
        raise ApiError("ambiguous_body", param="debtors" if sum(forms) else "invoice_amount")
    if forms[0]:
        return
    stray = [name for name in sorted(intake._SHORTHAND_ONLY) if getattr(body, name) is not UNSET]
    if stray:
        raise ApiError("ambiguous_body", f"{stray[0]} belongs into a row of `debtors`.", param=stray[0])
    if wants_csv and (body.source != "csv_url" or not isinstance(body.csv_url, str)):
        raise ApiError("ambiguous_body", 'A CSV is named by `"source": "csv_url"` with `csv_url`.', param="source")


def _currency(body: CampaignIn, rows: list[tuple[str, str, Any]], terms: Terms, faults: Faults) -> str:
    """The campaign's one currency: its own, else the first row's, else the organisation's."""
    given = [("currency", body.currency)] + [(f"{prefix}currency", row.currency) for prefix, _, row in rows if prefix]
    chosen = ""
    for param, value in given:
        if not isinstance(value, str):
            continue
        if value not in money.CURRENCIES:
            faults.add(param, "invalid_currency", "must be an ISO 4217 code in capitals, such as USD")
        elif chosen and value != chosen:
            faults.add(param, "mixed_currencies", f"is {value} in a campaign in {chosen}")
        chosen = chosen or (value if value in money.CURRENCIES else "")
    return chosen or terms.currency


def check_row(prefix: str, name: str, row: Any, currency: str, terms: Terms, faults: Faults) -> Row:
    def param(field: str) -> str:
        return f"{prefix}{field}"

    owed, paid = _amounts(row, currency, param, faults)
    invoiced, due = _dates(row, terms, param, faults)
    contacts = tuple(_contacts(row, param, faults))
    country = faults.read(param("country"), "invalid_country", country_code, row.country, terms.country)
    external_id, number = text(row.external_id), text(row.invoice_number)
    email = next((contact["email"] for contact in contacts if contact["email"]), "")
    return Row(
        path=prefix.rstrip("."),
        company_name=_name(name, param("company_name") if prefix else "company", faults),
        invoice_minor=owed,
        paid_minor=paid,
        invoice_number=number,
        invoice_date=invoiced,
        due_date=due,
        contacts=contacts,
        address=text(row.address),
        country=country,
        region=text(row.state).upper(),
        timezone=faults.read(param("timezone"), "invalid_timezone", zone_name, row.timezone, ""),
        phone=text(row.contact_phone),
        language=faults.choice(param("language"), LANGUAGES, row.language, "en"),
        debt_class=faults.choice(param("debt_class"), DEBT_CLASSES, row.debt_class, ""),
        debtor_type=faults.choice(param("debtor_type"), DEBTOR_TYPES, row.debtor_type, ""),
        credit_kind=faults.choice(param("credit_kind"), CREDIT_KINDS, row.credit_kind, ""),
        external_id=external_id,
        po_number=text(row.po_number),
        invoice_pdf_url=fetchable(row.invoice_pdf_url, param("invoice_pdf_url"), faults),
        notes=text(row.notes),
        do_not_contact=row.do_not_contact is True,
        # Beside the shorthand, `metadata` is the campaign's.
        metadata=metadata(row.metadata, param("metadata"), faults) if prefix else {},
        identity=debtor_identity(external_id=external_id, email=email, name=name, country=country),
        invoice_key=invoice_key(number),
    )


def _name(name: str, param: str, faults: Faults) -> str:
    plain = " ".join(name.split())
    if not any(c.isalnum() for c in plain):
        faults.add(param, "invalid_text", "must name a company")
    return plain


def _amounts(row: Any, currency: str, param: Callable[[str], str], faults: Faults) -> tuple[int, int]:
    if row.invoice_amount is UNSET:
        if not any(fault.param == param("invoice_amount") for fault in faults.found):
            faults.add(param("invoice_amount"), "missing_field", "is required")
        return 1, 0
    known = len(faults.found)
    owed = faults.read(
        param("invoice_amount"),
        "invalid_amount",
        lambda v: parsing.parse_amount(v, currency),
        row.invoice_amount,
        1,
    )
    given = row.amount_paid if row.amount_paid is not UNSET and bytes(row.amount_paid) != b"null" else UNSET
    paid = faults.read(
        param("amount_paid"),
        "invalid_amount",
        lambda v: parsing.parse_amount(v, currency, zero=True),
        given,
        0,
    )
    if len(faults.found) == known and owed - paid <= 0:
        faults.add(param("amount_paid"), "nothing_owed", "leaves nothing to collect")
    return owed, paid


def _dates(row: Any, terms: Terms, param: Callable[[str], str], faults: Faults) -> tuple[date | None, date | None]:
    invoiced = faults.read(param("invoice_date"), "invalid_date", parsing.parse_date, row.invoice_date, None)
    due = faults.read(param("due_date"), "invalid_date", parsing.parse_date, row.due_date, None)
    if invoiced and invoiced > terms.today:
        faults.add(param("invoice_date"), "invalid_date", "lies in the future")
    if invoiced and due and due < invoiced:
        faults.add(param("due_date"), "due_before_invoice", "lies before invoice_date")
    if invoiced and not due:
        due = invoiced + timedelta(days=terms.terms_days)
    return invoiced, due


def _contacts(row: Any, param: Callable[[str], str], faults: Faults) -> Iterator[dict[str, Any]]:
    """The creditor's own contacts, the flat one first; one address once."""
    flat = ContactIn(name=row.contact_name, email=row.contact_email, phone=row.contact_phone)
    listed: Iterable[ContactIn] = row.contacts if isinstance(row.contacts, list) else ()
    seen: set[str] = set()
    for where, contact in [("", flat)] + [(f"contacts[{at}].", c) for at, c in enumerate(listed)]:
        field = param(f"{where}email" if where else "contact_email")
        email = faults.read(field, "invalid_email", parsing.parse_email, text(contact.email) or None, "")
        name, phone = text(contact.name), text(contact.phone)
        if not (email or name or phone) or (email and email in seen):
            continue
        seen.add(email)
        level = contact.level if isinstance(contact.level, int) else 1
        yield {
            "name": name[:120],
            "email": email,
            "phone": phone,
            "title": text(contact.title),
            "level": level,
        }


def _twins(rows: list[Row], faults: Faults) -> None:
    """The same invoice of the same debtor twice in one body."""
    first: dict[tuple[str, str], str] = {}
    for row in rows:
        if not row.invoice_number:
            continue
        key = (row.identity, row.invoice_key)
        if key in first:
            where = f"{row.path}.invoice_number" if row.path else "invoice_number"
            faults.add(where, "duplicate_invoice", f"repeats {first[key]}")
        first.setdefault(key, row.path)


def _request(body: CampaignIn, rows: list[Row], currency: str, *, shorthand: bool, faults: Faults) -> Request:
    said = body.offer_policy
    offered = offers.policy(said, currency, faults) if isinstance(said, OfferPolicyIn) else {}
    start_at = faults.read("start_at", "invalid_date", moment, body.start_at, None)
    return Request(
        creditor="" if shorthand else _name(body.company, "company", faults),
        shorthand=shorthand,
        rows=tuple(rows),
        csv_url="" if rows else fetchable(body.csv_url, "csv_url", faults),
        currency=currency,
        brand=brand(body.brand, faults) if isinstance(body.brand, BrandIn) else {},
        name=text(body.name),
        escalation=faults.choice("escalation", ESCALATIONS, body.escalation, ""),
        approval=faults.choice("approval", APPROVALS, body.approval, ""),
        playbook=text(body.playbook) or BUILT_IN,
        posture=faults.choice("posture", frozenset(POSTURES), body.posture, POSTURE),
        test_clock=text(body.test_clock),
        mandate_months=body.mandate_months if isinstance(body.mandate_months, int) else 12,
        start_at=start_at,
        offer_policy=offered,
        metadata=metadata(body.metadata, "metadata", faults),
    )


def check_permitted(rows: tuple[Row, ...], terms: Terms) -> None:
    """What is well-formed but not for this organisation: consumer debt (R-00), countries (R-35)."""
    faults: list[FieldError] = []
    for row in rows:
        prefix = f"{row.path}." if row.path else ""
        if is_consumer(row) and not terms.consumer:
            field = "debt_class" if row.debt_class else "debtor_type"
            words = "Consumer debt is taken only where operations has enabled it for your organisation."
            faults.append(FieldError(f"{prefix}{field}", "consumer_debt_not_enabled", words))
        if row.country not in terms.countries:
            words = f"{row.country} is not among the countries enabled for your organisation."
            faults.append(FieldError(f"{prefix}country", "country_not_enabled", words))
    if faults:
        raise errors.invalid(faults)


def is_consumer(row: Row) -> bool:
    """A natural person's or sole proprietor's debt, whatever else is said (LAW.md, debt class)."""
    return row.debt_class == "consumer" or row.debtor_type in CONSUMER_TYPES


def raw_amount(text: str) -> Raw:
    """A CSV cell as the amount a JSON body would carry."""
    return Raw(text.strip().encode())
