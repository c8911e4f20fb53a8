"""Who owes in a day of `money_day`: debtors with one to three open invoices each, and the pages where they pay them."""

import itertools
import random
from typing import Any

CURRENCIES = ("USD", "USD", "EUR", "JPY")
_number = itertools.count(1)


def pages(organisation: Any, livemode: bool, count: int, chance: random.Random) -> list[str]:
    """The addresses of `count` debtors' pages, each debtor in one currency."""
    from payments import queries
    from tests import factories

    campaigns = {one: factories.campaign(organisation, livemode, currency=one) for one in sorted(set(CURRENCIES))}
    found = []
    for _ in range(count):
        campaign = campaigns[chance.choice(CURRENCIES)]
        made = invoices(organisation, livemode, campaign, chance.choice([1, 1, 2, 3]), chance)
        found.append(f"/pay/{queries.pay_slug(made[0])}")
    return found


def debited(organisation: Any, count: int, chance: random.Random) -> list[str]:
    """The ids of `count` invoices of test mode, a debtor's each, that are paid by bank debit."""
    from tests import factories

    campaign = factories.campaign(organisation)
    return [invoices(organisation, False, campaign, 1, chance)[0].id for _ in range(count)]


def invoices(organisation: Any, livemode: bool, campaign: Any, count: int, chance: random.Random) -> list[Any]:
    """Open invoices of one debtor."""
    from tests import factories

    debtor = factories.debtor(organisation, livemode)
    made = []
    for number in itertools.islice(_number, count):
        facts = {"currency": campaign.currency, "invoice_number": f"D-{number}", "invoice_key": f"d-{number}"}
        asked = {"campaign": campaign, "debtor": debtor, "amount_minor": chance.randint(1_000, 500_000)}
        made.append(factories.case(organisation, livemode, **asked, **facts))
    return made
