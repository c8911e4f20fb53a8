"""Which cases a report is about, and as of which day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from accounts import timeline
from accounts.models import Organisation, TestClock
from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign, Case

PARAMETERS = frozenset({"from", "to", "campaign_id", "currency", "test_clock", "as_of"})
# How long a period of receivables is where none is named.
PERIOD = timedelta(days=90)


@dataclass(frozen=True)
class Scope:
    """The cases placed from `start` to `end` (days of the organisation's calendar, both included), with what is known
    of them on `as_of`: all that is known now where that is None. `today` is the day it is on their timeline.

    Without `clock_id` the cases of every timeline are counted, as in every list; only test mode has more than one.
    """

    organisation_id: str
    livemode: bool
    zone: ZoneInfo
    today: date
    start: date | None = None
    end: date | None = None
    as_of: date | None = None
    campaign_id: str = ""
    currency: str = ""
    clock_id: str = ""

    @property
    def day(self) -> date:
        """The day it is told for."""
        return self.as_of or self.today

    @cached_property
    def until(self) -> datetime | None:
        """The moment before which things count: the end of `as_of`; None: whatever is known."""
        return self.midnight_after(self.as_of) if self.as_of else None

    def midnight(self, day: date) -> datetime:
        """The beginning of `day` where the creditor is."""
        return datetime.combine(day, time(), self.zone)

    def midnight_after(self, day: date) -> datetime:
        return self.midnight(day + timedelta(days=1))

    @property
    def period(self) -> tuple[date, date]:
        """The first and the last day of what is told about a period: 90 days up to `day`, unless named."""
        last = min(self.end or self.day, self.day)
        return self.start or last - PERIOD + timedelta(days=1), last

    def whole(self, path: str = "") -> Q:
        """The whole portfolio, whenever placed: a condition on cases, or on what reaches them by `path` (`case__`)."""
        asked = dict(self.tenant)
        asked |= {"campaign_id": self.campaign_id} if self.campaign_id else {}
        asked |= {"currency": self.currency} if self.currency else {}
        asked |= {"clock_id": self.clock_id} if self.clock_id else {}
        return Q(**{path + name: value for name, value in asked.items()}) & self.before(f"{path}created_at")

    @property
    def tenant(self) -> dict[str, Any]:
        """Whose rows: said of each table that is joined, so that each may be found by its own index."""
        return {"organisation_id": self.organisation_id, "livemode": self.livemode}

    def placed(self, path: str = "") -> Q:
        """Those of them that were placed in the days asked for."""
        found = self.whole(path)
        if self.start:
            found &= Q(**{f"{path}created_at__gte": self.midnight(self.start)})
        if self.end:
            found &= Q(**{f"{path}created_at__lt": self.midnight_after(self.end)})
        return found

    def before(self, column: str) -> Q:
        """What happened by the end of `as_of`."""
        return Q(**{f"{column}__lt": self.until}) if self.until else Q()

    def cases(self) -> QuerySet[Case]:
        return Case.objects.filter(self.placed())

    def open_then(self, path: str = "") -> Q:
        """Placed, and not closed on `as_of`. One that was closed then and is open again counts as open."""
        still = Q(**{f"{path}closed_at": None})
        if self.until:
            still |= Q(**{f"{path}closed_at__gte": self.until})
        return self.placed(path) & still


def read_scope(organisation: Organisation, livemode: bool, params: Mapping[str, str]) -> Scope:
    """The scope that query parameters ask for. Raises ApiError: invalid_parameter, not_found (campaign),
    unknown_test_clock."""
    zone = ZoneInfo(organisation.timezone)
    clock_id, campaign_id = params.get("test_clock", ""), params.get("campaign_id", "")
    mine = {"organisation_id": organisation.id, "livemode": livemode}
    if any("\0" in value for value in (clock_id, campaign_id)):
        raise ApiError("not_found")  # PostgreSQL refuses it even in a question
    if clock_id and not TestClock.objects.filter(id=clock_id, **mine).exists():
        raise ApiError("unknown_test_clock", param="test_clock")
    if campaign_id:
        found = Campaign.objects.filter(id=campaign_id, **mine).values_list("clock_id", flat=True)
        if not found:
            raise ApiError("not_found", f"There is no campaign {campaign_id[:60]}.")
    today = timeline.now(clock_id or (found[0] if campaign_id else "")).astimezone(zone).date()
    start, end, as_of = (_day(params, name) for name in ("from", "to", "as_of"))
    if start and end and end < start:
        raise ApiError("invalid_parameter", "to lies before from.", param="to")
    if as_of and as_of > today:
        raise ApiError("invalid_parameter", f"as_of lies in the future: it is {today}.", param="as_of")
    return Scope(
        **mine,
        zone=zone,
        today=today,
        start=start,
        end=end,
        as_of=as_of,
        campaign_id=campaign_id,
        currency=_currency(params),
        clock_id=clock_id,
    )


def _day(params: Mapping[str, str], name: str) -> date | None:
    if not params.get(name):
        return None
    try:
        day = date.fromisoformat(params[name]) if len(params[name]) == len("2026-03-17") else None
    except ValueError:
        day = None
    if day is None or not 1990 <= day.year <= 2100:
        raise ApiError("invalid_parameter", f"{name} must be a day, such as 2026-03-17.", param=name)
    return day


def _currency(params: Mapping[str, str]) -> str:
    text = params.get("currency", "")
    if text and not (len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()):
        raise ApiError("invalid_parameter", "currency must be three capital letters, such as USD.", param="currency")
    return text
