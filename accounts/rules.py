"""What an API key looks like, what a scope allows, and what an organisation still lacks. Pure functions."""

import hashlib
import hmac
import ipaddress
import re
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

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


# --- from where

MOST_NETWORKS = 50


def network(text: str) -> str | None:
    """`text` (an address, or a network as CIDR) in its canonical spelling; None when it is neither.

    An address with bits set beyond its prefix (203.0.113.7/24) is refused: nobody knows which of the two was meant.
    """
    try:
        found = ipaddress.ip_network(text.strip())
    except ValueError:
        return None
    if isinstance(found, IPv6Network) and found.prefixlen >= 96 and (mapped := found.network_address.ipv4_mapped):
        return f"{mapped}/{found.prefixlen - 96}"  # RFC 4291, 2.5.5.2: an IPv4 network in IPv6's spelling
    return str(found)


def may_come_from(networks: tuple[str, ...], address: str) -> bool:
    """Is `address` in one of `networks` (CIDR)? Everybody is where none is named."""
    if not networks:
        return True
    found = parsed_address(address)
    return found is not None and any(found in one for one in _networks(networks))


@lru_cache(maxsize=1000)
def _networks(texts: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    return [ipaddress.ip_network(text) for text in texts]


def parsed_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address; an IPv4 one that came over an IPv6 socket (::ffff:192.0.2.1, RFC 4291) as what it is."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (found.version == 6 and found.ipv4_mapped) or found


# --- how long

LONGEST_OVERLAP = timedelta(days=7)
USUAL_OVERLAP = timedelta(hours=24)


def runs_out(*, expires_at: datetime | None, at: datetime, overlap: timedelta) -> datetime:
    """When a key that is rolled at `at` stops: after the overlap, or on its own day if that comes first."""
    return min(expires_at or at + overlap, at + overlap)


def same_life(*, created_at: datetime, expires_at: datetime | None, at: datetime) -> datetime | None:
    """When the key that follows expires: it lives as long as the one before was made for."""
    return None if expires_at is None else at + (expires_at - created_at)


def token_expires(*, key_expires_at: datetime | None, at: datetime, seconds: int) -> datetime:
    """When a token issued at `at` runs out: never after its key. Whole seconds, as the token itself says it."""
    ends = at + timedelta(seconds=seconds)
    return (min(ends, key_expires_at) if key_expires_at else ends).replace(microsecond=0)


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
    "organisation:write": "Pause and resume the organisation; change its settings.",
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
    has_sender: bool = True,
    has_mail_server: bool = True,
    mandate_signed: bool = True,
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
        (not mandate_signed, "mandate_missing", "Nobody has signed the mandate: without it live mode contacts nobody."),
        (not has_sender, "sender_missing", "The brand names no from_email: live mail has nobody to come from."),
        (not has_mail_server, "mail_server_missing", "No mail server is set up for live mode. Test mode works."),
        (paused, "organisation_paused", "The organisation is paused: nothing is sent until it is resumed."),
    ]
    return [(code, words) for applies, code, words in checks if applies]
