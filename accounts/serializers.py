"""The public shapes of the accounts room."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings

from accounts import rules
from accounts.models import Organisation


def organisation(
    row: Organisation,
    *,
    livemode: bool,
    scopes: Iterable[str],
    requests_per_minute: int,
    acting_organisation_id: str,
) -> dict[str, Any]:
    """Whoami: the organisation as this credential sees it. `acting_organisation_id` is the platform's, or null."""
    return {
        "id": row.id,
        "name": row.name,
        "legal_name": row.legal_name or None,
        "country": row.country,
        "timezone": row.timezone,
        "currency": row.currency,
        "livemode": livemode,
        "scopes": sorted(scopes),
        "limits": {"requests_per_minute": requests_per_minute},
        "acting_organisation_id": acting_organisation_id or None,
        "blocking": blocking(row),
    }


def blocking(row: Organisation) -> list[dict[str, str]]:
    """What keeps the organisation from contacting debtors, with the page that says what to do."""
    found = rules.blocking(
        legal_name=row.legal_name,
        postal_address=row.postal_address,
        attested_class=row.attested_class,
        enabled_countries=row.enabled_countries,
        live_approved=row.live_approved,
        paused=row.paused_at is not None,
    )
    return [{"code": code, "message": words, "url": settings.DOCS_URL} for code, words in found]
