"""What is on a test clock goes with it; all of test mode goes when its organisation starts over."""

from collections.abc import Iterable

from agentcollect.kit import db
from campaigns.models import Case
from campaigns.operations.erasing import gone
from outreach.models import AgentRun, Call, Decision, Inbound, MailboxItem, Message, Referral, Reply


def erase(*, debtor_ids: Iterable[str]) -> None:
    """Delete what was said to and by these test debtors, and what was thought about it."""
    theirs = Case.objects.filter(db.among("debtor_id", list(debtor_ids)), livemode=False)
    of_case = db.among("case_id", list(theirs.values_list("id", flat=True)))
    messages = Message.objects.filter(of_case, livemode=False)
    gone(MailboxItem.objects.filter(db.among("message_id", list(messages.values_list("id", flat=True)))))
    for model in (Reply, Call, Referral, AgentRun, Decision):
        gone(model.objects.filter(of_case, livemode=False))
    gone(messages)


def erase_arrived(*, clock_id: str) -> None:
    """Delete the mails that came in on this test clock."""
    gone(Inbound.objects.filter(clock_id=clock_id).exclude(clock_id=""))


def erase_arrived_on_wall(*, organisation_id: str) -> None:
    """Delete the mails that came in for this organisation in test mode."""
    gone(Inbound.objects.filter(organisation_id=organisation_id, livemode=False, clock_id=""))
