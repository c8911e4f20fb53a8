"""What the rows let a message say, beside the account: announcements, offers, an attorney, and a consumer's notices."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Organisation
from campaigns.models import Campaign, Case, Contact, Debtor, Step
from campaigns.queries.playbooks import playbook_steps
from campaigns.rules import offers
from compliance import consumer
from compliance.facts import NOT_HANDED_OVER, is_consumer
from compliance.rules import amounts
from compliance.zones import region_code
from outreach.models import Message, Referral
from outreach.queries import desk
from outreach.queries.desk import File, Seen
from outreach.queries.letters import LEFT
from outreach.rules import law


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """`authorised`, `offers`, `attorney_allowed`: see compliance.guards.Known. `sources`: where a found address was
    found, told in the first message to it (R-38). `consumer`: the consumer rules hold; then `first`: nothing was sent
    to this debtor before, `validated_at`: when this invoice's validation notice left, `state`: whether the debt is
    past its time (compliance.rules.amounts.barred)."""

    authorised: frozenset[str] = frozenset()
    offers: frozenset[str] = frozenset()
    attorney_allowed: bool = False
    sources: tuple[str, ...] = ()
    consumer: bool = False
    first: bool = False
    validated_at: datetime | None = None
    state: str = "live"


def ground(
    *,
    case: Case,
    debtor: Debtor,
    campaign: Campaign,
    organisation: Organisation,
    contact: Contact,
    step: Step,
    file: File | None = None,
) -> Ground:
    """What a message of `step` rests on. With `file` (the debtor's, as the caller read it) nothing more is asked of the
    database, but a consumer's last validation notice.

    `step.due_at` stands for the day; the gate judges the moment itself.
    """
    file = file or desk.file_of(debtor, campaign.id, [case.id], steps=False)
    attorney = _attorney(file, case, debtor)
    placed = law.place(debtor, organisation, case)
    private = is_consumer(placed)
    return Ground(
        authorised=_scheduled(campaign, step) | ({"attorney"} if attorney else frozenset()),
        offers=frozenset({"plan"} if offers.policy(campaign.offer_policy, organisation.offer_policy).plans else ()),
        attorney_allowed=attorney,
        sources=_sources(file, contact, step),
        consumer=private,
        first=private and not any(one.state not in NOT_HANDED_OVER for one in _asked(file, step)),
        validated_at=validated_at(case) if private else None,
        state=amounts.barred(placed, step.due_at) if private else "live",
    )


def _scheduled(campaign: Campaign, step: Step) -> frozenset[str]:
    """The channels of the playbook's steps that are still ahead; an answer announces none."""
    if step.kind != "outreach":
        return frozenset()
    later = [one for one in playbook_steps(campaign, step.version) if one.index > step.index]
    return frozenset(one.channel for one in later if one.channel in ("email", "call", "letter"))


def _attorney(file: File, case: Case, debtor: Debtor) -> bool:
    """R-33: accepted, by one licensed where the debtor is, with the creditor's word (a referral leaves `proposed` by
    it). The gate asks again, for the moment and the debt's time."""
    here, found = region_code(debtor.country, debtor.region), file.referrals.get(case.id)
    taken = found is not None and found.accepted_at is not None and found.status != Referral.Status.PROPOSED
    return taken and here is not None and found is not None and found.region == here


def _sources(file: File, contact: Contact, step: Step) -> tuple[str, ...]:
    """Told until a message has left for that person."""
    told = any(one.contact_id == contact.id and one.state in LEFT for one in _asked(file, step))
    if told or contact.source != Contact.Source.ENRICHMENT or law.asked(step.kind) != "outreach":
        return ()
    return tuple(dict.fromkeys(str(one) for one in contact.sources))


def _asked(file: File, step: Step) -> list[Seen]:
    """Our outreach to this debtor by other steps than this one."""
    return [one for one in file.seen if (one.direction, one.kind) == ("out", "outreach") and one.step_id != step.id]


def validated_at(case: Case) -> datetime | None:
    """When the validation notice about this invoice left for an address that took it; None: it has not."""
    reached = [state for state in LEFT if state != Message.Status.BOUNCED]
    told = Message.objects.filter(case_id=case.id, kind="outreach", channel="email", status__in=reached)
    rows = told.filter(text__contains=consumer.MARK).order_by("handed_over_at", "id")
    return rows.values_list("handed_over_at", flat=True).first()
