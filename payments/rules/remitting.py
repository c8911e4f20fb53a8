"""Is this an account that money can be sent to? Check digits, not the bank's word."""

import re
from collections.abc import Mapping

from stdnum import bic, iban
from stdnum.exceptions import ValidationError
from stdnum.us import rtn

_ACCOUNT = re.compile(r"[0-9]{4,17}")
_STRIPE = re.compile(r"acct_[0-9A-Za-z]{8,40}")
_LONGEST = 140
NAMES = ("holder", "bank", "iban", "bic", "routing", "account")


def bank_details(given: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(the details as they are kept, what is wrong by field). Either IBAN and BIC, or a US routing and account number.

    IBAN: ISO 13616, check digits by ISO 7064. BIC: ISO 9362, its form. Routing number: the ABA's check digit.
    """
    said = {name: " ".join(given.get(name, "").split())[:_LONGEST] for name in NAMES}
    faults = {name: "Please fill this in." for name in ("holder", "bank") if not said[name]}
    kept = {name: said[name] for name in ("holder", "bank")}
    if said["routing"] or (said["account"] and not said["iban"]):
        numbers, wrong = _american(said)
    else:
        numbers, wrong = _international(said)
    return kept | numbers, faults | wrong


def _international(said: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    faults = {}
    if said["account"]:
        faults["account"] = "Give an IBAN, or a routing and account number, not both."
    kept = {"iban": iban.compact(said["iban"]), "bic": bic.compact(said["bic"])}
    if not _holds(iban.validate, kept["iban"]):
        faults["iban"] = "This is no IBAN: its check digits or its length do not fit."
    if not _holds(bic.validate, kept["bic"]):
        faults["bic"] = "A BIC has 8 or 11 characters, such as COBADEFFXXX."
    return kept, faults


def _american(said: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    faults = {}
    if said["iban"] or said["bic"]:
        faults["iban"] = "Give an IBAN, or a routing and account number, not both."
    kept = {"routing": rtn.compact(said["routing"]), "account": re.sub(r"[ -]", "", said["account"])}
    if not _holds(rtn.validate, kept["routing"]):
        faults["routing"] = "This is no routing number: nine figures, the last of which checks the others."
    if not _ACCOUNT.fullmatch(kept["account"]):
        faults["account"] = "An account number has 4 to 17 figures."
    return kept, faults


def _holds(check: object, value: str) -> bool:
    try:
        check(value)  # type: ignore[operator]
    except ValidationError:
        return False
    return value.isascii()


def stripe_details(account: str) -> tuple[dict[str, str], dict[str, str]]:
    """(the details as they are kept, what is wrong by field): the id of a connected account."""
    plain = account.strip()
    fits = _STRIPE.fullmatch(plain)
    return {"account": plain}, {} if fits else {"account": "An account's id looks like acct_1A2b3C4d5E6f7G."}


def last_four(details: Mapping[str, str]) -> str:
    """What a mail and the audit may say of an account."""
    return (details.get("iban") or details.get("account") or "")[-4:]
