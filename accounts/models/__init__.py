"""Who calls: organisations, the people in them, and the keys of their machines."""

from accounts.models.clocks import TestClock
from accounts.models.joining import Invitation, SubmittedForm
from accounts.models.keys import AccessToken, ApiKey
from accounts.models.people import Collector, Member, Organisation, User, UserManager
from accounts.models.requests import IdempotentRequest, RequestLog

__all__ = [
    "AccessToken",
    "ApiKey",
    "Collector",
    "IdempotentRequest",
    "Invitation",
    "Member",
    "Organisation",
    "RequestLog",
    "SubmittedForm",
    "TestClock",
    "User",
    "UserManager",
]
