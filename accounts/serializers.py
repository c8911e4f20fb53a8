"""The public shapes of the accounts room."""

from datetime import datetime
from typing import Any

from django.conf import settings

from accounts import rules
from accounts.models import AccessToken, Organisation
from agentcollect.kit import clock


def organisation(row: Organisation, asks: Any) -> dict[str, Any]:
    """Whoami: the organisation as the credential of `asks` (accounts.authentication.Principal) sees it.

    `acting_organisation_id` is the platform's, or null.
    """
    paused_at = row.paused_since(asks.livemode)
    return {
        "id": row.id,
        "name": row.name,
        "legal_name": row.legal_name or None,
        "country": row.country,
        "timezone": row.timezone,
        "currency": row.currency,
        "mode": "live" if asks.livemode else "test",
        "livemode": asks.livemode,
        "key_id": asks.key_id,
        "scopes": sorted(asks.scopes),
        "limits": {"requests_per_minute": asks.requests_per_minute},
        "acting_organisation_id": asks.acting_organisation_id or None,
        "paused_at": clock.iso(paused_at) if paused_at else None,
        "blocking": blocking(row, asks.livemode),
    }


def blocking(row: Organisation, livemode: bool) -> list[dict[str, str]]:
    """What keeps the organisation from contacting debtors in this mode, with the page that says what to do."""
    found = rules.blocking(
        legal_name=row.legal_name,
        postal_address=row.postal_address,
        attested_class=row.attested_class,
        enabled_countries=row.enabled_countries,
        live_approved=row.live_approved,
        paused=row.paused_since(livemode) is not None,
        has_sender=not livemode or bool((row.brand or {}).get("from_email") or settings.MAIL_FROM),
        has_mail_server=not livemode or bool(settings.SMTP["host"]),
        mandate_signed=not livemode or row.mandate_signed_at is not None,
    )
    return [{"code": code, "message": words, "url": _cure_url(code)} for code, words in found]


# What a person of the organisation can put right on the settings page; the guide says what to do about the rest.
_ON_THE_PAGE = frozenset(
    {"legal_name_missing", "postal_address_missing", "debt_class_not_attested", "live_not_approved", "mandate_missing"}
)


def _cure_url(code: str) -> str:
    if code in _ON_THE_PAGE:
        return f"{settings.PUBLIC_URL}/dashboard/settings"
    return f"{settings.DOCS_URL}/guides/authentication#{code}"


def introspection(token: AccessToken | None, *, at: datetime) -> dict[str, Any]:
    """RFC 7662, 2.2. Of a token that is not good (any more), and of what is none, nothing is said but that."""
    if token is None or token.revoked_at or token.expires <= at:
        return {"active": False}
    key = token.key
    if not rules.usable(revoked_at=key.revoked_at, expires_at=key.expires_at, at=at):
        return {"active": False}
    return {
        "active": True,
        "scope": token.scope,
        "client_id": key.id,
        "token_type": "Bearer",
        "exp": int(token.expires.timestamp()),
        "iat": int(token.created.timestamp()),
        "sub": key.id,
        "jti": token.id,
        "organisation_id": key.acting_for_id or key.organisation_id,
        "livemode": token.livemode,
    }
