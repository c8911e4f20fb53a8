"""What is taken out of a request before it is kept: credentials, wherever they stand. Pure functions.

Two nets. By name: a field, form field or parameter that is called like a secret loses its value. By shape: our keys,
webhook secrets, access tokens and bearer headers are recognised in any text, an error message that quotes one included.
Facts about debtors stay: they are the creditor's own, and without them nobody could see what a call did.
"""

import re

GONE = "[redacted]"
_NAMES = (
    r"(?:x[_-])?api[_-]?key|(?:access|refresh|id|bearer)[_-]?token|token|(?:client|signing|webhook)[_-]?secret|secrets?"
    r"|pass(?:word|wd|phrase)|authorization|private[_-]?key|client[_-]?assertion"
    r"|(?:bank[_-]?)?account[_-]?number|routing[_-]?number|iban|card[_-]?number|cvc|cvv|ssn"
)
# A value may end where the kept part of a body ends, without its closing quote.
_FIELD = re.compile(rf'("(?:{_NAMES})"\s*:\s*)(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|-?\d[\d.]*)', re.IGNORECASE)
_PARAMETER = re.compile(rf"((?:^|[?&])(?:{_NAMES})=)[^&\s]*", re.IGNORECASE)
_SHAPES = re.compile(
    r"(?P<kind>sk_(?:test|live)_|whsec_)[0-9A-Za-z+/=_-]{4,}"
    r"|eyJ[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]*){0,2}"
    r"|(?P<scheme>\b(?i:bearer|basic) )[0-9A-Za-z+/=._~-]{8,}"
)
# A webhook endpoint's own headers: under whatever name, their values may be somebody's credentials.
_HEADERS = re.compile(r'("headers"\s*:\s*)\{(?:[^"{}]|"(?:[^"\\]|\\.)*(?:"|\\?$))*\}?', re.IGNORECASE)
# What a text must hold for the nets above to find anything: looking for plain words costs a fiftieth of the nets.
_NAME_SIGNS = tuple(
    name + end
    for name in (
        *("apikey", "token", "secret", "secrets", "password", "passwd", "passphrase", "authorization", "privatekey"),
        *("clientassertion", "accountnumber", "routingnumber", "iban", "cardnumber", "cvc", "cvv", "ssn"),
    )
    for end in ('"', "=")
)


def redact(text: str) -> str:
    """A body of JSON or form fields, or a query string, without its secrets."""
    squeezed = text.lower().replace("_", "").replace("-", "")
    for sign in _NAME_SIGNS:
        if sign in squeezed:
            text = _PARAMETER.sub(rf"\1{GONE}", _FIELD.sub(rf'\1"{GONE}"', text))
            break
    if 'headers"' in squeezed:
        text = _HEADERS.sub(rf'\1"{GONE}"', text)
    return plain(text)


def plain(text: str) -> str:
    """Any text (a path, a header) without what has the shape of a credential, and without NUL, which no row holds."""
    if "sk_" in text or "whsec_" in text or "eyJ" in text or "earer " in text or "asic " in text:
        text = _SHAPES.sub(_named, text)
    return text.replace("\0", "�") if "\0" in text else text


def _named(found: re.Match[str]) -> str:
    """Of a key and of a webhook secret the beginning stays, which tells the mode and nothing else."""
    return (found["kind"] or found["scheme"] or "") + GONE
