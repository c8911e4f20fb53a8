"""What may be asked of each list of this room, and which parts of an item can be shown whole (`expand=`)."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from agentcollect.kit.errors import ApiError
from agentcollect.kit.listing import Expand, Filter, Listing, one_of, yes_no
from campaigns import queries
from campaigns.models import Campaign, Case, Contact, Dispute, Document, Exclusion, Hold, Task
from campaigns.queries import Tenant
from campaigns.rules import search
from campaigns.rules.exclusions import key_of
from campaigns.rules.identity import invoice_key
from campaigns.schema.campaigns import CAMPAIGN
from campaigns.schema.people import DEBTOR
from campaigns.schema.rows import CASE
from campaigns.serializers import people, public, reading
from events.catalogue import TYPES

Shown = dict[str, dict[str, Any]]


def _campaigns(organisation_id: str, livemode: bool, ids: list[str]) -> Shown:
    rows = queries.campaigns(Tenant(organisation_id, livemode)).filter(id__in=ids)
    return {row.id: public.listed(row) for row in rows}


def _debtors(organisation_id: str, livemode: bool, ids: list[str]) -> Shown:
    rows = queries.debtors(Tenant(organisation_id, livemode)).filter(id__in=ids)
    return {row.id: people.debtor(row) for row in rows}


def _cases(organisation_id: str, livemode: bool, ids: list[str]) -> Shown:
    rows = queries.cases(Tenant(organisation_id, livemode)).filter(id__in=ids)
    return {row.id: public.case(row) for row in rows}


# Other rooms expand these too: a payment's case, a message's debtor.
WHOLE_CAMPAIGN = Expand("campaign_id", _campaigns, CAMPAIGN)
WHOLE_DEBTOR = Expand("debtor_id", _debtors, DEBTOR)
WHOLE_CASE = Expand("case_id", _cases, CASE)

_IN_CAMPAIGN = Filter(
    "Debtors with an invoice in this campaign.",
    narrow=lambda rows, value: rows.filter(id__in=queries.cases_in(value).values("debtor_id")),
)
_ON_CLOCK = Filter("What lives on this test clock.", column="clock_id")
CAMPAIGNS = Listing(
    filters={
        "status": one_of(Campaign.Status.values),
        "currency": Filter("ISO 4217."),
        "name": Filter("The whole name."),
        "test_clock": _ON_CLOCK,
    }
)
TIMELINE = Listing(
    filters={"event": one_of(TYPES, "Only entries of this type.", column="type"), "case_id": Filter()},
    updated="recorded_at",
    metadata="",
)


def _searched(rows: QuerySet, words: str) -> QuerySet:
    if not 2 <= len(search.text(words)) <= 100:
        raise ApiError("invalid_parameter", "q takes 2 to 100 characters.", param="q")
    return queries.searched(rows, words)


def _moment(written: str) -> datetime:
    try:
        return reading.moment(written)
    except ValueError as error:
        raise ApiError("invalid_parameter", f"due_before {error}.", param="due_before") from None


_CASE_STATUS = one_of(Case.Status.values)
_CASE_EXPANDS = {"debtor": WHOLE_DEBTOR, "campaign": WHOLE_CAMPAIGN}
_CASE_FILTERS = {
    "q": Filter(
        "Part of the company's name or of the invoice number, in any case, once the case is open.", "", (), _searched
    ),
    "status": _CASE_STATUS,
    "close_reason": one_of(Case.CloseReason.values),
    "hold": Filter(
        "Open cases that wait for a hold of this kind, their own or their debtor's or campaign's.",
        values=tuple(Hold.Kind.values),
        # The view narrows by it beforehand: the question needs to know whose holds (queries.held_by).
        narrow=lambda rows, _: rows,
    ),
    "debtor_id": Filter(),
    "external_id": Filter(),
    "test_clock": _ON_CLOCK,
    "invoice_number": Filter(
        "The whole number, in any case.",
        narrow=lambda rows, number: rows.filter(invoice_key=invoice_key(number)),
    ),
}
_CASE_COLUMNS = (
    *("id", "campaign_id", "debtor_id", "debtor__name", "status", "close_reason", "invoice_number", "invoice_date"),
    *("due_date", "invoice_minor", "placed_minor", "collected_minor", "balance_minor", "currency", "external_id"),
    *("po_number", "next_contact_at", "metadata", "clock_id", "livemode", "created_at", "closed_at", "updated_at"),
)
CAMPAIGN_CASES = Listing(filters=_CASE_FILTERS, expands=_CASE_EXPANDS, columns=_CASE_COLUMNS)
CASES = Listing(filters={**_CASE_FILTERS, "campaign_id": Filter()}, expands=_CASE_EXPANDS, columns=_CASE_COLUMNS)
# A file is asked for without the moment that `hold` is judged at.
EXPORTED_CASES = Listing(filters={name: how for name, how in CASES.filters.items() if name != "hold"})
_invoices_of_each = Case.objects.filter(debtor_id=OuterRef("id"), organisation_id=OuterRef("organisation_id"))
DEBTORS = Listing(
    filters={
        "q": Filter(
            "Part of the company's name or of one of its invoice numbers, once that case is open.",
            narrow=lambda rows, value: rows.filter(Exists(_searched(_invoices_of_each, value))),
        ),
        "external_id": Filter(),
        "domain": Filter("Of its e-mail addresses.", column="email_domain"),
        "country": Filter(),
        "campaign_id": _IN_CAMPAIGN,
        "test_clock": _ON_CLOCK,
        "do_not_contact": yes_no("do_not_contact"),
    },
    columns=(
        *("id", "name", "external_id", "email_domain", "country", "region", "timezone", "phone", "address", "language"),
        *("debt_class", "debtor_type", "do_not_contact", "metadata"),
        *("clock_id", "livemode", "created_at", "updated_at"),
    ),
)
_CONTACT_COLUMNS = (
    *("id", "debtor_id", "debtor__name", "name", "title", "seniority", "email", "email_status", "phone", "level"),
    *("source", "basis", "confidence", "sources", "checks", "check_requested_at", "verified_at", "opted_out_at"),
    *("stopped_at", "stopped_by", "livemode", "created_at", "updated_at"),
)
CONTACTS = Listing(
    filters={
        "debtor_id": Filter(),
        "campaign_id": Filter(
            "People at the debtors of this campaign.",
            narrow=lambda rows, value: rows.filter(debtor_id__in=queries.cases_in(value).values("debtor_id")),
        ),
        "email": Filter("The whole address, in any case.", column="email__iexact"),
        "level": Filter("", "", ("1", "2", "3")),
        "source": one_of(Contact.Source.values),
        "email_status": Filter(),
    },
    expands={"debtor": WHOLE_DEBTOR},
    metadata="",
    columns=_CONTACT_COLUMNS,
)
_CONTACT_FILTERS = {name: how for name, how in CONTACTS.filters.items() if name != "campaign_id"}
CAMPAIGN_CONTACTS = Listing(filters=_CONTACT_FILTERS, expands=CONTACTS.expands, metadata="", columns=_CONTACT_COLUMNS)
SUPPRESSIONS = Listing(
    filters={
        "address": Filter("The whole address, in any case.", column="address__iexact"),
        "channel": one_of(["email", "call", "sms", "letter", "all"]),
        "contact_id": Filter(),
    },
    updated="recorded_at",
    metadata="",
)
EXCLUSIONS = Listing(
    filters={
        "match": one_of(Exclusion.Match.values),
        "value": Filter(
            "However it is spelt: compared as the rule compares it.",
            narrow=lambda rows, value: rows.filter(key__in={key_of(match, value) for match in Exclusion.Match.values}),
        ),
        "effect": one_of(Exclusion.Effect.values),
    },
    metadata="",
)
PLAYBOOKS = Listing(filters={"name": Filter()}, updated="created_at", metadata="")
DOCUMENTS = Listing(
    filters={
        "campaign_id": Filter(),
        "debtor_id": Filter(),
        "case_id": Filter(),
        "kind": one_of(Document.Kind.values),
        "share_with_debtor": yes_no("share_with_debtor"),
    }
)
CASE_DOCUMENTS = Listing(filters={"kind": one_of(Document.Kind.values)})
TASKS = Listing(
    filters={
        "kind": one_of(Task.Kind.values),
        "status": one_of(Task.Status.values),
        "campaign_id": Filter(),
        "case_id": Filter(),
        "debtor_id": Filter(),
        "due_before": Filter(
            "ISO 8601 with a zone.", narrow=lambda rows, value: rows.filter(due_at__lt=_moment(value))
        ),
        # The view narrows by it beforehand: the question needs to know the moment.
        "overdue": Filter("Open and past its due time, or not.", values=("true", "false"), narrow=lambda rows, _: rows),
    },
    expands={"case": WHOLE_CASE, "debtor": WHOLE_DEBTOR},
    metadata="",
)
EXPORTS = Listing(filters={"kind": Filter(), "status": one_of(["queued", "running", "completed", "failed", "expired"])})
DISPUTES = Listing(
    filters={
        "status": one_of(Dispute.Status.values),
        "reason": one_of(Dispute.Reason.values),
        "source": one_of(Dispute.Source.values),
        "case_id": Filter(),
        "campaign_id": Filter(column="case__campaign_id"),
        "debtor_id": Filter(),
    },
    expands={"case": WHOLE_CASE, "debtor": WHOLE_DEBTOR, "campaign": WHOLE_CAMPAIGN},
    metadata="",
)
