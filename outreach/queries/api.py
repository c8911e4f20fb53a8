"""What the API reads: messages and decisions."""

from django.db.models import QuerySet

from agentcollect.kit.errors import ApiError
from campaigns.models import Campaign, Case
from outreach.models import Call, Decision, Message, Referral
from outreach.queries.tenant import plain, tenant


def messages(organisation_id: str, livemode: bool) -> QuerySet[Message]:
    """Every message of one organisation in one mode."""
    return tenant(Message.objects.all(), organisation_id, livemode)


def decisions(organisation_id: str, livemode: bool) -> QuerySet[Decision]:
    """Every answer of the gate for one organisation in one mode."""
    return tenant(Decision.objects.all(), organisation_id, livemode)


def campaign_messages(organisation_id: str, livemode: bool, campaign_id: str) -> QuerySet[Message]:
    """The messages of one campaign. Raises ApiError(not_found) where the campaign is not theirs."""
    if not tenant(Campaign.objects.all(), organisation_id, livemode).filter(id=plain(campaign_id)).exists():
        raise ApiError("not_found")
    return messages(organisation_id, livemode).filter(campaign_id=campaign_id)


def message(organisation_id: str, livemode: bool, message_id: str) -> Message:
    """One message. Raises ApiError(not_found)."""
    found = messages(organisation_id, livemode).filter(id=plain(message_id)).first()
    if found is None:
        raise ApiError("not_found")
    return found


def calls(organisation_id: str, livemode: bool) -> QuerySet[Call]:
    """Every call of one organisation in one mode."""
    return tenant(Call.objects.all(), organisation_id, livemode)


def call(organisation_id: str, livemode: bool, call_id: str) -> Call:
    """One call. Raises ApiError(not_found)."""
    found = calls(organisation_id, livemode).filter(id=plain(call_id)).first()
    if found is None:
        raise ApiError("not_found")
    return found


def referrals(organisation_id: str, livemode: bool) -> QuerySet[Referral]:
    """Every referral of one organisation in one mode, with its case and attorney."""
    return tenant(Referral.objects.select_related("case", "attorney"), organisation_id, livemode)


def referral(organisation_id: str, livemode: bool, referral_id: str) -> Referral:
    """One referral. Raises ApiError(not_found)."""
    found = referrals(organisation_id, livemode).filter(id=plain(referral_id)).first()
    if found is None:
        raise ApiError("not_found")
    return found


def case_decisions(organisation_id: str, livemode: bool, case_id: str) -> QuerySet[Decision]:
    """What the gate said about one case, refusals too. Raises ApiError(not_found)."""
    if not tenant(Case.objects.all(), organisation_id, livemode).filter(id=plain(case_id)).exists():
        raise ApiError("not_found")
    return decisions(organisation_id, livemode).filter(case_id=case_id)
