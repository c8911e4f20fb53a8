"""Every write of the room: endpoints, what is owed to them, replays, and how an attempt is claimed and settled."""

from webhooks.operations.endpoints import create_endpoint, delete_endpoint, disable_gone, send_test, update_endpoint
from webhooks.operations.fanout import fan_out
from webhooks.operations.replays import Replayed, replay, replay_one
from webhooks.operations.sending import LEASE, Claim, Result, claim, release, settle
from webhooks.operations.sweeping import Swept, sweep

__all__ = [
    "LEASE",
    "Claim",
    "Replayed",
    "Result",
    "Swept",
    "claim",
    "create_endpoint",
    "delete_endpoint",
    "disable_gone",
    "fan_out",
    "release",
    "replay",
    "replay_one",
    "send_test",
    "settle",
    "sweep",
    "update_endpoint",
]
