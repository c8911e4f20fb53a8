"""What a journey does inside the product without HTTP: `python -m tests.journeys.acts <act> <json>`.

Runs with the product's own environment, so on its rows. Time is an argument: a story of weeks takes a second. The last
line it prints is its answer, as JSON.
"""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from datetime import timedelta
from typing import Any, NoReturn

BY = "ops:journey"


def tenants(names: list[str]) -> list[dict[str, str]]:
    """Organisations as `manage.py bootstrap --organisation` makes them, with a live key beside."""
    from accounts import operations
    from agentcollect.kit import clock
    from sandbox import demo

    found = []
    for name in names:
        made = demo.ensure(name=name, by=BY, at=clock.now())
        live = operations.create_key(
            organisation_id=made.organisation_id, livemode=True, name="live", by=BY, at=clock.now()
        )[1]
        found.append({"id": made.organisation_id, "test_key": made.api_key, "live_key": live} | _login(made))
    return found


def _login(made: Any) -> dict[str, str]:
    return {"email": made.email, "password": made.password}


def send_due(campaign_id: str) -> dict[str, Any]:
    """The worker's own call, at the moment that this campaign's first message is planned for; the product's own worker
    may have been there already."""
    from campaigns.models import Step
    from outreach import operations

    step = Step.objects.filter(campaign_id=campaign_id, index=0, channel="email").earliest("created_at")
    if step.livemode:
        _open_live(step.organisation_id)
    while step.status == "planned" and operations.send_due(at=step.due_at):
        step.refresh_from_db()
    for _ in range(100):
        step.refresh_from_db()
        if step.status not in ("sending", "handed_over"):
            break
        time.sleep(0.1)
    return {"status": step.status, "reason": step.reason, "due_at": step.due_at.isoformat()}


def _open_live(organisation_id: str) -> None:
    """What operations and a probe mail do before the first live mail: a list to screen by, a proven way of answers."""
    from accounts.models import Organisation
    from accounts.operations import sign_mandate
    from agentcollect.kit import clock
    from campaigns import operations
    from tests import factories
    from tests.outreach import world

    sign_mandate(organisation_id=organisation_id, signed_by="Ann Example", by=BY, at=clock.now())
    factories.sanctions_list()
    operations.screen_debtors(at=clock.now())
    world.proven(Organisation.objects.get(id=organisation_id))


def story(campaign_id: str) -> dict[str, Any]:
    """Weeks pass: every message of the playbook, the judgement, the attorney's word, the end of the mandate."""
    from agentcollect.kit.errors import ApiError
    from campaigns import operations as campaigns
    from campaigns.models import Campaign, Step
    from outreach import operations as outreach
    from sandbox.operations import run_next_step

    sent = []
    with suppress(ApiError):  # nothing_planned: no message is left
        while len(sent) < 40:
            step = run_next_step(by=BY, campaign_id=campaign_id)
            sent.append(f"{step.intent}: {step.status} {step.reason}".strip())
    judge = Step.objects.get(campaign_id=campaign_id, status="planned", channel="attorney")
    campaigns.judge_exhausted(at=judge.due_at)
    for days in range(10):  # the creditor sees it for two days, then an attorney has a business day
        outreach.escalate_exhausted(at=judge.due_at + timedelta(days=days))
    ends = Campaign.objects.get(id=campaign_id).mandate_ends_at
    campaigns.end_mandates(at=ends)
    return {"sent": sent, "judged_at": judge.due_at.isoformat(), "ended_at": ends.isoformat()}


def create_and_die(organisation_id: str, body: dict[str, Any]) -> NoReturn:
    """A web process that is killed after its commit, before it could wake a worker."""
    from accounts.models import Organisation
    from agentcollect.kit import clock, jobs
    from campaigns import operations
    from campaigns.serializers import checks, intake

    jobs._nudge = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    organisation, at = Organisation.objects.get(id=organisation_id), clock.now()
    decoded = intake.decode(json.dumps(body).encode())
    request = checks.check(decoded, checks.terms_of(organisation, livemode=False, at=at))
    operations.create(organisation=organisation, livemode=False, request=request, by=BY, at=at)
    raise AssertionError("nothing was nudged")


def mail(campaign_id: str, dies_after: int = 0) -> dict[str, Any]:
    """Send the campaign's first messages as a worker does; SIGKILL in the middle of number `dies_after` + 1."""
    from agentcollect.kit import clock
    from campaigns.models import Step
    from outreach import operations
    from outreach.providers.mailbox import MailboxTransport

    real, made = MailboxTransport.deliver, []

    def deliver(self: Any, *arguments: Any) -> None:
        real(self, *arguments)
        made.append(1)
        if len(made) == dies_after:
            os.kill(os.getpid(), signal.SIGKILL)

    MailboxTransport.deliver = deliver  # type: ignore[method-assign]
    # As if it were a mail server: reserved, handed over and settled apart, so that there is something to die between.
    MailboxTransport.in_database = False
    # Leases live on the wall clock; here their five minutes are over.
    now = clock.now()
    Step.objects.exclude(lease_until=None).update(lease_until=now - timedelta(minutes=1))
    operations.sweep_leases(now=now)
    first = Step.objects.filter(campaign_id=campaign_id, index=0, status="planned")
    while step := first.order_by("due_at").first():
        operations.send_step(step_id=step.id, at=step.due_at)
    return {"made": len(made)}


def mailbox(campaign_id: str) -> list[dict[str, str]]:
    """Every mail that debtors of this campaign got: which message, which case, to whom."""
    from outreach.models import MailboxItem, Message

    messages = {row.id: row for row in Message.objects.filter(campaign_id=campaign_id)}
    items = MailboxItem.objects.filter(message_id__in=messages)
    return [
        {"message": item.message_id, "case": messages[item.message_id].case_id, "to": item.recipient} for item in items
    ]


def steps(campaign_id: str) -> list[str]:
    """The states of the campaign's first steps."""
    from campaigns.models import Step

    return list(Step.objects.filter(campaign_id=campaign_id, index=0).values_list("status", flat=True))


ACTS = {act.__name__: act for act in (tenants, send_due, story, create_and_die, mail, mailbox, steps)}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentcollect.settings")
    import django

    django.setup()
    print(json.dumps(ACTS[sys.argv[1]](**json.loads(sys.argv[2]))))


if __name__ == "__main__":
    main()
