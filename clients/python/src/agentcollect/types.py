"""The shapes of requests and answers, as typed dictionaries. The API adds fields; it never removes them within v1.

Amounts are `int` or `Decimal` in major units (15000 is fifteen thousand dollars), times ISO 8601 UTC texts.
"""

from decimal import Decimal
from typing import Any, Generic, Literal, NotRequired, Required, TypedDict, TypeVar

Amount = int | Decimal
Item = TypeVar("Item")


class Page(TypedDict, Generic[Item]):
    """One page of a list."""

    data: list[Item]
    has_more: bool
    next_cursor: str | None


class ContactIn(TypedDict, total=False):
    """A person to write to. `level`: 1 first contact, 2 controller, 3 decision maker."""

    name: str
    email: Required[str]
    phone: str
    title: str
    level: int


class DebtorIn(TypedDict, total=False):
    """One invoice to collect, and who owes it."""

    company_name: Required[str]
    invoice_amount: Required[Amount | float]
    contact_email: str
    contact_name: str
    contact_phone: str
    contacts: list[ContactIn]
    invoice_number: str
    invoice_date: str
    due_date: str
    currency: str
    amount_paid: Amount | float
    address: str
    country: str
    state: str
    timezone: str
    language: str
    debt_class: Literal["commercial", "consumer"]
    debtor_type: Literal["company", "sole_proprietor", "individual"]
    credit_kind: Literal["trade", "loan", "lease", "purchased"]
    external_id: str
    po_number: str
    invoice_pdf_url: str
    notes: str
    do_not_contact: bool
    metadata: dict[str, str]


class Brand(TypedDict, total=False):
    """How the debtor sees the creditor."""

    name: str
    legal_name: str
    logo_url: str
    domain: str
    from_email: str
    reply_to: str
    phone: str
    address: str
    caller_name: str
    colors: dict[str, str]
    pay_domain: str


class CampaignCreated(TypedDict):
    """The answer to a create."""

    id: str
    campaign_id: str
    status: str
    creditor: str
    debtor: NotRequired[str]
    debtors_enrolled: int
    debtors_unique: int
    debtors_held: int
    total_amount: Amount
    currency: str
    first_contact_at: str | None
    message: str
    import_id: NotRequired[str]
    warnings: list[dict[str, Any]]
    livemode: bool
    created_at: str


class TimelineEntry(TypedDict):
    """One thing that happened."""

    id: str
    at: str
    kind: str
    channel: str | None
    actor: str
    text: str
    case_id: str | None
    event_id: str
    event: str


class TestClock(TypedDict):
    """A clock of test mode. `progress`: how much of the present advance is done, 0 to 100."""

    id: str
    name: str
    status: Literal["ready", "advancing", "failed", "deleting"]
    frozen_time: str
    target: str | None
    progress: int
    acts: int
    error: str | None
    campaigns: int
    livemode: Literal[False]
    created_at: str


class Campaign(TypedDict):
    """A mandate over at most 500 invoices. The figures and the timeline come with `get`, not in lists."""

    id: str
    campaign_id: str
    name: str
    status: str
    creditor: str
    debtors_enrolled: int
    debtors_unique: int
    debtors_held: int
    total_amount: Amount
    currency: str
    first_contact_at: str | None
    mandate_ends_on: str
    escalation: str
    metadata: dict[str, str]
    livemode: bool
    created_at: str
    updated_at: str
    amount_collected: NotRequired[Amount]
    amount_outstanding: NotRequired[Amount]
    recovery_rate: NotRequired[Amount]
    cases: NotRequired[dict[str, int]]
    next_contact_at: NotRequired[str | None]
    timeline: NotRequired[list[TimelineEntry]]


class Case(TypedDict):
    """One invoice in collection."""

    id: str
    campaign_id: str
    debtor_id: str
    debtor: str
    status: str
    close_reason: str | None
    invoice_number: str | None
    invoice_date: str | None
    due_date: str | None
    invoice_amount: Amount
    amount_placed: Amount
    amount_collected: Amount
    balance: Amount
    currency: str
    external_id: str | None
    next_contact_at: str | None
    metadata: dict[str, str]
    livemode: bool
    created_at: str
    closed_at: str | None
    updated_at: str


class Payment(TypedDict):
    """Money a debtor paid. `breakdown` is null until it came."""

    id: str
    case_id: str
    campaign_id: str
    debtor: str
    debtor_id: str
    invoice_number: str | None
    amount: Amount
    amount_collected: Amount
    amount_refunded: Amount
    currency: str
    method: str
    status: str
    source: str
    reference: str | None
    breakdown: dict[str, Amount] | None
    allocations: list[dict[str, Any]]
    received_at: str | None
    created_at: str
    livemode: bool
    metadata: dict[str, str]


class Webhook(TypedDict):
    """An endpoint. `secret` comes once, with the answer to its creation."""

    id: str
    webhook_id: str
    url: str
    events: list[str]
    status: str
    description: str
    livemode: bool
    metadata: dict[str, str]
    created_at: str
    secret: NotRequired[str]


class Event(TypedDict):
    """One fact, as webhooks carry it and as `events` lists it."""

    event: str
    id: str
    created_at: str
    data: dict[str, Any]
    livemode: bool
    api_version: str
    sequence: int


class Organisation(TypedDict):
    """Who this credential is."""

    id: str
    name: str
    livemode: bool
    scopes: list[str]
    limits: dict[str, int]
    blocking: list[dict[str, Any]]
