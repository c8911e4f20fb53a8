"""The creditor's logo: fetched once through the egress guard, re-encoded, kept by us, never hot-linked.

A failure is a warning on the campaign, and the name stands in type: no mail waits for a picture.
"""

import io
from datetime import datetime

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, UnidentifiedImageError

from agentcollect.kit.http import fetch, policy_from_settings
from campaigns.models import Campaign

MAX_BYTES = 1024 * 1024
MAX_SIDE = 480
FORMATS = ("PNG", "JPEG", "WEBP")
# A picture that unpacks to more than this is no logo (decompression bomb).
MAX_PIXELS = 16_000_000


class NoLogo(Exception):
    """Why there is none, in plain words."""


def fetch_logos(*, at: datetime, limit: int = 20) -> int:
    """Fetch what waits. Two workers that fetch the same logo end with the same file and the same row."""
    pending = Campaign.objects.filter(logo_state="pending").order_by("id")[:limit]
    for campaign in pending:
        try:
            _keep(campaign, _reencoded(_download(campaign.logo_url)), at)
        except NoLogo as error:
            _warn(campaign, str(error), at)
    return len(pending)


def _download(url: str) -> bytes:
    got = fetch(url, policy=policy_from_settings(), max_bytes=MAX_BYTES, deadline_s=15.0)
    if got.error:
        raise NoLogo(f"it could not be fetched ({got.error})")
    return got.body


def _reencoded(raw: bytes) -> bytes:
    """The picture drawn anew as PNG: nothing of the file but its pixels survives."""
    try:
        with Image.open(io.BytesIO(raw), formats=FORMATS) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise NoLogo("it has too many pixels")
            picture.thumbnail((MAX_SIDE, MAX_SIDE))
            out = io.BytesIO()
            picture.convert("RGBA").save(out, "PNG", optimize=True)
            return out.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise NoLogo("it is no PNG, JPEG or WebP picture") from error


def _keep(campaign: Campaign, png: bytes, at: datetime) -> None:
    name = f"logos/{campaign.id}.png"
    if default_storage.exists(name):
        default_storage.delete(name)
    saved = default_storage.save(name, ContentFile(png))
    Campaign.objects.filter(id=campaign.id).update(logo_state="ready", logo_file=saved, updated_at=at)


def _warn(campaign: Campaign, words: str, at: datetime) -> None:
    warning = {
        "code": "logo_unavailable",
        "message": f"The logo is not used: {words}. The name stands in type.",
    }
    Campaign.objects.filter(id=campaign.id, logo_state="pending").update(
        logo_state="failed", warnings=[*campaign.warnings, warning], updated_at=at
    )
