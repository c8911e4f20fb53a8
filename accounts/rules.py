"""What an API key looks like, what a scope allows, and what an organisation still lacks. Pure functions."""

import hashlib
import hmac
import re
import zlib
from collections.abc import Iterable
from datetime import datetime

from agentcollect.kit.ids import base62

BODY_LENGTH, CHECKSUM_LENGTH, PREFIX_LENGTH = 40, 6, 12
_KEY = re.compile(r"(sk_(test|live)_[0-9A-Za-z]{40})([0-9A-Za-z]{6})")


def spell_key(*, livemode: bool, body: str) -> str:
    """The key of 40 base62 characters: mode, body, checksum over both (no retyping test into live)."""
    start = f"sk_{'live' if livemode else 'test'}_{body}"
    return start + _checksum(start)


def key_mode(text: str) -> bool | None:
    """Is the key live? None when `text` is no key of ours: wrong shape, or a typo that its checksum gives away."""
    found = _KEY.fullmatch(text)
    if found is None or found[3] != _checksum(found[1]):
        return None
    return found[2] == "live"


def _checksum(start: str) -> str:
    return base62(zlib.crc32(start.encode()), CHECKSUM_LENGTH)


def digest(key: str, pepper: str) -> str:
    """What is stored of a key. A fast keyed hash is enough: the body holds 238 random bits, not a person's password."""
    return hmac.digest(pepper.encode(), key.encode(), hashlib.sha256).hex()


def usable(*, revoked_at: datetime | None, expires_at: datetime | None, at: datetime) -> bool:
    """May a key with these dates still be used at `at`?"""
    return revoked_at is None and (expires_at is None or at < expires_at)


# --- scopes

SCOPES = {
    "campaigns:read": "Read campaigns, debtors, cases, holds and tasks.",
    "campaigns:write": "Create and change campaigns, debtors, cases, holds and tasks. Includes webhooks:write.",
    "contacts:read": "Read contacts, exclusions and suppressions.",
    "contacts:write": "Add and change contacts and exclusions.",
    "messages:read": "Read messages, approvals and calls.",
    "messages:write": "Approve, reject and edit messages.",
    "payments:read": "Read payments, offers and plans.",
    "payments:write": "Record and refund payments; offers and plans.",
    "documents:read": "Read documents.",
    "documents:write": "Add documents.",
    "imports:read": "Read imports and their rows.",
    "imports:write": "Start imports and send balances.",
    "webhooks:read": "Read webhook endpoints and deliveries.",
    "webhooks:write": "Register and change webhook endpoints; replay deliveries.",
    "events:read": "Read events.",
    "reports:read": "Read reports, exports and statements.",
    "reports:write": "Start exports.",
    "organisation:read": "Read the organisation's settings.",
    "organisation:write": "Pause and resume the organisation.",
    "sandbox:read": "Read test clocks.",
    "sandbox:write": "Simulate what debtors and banks do, in test mode.",
    "logs:read": "Read request logs.",
}
# The strongest scope of each family: together they allow everything.
ALL_SCOPES = tuple(
    scope for scope in SCOPES if scope.endswith(":write") or scope.replace(":read", ":write") not in SCOPES
)
# The product page's three steps register a webhook with the campaign token that its first step shows.
_ALSO = {"campaigns:write": "webhooks:write"}


def expand(scopes: Iterable[str]) -> frozenset[str]:
    """Everything that `scopes` allow: `x:write` includes `x:read`, `campaigns:write` includes `webhooks:write`."""
    allowed: set[str] = set()
    waiting = list(scopes)
    while waiting:
        scope = waiting.pop()
        allowed.add(scope)
        implied = {scope.replace(":write", ":read"), _ALSO.get(scope, scope)}
        waiting += [other for other in implied if other in SCOPES and other not in allowed]
    return frozenset(allowed)


def unknown_scopes(scopes: Iterable[str]) -> list[str]:
    """Those that are not in the table."""
    return [scope for scope in scopes if scope not in SCOPES]


# --- what stands between an organisation and its first contact


def blocking(
    *,
    legal_name: str,
    postal_address: str,
    attested_class: str,
    enabled_countries: list[str],
    live_approved: bool,
    paused: bool,
) -> list[tuple[str, str]]:
    """(code, plain words) of everything that keeps this organisation from contacting debtors; empty when nothing does.

    The law asks for each of them (LAW: name and postal address in every message, class, country); none is assumed.
    """
    checks = [
        (not legal_name, "legal_name_missing", "No legal name: every message must say who is owed."),
        (not postal_address, "postal_address_missing", "No postal address: every email must carry one."),
        (not attested_class, "debt_class_not_attested", "Nobody has attested that the debts are commercial."),
        (
            not enabled_countries,
            "no_country_enabled",
            "No country is enabled: debtors can be contacted nowhere.",
        ),
        (not live_approved, "live_not_approved", "Live mode is not approved yet. Test mode works."),
        (paused, "organisation_paused", "The organisation is paused: nothing is sent until it is resumed."),
    ]
    return [(code, words) for applies, code, words in checks if applies]
