"""What is said on a call, and what may not be. Pure: a machine and a person who dials go by the same script.

Sources: 12 CFR 1006.14(g) and 47 CFR 64.1200(b) (who calls), the all-party recording statutes (Cal. Penal Code 632 and
others), 12 CFR 1006.2(j) (what may be left on a machine), 1006.6(d) (third parties).
"""

from dataclasses import dataclass
from datetime import date

# as whoever dials reads them.
NEVER = (
    "Nothing about the invoice to anybody but the person asked for, nor to a machine.",
    "Do not record or transcribe the call; if they ask, say so. If they do not want to go on, end it politely.",
    "Do not hide your number, and show none that pretends to be local.",
    "No threat, no legal consequence, no date by which something happens unless the invoice itself names it.",
    "Take no card or bank details by phone; the payment page is for that.",
    "If they ask not to be called, say that you will not, and record it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A call's words. `first_words`: for an artificial voice they also say so, and that the call is recorded."""

    person: str
    company: str
    number: str
    callback: str
    first_words: str
    message: str
    voicemail: str

    @property
    def text(self) -> str:
        """The whole as the call's row keeps it."""
        return "\n\n".join((self.first_words, self.message, f"On a machine, only: {self.voicemail}"))

    def for_a_person(self, hours: str) -> list[str]:
        """What somebody who dials has before them, a line each."""
        return [
            f"Call {self.person or 'the person in charge of payables'} at {self.company}: {self.number}. {hours}",
            f"Say first: {self.first_words}",
            f"Only to that person: {self.message}",
            f"On a machine leave only this: {self.voicemail}",
            *NEVER,
        ]


def script(
    *,
    brand: str,
    legal_name: str,
    callback: str,
    number: str,
    person: str,
    company: str,
    invoice: str,
    amount: str,
    due: date | None,
    artificial: bool,
) -> Script:
    """The words of one call. `invoice` is its number, "" where it has none; `amount` as people read it."""
    from_whom = brand if brand == legal_name else f"{brand}, that is {legal_name}"
    whom = f" May I speak to {person}?" if person else " May I speak to whoever looks after payables?"
    opened = f"Hello, I am calling on behalf of {from_whom}. You can call back at {callback}."
    if artificial:
        opened = (
            f"Hello, this is an artificial voice calling on behalf of {from_whom}. This call is transcribed and "
            f"recorded; say so if you do not want that, and it ends. You can call back at {callback}."
        )
    which = f"invoice {invoice}" if invoice else "an invoice"
    since = f", due on {due:%d %B %Y}" if due else ""
    return Script(
        person=person,
        company=company,
        number=number,
        callback=callback,
        first_words=opened + whom,
        message=(
            f"It is about {which} of {brand} to {company}{since}: {amount} is open on our records. Is there anything "
            "that keeps it from being paid? The link to the payment page is in our e-mails."
        ),
        voicemail=f"Hello, this is {brand} with a message for {person or company}. Please call back at {callback}.",
    )


def hours(company: str) -> str:
    """When somebody may dial, for a person to read (R-01)."""
    return f"Only Monday to Friday, 8:00 to 18:00 by the clocks of {company}, and not on a public holiday there."
