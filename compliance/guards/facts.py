"""Guards over facts: sums, dates, numbers, links and what the law wants to stand in every message."""

import re
from collections.abc import Iterator

from compliance import reading
from compliance.guards.known import Complaint, Known, listed
from compliance.markup import hrefs_in
from compliance.reading import Rendered, words_of

# ISO 13616: two letters, two check digits, then the account in groups.
_IBAN = re.compile(r"(?<![\w-])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){3,7}(?:[ -]?[A-Z0-9]{1,3})?(?!\w)")


def amounts(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Every sum of money is one of ``known.amounts``, in figures and in the same currency."""
    allowed = {reading.amount_key(text) for text in known.amounts}
    # In a table the currency stands in the heading: a bare figure may be any known sum.
    allowed |= {("", value) for _, value in allowed}
    for sentence in rendered.sentences():
        for text in reading.amounts_in(sentence):
            if reading.amount_key(text) not in allowed:
                yield sentence, f"the amount {text} is not one of this case"
        if reading.money_in_words(sentence, rendered.language):
            yield sentence, "an amount of money in words"


def dates(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Every date is one of ``known.dates``, and a weekday beside it is the right one."""
    for sentence in rendered.sentences():
        for text, readings, weekday in reading.dates_in(sentence):
            right = [day for day in readings if day in known.dates]
            if not right:
                yield sentence, f"the date {text} is not one of this case"
            elif weekday is not None and weekday not in {day.weekday() for day in right}:
                yield sentence, f"the wrong weekday for {text}"


def identifiers(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Every invoice, case or other long number is one of ``known.identifiers`` (or a known phone)."""
    allowed = {identifier.casefold() for identifier in known.identifiers}
    numbers = {reading.digits(text)[-10:] for text in (*known.identifiers, *known.phones)}
    for sentence in rendered.sentences():
        for text in reading.identifiers_in(sentence):
            if text.casefold() not in allowed:
                yield sentence, f"the number {text} does not belong to this case"
        for text in reading.long_numbers_in(sentence):
            if reading.digits(text)[-10:] not in numbers:
                yield sentence, f"the number {text} is not known"


def links(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Every link is our own, or https to an allowed host in plain letters; every email address is known."""
    for url in rendered.urls():
        if url not in known.own_links and reading.host_of(url) not in known.allowed_hosts:
            yield url, "a link to a host that is not allowed"
    allowed = {address.casefold() for address in known.emails}
    for address in rendered.emails():
        if address.casefold() not in allowed:
            yield address, "an email address that is not the creditor's"


def phones(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Every phone number is one of ``known.phones``, compared by its last ten digits."""
    allowed = {reading.digits(phone)[-10:] for phone in known.phones}
    for sentence in rendered.sentences():
        for text in reading.phones_in(sentence, known.identifiers):
            if reading.digits(text)[-10:] not in allowed:
                yield sentence, "a phone number that is not the creditor's"


def opt_out(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """An electronic message tells in words how to opt out, and carries the link for this address (R-09)."""
    if not known.electronic:
        return
    sayings = words_of(rendered.language, "opt_out")
    if not any(reading.phrases_in(sentence, sayings) for sentence in rendered.body_sentences()):
        yield "", "no sentence says how to opt out"
    if known.opt_out_url is None or known.opt_out_url not in reading.urls_in(rendered.text):
        yield "", "the opt-out link of this address is missing"
    if rendered.html and known.opt_out_url not in hrefs_in(rendered.html):
        yield "", "the opt-out link of this address is missing from the HTML part"


def disclosures(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """Who sends this, and whatever else must be told, stands in each part word for word (1006.18(e), R-22)."""
    for text in known.disclosures:
        if not stands(rendered, text):
            yield " ".join(reading.plain(text).split()), "a disclosure is missing"


def stands(rendered: Rendered, text: str) -> bool:
    """Whether each part of the message carries `text` word for word, spaces apart."""
    wanted = " ".join(reading.plain(text).split())
    parts = rendered.parts()[1 : 3 if rendered.html else 2]
    return bool(wanted) and all(wanted in " ".join(part.split()) for part in parts)


def bank_data(rendered: Rendered, known: Known) -> Iterator[Complaint]:
    """No account or card data, and no other way to pay than the page (R-34)."""
    yield from listed(rendered, known, "bank", "names bank or card data")
    for sentence in rendered.sentences():
        for match in _IBAN.finditer(sentence):
            if match.group() not in known.identifiers:
                yield sentence, "an account number"
