"""Keys that were found in public: stopped at once, and the owners told."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from accounts import credentials, rules
from accounts.models import ApiKey, Member
from agentcollect.kit import db, jobs
from events.operations import record

log = structlog.get_logger()

# Whoever may make keys is told that one got out.
_TOLD = (Member.Role.OWNER, Member.Role.ADMIN)
_SLICE = 500


class Report(NamedTuple):
    """Somebody found `token` at `url` (may be empty)."""

    token: str
    url: str


def report_leaks(*, reports: Iterable[Report], by: str, at: datetime) -> set[str]:
    """Revoke every key among the reported texts that can still be used. Returns the texts that are keys of ours.

    A key that had stopped before counts as ours too: it was real, and nothing is left to do about it.
    """
    found = {digest: report for report in reports for digest in _digests(report.token)}
    ours = set()
    for key in _keys(list(found)):
        report = found[key.digest]
        ours.add(report.token)
        _stop(key, report.url, by, at)
    return ours


def _digests(text: str) -> list[str]:
    """What is stored of the key `text`, under each pepper in use; nothing for what is no key by its checksum."""
    if rules.key_mode(text) is None:
        return []
    return [rules.digest(text, pepper) for pepper in settings.API_KEY_PEPPERS.values()]


def _keys(digests: list[str]) -> Iterable[ApiKey]:
    for start in range(0, len(digests), _SLICE):
        yield from ApiKey.objects.filter(digest__in=digests[start : start + _SLICE])


def _stop(key: ApiKey, url: str, by: str, at: datetime) -> None:
    if not rules.usable(revoked_at=key.revoked_at, expires_at=key.expires_at, at=at):
        return
    with db.atomic():
        alive = ApiKey.objects.filter(id=key.id, revoked_at=None)
        if alive.update(revoked_at=at, leaked_at=at, leaked_url=url[:500]):
            record(
                type="key.leaked",
                organisation_id=key.organisation_id,
                livemode=key.livemode,
                data={"key_id": key.id, "prefix": key.prefix, "last_four": key.last_four, "name": key.name, "url": url},
                by=by,
                at=at,
            )
            jobs.enqueue("accounts.tell_of_leaks")
    credentials.forget(key.id)


def tell_of_leaks(*, at: datetime) -> int:
    """Write to the owners of every leaked key that have not been told; returns how many keys they were told of.

    At least once: a mail server that is down is asked again by the next run.
    """
    told = 0
    for key in ApiKey.objects.filter(leaked_at__isnull=False, owners_told_at=None).select_related("organisation"):
        try:
            _write_to_owners(key)
        except OSError as error:  # smtplib's errors are OSErrors
            log.warning("leak_notice_failed", key=key.id, error=type(error).__name__)
            continue
        told += ApiKey.objects.filter(id=key.id, owners_told_at=None).update(owners_told_at=at)
    return told


def _write_to_owners(key: ApiKey) -> None:
    places = Member.objects.filter(organisation_id=key.organisation_id, role__in=_TOLD, user__is_active=True)
    recipients = sorted(places.values_list("user__email", flat=True))
    text = render_to_string("accounts/leak.txt", {"key": key, "dashboard": f"{settings.PUBLIC_URL}/dashboard/keys"})
    subject = f"Your API key {key} was found in public and has been revoked"
    for recipient in recipients:  # one letter each: nobody learns of the others
        send_mail(subject, text, None, [recipient])
