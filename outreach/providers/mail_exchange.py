"""The port for asking whether a domain takes mail, with the sandbox's answer beside it."""

from typing import NamedTuple, Protocol

import dns.exception
import dns.resolver

from agentcollect.kit.http.transactions import refuse_in_transaction

DEADLINE_SECONDS = 5.0


class Exchange(NamedTuple):
    """`mx` None: nobody could say. `detail` is for people."""

    mx: bool | None
    detail: str


class MailExchange(Protocol):
    """Something that knows the mail servers of domains."""

    def ask(self, domain: str) -> Exchange: ...


class Dns:
    """The domain name system, under one deadline."""

    def ask(self, domain: str) -> Exchange:
        """MX records; without any, an address record is the server (RFC 5321, 5.1); `MX 0 .` takes none (RFC 7505)."""
        refuse_in_transaction()
        try:
            servers = sorted((row.preference, str(row.exchange)) for row in self._look_up(domain, "MX"))
        except dns.resolver.NoAnswer:
            return self._without_mx(domain)
        except dns.resolver.NXDOMAIN:
            return Exchange(False, f"there is no domain {domain}")
        except (dns.exception.DNSException, UnicodeError) as error:
            return Exchange(None, f"the name servers did not answer ({type(error).__name__})")
        if servers == [(0, ".")]:
            return Exchange(False, f"{domain} says that it takes no mail")
        return Exchange(True, f"mail goes to {servers[0][1].rstrip('.')}")

    def _without_mx(self, domain: str) -> Exchange:
        for kind in ("A", "AAAA"):
            try:
                self._look_up(domain, kind)
            except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
                continue
            except dns.exception.DNSException as error:
                return Exchange(None, f"the name servers did not answer ({type(error).__name__})")
            return Exchange(True, f"mail goes to {domain} itself")
        return Exchange(False, f"{domain} has no mail server")

    def _look_up(self, domain: str, kind: str) -> dns.resolver.Answer:
        return dns.resolver.Resolver().resolve(domain, kind, lifetime=DEADLINE_SECONDS)


class SandboxExchange:
    """Test mode asks nobody: every domain takes mail but those under `.invalid` (RFC 2606)."""

    def ask(self, domain: str) -> Exchange:
        if domain.endswith(".invalid"):
            return Exchange(False, f"there is no domain {domain}")
        return Exchange(True, "the sandbox takes mail for every domain but .invalid")


def exchange(*, livemode: bool) -> MailExchange:
    """Real name servers in live mode."""
    return Dns() if livemode else SandboxExchange()
