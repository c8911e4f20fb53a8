"""The demo organisation: what a newcomer, a script and the tests start with.

Its key and password are needed in clear text more than once, so they are kept in `var/demo.json` (0600) and nowhere
else; the database holds only their hashes.
"""

import fcntl
import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts import operations, queries
from accounts.models import Member, Organisation, User
from agentcollect import embedded
from agentcollect.kit import db
from compliance.rules.amounts import YEARS
from outreach.models import Attorney

NAME, DOMAIN = "Your Company Inc.", "yourcompany.com"
_FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class Demo:
    """What works for this organisation: a test-mode key, and a login to the dashboard."""

    organisation_id: str
    api_key: str
    email: str
    password: str


def ensure(*, name: str, by: str, at: datetime) -> Demo:
    """Make what is missing of the demo organisation `name`; a second call changes nothing and returns the same.

    What `var/demo.json` remembers is kept as long as it still works: a key that was revoked, or a database that was
    wiped, gets new credentials.
    """
    with _alone():
        kept = embedded.read_json(_FILE)
        known = kept.get(name, {})
        with db.atomic():
            organisation = _organisation(name, by, at)
            api_key = _key(organisation, known.get("api_key", ""), by, at)
            email = f"owner@{domain(name)}"
            password = _password(organisation, email, known.get("password", ""), by, at)
            _attorneys()
        demo = Demo(organisation.id, api_key, email, password)
        _keep(name, known | {"api_key": api_key, "email": email, "password": password}, kept)
    return demo


def ensure_ops(*, name: str, by: str, at: datetime) -> tuple[str, str]:
    """(e-mail, password) of a staff login for /admin: it may look at everything, and press the named buttons."""
    email = f"ops@{domain(name)}"
    with _alone():
        kept = embedded.read_json(_FILE)
        known = kept.get(name, {})
        password = known.get("ops_password", "")
        with db.atomic():
            user = User.objects.filter(email=email).first()
            if user is None or not (password and user.check_password(password)):
                password = secrets.token_urlsafe(15)
                user = user or User(email=email, name="Operations")
                user.set_password(password)
            user.is_staff = True
            user.save()
            operations.vouch(user=user)
            user.user_permissions.set(_ops_permissions())
        _keep(name, known | {"ops_password": password}, kept)
    return email, password


def domain(name: str) -> str:
    """A mail domain for the organisation: the product page's own, or a reserved one (RFC 2606) that is only its."""
    if name == NAME:
        return DOMAIN
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "organisation"
    return f"{slug}-{hashlib.sha256(name.encode()).hexdigest()[:6]}.example"


@contextmanager
def _alone() -> Iterator[None]:
    """Two runs at once would each make their own key and remember only one."""
    with open(embedded.ensure_var() / ".demo.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keep(name: str, entry: dict[str, Any], kept: dict[str, Any]) -> None:
    if kept.get(name) != entry:
        embedded.write_json(_FILE, kept | {name: entry})


def _organisation(name: str, by: str, at: datetime) -> Organisation:
    found = Organisation.objects.filter(name=name, parent=None).order_by("created_at", "id").first()
    return found or operations.create_organisation(name=name, by=by, at=at, **_facts(name, by, at))


def _facts(name: str, by: str, at: datetime) -> dict[str, Any]:
    """Everything that has no permissive default and that the gate asks for."""
    mail_domain = domain(name)
    brand = {
        "name": "Your Company" if name == NAME else name,
        "legal_name": name,
        "domain": mail_domain,
        "from_email": f"ar@{mail_domain}",
        "colors": {"primary": "#1E40AF", "accent": "#10B981"},
    }
    return {
        "legal_name": name,
        "postal_address": "548 Market Street, San Francisco, CA 94104, USA",
        "country": "US",
        "timezone": "America/New_York",
        "currency": "USD",
        "brand": brand,
        "enabled_countries": ["US"],
        "attested_class": "commercial",
        "attested_at": at,
        "attested_by": by,
        # The mandate is not signed here: live mode asks a person of the creditor's for it.
        "live_approved": True,
        "first_party": True,
    }


def _key(organisation: Organisation, known: str, by: str, at: datetime) -> str:
    found = queries.key_by_text(known)
    if found and found.organisation_id == organisation.id and found.revoked_at is None:
        return known
    _, made = operations.create_key(organisation_id=organisation.id, livemode=False, name="demo", by=by, at=at)
    return made


def _password(organisation: Organisation, email: str, known: str, by: str, at: datetime) -> str:
    """The password that works: the known one, else a new one. A script must be able to sign in with what it read."""
    fresh = secrets.token_urlsafe(15)
    member = operations.add_member(
        organisation_id=organisation.id, email=email, password=fresh, role=Member.Role.OWNER, by=by, at=at
    )
    if known and member.user.check_password(known):
        return known
    if not member.user.check_password(fresh):
        operations.set_password(member_id=member.id, password=fresh, by=by, at=at)
    return fresh


_ATTORNEYS = (
    ("Dana Whitfield", "Whitfield & Rowe LLP", "dana@whitfield-rowe.example"),
    ("Marcus Oyelaran", "Oyelaran Law Group", "marcus@oyelaran-law.example"),
    ("Ines Calloway", "Calloway Commercial Law", "ines@calloway-law.example"),
)
_ROOM = 1_000_000


def _attorneys() -> None:
    """An invented attorney for each state: in test mode, too, only one licensed where the debtor is will be asked.
    `sandbox` keeps them out of live mode."""
    have = set(Attorney.objects.filter(sandbox=True).values_list("bar_state", flat=True))
    for place, state in enumerate(sorted(YEARS)):
        name, firm, email = _ATTORNEYS[place % len(_ATTORNEYS)]
        shown = {"name": name, "firm": firm, "email": email, "licence_expires_on": date(2099, 12, 31)}
        if state not in have:
            facts = shown | {"capacity": _ROOM, "sandbox": True}
            Attorney.objects.get_or_create(bar_state=state, bar_number=f"DEMO-{state}", defaults=facts)


def _ops_permissions() -> Any:
    """View everything of ours; the permissions behind the admin's buttons. Not users: that would be a way up."""
    from django.contrib.auth.models import Permission

    ours = ("accounts", "events", "campaigns", "payments", "outreach", "webhooks")
    looking = Permission.objects.filter(content_type__app_label__in=ours, codename__startswith="view_")
    buttons = Permission.objects.filter(content_type__app_label__in=ours, codename__startswith="change_").exclude(
        content_type__app_label="accounts", content_type__model__in=["user", "member"]
    )
    return looking | buttons
