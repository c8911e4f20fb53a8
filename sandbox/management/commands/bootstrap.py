"""`manage.py bootstrap`: the demo organisation, its key and its login; the same ones on every run."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from agentcollect.kit import clock
from sandbox import demo

_BY = "ops:bootstrap"


class Command(BaseCommand):
    help = "Make or find the demo organisation and print its test key and dashboard login."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object, for scripts")
        parser.add_argument("--organisation", metavar="NAME", default=demo.NAME, help=f"default: {demo.NAME}")
        parser.add_argument("--ops", action="store_true", help="also a staff login for /admin")

    def handle(self, *args: Any, **options: Any) -> None:
        name, at = options["organisation"].strip()[:120] or demo.NAME, clock.now()
        made = demo.ensure(name=name, by=_BY, at=at)
        printed: dict[str, Any] = {
            "base_url": settings.PUBLIC_URL,
            "api_key": made.api_key,
            "dashboard": {"email": made.email, "password": made.password},
        }
        if options["ops"]:
            email, password = demo.ensure_ops(name=name, by=_BY, at=at)
            printed["ops"] = {"email": email, "password": password}
        self.stdout.write(json.dumps(printed) if options["json"] else _friendly(name, printed))


def _friendly(name: str, printed: dict[str, Any]) -> str:
    base, login = printed["base_url"], printed["dashboard"]
    lines = [
        f"{name} is ready at {base}",
        "",
        f"  API key    {printed['api_key']}   (test mode: fake money, no real mail)",
        f"  Dashboard  {base}/dashboard",
        f"  Login      {login['email']}  /  {login['password']}",
    ]
    if ops := printed.get("ops"):
        lines += [f"  Admin      {base}/admin", f"  Staff      {ops['email']}  /  {ops['password']}"]
    return "\n".join(lines)
