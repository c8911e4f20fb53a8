"""Where a person is signed in."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession

# First match wins: every Chromium says Chrome and Safari too.
_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Device:
    """One session: `number` ends it, `current` is this one."""

    number: int
    name: str
    ip: str
    since: datetime
    current: bool


def of(user: Any) -> list[Device]:
    """The user's sessions that still work, this one first, then the newest."""
    rows = UserSession.objects.purge_and_list(user)
    found = [Device(row.pk, named(row.user_agent), row.ip, row.created_at, row.is_current()) for row in rows]
    return sorted(found, key=lambda device: (not device.current, -device.since.timestamp()))


def named(user_agent: str) -> str:
    """ "Firefox on Windows", as far as the browser says so."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    if browser and system:
        return f"{browser} on {system}"
    return browser or system or re.split(r"[/ ]", user_agent)[0][:40] or "Unknown program"
