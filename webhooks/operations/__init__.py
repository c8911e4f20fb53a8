"""Every write of the room: endpoints, what is owed to them, replays, and how an attempt is claimed and settled."""

from webhooks.operations.disabling import tell_owners
from webhooks.operations.endpoints import (
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    disable_gone,
    rotate_secret,
    send_test,
    update_endpoint,
)
from webhooks.operations.fanout import fan_out
from webhooks.operations.mailboxes import choose, greet_members, mailbox, stop, stoppable
from webhooks.operations.mailing import mail_members
from webhooks.operations.ownership import verified, verify_endpoint
from webhooks.operations.pruning import Pruned, drop_months, prune
from webhooks.operations.replay_jobs import cancel_replay, run_replays, start_replay
from webhooks.operations.replays import Replayed, replay, replay_one
from webhooks.operations.sending import LEASE, Claim, Result, Settled, claim, release, settle
from webhooks.operations.sweeping import Swept, sweep

__all__ = [
    "LEASE",
    "Claim",
    "Pruned",
    "Replayed",
    "Result",
    "Settled",
    "Swept",
    "cancel_replay",
    "change_endpoint",
    "choose",
    "claim",
    "create_endpoint",
    "delete_endpoint",
    "disable_gone",
    "drop_months",
    "fan_out",
    "greet_members",
    "mail_members",
    "mailbox",
    "prune",
    "release",
    "replay",
    "replay_one",
    "rotate_secret",
    "run_replays",
    "send_test",
    "settle",
    "start_replay",
    "stop",
    "stoppable",
    "sweep",
    "tell_owners",
    "update_endpoint",
    "verified",
    "verify_endpoint",
]
