"""How people are reached: what was decided, written, said and answered, and who was asked to take a case over."""

from outreach.models.attorneys import COMING_REFERRALS, OPEN_REFERRALS, Attorney, Referral
from outreach.models.calls import Call
from outreach.models.messages import Decision, MailboxItem, Message
from outreach.models.replies import AgentRun, Inbound, Reply, ReplyPath
from outreach.models.switches import FuseTrip, KillSwitch

__all__ = [
    "COMING_REFERRALS",
    "OPEN_REFERRALS",
    "AgentRun",
    "Attorney",
    "Call",
    "Decision",
    "FuseTrip",
    "Inbound",
    "KillSwitch",
    "MailboxItem",
    "Message",
    "Referral",
    "Reply",
    "ReplyPath",
]
