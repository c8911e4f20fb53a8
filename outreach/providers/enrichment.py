"""The port for finding people at a company, with the sandbox's provider beside it."""

import hashlib
from dataclasses import dataclass
from typing import Protocol

from campaigns.rules.identity import fold

SANDBOX_DOMAIN = "sandbox.agentcollect.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody found at a company. `level` 1 accounts payable, 2 controller, 3 decision maker; `confidence` 0–100."""

    name: str
    title: str
    department: str
    seniority: str
    level: int
    email: str
    email_status: str
    confidence: int
    sources: tuple[str, ...]


class SearchError(Exception):
    """The provider did not answer. `permanent`: asking again gives the same."""

    def __init__(self, words: str, *, permanent: bool) -> None:
        self.permanent = permanent
        super().__init__(words[:200])


class EnrichmentProvider(Protocol):
    """A directory of people."""

    def search(self, *, company: str, domain: str) -> list[Person]:
        """People at `company`, at `domain` where it is known. Empty: nobody was found. Raises SearchError."""


class NobodyConfigured:
    """Live mode without a provider: nobody is found, and the case says that it needs a contact."""

    def search(self, *, company: str, domain: str) -> list[Person]:
        return []


def _names(*lines: str) -> list[str]:
    return " ".join(lines).split()


_FIRST = _names(
    "Morgan Jordan Taylor Casey Riley Avery Quinn Rowan Parker Reese Dana Jamie Robin Alexis Cameron",
    "Drew Elliot Hayden Kendall Logan Marley Noel Peyton Sasha Sydney Tatum Blake Charlie Emerson Finley",
)
_LAST = _names(
    "Reyes Whitfield Nakamura Okafor Lindqvist Castellano Mbeki Ferreira Novak Hartley Delgado Petrov Osei",
    "Lindgren Moreau Tanaka Abbott Sorensen Varga Iyer Brennan Kowalski Santos Haddad Fischer Romero",
    "Bakker Ellison Quintero Yoon",
)
# level → (title, department, seniority), as real directories name them
_ROLES = {
    1: (
        ("Accounts Payable Specialist", "accounts_payable", "staff"),
        ("Accounts Payable Manager", "accounts_payable", "manager"),
        ("AP Coordinator", "accounts_payable", "staff"),
    ),
    2: (
        ("Controller", "finance", "manager"),
        ("Financial Controller", "finance", "manager"),
        ("Assistant Controller", "finance", "manager"),
    ),
    3: (
        ("Chief Financial Officer", "executive", "executive"),
        ("VP Finance", "executive", "executive"),
        ("Director of Finance", "finance", "director"),
    ),
}


class SandboxDirectory:
    """Test mode: invented people, always the same for the same company, as two independent sources would give them.

    No address of theirs is ever mailed: test mode's transport is the mailbox.
    """

    def search(self, *, company: str, domain: str) -> list[Person]:
        home = domain or self._subdomain(company)
        return [self._person(home, level) for level in sorted(_ROLES)]

    @staticmethod
    def _subdomain(company: str) -> str:
        """A domain of the sandbox for a company that has given none: two companies never share one."""
        folded = fold(company)
        label = "".join(c if c.isascii() and c.isalnum() else "-" for c in folded)[:30].strip("-")
        digest = hashlib.sha256(folded.encode()).hexdigest()[:8]
        return f"{label}-{digest}.{SANDBOX_DOMAIN}" if label else f"{digest}.{SANDBOX_DOMAIN}"

    @staticmethod
    def _person(home: str, level: int) -> Person:
        seed = hashlib.sha256(f"{home}:{level}".encode()).digest()
        first, last = _FIRST[seed[0] % len(_FIRST)], _LAST[seed[1] % len(_LAST)]
        title, department, seniority = _ROLES[level][seed[2] % len(_ROLES[level])]
        return Person(
            name=f"{first} {last}",
            title=title,
            department=department,
            seniority=seniority,
            level=level,
            # The level keeps two people of one company apart who happen to share a name.
            email=f"{first}.{last}{'' if level == 1 else level}@{home}".lower(),
            email_status="valid",
            confidence=84 + seed[3] % 15,
            sources=("sandbox-directory", "sandbox-site"),
        )


def provider(*, livemode: bool) -> EnrichmentProvider:
    """The sandbox directory in test mode; in live mode none is configured."""
    return NobodyConfigured() if livemode else SandboxDirectory()
