"""Whether the records hang together: decisions, once and not twice, order in time, one mode and one timeline."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from benchmarks.checker.checks import Found, Look, check, wrong
from benchmarks.checker.story import Story, Touch

# What was decided is carried out at once; a draft that waits for a person is decided on anew.
_AT_ONCE = timedelta(hours=1)
_DOUBTFUL = "unconfirmed"


@check("decided", "gate", "a decision that allowed it, about the same thing, just before", citation="LAW.md, decide()")
def decided(story: Story, look: Look) -> Iterator[Found]:
    for touch in story.touches:
        look()
        decision = story.decisions.get(touch.decision)
        if decision is None or decision.outcome != "allow":
            yield wrong(touch, "no decision allowed it", decision=touch.decision)
            continue
        asked = (decision.case, decision.contact, decision.step, decision.channel, decision.kind, decision.livemode)
        done = (touch.case, touch.contact, touch.step, touch.channel, touch.kind, touch.livemode)
        late = touch.mode != "human" and touch.at - decision.at > _AT_ONCE
        if asked != done or decision.at > touch.at or late:
            yield wrong(touch, "its decision was about something else", decision=decision.id, asked=asked, done=done)


def _by_act(story: Story) -> Iterator[list[Touch]]:
    """The touches of each act of a playbook, in order."""
    acts: dict[tuple[object, ...], list[Touch]] = {}
    for touch in story.touches:
        if touch.asks:
            acts.setdefault((touch.case, *touch.place, touch.channel), []).append(touch)
    return iter(acts.values())


@check("once", "once", "no step of a playbook twice", citation="docs/reliability.md")
def once(story: Story, look: Look) -> Iterator[Found]:
    for touches in _by_act(story):
        look()
        for before, touch in pairwise(touches):
            # A mail that came back is written again to the next person.
            other = before.status == "bounced" and before.contact != touch.contact
            if before.status != _DOUBTFUL and not other:
                yield wrong(touch, "the same step a second time", before=before.id)


@check("doubtful", "once", "what may have left is never sent again", citation="docs/reliability.md")
def doubtful(story: Story, look: Look) -> Iterator[Found]:
    for touches in _by_act(story):
        for before, touch in pairwise(touches):
            if before.status == _DOUBTFUL:
                yield wrong(touch, "sent again although the first may have left", before=before.id)
    for touch in (touch for touch in story.touches if touch.status == _DOUBTFUL):
        look()
        if touch.step not in story.doubts:
            yield wrong(touch, "in doubt, and nobody was asked to look")


@check("order", "order", "what must come first came first", citation="docs/reliability.md")
def order(story: Story, look: Look) -> Iterator[Found]:
    for touch in story.touches:
        look()
        row, person = story.cases.get(touch.case), story.contacts.get(touch.contact)
        moments = [("case", row.at if row else None), ("contact", person.at if person else None)]
        moments += [("written", touch.made), ("approved", touch.approved_at)]
        if wrong_ones := [name for name, at in moments if at is not None and at > touch.at]:
            yield wrong(touch, "it left before what comes first", after=wrong_ones)
        elif touch.sent_at is not None and touch.sent_at < touch.at:
            yield wrong(touch, "it arrived before it left")


@check("tenant", "mode", "live and test rows never meet", citation="docs/decisions/0003")
def tenant(story: Story, look: Look) -> Iterator[Found]:
    for touch in story.touches:
        look()
        rows = {
            "campaign": story.campaigns.get(touch.campaign),
            "debtor": story.debtors.get(touch.debtor),
            "case": story.cases.get(touch.case),
            "contact": story.contacts.get(touch.contact),
        }
        if missing := [name for name, row in rows.items() if row is None]:
            yield wrong(touch, "a row of somebody else's", missing=missing)
        elif mixed := [name for name, row in rows.items() if row.livemode != touch.livemode]:  # type: ignore[union-attr]
            yield wrong(touch, "rows of both modes", other=mixed)


@check("timeline", "mode", "no row of one timeline on another", citation="docs/decisions/0017")
def timeline(story: Story, look: Look) -> Iterator[Found]:
    for touch in story.touches:
        look()
        debtor, campaign = story.debtors.get(touch.debtor), story.campaigns.get(touch.campaign)
        clocks = {row.clock for row in (debtor, campaign, touch) if row is not None}
        if len(clocks) > 1:
            yield wrong(touch, "on two timelines at once", clocks=sorted(clocks))
    for row in story.cases.values():
        debtor, campaign = story.debtors.get(row.debtor), story.campaigns.get(row.campaign)
        if debtor is not None and campaign is not None and debtor.clock != campaign.clock:
            yield Found(case=row.id, debtor=row.debtor, at=row.at, words="a case on two timelines", evidence={})
    for hold in story.holds:
        debtor = story.debtors.get(hold.on) if hold.scope == "debtor" else None
        if debtor is not None and debtor.clock != hold.clock:
            yield Found(
                case="", debtor=hold.on, at=hold.at, words="a hold of another timeline", evidence={"hold": hold.id}
            )
