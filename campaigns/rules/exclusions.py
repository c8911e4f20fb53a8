"""When does an exclusion of the creditor reach a debtor or an address? Texts are compared folded, never by likeness."""

import re
from collections.abc import Iterable

from campaigns.rules.identity import fold

# (match, key): what an exclusion names, and what a debtor or a contact answers to.
Key = tuple[str, str]

_NOT_DIGITS = re.compile(r"\D")


def key_of(match: str, value: str) -> str:
    """`value` as it is compared. Empty where nothing is left to compare."""
    text = value.strip()
    if match == "company":
        return fold(text)
    if match == "domain":
        return text.lower().removeprefix("@").removeprefix("www.").rstrip(".")
    if match == "email":
        return text.casefold()
    return _phone(text) if match == "phone" else text


def debtor_keys(*, name: str, external_id: str, domain: str, phone: str) -> set[Key]:
    """What a company answers to."""
    found = {("company", fold(name)), ("external_id", external_id.strip()), ("phone", _phone(phone))}
    return {key for key in found | _domain_keys(domain) if key[1]}


def address_keys(*, email: str, phone: str) -> set[Key]:
    """What a person or a mailbox answers to."""
    address = email.strip().casefold()
    found = {("email", address), ("phone", _phone(phone))} | _domain_keys(address.rpartition("@")[2])
    return {key for key in found if key[1]}


def _domain_keys(domain: str) -> set[Key]:
    """A domain and those above it: who excludes acme.com means mail.acme.com too."""
    labels = domain.lower().split(".")
    return {("domain", ".".join(labels[at:])) for at in range(max(1, len(labels) - 1)) if labels[at]}


def _phone(text: str) -> str:
    """The digits of a number; a leading 1 of North America is left out, as people do."""
    digits = _NOT_DIGITS.sub("", text)
    return digits[1:] if len(digits) == 11 and digits.startswith("1") else digits


def reached(keys: Iterable[Key], wanted: set[Key]) -> bool:
    return not wanted.isdisjoint(keys)
