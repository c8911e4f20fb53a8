"""Amounts as they are typed in the language of the page, and shown in its fields again."""

from babel.numbers import format_decimal
from django.utils.translation import gettext as _

from agentcollect.kit import money as kit
from payments import rules
from payments.views.page.words import LOCALES, language, money


def read(text: str, currency: str, most_minor: int) -> int:
    """Minor units of a typed amount, above zero and up to `most_minor`. Raises ValueError in words for the debtor."""
    try:
        amount = rules.read_amount(text, language())
    except ValueError as error:
        example = {"example": shown(25_000 * 10 ** kit.exponent(currency) // 100, currency)}
        raise ValueError(_("Enter an amount in figures, like %(example)s.") % example) from error
    places = kit.exponent(currency)
    if amount != round(amount, places):
        said = {"currency": currency, "count": places}
        raise ValueError(_("The amount has more decimals than %(currency)s has (%(count)s).") % said)
    if amount <= 0:
        raise ValueError(_("Enter an amount above zero."))
    if amount > kit.to_major(most_minor, currency):
        raise ValueError(_("Enter at most %(amount)s, what is owed.") % {"amount": money(most_minor, currency)})
    return kit.to_minor(amount, currency)


def shown(minor: int, currency: str) -> str:
    """What stands in a field for an amount: `2,500.50`, `2.500,50`."""
    places = kit.exponent(currency)
    pattern = "#,##0." + "0" * places if places else "#,##0"
    return format_decimal(kit.to_major(minor, currency), pattern, locale=LOCALES[language()])
