"""What a title says of a person's place in a company. Source of the words: ``data/roles.json``."""

import re

from compliance import tables

_ROLES: dict[str, tuple[str, ...]] = {role: tuple(words) for role, words in tables.load("roles")["roles"].items()}


def role_of(title: str) -> str:
    """ "accounts_payable", "finance" or "executive"; "" where the title tells none of them."""
    text = f" {' '.join(re.findall(r'[a-z]+', title.casefold()))} "
    return next((role for role, words in _ROLES.items() if any(f" {word} " in text for word in words)), "")
