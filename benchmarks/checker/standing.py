"""Whether we might act at all: R-00, R-31, R-32, R-35, R-36, R-37, R-33 (authority), approvals, pauses."""

from collections.abc import Iterator

from benchmarks.checker import places
from benchmarks.checker.checks import Found, Look, check, wrong
from benchmarks.checker.story import Campaign, Debtor, Story, Touch, before
from benchmarks.checker.tables import LICENSED

# Cal. Civ. Code 1788.2: covered commercial credit ends above this, in US cents.
_COVERED = 50_000_000


def _with(story: Story) -> Iterator[tuple[Touch, Debtor, Campaign]]:
    for touch in story.touches:
        debtor, campaign = story.debtors.get(touch.debtor), story.campaigns.get(touch.campaign)
        if debtor is not None and campaign is not None:
            yield touch, debtor, campaign


@check("mandate", "R-37", "within a mandate that a person of the creditor signed", citation="LAW.md R-37")
def mandate(story: Story, look: Look) -> Iterator[Found]:
    signed = story.organisation.mandate_signed_at
    for touch, _, campaign in _with(story):
        look()
        unsigned = signed is None or signed > touch.at or not story.organisation.mandate_signed_by
        if touch.livemode and unsigned:
            yield wrong(touch, "nobody had signed the mandate")
        elif touch.asks and not campaign.at <= touch.at <= campaign.ends:
            yield wrong(touch, "outside the mandate", begins=campaign.at.isoformat(), ends=campaign.ends.isoformat())


@check("running", "R-37", "nothing begun while its campaign is paused or over", citation="LAW.md R-37")
def running(story: Story, look: Look) -> Iterator[Found]:
    for touch, _, campaign in _with(story):
        turns = [one for one in story.told.get(campaign.id, ()) if before(one, touch)]
        if not touch.asks:
            continue
        look()
        last = max(turns, key=lambda one: (one.at, one.recorded), default=None)
        if last is not None and last.type != "campaign.resumed":
            yield wrong(touch, f"after {last.type}", since=last.at.isoformat())


@check("live", "R-37", "live mode only where operations approved it", citation="LAW.md R-37")
def live(story: Story, look: Look) -> Iterator[Found]:
    for touch in (touch for touch in story.touches if touch.livemode):
        look()
        if not story.organisation.live_approved:
            yield wrong(touch, "live mode was not approved")


@check("class", "R-00", "the class is known, and consumers only where enabled", citation="15 USC 1692a(5)")
def debt_class(story: Story, look: Look) -> Iterator[Found]:
    own = story.organisation
    for touch, debtor, _ in _with(story):
        look()
        natural = debtor.debtor_type in ("individual", "sole_proprietor")
        if not (natural or debtor.debt_class or own.attested_class):
            yield wrong(touch, "nobody had said whose debt it is")
        elif places.consumer(debtor, attested=own.attested_class) and not own.consumer_enabled:
            yield wrong(touch, "a consumer's debt, which is not enabled")


@check("california", "R-32", "California's covered credit gets the consumer profile", citation="Cal. Civ. Code 1788.2")
def california(story: Story, look: Look) -> Iterator[Found]:
    for touch, debtor, _ in _with(story):
        if debtor.region.upper() not in ("CA", "US-CA") or debtor.country.upper() != "US":
            continue
        look()
        row = story.cases.get(touch.case)
        natural = debtor.debtor_type in ("individual", "sole_proprietor")
        covered = natural and row is not None and row.credit_kind != "trade" and row.balance_minor <= _COVERED
        if covered and not story.organisation.consumer_enabled:
            yield wrong(touch, "covered commercial credit, and consumers are not enabled")


@check("country", "R-35", "only in the countries of the organisation", citation="LAW.md R-35")
def country(story: Story, look: Look) -> Iterator[Found]:
    for touch, debtor, _ in _with(story):
        look()
        if debtor.country.upper() not in story.organisation.countries:
            yield wrong(touch, "a country that is not enabled", country=debtor.country)


@check("licence", "R-31", "a licence where the state asks for one", citation="Fla. Stat. 559.544 and others")
def licence(story: Story, look: Look) -> Iterator[Found]:
    own = story.organisation
    for touch, debtor, _ in _with(story):
        state = debtor.region.upper().removeprefix("US-")
        consumer = places.consumer(debtor, attested=own.attested_class)
        if debtor.country.upper() != "US" or not (touch.livemode or consumer):
            continue
        look()
        asked = consumer or (not own.first_party and (state in LICENSED or not state))
        today = max(local.date() for _, local in places.clocks(debtor, touch.at))
        held = any(region == state and (ends is None or today <= ends) for region, ends in own.licences)
        if asked and not held:
            yield wrong(touch, "the collector of record has no licence there", state=state)


@check("sanctions", "R-36", "nobody on a sanctions list, nobody unscreened in live mode", citation="31 CFR chapter V")
def sanctions(story: Story, look: Look) -> Iterator[Found]:
    for touch, debtor, _ in _with(story):
        look()
        if debtor.screening_hit and debtor.screened_at is not None and debtor.screened_at <= touch.at:
            yield wrong(touch, "the name met a sanctions list", hit=debtor.screening_hit)
        elif touch.livemode and (debtor.screened_at is None or debtor.screened_at > touch.at):
            yield wrong(touch, "the name had not been screened")


@check("approval", "R-37", "a person's word where the campaign asks for it", citation="docs/guides/people.md")
def approval(story: Story, look: Look) -> Iterator[Found]:
    for campaign_id, touches in story.by_campaign.items():
        campaign = story.campaigns.get(campaign_id)
        if campaign is None:
            continue
        asked = campaign.approval or (story.organisation.approval if campaign.livemode else "none")
        done: set[str] = set()
        for touch in sorted(touches, key=lambda touch: (touch.at, touch.recorded)):
            if asked == "none" or touch.channel != "email" or touch.kind == "notice":
                continue
            key = touch.id if asked == "always" else touch.debtor if asked == "first_per_debtor" else campaign_id
            if key in done or (asked != "always" and not touch.asks):
                continue
            look()
            done.add(key)
            if not touch.approved_by or touch.approved_at is None or touch.approved_at > touch.at:
                yield wrong(touch, f"it left without a person's word ({asked})")


@check("referral", "R-33", "no attorney where the creditor wants none, none from elsewhere", citation="LAW.md R-33")
def referral(story: Story, look: Look) -> Iterator[Found]:
    for one in story.referrals:
        row = story.cases.get(one.case)
        campaign, debtor = (story.campaigns.get(row.campaign), story.debtors.get(row.debtor)) if row else (None, None)
        if row is None or campaign is None or debtor is None:
            continue
        look()
        state = debtor.region.upper().removeprefix("US-")
        words = ""
        if campaign.escalation == "never" and one.status != "proposed":
            words = "the creditor wants no attorney"
        elif campaign.livemode and one.accepted_at is not None and one.bar_state != state:
            words = "the attorney is not licensed where the debtor is"
        if words:
            yield Found(case=row.id, debtor=row.debtor, at=one.at, words=words, evidence={"referral": one.id})
