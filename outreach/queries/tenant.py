"""Whose rows a read may see."""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def tenant(rows: QuerySet[Row], organisation_id: str, livemode: bool) -> QuerySet[Row]:
    """The rows of one organisation in one mode."""
    return rows.filter(organisation_id=organisation_id, livemode=livemode)


def plain(text: str) -> str:
    """`text` as a value one may look for: NUL, which PostgreSQL refuses even in a question, finds nothing."""
    return text.replace("\0", "?")
