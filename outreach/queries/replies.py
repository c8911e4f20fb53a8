"""What the API reads about replies and the way they come in."""

from django.db.models import QuerySet

from agentcollect.kit.errors import ApiError
from campaigns.models import Case
from outreach.models import Reply, ReplyPath
from outreach.queries.tenant import plain, tenant


def replies(organisation_id: str, livemode: bool) -> QuerySet[Reply]:
    """Every reply to one organisation in one mode."""
    return tenant(Reply.objects.all(), organisation_id, livemode)


def reply(organisation_id: str, livemode: bool, reply_id: str) -> Reply:
    """One reply. Raises ApiError(not_found)."""
    found = replies(organisation_id, livemode).filter(id=plain(reply_id)).first()
    if found is None:
        raise ApiError("not_found")
    return found


def case_replies(organisation_id: str, livemode: bool, case_id: str) -> QuerySet[Reply]:
    """What the debtor wrote about one case. Raises ApiError(not_found)."""
    if not tenant(Case.objects.all(), organisation_id, livemode).filter(id=plain(case_id)).exists():
        raise ApiError("not_found")
    return replies(organisation_id, livemode).filter(case_id=case_id)


def reply_path(organisation_id: str, livemode: bool) -> ReplyPath | None:
    """How answers come back to this organisation in this mode; None while nothing was chosen."""
    return tenant(ReplyPath.objects.all(), organisation_id, livemode).first()
