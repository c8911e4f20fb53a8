"""Whether DNS says that a host belongs to whom we gave its token, and leads here."""

from collections.abc import Iterable
from functools import partial
from ipaddress import ip_address
from typing import NamedTuple

import dns.exception
import dns.nameserver
import dns.resolver
from django.conf import settings

from agentcollect.kit.http.transactions import refuse_in_transaction
from payments.rules.hosts import PROOF_LABEL

DEADLINE_SECONDS = 5.0


class Proof(NamedTuple):
    """`fault` says in words what is missing; empty where it is proven."""

    proven: bool
    fault: str = ""


class _Unanswered(Exception):
    """The name servers said nothing: neither proof nor its lack."""


def prove(*, host: str, token: str, target: str) -> Proof:
    """Ask DNS. `target`: what the host must lead to, a name or addresses by commas (settings.PAY_TARGET)."""
    refuse_in_transaction()
    ask = partial(_ask, _resolver())
    try:
        if token not in _texts(ask, f"{PROOF_LABEL}.{host}"):
            return Proof(False, f"There is no TXT record {PROOF_LABEL}.{host} with the value {token}.")
        return _leads_here(_addresses(ask, [host]), _addresses(ask, target.split(",")), host, target)
    except _Unanswered as error:
        return Proof(False, str(error))


def _leads_here(found: set[str], ours: set[str], host: str, target: str) -> Proof:
    """All of its addresses must be ours: a browser takes any of them."""
    if not found:
        return Proof(False, f"{host} has no address: make it a CNAME of {target}.")
    if strange := sorted(found - ours):
        return Proof(False, f"{host} leads to {', '.join(strange)[:120]}: make it a CNAME of {target}.")
    return Proof(True)


def _resolver() -> dns.resolver.Resolver:
    """This machine's, or the name servers of settings.DNS_SERVERS."""
    if not settings.DNS_SERVERS:
        return dns.resolver.Resolver()
    asked = dns.resolver.Resolver(configure=False)
    asked.nameservers = [_server(text) for text in settings.DNS_SERVERS]
    return asked


def _server(text: str) -> dns.nameserver.Nameserver:
    address, _, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "53")
    return dns.nameserver.Do53Nameserver(address, int(port))


def _ask(resolver: dns.resolver.Resolver, name: str, kind: str) -> dns.resolver.Answer | None:
    """The records; None where there are none. Raises _Unanswered."""
    try:
        return resolver.resolve(f"{name}.", kind, lifetime=DEADLINE_SECONDS, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return None
    except (dns.exception.DNSException, UnicodeError) as error:
        raise _Unanswered(f"The name servers of {name} did not answer ({type(error).__name__}).") from error


def _texts(ask: "partial[dns.resolver.Answer | None]", name: str) -> set[str]:
    """A record's text may come in pieces (RFC 7208, 3.3, says how they are put together)."""
    return {b"".join(row.strings).decode("ascii", "replace").strip() for row in ask(name, "TXT") or ()}


def _addresses(ask: "partial[dns.resolver.Answer | None]", names: Iterable[str]) -> set[str]:
    """Every address behind these names; a name in figures is its own."""
    found: set[str] = set()
    for name in filter(None, (name.strip().strip("[]") for name in names)):
        try:
            found.add(str(ip_address(name)))
        except ValueError:
            for kind in ("A", "AAAA"):
                found |= {str(ip_address(row.address)) for row in ask(name, kind) or ()}
    return found
