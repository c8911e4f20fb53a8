"""Create a campaign: campaign, debtors, cases, opening ledger entries and one event, in one transaction.

Set-based from end to end: the number of statements does not depend on the number of debtors. Cases are opened
(contacts, first step, `case.opened`) by a worker, in batches, from what stands in the rows.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from django.db import IntegrityError

from accounts.models import Organisation
from accounts.operations.resetting import refuse_while_reset
from agentcollect.kit import clock, db, errors, ids, jobs, money
from agentcollect.kit.errors import FieldError
from campaigns import queries
from campaigns.models import Campaign, Import
from campaigns.operations.enrol import Enrolled, enrol
from campaigns.operations.facts import campaign_data
from campaigns.queries import Tenant
from campaigns.rules.moments import GAP, first_moment
from campaigns.rules.playbook import Whereabouts, earliest_start, permitted
from campaigns.serializers.checks import is_consumer
from campaigns.serializers.intake import Request, Row
from compliance.hours import NeverPermitted
from events.operations import About, record

# More bulk creates at once only wait for each other's disk: two at a time had the best p99 (docs/performance.md).
_BULK_ROWS, _BULK_SLOTS = 50, 2
TRIES = 3


@dataclass(frozen=True, slots=True)
class Created:
    """What the answer is written from."""

    campaign: Campaign
    import_id: str
    debtor: str


def create(*, organisation: Organisation, livemode: bool, request: Request, by: str, at: datetime) -> Created:
    """Create the campaign of a checked `request`. Raises ApiError: duplicate_invoice naming the open case,
    test_data_resetting.

    Two creates that name the same new debtor at once cannot both insert it: the later one starts over and finds it.
    """
    refuse_while_reset(organisation, livemode)
    for attempt in range(TRIES):
        try:
            return _create(organisation, livemode, request, by=by, at=at)
        except IntegrityError as error:
            if not lost_a_race(error) or attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def lost_a_race(error: IntegrityError) -> bool:
    """Whether another request has just inserted the same debtor or invoice (SQLite names columns, not constraints)."""
    told = ("debtor_identity_once", "case_open_invoice_once", "campaigns_debtor.identity", "campaigns_case.invoice_key")
    return any(name in str(error) for name in told)


def _create(organisation: Organisation, livemode: bool, request: Request, *, by: str, at: datetime) -> Created:
    with db.atomic():
        wait_for_a_place(organisation.id, len(request.rows))
        campaign = _campaign(organisation, livemode, request, by=by, at=at)
        if request.csv_url:
            import_id = _queue_import(campaign, request, by=by, at=at)
            jobs.enqueue("campaigns.run_imports")
            return Created(campaign, import_id, "")
        campaign.save(force_insert=True)
        enrolled = enrol(campaign=campaign, rows=request.rows, by=by, at=at)
        refuse_duplicates(enrolled)
        start(campaign=campaign, organisation=organisation, enrolled=enrolled, by=by, at=at)
    return Created(campaign, "", request.rows[0].company_name if len(request.rows) == 1 else "")


def wait_for_a_place(organisation_id: str, rows: int) -> None:
    """Bulk creates of one organisation, a few at a time."""
    if rows > _BULK_ROWS:
        db.advisory_slot(f"bulk-create:{organisation_id}", _BULK_SLOTS)


def refuse_duplicates(enrolled: Enrolled) -> None:
    """All or nothing: an invoice that is already in collection refuses the whole body."""
    if enrolled.duplicates:
        raise errors.invalid(
            [
                FieldError(
                    f"{row.path}.invoice_number" if row.path else "invoice_number",
                    "duplicate_invoice",
                    f"Invoice {row.invoice_number} of {row.company_name} is already in collection.",
                    {"case_id": case_id},
                )
                for row, case_id in enrolled.duplicates
            ]
        )


def start(
    *,
    campaign: Campaign,
    organisation: Organisation,
    enrolled: Enrolled,
    by: str,
    at: datetime,
) -> None:
    """Fill in what the enrolment showed, record `campaign.started`, wake a worker to open the cases."""
    campaign.status = Campaign.Status.ACTIVE
    campaign.debtors_enrolled = campaign.unopened = len(enrolled.rows)
    campaign.debtors_unique = enrolled.unique
    campaign.debtors_held = enrolled.held
    campaign.total_minor = sum(row.placed_minor for row in enrolled.rows)
    campaign.first_contact_at, campaign.warnings = plan_first_contact(
        enrolled=enrolled, organisation=organisation, livemode=campaign.livemode, at=campaign.start_at or at
    )
    campaign.updated_at = at
    campaign.save(force_update=True)
    record(
        type="campaign.started",
        organisation_id=campaign.organisation_id,
        livemode=campaign.livemode,
        data=campaign_data(
            campaign,
            company=campaign.creditor,
            debtors_enrolled=campaign.debtors_enrolled,
            total_amount=money.to_json(campaign.total_minor, campaign.currency),
            first_contact_at=clock.iso(campaign.first_contact_at) if campaign.first_contact_at else None,
        ),
        by=by,
        at=at,
        about=About(campaign_id=campaign.id),
    )
    jobs.enqueue("campaigns.open_cases")


def _campaign(organisation: Organisation, livemode: bool, request: Request, *, by: str, at: datetime) -> Campaign:
    version, _ = queries.newest_playbook(Tenant(organisation.id, livemode), request.playbook)
    creditor = request.creditor or organisation.name
    brand = brand_snapshot(organisation, request.brand, creditor)
    return Campaign(
        id=ids.new("cmp"),
        organisation_id=organisation.id,
        livemode=livemode,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        name=request.name,
        creditor=creditor,
        brand=brand,
        status=Campaign.Status.IMPORTING if request.csv_url else Campaign.Status.ACTIVE,
        currency=request.currency,
        # A person must choose `auto` where real attorneys are asked (LAW.md, R-33).
        escalation=request.escalation or ("ask" if livemode else "auto"),
        approval=request.approval,
        start_at=request.start_at,
        mandate_ends_at=mandate_end(request.start_at or at, request.mandate_months, organisation.timezone),
        metadata=request.metadata,
        offer_policy=request.offer_policy,
        playbook=request.playbook,
        playbook_version=version,
        posture=request.posture,
        clock_id=request.test_clock,
        logo_url=brand.get("logo_url", ""),
        logo_state="pending" if brand.get("logo_url") else "none",
        created_by=by,
    )


def brand_snapshot(organisation: Organisation, given: dict[str, Any], creditor: str) -> dict[str, Any]:
    """The brand as this campaign will keep it: what was given, then the organisation's default, then its own facts."""
    default = organisation.brand or {}
    brand = {"name": creditor, "address": organisation.postal_address, "legal_name": organisation.legal_name}
    brand |= {name: value for name, value in default.items() if value}
    brand |= given
    brand["colors"] = default.get("colors", {}) | given.get("colors", {})
    return brand


