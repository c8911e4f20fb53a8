"""When are two rows the same debtor, and when does a "company" look like a person?

Same debtor, per organisation, mode and timeline (API.md, "Same debtor"): the creditor's own `external_id`; else the
domain of the contact's e-mail (unless it is a free mailbox) with the folded name; else the folded name with the
country.
"""

import re
import unicodedata
from functools import lru_cache

from compliance import tables

# Legal forms say nothing about who a company is: "Acme Corp" and "ACME Corporation" are one debtor.
_LEGAL_FORMS = frozenset(
    [
        "inc",
        "incorporated",
        "corp",
        "corporation",
        "co",
        "company",
        "llc",
        "llp",
        "lp",
        "ltd",
        "limited",
        "plc",
        "gmbh",
        "ag",
        "kg",
        "ohg",
        "ug",
        "sa",
        "sas",
        "sarl",
        "srl",
        "spa",
        "bv",
        "nv",
        "ab",
        "oy",
        "as",
        "aps",
        "pty",
        "pte",
        "kk",
        "kft",
        "sl",
        "slu",
    ]
)
# A row that names none of these (and no legal form) and answers from a free mailbox may be a person (LAW.md, R-00).
_COMPANY_WORDS = _LEGAL_FORMS | frozenset(
    [
        "group",
        "holdings",
        "holding",
        "partners",
        "associates",
        "services",
        "solutions",
        "systems",
        "technologies",
        "technology",
        "tech",
        "labs",
        "lab",
        "studio",
        "studios",
        "media",
        "design",
        "consulting",
        "consultants",
        "construction",
        "builders",
        "contractors",
        "supply",
        "supplies",
        "industries",
        "industrial",
        "manufacturing",
        "logistics",
        "transport",
        "trucking",
        "freight",
        "foods",
        "food",
        "restaurant",
        "cafe",
        "bakery",
        "hotel",
        "hotels",
        "clinic",
        "hospital",
        "dental",
        "medical",
        "pharmacy",
        "school",
        "university",
        "college",
        "church",
        "foundation",
        "association",
        "society",
        "club",
        "bank",
        "capital",
        "ventures",
        "properties",
        "realty",
        "estates",
        "farm",
        "farms",
        "garage",
        "motors",
        "auto",
        "automotive",
        "electric",
        "electrical",
        "plumbing",
        "roofing",
        "landscaping",
        "cleaning",
        "security",
        "energy",
        "solar",
        "works",
        "shop",
        "store",
        "stores",
        "market",
        "markets",
        "trading",
        "imports",
        "exports",
        "international",
        "global",
        "enterprises",
        "enterprise",
        "agency",
        "bros",
        "brothers",
        "sons",
        "team",
        "office",
        "department",
        "city",
        "county",
        "state",
        "district",
        "board",
        "authority",
        "council",
        "hvac",
        "wholesale",
        "distribution",
        "distributors",
        "equipment",
        "rentals",
        "gallery",
        "salon",
        "spa",
        "fitness",
        "gym",
        "boutique",
        "winery",
        "brewery",
        "marketing",
        "software",
        "networks",
        "digital",
        "analytics",
    ]
)
FREE_MAIL = tables.free_mail()
_WORD = re.compile(r"[^\W_]+")


@lru_cache(maxsize=20_000)
def fold(name: str) -> str:
    """A company's name without accents, case, punctuation and legal form; never empty for a name with any letter."""
    words = _words(name)
    return " ".join([word for word in words if word not in _LEGAL_FORMS] or words)


def domain_of(email: str) -> str:
    """The domain of an address that belongs to a company; empty for free mailboxes and for no address."""
    domain = email.rpartition("@")[2].lower()
    return "" if domain in FREE_MAIL else domain


def debtor_identity(*, external_id: str, email: str, name: str, country: str) -> str:
    """The text that is equal exactly for rows of the same debtor."""
    if external_id:
        return f"x:{external_id}"
    if domain := domain_of(email):
        return f"d:{domain}|{fold(name)}"[:300]
    return f"n:{fold(name)}|{country}"[:300]


def looks_like_a_person(*, name: str, email: str) -> bool:
    """A free mailbox and no word of a company: somebody must look before anyone is contacted."""
    if not email or domain_of(email):
        return False
    return _COMPANY_WORDS.isdisjoint(_words(name))


def _words(name: str) -> list[str]:
    """The words of a name, folded; most names are plain ASCII and have no accents to strip."""
    if not name.isascii():
        name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return _WORD.findall(name.casefold())


def invoice_key(number: str) -> str:
    """An invoice number as the database compares it: "INV-0847" and "inv-0847 " are one invoice."""
    return " ".join(number.split()).casefold()[:60]
