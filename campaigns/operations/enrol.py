"""Put checked rows into a campaign: debtors that are new, cases, opening ledger entries, holds. Four bulk inserts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from agentcollect.kit import clock, db, ids
from campaigns.models import Campaign, Case, Debtor, Hold, LedgerEntry
from campaigns.operations.exclusions import enforce
from campaigns.rules.identity import domain_of, looks_like_a_person
from campaigns.serializers.intake import Row

Fields = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Enrolled:
    """`rows` went in as `case_ids`; `duplicates` did not: (row, id of the open case that has the invoice).

    `excluded` are those of the cases that wait because of the creditor's own rule about the debtor.
    """

    rows: list[Row]
    case_ids: list[str]
    unique: int
    held: int
    duplicates: list[tuple[Row, str]]
    excluded: frozenset[str] = frozenset()


def enrol(*, campaign: Campaign, rows: Sequence[Row], by: str, at: datetime) -> Enrolled:
    """Insert what `rows` say into `campaign` (already inserted, in the present transaction)."""
    tenant = {
        "organisation_id": campaign.organisation_id,
        "livemode": campaign.livemode,
        "created_at": at,
        "recorded_at": clock.now(),
    }
    identities = [row.identity for row in rows]
    known = _known_debtors(campaign, identities)
    taken = _taken_invoices(known, rows, identities)
    fresh = _new_debtors(rows, identities, known)
    debtor_ids = known | {debtor["identity"]: debtor["id"] for debtor in fresh}

    keep, duplicates = [], []
    for row, identity in zip(rows, identities, strict=True):
        case_id = taken.get((debtor_ids[identity], row.invoice_key)) if row.invoice_number else None
        if case_id:
            duplicates.append((row, case_id))
        else:
            keep.append((row, debtor_ids[identity]))
    cases = _cases(keep)
    holds = [hold for (row, _), case in zip(keep, cases, strict=True) for hold in _holds(row, case["id"], by)]
    mine = {"campaign_id": campaign.id, "status": Case.Status.ENRICHING.value, "currency": campaign.currency}
    opening = {"kind": LedgerEntry.Kind.PRINCIPAL.value, "reason": "balance placed", "currency": campaign.currency}
    on = {"clock_id": campaign.clock_id}
    db.insert_rows(Debtor, fresh, tenant | on | {"updated_at": at})
    db.insert_rows(Case, cases, tenant | mine | on | {"updated_at": at})
    db.insert_rows(LedgerEntry, _opening_entries(cases), tenant | opening | {"actor": by})
    db.insert_rows(Hold, holds, tenant | on)
    touched = {debtor_id for _, debtor_id in keep}
    case_ids = [case["id"] for case in cases]
    excluded: frozenset[str] = frozenset()
    named = {"organisation_id": campaign.organisation_id, "livemode": campaign.livemode}
    if enforce(**named, debtor_ids=touched, at=at) is not None:
        excluded = _excluded(case_ids, touched)
    held = len({hold["case_id"] for hold in holds} | excluded)
    return Enrolled([row for row, _ in keep], case_ids, len(touched), held, duplicates, excluded)


def _excluded(case_ids: list[str], debtor_ids: set[str]) -> frozenset[str]:
    """Of these new cases those that wait because of a rule of the creditor's about the debtor."""
    standing = Hold.objects.filter(kind=Hold.Kind.EXCLUDED, released_at=None)
    closed = standing.filter(db.among("debtor_id", debtor_ids)).values("debtor_id")
    covered = Q(debtor_id__in=closed) | Q(id__in=standing.filter(db.among("case_id", case_ids)).values("case_id"))
    return frozenset(Case.objects.filter(covered, db.among("id", case_ids)).values_list("id", flat=True))


def _known_debtors(campaign: Campaign, identities: list[str]) -> dict[str, str]:
    named = {"organisation_id": campaign.organisation_id, "livemode": campaign.livemode}
    mine = Debtor.objects.filter(**named, clock_id=campaign.clock_id)
    rows = mine.filter(db.among("identity", set(identities)))
    return dict(rows.values_list("identity", "id"))


def _taken_invoices(known: dict[str, str], rows: Sequence[Row], identities: list[str]) -> dict[tuple[str, str], str]:
    """(debtor, invoice) → open case, for the rows whose debtor we know already."""
    wanted = {row.invoice_key for row, i in zip(rows, identities, strict=True) if i in known}
    wanted.discard("")
    if not wanted:
        return {}
    cases = Case.objects.filter(db.among("debtor_id", known.values()), closed_at=None, invoice_key__in=wanted)
    return {(debtor, key): case for debtor, key, case in cases.values_list("debtor_id", "invoice_key", "id")}


def _new_debtors(rows: Sequence[Row], identities: list[str], known: dict[str, str]) -> list[Fields]:
    first: dict[str, Row] = {}
    for row, identity in zip(rows, identities, strict=True):
        if identity not in known:
            first.setdefault(identity, row)
    drawn = ids.new_many("dbt", len(first))
    return [
        {
            "id": debtor_id,
            "identity": identity,
            "name": row.company_name,
            "external_id": row.external_id,
            "email_domain": domain_of(row.email),
            "country": row.country,
            "region": row.region,
            "timezone": row.timezone,
            "phone": row.phone,
            "address": row.address,
            "language": row.language,
            "debt_class": row.debt_class,
            "debtor_type": row.debtor_type,
        }
        for debtor_id, (identity, row) in zip(drawn, first.items(), strict=True)
    ]


def _cases(rows: list[tuple[Row, str]]) -> list[Fields]:
    drawn = ids.new_many("cas", len(rows))
    return [
        {
            "id": case_id,
            "debtor_id": debtor_id,
            "invoice_number": row.invoice_number,
            "invoice_key": row.invoice_key,
            "invoice_date": row.invoice_date,
            "due_date": row.due_date,
            "invoice_minor": row.invoice_minor,
            "placed_minor": row.placed_minor,
            "balance_minor": row.placed_minor,
            "external_id": row.external_id,
            "po_number": row.po_number,
            "invoice_pdf_url": row.invoice_pdf_url,
            "notes": row.notes,
            "credit_kind": row.credit_kind,
            "given_contacts": list(row.contacts),
            "metadata": row.metadata,
        }
        for case_id, (row, debtor_id) in zip(drawn, rows, strict=True)
    ]


def _opening_entries(cases: list[Fields]) -> list[Fields]:
    drawn = ids.new_many("led", len(cases))
    return [
        {"id": entry_id, "case_id": case["id"], "amount_minor": case["placed_minor"]}
        for entry_id, case in zip(drawn, cases, strict=True)
    ]


def _holds(row: Row, case_id: str, by: str) -> list[Fields]:
    """The holds a row brings with it. None refuses the row: it is enrolled, and waits."""
    kinds = []
    if row.do_not_contact:
        kinds.append((Hold.Kind.DO_NOT_CONTACT.value, by))
    unmarked = not row.debt_class and not row.debtor_type
    if unmarked and looks_like_a_person(name=row.company_name, email=row.email):
        kinds.append((Hold.Kind.IDENTITY_DOUBT.value, "engine"))
    return [{"id": ids.new("hld"), "kind": kind, "case_id": case_id, "actor": actor} for kind, actor in kinds]