def mandate_end(start_at: datetime, months: int, zone: str) -> datetime:
    """Midnight at the end of the mandate's last day, in the organisation's zone."""
    day = (start_at.astimezone(ZoneInfo(zone)) + relativedelta(months=months)).date()
    return datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone)).astimezone(UTC)


def _queue_import(campaign: Campaign, request: Request, *, by: str, at: datetime) -> str:
    campaign.save(force_insert=True)
    queued = Import.objects.create(
        organisation_id=campaign.organisation_id,
        livemode=campaign.livemode,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        campaign=campaign,
        url=request.csv_url,
        status=Import.Status.QUEUED,
        actor=by,
    )
    return queued.id


def plan_first_contact(
    *, enrolled: Enrolled, organisation: Organisation, livemode: bool, at: datetime, place: int = 0
) -> tuple[datetime | None, list[dict[str, str]]]:
    """The earliest planned first contact over the enrolled rows, and warnings about rows that wait.

    `place`: how many invoices the campaign had before; messages leave one after the other (rules.moments).
    """
    planned: list[tuple[datetime, Whereabouts, datetime, int]] = []
    silent, spoken_for = 0, set()
    lots = zip(enrolled.rows, enrolled.case_ids, range(place, place + len(enrolled.rows)), strict=True)
    for row, case_id, number in sorted(lots, key=_age):
        if row.do_not_contact or case_id in enrolled.excluded or (livemode and not row.email):
            silent += 1
        elif row.identity not in spoken_for:
            # The oldest invoice of a debtor carries the conversation; the others have no message of their own.
            spoken_for.add(row.identity)
            where, begin = row_whereabouts(row), earliest_start(row.due_date, organisation.timezone, at)
            if opening := _permitted(where, begin):
                planned.append((opening + GAP * number, where, begin, number))
    found = _earliest(planned)
    warnings = []
    if silent:
        words = f"{silent} debtor(s) cannot be contacted yet: no e-mail address, do_not_contact, or excluded."
        warnings.append({"code": "not_contactable", "message": words})
    return found, warnings


def _age(lot: tuple[Row, str, int]) -> tuple[bool, date, str]:
    """The order in which a debtor's invoices speak for it (queries.conversations)."""
    row, case_id, _ = lot
    return row.due_date is not None, row.due_date or date.min, case_id


def _earliest(planned: list[tuple[datetime, Whereabouts, datetime, int]]) -> datetime | None:
    """The first of the planned messages. None leaves before its day's opening and its place after it, so that most
    rows need not be asked."""
    found: datetime | None = None
    for soonest, where, begin, number in sorted(planned, key=itemgetter(0)):
        if found is not None and soonest >= found:
            break
        moment = first_moment(where, begin=begin, place=number)
        found = min(found or moment, moment)
    return found


def _permitted(where: Whereabouts, not_before: datetime) -> datetime | None:
    try:
        return permitted(where, channel="email", not_before=not_before)
    except NeverPermitted:
        return None


def row_whereabouts(row: Row) -> Whereabouts:
    return Whereabouts(row.country, row.region, row.timezone, row.phone, is_consumer(row))
