"""The monthly statement: what an organisation was charged, as PDF and CSV, made once the month is over.

Files first, rows after: a worker that dies in between leaves files that the next run writes again, byte for byte, since
a month that is over does not change. Late corrections are of the month in which they are made.
"""

import io
from collections.abc import Iterator
from datetime import date, datetime

import structlog
from django.db import IntegrityError

from accounts.models import Organisation
from agentcollect.kit import clock, db, ids
from campaigns import storage
from events.operations import record
from payments import pdf, rules
from payments.models import Statement
from payments.queries import fees as queries
from payments.queries.fees import Period
from payments.serializers import fees as serializers

log = structlog.get_logger()

# How many months back a statement is still made up for: a worker may have been away for long.
MONTHS_BACK = 3


def make_statements(*, at: datetime) -> int:
    """Make every statement that is due and not there yet; returns how many were made.

    One organisation that cannot be stated keeps none of the others waiting.
    """
    made = 0
    for organisation in Organisation.objects.order_by("id"):
        try:
            made += sum(_state(period, organisation, at) for period in _due(organisation, at))
        except Exception:
            log.exception("statement_failed", organisation=organisation.id)
    return made


def _due(organisation: Organisation, at: datetime) -> Iterator[Period]:
    """The months that are over and have no statement, in both modes, oldest first: each begins where the one before it
    ended, which must be there by then."""
    for livemode in (False, True):
        stated = set(queries.statements(organisation.id, livemode).values_list("month", flat=True))
        for month in rules.months_to_state(at, organisation.timezone, MONTHS_BACK):
            if month not in stated:
                yield queries.period(organisation, livemode, month)


def _state(period: Period, organisation: Organisation, at: datetime) -> int:
    """All currencies of a month at once: a month is stated or it is not."""
    totals = {currency: figures for currency, figures in queries.totals(period).items() if any(figures.values())}
    drawn = [_drawn(period, organisation, currency, totals[currency], at) for currency in sorted(totals)]
    try:
        with db.atomic():
            for statement in drawn:
                statement.save(force_insert=True)
                _tell(statement, at)
    except IntegrityError:
        return 0  # another worker was faster: its rows name the same files
    return len(drawn)


def _drawn(
    period: Period, organisation: Organisation, currency: str, figures: dict[str, int], at: datetime
) -> Statement:
    """The row of a statement, not saved yet, whose files lie in the storage."""
    statement = Statement(
        id=ids.new("stm"),
        organisation=organisation,
        livemode=period.livemode,
        created_at=at,
        recorded_at=clock.now(),
        month=period.month,
        currency=currency,
        totals=figures | {"from": clock.iso(period.start), "until": clock.iso(period.until)},
    )
    mode = "live" if period.livemode else "test"
    name = f"statements/{organisation.id}/{mode}-{period.month:%Y-%m}-{currency}"
    statement.pdf_file, statement.csv_file = f"{name}.pdf", f"{name}.csv"
    entries = queries.entries(period).filter(currency=currency)
    _keep(statement.pdf_file, pdf.statement(statement, list(entries)))
    _keep(statement.csv_file, serializers.csv_file(entries))
    return statement


def _keep(name: str, raw: bytes) -> None:
    storage.keep(name, io.BytesIO(raw), len(raw))


def _tell(statement: Statement, at: datetime) -> None:
    record(
        type="statement.ready",
        organisation_id=statement.organisation_id,
        livemode=statement.livemode,
        data=serializers.ready(statement),
        by="engine",
        at=at,
        cause=statement.id,
    )


def so_far(*, organisation: Organisation, livemode: bool, at: datetime) -> tuple[date, dict[str, dict[str, int]]]:
    """The month that is running where the organisation is, and what its statements would say by now, by currency."""
    period = queries.period(organisation, livemode, rules.month_of(at, organisation.timezone))
    return period.month, queries.totals(period)
