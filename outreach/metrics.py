"""The room's figures for `/metrics` (`agentcollect.kit.metrics`)."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import Metric

from accounts.models import Organisation
from agentcollect.kit import due
from agentcollect.kit.metrics import Values, gauge, gauges
from campaigns.models import Campaign, Step
from outreach.models import FuseTrip, KillSwitch


def steps(at: datetime) -> Iterator[Metric]:
    """The steps that `outreach.send_due` would take up: planned, of running campaigns, by e-mail."""
    running = Campaign.objects.filter(Organisation.running(), status=Campaign.Status.ACTIVE).values("id")
    waiting = Step.objects.filter(
        status=due.literal(Step.Status.PLANNED), channel__in=("email", "call"), campaign_id__in=running, due_at__lte=at
    )
    since = waiting.order_by("due_at", "id").values_list("due_at", flat=True).first()
    yield gauge(
        "outreach_oldest_due_step_seconds",
        "How long the oldest step that may be worked off has been due.",
        (at - since).total_seconds() if since else 0.0,
    )


def stops(at: datetime) -> Iterator[Metric]:
    """What stops messages by the word of operations, or of the fuse."""
    blown = set(FuseTrip.objects.filter(restarted_at=None).values_list("livemode", flat=True))
    modes: Values = {("live",): float(True in blown), ("test",): float(False in blown)}
    yield gauges("outreach_fuse_blown", "1 where the contact fuse has blown: nothing is sent.", ["mode"], modes)
    standing = KillSwitch.objects.filter(lifted_at=None).count()
    yield gauge("outreach_kill_switches", "Kill switches that stand.", float(standing))
