"""kill -9 of a real worker process at every point of a message's way out: at most one mail, and no fact lost."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from pytest_django import Settings

from agentcollect.kit import clock
from campaigns.models import Step
from outreach import operations
from tests.outreach import world
from tests.outreach.mail_server import Keeper, mail_server, settings_for
from tests.outreach.world import AT, DAY

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

SENDING, SETTLING, SMTP = "outreach.operations.sending", "outreach.operations.settling", "outreach.providers.smtp"
# (when, module, function) → mails that left before the death, and whether it is then in doubt
POINTS = {
    "before the claim": ("before", SENDING, "_claim", 0, False),
    "claimed": ("after", SENDING, "_claim", 0, False),
    "before the reservation": ("before", SENDING, "_reserve", 0, False),
    "inside the reservation": ("after", SENDING, "_reserve_message", 0, False),
    "reserved": ("after", SENDING, "_reserve", 0, False),
    "connected": ("after", SMTP, "_Dialogue.open", 0, False),
    "recipient named": ("after", SMTP, "_Dialogue.envelope", 0, False),
    "before the mark": ("before", SETTLING, "hand_over", 0, False),
    "inside the mark": ("after", SETTLING, "_why_not", 0, False),
    "marked": ("after", SETTLING, "hand_over", 0, True),
    "taken by the server": ("after", SMTP, "_Dialogue.data", 1, True),
    "before settling": ("before", SETTLING, "settle_sent", 1, True),
    "inside settling": ("after", SETTLING, "_sent", 1, True),
    "settled": ("after", SETTLING, "settle_sent", 1, False),
}


def _database_url() -> str:
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    host = facts["HOST"] or ""
    address = f"%2F{host.lstrip('/').replace('/', '%2F')}" if host.startswith("/") else host
    return f"postgres://{facts['USER']}:{facts['PASSWORD']}@{address}:{facts['PORT']}/{facts['NAME']}"


@dataclass(frozen=True)
class Workers:
    """Real processes, one for each death (tests/outreach/kill_worker.py)."""

    process: "subprocess.Popen[str]"
    errors: Path

    def die(self, when: str, module: str, name: str) -> None:
        """Let one kill itself there."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([when, module, name, AT.isoformat(), django_settings.SMTP["port"]]) + "\n")
        self.process.stdin.flush()
        code = self.process.stdout.readline().strip()
        assert code == str(-signal.SIGKILL), self.errors.read_text()[-2000:]


@pytest.fixture(scope="module")
def workers(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    root, errors = Path(django_settings.BASE_DIR), tmp_path_factory.mktemp("workers") / "errors"
    environment = os.environ | {
        "DATABASE_URL": _database_url(),
        "SECRETS_FROM_VAR": "1",
        "DJANGO_SETTINGS_MODULE": "agentcollect.settings",
        "PYTHONPATH": str(root),
        "ALLOWED_HOSTS": "*",
    }
    command = [sys.executable, str(root / "tests" / "outreach" / "kill_worker.py")]
    with errors.open("w") as log:
        process = subprocess.Popen(
            command, env=environment, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
    with process:  # the end of its input is its own
        yield Workers(process, errors)


@pytest.fixture
def server(settings: Settings) -> Iterator[Keeper]:
    with mail_server() as (keeper, port):
        settings.SMTP = settings_for(port)
        yield keeper


@pytest.mark.parametrize("point", POINTS)
def test_at_most_one_mail_and_no_fact_lost(point: str, server: Keeper, workers: Workers) -> None:
    when, module, name, left, in_doubt = POINTS[point]
    step = world.step(world.case(livemode=True))
    workers.die(when, module, name)
    assert len(server.taken) == left
    for days in (0, 1, 5, 40):
        _recover(AT + days * DAY)
        assert sum(step.id in mail["Message-ID"] for mail in server.mails) <= 1
        if not days:
            _assert_told(step, server, in_doubt=in_doubt)


def _recover(at: datetime) -> None:
    """What the living do: leases run out, the sweep looks, this process takes what is free."""
    Step.objects.exclude(lease_until=None).update(lease_until=clock.now() - timedelta(minutes=1))
    operations.sweep_leases(now=clock.now())
    operations.send_due(at=at)


def _assert_told(step: Step, keeper: Keeper, *, in_doubt: bool) -> None:
    """Sent and written down, or in doubt and written down; taken up again only when it was never handed over."""
    step.refresh_from_db()
    message = world.message_of(step)
    told = [name for name in world.events(step.case) if name.startswith("message.")]
    if in_doubt:
        assert (step.status, message.status, told) == ("unconfirmed", "unconfirmed", ["message.unconfirmed"])
        assert not Step.objects.filter(case=step.case, status="planned").exists()
    else:
        assert (step.status, message.status, told) == ("sent", "sent", ["message.sent"])
        assert len(keeper.taken) == 1
        assert Step.objects.filter(case=step.case, status="planned").count() == 1


def test_a_second_death_at_the_same_place_changes_nothing(server: Keeper, workers: Workers) -> None:
    step = world.step(world.case(livemode=True))
    for _ in range(2):
        workers.die("after", SENDING, "_reserve")
        Step.objects.update(lease_until=clock.now() - timedelta(minutes=1))
        operations.sweep_leases(now=clock.now())
    _recover(AT)
    _assert_told(step, server, in_doubt=False)
