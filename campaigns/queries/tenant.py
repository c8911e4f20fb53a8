"""Whose rows a read is about."""

from typing import NamedTuple


class Tenant(NamedTuple):
    """Whose rows, in which mode: every read starts here."""

    organisation_id: str
    livemode: bool
