"""Stop messages of one kind at once, and let them go on."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from outreach import operations
from outreach.models import KillSwitch


class Command(BaseCommand):
    help = "set, lift or list kill switches; effective at once, in every process."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        setting = acts.add_parser("set", help="stop: all, or channel email, organisation org_…, playbook default@1, …")
        setting.add_argument("scope", choices=KillSwitch.Scope.values)
        setting.add_argument("key", nargs="?", default="")
        setting.add_argument("--reason", required=True)
        lifting = acts.add_parser("lift", help="go on; what is due is spread over ten minutes and judged anew")
        lifting.add_argument("scope", choices=KillSwitch.Scope.values)
        lifting.add_argument("key", nargs="?", default="")
        acts.add_parser("list", help="the switches that stand")

    def handle(self, *, act: str, **options: Any) -> None:
        try:
            if act == "set":
                self._set(**options)
            elif act == "lift":
                self._lift(**options)
            else:
                self._list()
        except ApiError as error:
            raise CommandError(error.message) from error

    def _set(self, *, scope: str, key: str, reason: str, **options: Any) -> None:
        made = operations.set_switch(scope=scope, key=key, reason=reason, by=_by(), at=clock.now())
        self.stdout.write(f"{made} is stopped since {clock.iso(made.set_at)} ({made.reason}, {made.set_by}).")

    def _lift(self, *, scope: str, key: str, **options: Any) -> None:
        standing = KillSwitch.objects.filter(scope=scope, key=key, lifted_at=None).first()
        if standing is None:
            raise CommandError(f"Nothing stops {scope} {key}".strip() + ".")
        operations.lift_switch(switch_id=standing.id, by=_by(), at=clock.now())
        self.stdout.write(f"{standing} goes on.")

    def _list(self) -> None:
        standing = KillSwitch.objects.filter(lifted_at=None).order_by("set_at")
        for one in standing:
            self.stdout.write(f"{one} since {clock.iso(one.set_at)}, {one.set_by}: {one.reason}")
        self.stdout.write(f"{len(standing)} kill switches stand.")


def _by() -> str:
    return f"ops:{getpass.getuser()}"[:80]
