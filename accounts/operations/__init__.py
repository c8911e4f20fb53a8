"""Every write of the accounts room, by resource."""

from accounts.operations.keys import create_key, revoke_key, touch_key
from accounts.operations.organisations import add_member, approve_live, create_organisation, set_password
from accounts.operations.tokens import issue_token

__all__ = [
    "add_member",
    "approve_live",
    "create_key",
    "create_organisation",
    "issue_token",
    "revoke_key",
    "set_password",
    "touch_key",
]
