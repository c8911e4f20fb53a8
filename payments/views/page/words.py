"""Days, moments, amounts and the words of rows as a debtor reads them, in the language of the page."""

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from agentcollect.kit import money as kit

LOCALES = {"en": "en_US", "fr": "fr_FR", "es": "es_ES", "de": "de_DE"}
# Where a language has no name for the zone of its own, the offset says it.
_HOURS = {"en": "h:mm a z", "fr": "HH:mm z", "es": "HH:mm (OOOO)", "de": "HH:mm (OOOO)"}
_JOINED = {"en": "{} at {}", "fr": "{} à {}", "es": "{}, {}", "de": "{}, {}"}


def language() -> str:
    """The page's: `en`, `fr`, `es` or `de`."""
    spoken = (get_language() or "en")[:2]
    return spoken if spoken in LOCALES else "en"


def day(on: date) -> str:
    """`March 31, 2026`, `1er mars 2026`."""
    spoken = language()
    written = format_date(on, format="long", locale=LOCALES[spoken])
    # Babel knows no French ordinal: the first of a month has one, the other days have none.
    return re.sub(r"^1 ", "1er ", written) if spoken == "fr" else written


def moment(at: datetime, zone: str) -> str:
    """With the hour, where the creditor is."""
    spoken, place = language(), ZoneInfo(zone)
    local = at.astimezone(place)
    hour = format_time(local, _HOURS[spoken], tzinfo=place, locale=LOCALES[spoken])
    return _JOINED[spoken].format(day(local.date()), hour)


def money(minor: int, currency: str) -> str:
    """`$15,000.00`, `15 000,00 €`; a true minus: a hyphen is easily overlooked before an amount."""
    return kit.display(minor, currency, language()).replace("-", "−")


def spoken(words: str) -> str:
    """What a processor or a row says in plain English, in the page's language where these words are known."""
    return _(words) if words else ""


# What rooms below say in English and the page says on: here to be found by `manage.py messages`.
KNOWN = (
    gettext_noop("The card was declined."),
    gettext_noop("The card was declined: not enough funds."),
    gettext_noop("The card was declined: it was reported lost."),
    gettext_noop("The card was declined: it has expired."),
    gettext_noop("The card was declined: the security code is wrong."),
    gettext_noop("The card could not be processed. Nothing was charged."),
    gettext_noop("The payment could not be taken. Nothing was charged."),
    gettext_noop("The payment was not completed. Nothing was charged."),
    gettext_noop("The payment did not go through."),
    gettext_noop("The payment page could not be opened. Nothing was charged."),
    gettext_noop("The account does not hold enough (R01)."),
    gettext_noop("Test mode takes test account numbers only."),
    gettext_noop("Enter a card number."),
    gettext_noop("This is not a card number: a figure is missing or wrong."),
    gettext_noop("Test mode takes test card numbers only, such as 4242 4242 4242 4242."),
    gettext_noop("Enter the month and year, like 09/30."),
    gettext_noop("This date has passed."),
    gettext_noop("Enter the 3 or 4 figures."),
)
