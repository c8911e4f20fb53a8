"""Days and moments as a debtor reads them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime


def day(on: date) -> str:
    """`March 31, 2026`."""
    return format_date(on, format="long", locale="en_US")


def moment(at: datetime, zone: str) -> str:
    """With the hour, where the creditor is."""
    local = at.astimezone(ZoneInfo(zone))
    return format_datetime(local, "MMMM d, y 'at' h:mm a z", locale="en_US", tzinfo=ZoneInfo(zone))
