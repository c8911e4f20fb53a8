"""Names under which payment pages may be reached: which may be asked for, whose links lead there, when one is asked of
DNS again. Pure functions."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, NamedTuple

from agentcollect.kit.http import EgressPolicy, EgressRefused, check_url
from campaigns.rules.identity import FREE_MAIL

# Below the host, so that a CNAME may stand at the host itself (RFC 1034, 3.6.2: nothing else stands beside one).
PROOF_LABEL = "_agentcollect"
# RFC 1035, 2.3.4: a name has at most 253 characters as text, the record's own label included.
MOST_CHARACTERS = 253 - len(PROOF_LABEL) - 1
# RFC 1123, 2.1: letters, digits, and hyphens inside. A certificate is issued for nothing else.
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LEAST_LABELS = 3


def read_host(text: str, *, ours: Iterable[str]) -> str:
    """`text` as a host that can be a pay host: lower-case ASCII without a final dot. `ours`: names of this product.

    Raises ValueError with words for the person who typed it.
    """
    typed = text.strip().rstrip(".")
    if re.search(r"[\s/:@?#\[\]\\]", typed):
        raise ValueError("must be a host name alone, such as pay.yourcompany.com: no https://, no port, no path")
    try:
        host = check_url(f"https://{typed}/", EgressPolicy()).host
    except EgressRefused as refused:
        raise ValueError(f"is no public host name: {refused.reason[:1].lower()}{refused.reason[1:]}") from refused
    labels = host.split(".")
    if _is_address(host) or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("must be a host name such as pay.yourcompany.com")
    if len(host) > MOST_CHARACTERS:
        raise ValueError(f"must have at most {MOST_CHARACTERS} characters")
    if len(labels) < _LEAST_LABELS:
        raise ValueError("must be a name of its own below your domain, such as pay.yourcompany.com")
    if any(host == name or host.endswith(f".{name}") for name in ours if name):
        raise ValueError("is a name of ours: choose one below your own domain")
    return host


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


# --- whose links lead where


def host_of_brand(brand: Mapping[str, Any], hosts: Iterable[str]) -> str:
    """The one among an organisation's `hosts` that its `brand` is paid at; empty where none belongs to it.

    The brand's own `pay_domain`; else `pay.` at its domain; else any host at or below its domain, the shortest first. A
    brand that names no domain is known by the one it writes from.
    """
    there = sorted(hosts, key=lambda host: (len(host), host))
    if not there:
        return ""
    if (named := str(brand.get("pay_domain") or "").lower()) in there:
        return named
    domain = _domain(brand)
    if not domain:
        return ""
    if f"pay.{domain}" in there:
        return f"pay.{domain}"
    return next((host for host in there if host == domain or host.endswith(f".{domain}")), "")


def _domain(brand: Mapping[str, Any]) -> str:
    named = str(brand.get("domain") or "").lower().removeprefix("www.")
    written = str(brand.get("from_email") or "").rpartition("@")[2].lower()
    return named or ("" if written in FREE_MAIL else written)


# --- when it is asked again

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PATIENCE = timedelta(days=7)
# So many checks in a row, over at least so long, before a proven host counts as broken.
FAILURES, FAILING = 3, DAY
_AGAIN = timedelta(hours=12)


class Standing(NamedTuple):
    """What a check leads to. `check_at` None: nobody asks again by itself."""

    status: str
    failures: int
    failing_since: datetime | None
    check_at: datetime | None


def after_check(
    *,
    proven: bool,
    status: str,
    failures: int,
    failing_since: datetime | None,
    created_at: datetime,
    at: datetime,
) -> Standing:
    """What becomes of a host that was `status` before this check.

    A proven one is asked once a day. One that waits for its records is asked every minute at first, then ever more
    seldom for a week. One that is broken is asked hourly at first, then daily, for ever.
    """
    if proven:
        return Standing("verified", 0, None, at + DAY)
    since = failing_since or at
    if status == "pending":
        waited = at - created_at
        again = at + min(max(MINUTE, waited / 5), DAY / 2) if waited < PATIENCE else None
        return Standing(status, failures + 1, since, again)
    if status == "verified" and (failures + 1 < FAILURES or at - since < FAILING):
        return Standing(status, failures + 1, since, at + _AGAIN)
    return Standing("broken", failures + 1, since, at + min(max(HOUR, (at - since) / 10), DAY))
