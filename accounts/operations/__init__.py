"""Every write of the accounts room, by resource."""

from accounts.operations.control import (
    pause_organisation,
    resume_organisation,
    set_approval,
    set_offer_policy,
    set_rate_limit,
    verify_webhooks,
)
from accounts.operations.keys import create_key, rename_key, restrict_key, revoke_key, roll_key, touch_key
from accounts.operations.leaks import report_leaks, tell_of_leaks
from accounts.operations.organisations import (
    MANDATE,
    add_member,
    approve_live,
    create_organisation,
    set_collector,
    set_password,
    sign_mandate,
    vouch,
)
from accounts.operations.resetting import begin_test_reset, end_test_reset, refuse_while_reset
from accounts.operations.signup import change_identity, missing_for_live, open_organisation, request_live
from accounts.operations.team import (
    accept_invitation,
    change_role,
    invite,
    remove_member,
    remove_second_factors,
    revoke_invitation,
)
from accounts.operations.tokens import (
    clear_tokens,
    grant,
    granted_scopes,
    issue_token,
    revoke_presented_token,
    revoke_token,
    usable_key,
)

__all__ = [
    "MANDATE",
    "accept_invitation",
    "add_member",
    "approve_live",
    "begin_test_reset",
    "change_identity",
    "change_role",
    "clear_tokens",
    "create_key",
    "create_organisation",
    "end_test_reset",
    "grant",
    "granted_scopes",
    "invite",
    "issue_token",
    "missing_for_live",
    "open_organisation",
    "pause_organisation",
    "refuse_while_reset",
    "remove_member",
    "remove_second_factors",
    "rename_key",
    "report_leaks",
    "request_live",
    "restrict_key",
    "resume_organisation",
    "revoke_invitation",
    "revoke_key",
    "revoke_presented_token",
    "revoke_token",
    "roll_key",
    "set_approval",
    "set_collector",
    "set_offer_policy",
    "set_password",
    "set_rate_limit",
    "sign_mandate",
    "tell_of_leaks",
    "touch_key",
    "usable_key",
    "verify_webhooks",
    "vouch",
]
