"""Settlement offers as pure functions: the floor to the cent, what is left to pay, whether one still fits."""

from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple


def reduced(balance_minor: int, percent: Decimal) -> int:
    """`balance_minor` less `percent` of it. What does not come out even is the creditor's: never more is given up."""
    given_up = (Decimal(balance_minor) * percent / 100).to_integral_value(ROUND_FLOOR)
    return balance_minor - int(given_up)


class Standing(NamedTuple):
    """An offer against its case's account, in minor units. `paid_minor`: what came in time since it was sent;
    `received_minor`: all that came since then. Both are below zero where older money went back: it is to be paid
    besides."""

    amount_minor: int
    made_on_minor: int
    paid_minor: int
    received_minor: int
    balance_minor: int

    @property
    def owed_minor(self) -> int:
        """What is owed without what came since."""
        return self.balance_minor + self.received_minor

    @property
    def left_minor(self) -> int:
        """What is still to be paid for the settlement."""
        return max(0, self.amount_minor - self.paid_minor)

    @property
    def saves_minor(self) -> int:
        """What need not be paid then."""
        return max(0, self.balance_minor - self.left_minor)

    @property
    def fits(self) -> bool:
        """Whether it still is about what is owed: no more than when it was made (a correction), and not so much less (a
        credit note) that it would save nothing."""
        return self.amount_minor < self.owed_minor <= self.made_on_minor

    @property
    def reached(self) -> bool:
        return self.fits and self.left_minor == 0
