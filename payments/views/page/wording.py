"""The words of each act beside paying: its title, what it brings, what it does when it is sent, and its button.

`%(creditor)s` is the creditor's name.
"""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Words(NamedTuple):
    """Lazy texts: they are put into the page's language when a template prints them."""

    title: str | Promise
    lede: str | Promise
    consequence: str | Promise
    submit: str | Promise

    def about(self, creditor: str) -> dict[str, str]:
        return {name: str(text) % {"creditor": creditor} for name, text in self._asdict().items()}


_PLAN = Words(
    _("Pay in parts"),
    _("You see every date and amount before you agree to anything."),
    _(
        "Nothing more is asked while the parts come in time. Nothing is charged by itself: you pay each part on this "
        "page."
    ),
    _("Agree to this plan"),
)
WORDS = {
    "promise": Words(
        _("Name the day you will pay"),
        _("Until the day you name is over, nothing more is asked of you."),
        _("Nothing more is asked until that day is over."),
        _("I will pay by then"),
    ),
    "plan": _PLAN,
    "offered": _PLAN,
    "decline": Words(
        _("Decline this settlement"),
        _("The whole balance stays owed."),
        _("The settlement is gone then, and the whole balance stays owed."),
        _("Decline it"),
    ),
    "paid": Words(
        _("It is paid already"),
        _("Tell %(creditor)s how, and nothing more is asked while the payment is looked for."),
        _("This takes nothing off the balance by itself: %(creditor)s looks for the payment first."),
        _("Tell %(creditor)s"),
    ),
    "dispute": Words(
        _("Something is wrong"),
        _("Nothing more is asked about this invoice until your objection is answered."),
        _("%(creditor)s will answer you. You do not need to pay this invoice until then."),
        _("Send my objection"),
    ),
    "not-me": Words(
        _("This is not for me"),
        _("We will not write to that address about it again."),
        _("We will not write to this address about it again."),
        _("This is not for me"),
    ),
    "forward": Words(
        _("Somebody else pays such invoices"),
        _("Name the colleague, and messages about this invoice go to them from now on."),
        _(
            "No message goes out at this moment. The next one about this invoice goes to this colleague instead of "
            "you, once it is sure that the address is your company’s."
        ),
        _("Pass it on"),
    ),
    "stop": Words(
        _("Stop the e-mails"),
        _("No more e-mails about it are sent to the address you enter. The invoice itself is not changed by this."),
        _("No more e-mails about it are sent to this address. The invoice itself is not changed by this."),
        _("Stop the e-mails"),
    ),
}


def words_of(act: str, creditor: str) -> dict[str, str]:
    """The four texts of `act`."""
    return WORDS[act].about(creditor)
