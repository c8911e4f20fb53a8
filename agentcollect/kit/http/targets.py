"""Is this URL one we may ever call? Pure: spelling, literal addresses and reserved names, no network.

Used when an API request registers a webhook, a csv_url or a logo_url, and again before every call. What a
name resolves to is checked later, at the socket (`client.py`): a name that is fine today may lie tomorrow.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NoReturn
from urllib.parse import quote

import idna

from agentcollect.kit.http.addresses import Address, is_loopback, is_public


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """What outgoing calls may do. Seconds and bytes.

    `allow_loopback_http` opens 127.0.0.0/8, ::1 and localhost (http or https, any port) and nothing else: a
    name that merely resolves to loopback stays refused. `max_body_bytes` counts decompressed bytes.
    """

    allow_loopback_http: bool = False
    ports: frozenset[int] = frozenset({443, 8443})
    total_deadline_s: float = 10.0
    max_body_bytes: int = 65_536
    max_url_length: int = 2_048
    max_header_bytes: int = 8_190
    max_headers: int = 128
    max_connection_s: float = 60.0
    max_idle_s: float = 30.0


def policy_from_settings() -> EgressPolicy:
    """The policy this deployment runs with: EGRESS_ALLOW_LOOPBACK_HTTP and EGRESS_EXTRA_PORTS."""
    from django.conf import settings  # lazily: everything else here works without Django

    return EgressPolicy(
        allow_loopback_http=bool(getattr(settings, "EGRESS_ALLOW_LOOPBACK_HTTP", False)),
        ports=EgressPolicy().ports | frozenset(int(port) for port in getattr(settings, "EGRESS_EXTRA_PORTS", ())),
    )


class EgressRefused(Exception):
    """We will not call this address.

    `reason` is a sentence for the customer. `code` is one of url_malformed, url_scheme, url_port,
    url_private_address, url_reserved_name, url_userinfo.
    """

    def __init__(self, reason: str, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


@dataclass(frozen=True, slots=True)
class ParsedTarget:
    """A checked URL; `url` is written anew from its parts, so that nobody parses the caller's spelling again.

    `host` is lower-case ASCII without brackets or final dot; `address` is set for literal addresses;
    `loopback` says that this call may reach loopback, and only loopback.
    """

    url: str
    scheme: str
    host: str
    port: int
    path: str
    address: Address | None
    loopback: bool


# Names that never mean a public host: RFC 6761 (localhost), RFC 6762 with its appendix G, RFC 7686 (onion),
# RFC 8375 (home.arpa), RFC 9476 (alt), ICANN's .internal. The documentation names (.example, example.com,
# .test, .invalid) are accepted at creation; they resolve to nothing we may reach.
_RESERVED_SUFFIXES = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan"}
    | {"onion", "alt", "arpa"}
)
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://([^/?]*)([^\0]*)", re.DOTALL)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_\-]{0,61}[a-z0-9_])?")
_PORT = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_IPV4 = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}", re.ASCII)
# RFC 3986 characters plus "%"; the rest is percent-encoded, which leaves signed query strings as they were
# written.
_PATH_SAFE = "%/?:@!$&'()*+,;=-._~[]|^"


def check_url(url: str, policy: EgressPolicy) -> ParsedTarget:
    """The target, or `EgressRefused`. Asks no network.

    https only, on `policy.ports`; http to loopback on any port where the policy allows it.
    """
    scheme, authority, rest = _split(url, policy)
    raw_host, raw_port = _split_authority(authority)
    host, address = _host(raw_host)
    loopback = _check_reach(host, address, policy)
    if scheme == "http" and not loopback:
        _refuse("url_scheme", "The address must start with https://.")
    port = _port(raw_port, scheme, any_port=loopback, policy=policy)
    path = quote(rest if rest.startswith("/") else "/" + rest, safe=_PATH_SAFE)
    bracketed = f"[{host}]" if isinstance(address, IPv6Address) else host
    suffix = "" if port == (443 if scheme == "https" else 80) else f":{port}"
    return ParsedTarget(f"{scheme}://{bracketed}{suffix}{path}", scheme, host, port, path, address, loopback=loopback)


def _refuse(code: str, reason: str) -> NoReturn:
    raise EgressRefused(reason, code)


def _split(url: str, policy: EgressPolicy) -> tuple[str, str, str]:
    if not isinstance(url, str) or not url:
        _refuse("url_malformed", "The address is empty or not text.")
    if len(url) > policy.max_url_length:
        _refuse("url_malformed", f"The address is longer than {policy.max_url_length} characters.")
    _check_characters(url)
    match = _URL.fullmatch(url)
    if match is None:
        _refuse("url_malformed", "The address is not a full URL such as https://example.com/hooks.")
    scheme, authority, rest = match[1].lower(), match[2], match[3]
    if scheme not in ("https", "http") or (scheme == "http" and not policy.allow_loopback_http):
        _refuse("url_scheme", "The address must start with https://.")
    return scheme, authority, rest


def _check_characters(url: str) -> None:
    """Programs disagree about these characters, and each disagreement is a way to mean two hosts at once."""
    if not url.isascii() and any(unicodedata.category(character) in _INVISIBLE for character in url):
        _refuse("url_malformed", "The address holds an invisible character.")
    if any(character <= " " or character == "\x7f" for character in url):
        _refuse("url_malformed", "The address holds a space or a control character.")
    if "\\" in url:
        _refuse("url_malformed", "The address holds a backslash.")
    if "#" in url:
        _refuse("url_malformed", "The address holds a fragment (#), which is never sent.")


_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"})


def _split_authority(authority: str) -> tuple[str, str | None]:
    if "@" in authority:
        _refuse("url_userinfo", "The address holds a user name or password before the host.")
    if authority.startswith("["):
        inside, bracket, after = authority[1:].partition("]")
        if not bracket or (after and not after.startswith(":")):
            _refuse("url_malformed", "The address has an unfinished [IPv6] part.")
        return f"[{inside}]", after[1:] if after else None
    host, colon, port = authority.partition(":")
    if ":" in port:
        _refuse("url_malformed", "An IPv6 address is written in brackets, and a port once.")
    return host, port if colon else None


def _host(raw: str) -> tuple[str, Address | None]:
    if raw.startswith("["):
        address = _ipv6(raw[1:-1])
        return str(address), address
    host = _ascii_host(raw)
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        _refuse("url_malformed", "The host name is not a valid name.")
    if _NUMERIC_LABEL.fullmatch(labels[-1]):  # WHATWG URL: a host that ends in a number is an IPv4 address
        return host, _ipv4(host, as_written=raw)
    return host, None


def _ascii_host(raw: str) -> str:
    """Lower-case ASCII without the final dot; unicode names by UTS 46 with the RFC 5891 rules."""
    try:
        host = raw.lower() if raw.isascii() else idna.encode(raw, uts46=True, std3_rules=True).decode("ascii")
        for label in host.split("."):
            if label.startswith("xn--"):
                idna.decode(label)  # a label that claims to be unicode must be
    except (UnicodeError, IndexError):  # idna.IDNAError is a UnicodeError
        _refuse("url_malformed", "The host name is not a valid name.")
    return host[:-1] if host.endswith(".") else host


def _ipv6(text: str) -> IPv6Address:
    if "%" in text:
        _refuse("url_private_address", "A zone id (%) names a network interface of one machine.")
    try:
        return IPv6Address(text)
    except AddressValueError:
        _refuse("url_malformed", "The [IPv6] address is not valid.")


def _ipv4(host: str, *, as_written: str) -> IPv4Address:
    """The literal, if written as four plain decimal numbers; every other spelling is refused.

    Programs read 0177.1 or 010.8.8.8 differently (inet_aton against RFC 6943 section 3.1.1), so if any
    reading is private the refusal says so.
    """
    if _IPV4.fullmatch(host) and as_written.rstrip(".") == host:
        try:
            return IPv4Address(host)
        except AddressValueError:
            _refuse("url_malformed", "The IPv4 address is not valid.")
    readings = [_loose_ipv4(host, octal=True), _loose_ipv4(host, octal=False)]
    if any(reading is not None and not is_public(reading) for reading in readings):
        _refuse("url_private_address", "The address points into a private or reserved network.")
    _refuse("url_malformed", "Write an IPv4 address as four decimal numbers.")


def _loose_ipv4(host: str, *, octal: bool) -> IPv4Address | None:
    """What inet_aton makes of it: one to four parts, decimal, hex or octal, the last one filling what is
    left.
    """
    parts = host.split(".")
    try:
        numbers = [_loose_number(part, octal=octal) for part in parts]
    except ValueError:
        return None
    *heads, last = numbers
    if len(numbers) > 4 or any(head > 255 for head in heads) or last >= 256 ** (4 - len(heads)):
        return None
    return IPv4Address(sum(head << (24 - 8 * place) for place, head in enumerate(heads)) + last)


def _loose_number(part: str, *, octal: bool) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if octal and part.startswith("0") else 10)


def _check_reach(host: str, address: Address | None, policy: EgressPolicy) -> bool:
    """Refuses what is not public; True if this is loopback and the policy allows it."""
    if address is not None:
        if policy.allow_loopback_http and is_loopback(address):
            return True
        if not is_public(address):
            _refuse("url_private_address", "The address points into a private or reserved network.")
        return False
    labels = host.split(".")
    if policy.allow_loopback_http and labels[-1] == "localhost":  # RFC 6761 6.3: always loopback
        return True
    if len(labels) == 1 or labels[-1] in _RESERVED_SUFFIXES:
        _refuse("url_reserved_name", "The host name is reserved for private networks.")
    return False


def _port(raw: str | None, scheme: str, *, any_port: bool, policy: EgressPolicy) -> int:
    if raw is None:
        port = 443 if scheme == "https" else 80
    elif _PORT.fullmatch(raw) and int(raw) <= 65_535:
        port = int(raw)
    else:
        _refuse("url_port", "The port is not a number from 1 to 65535.")
    if not any_port and port not in policy.ports:
        allowed = ", ".join(str(number) for number in sorted(policy.ports))
        _refuse("url_port", f"Port {port} is not allowed; use one of {allowed}.")
    return port
