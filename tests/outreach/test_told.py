"""What a message must tell besides: where a found address was found, and to consumers what the law words."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Collector, Organisation
from campaigns.models import Campaign, Case, Contact, Debtor, SanctionsList, Step
from compliance import consumer, markup
from compliance.facts import Carries
from outreach import drafting, operations, queries, rendering
from outreach.models import Attorney, Decision, Message, Referral
from outreach.operations import letters, settling, wording
from outreach.operations.claims import Claim
from outreach.rules import law
from tests import factories
from tests.outreach import world
from tests.outreach.test_rendering import letter
from tests.outreach.world import AT, DAY

COLLECTOR = "Honest Collectors LLC"
SENDER = f"{COLLECTOR}, a debt collector, on behalf of Your Company"


def sent(case: Case) -> tuple[Step, Message | None]:
    step = world.step(case)
    operations.send_due(at=AT)
    step.refresh_from_db()
    return step, Message.objects.filter(step_id=step.id).first()


# ---


def found(case: Case) -> Contact:
    Contact.objects.filter(debtor=case.debtor).update(
        source="enrichment",
        sources=["directory.example", "Acme Corp website"],
        title="Accounts Payable Manager",
        basis="published",
        verified_at=AT - DAY,
    )
    return Contact.objects.get(debtor=case.debtor)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "was found through"), ("fr", "a été trouvée par"), ("es", "se encontró a través"), ("de", "wurde über")],
)
def test_the_first_message_to_a_found_address_says_where_it_was_found(language: str, words: str) -> None:
    case = world.case()
    Debtor.objects.filter(id=case.debtor_id).update(language=language)
    found(case)
    step, message = sent(case)
    assert step.status == "sent" and message is not None, step.reason
    html = markup.text_of(message.html)
    assert all(words in text and "directory.example" in text for text in (message.text, html))
    said = Decision.objects.get(id=step.decision_id)
    assert [one["reason"] for one in said.verdicts if one["rule"] == "R-38"] == ["told where the address was found"]
    again = Step.objects.get(case=case, status="planned")
    Step.objects.filter(id=again.id).update(due_at=AT + 7 * DAY, channel="email", intent="second_reminder")
    operations.send_due(at=AT + 7 * DAY)
    assert words not in Message.objects.get(step_id=again.id).text


@pytest.mark.django_db
def test_an_address_of_the_creditors_carries_no_such_notice() -> None:
    _, message = sent(world.case())
    assert message is not None and "was found through" not in message.text


def test_the_rule_sees_the_text_and_not_the_intention() -> None:
    told = replace(letter(), sources=("directory.example",))
    draft = next(drafting.drafts("first_reminder", language="en", tone="soft", key="cas_x"))
    whole = rendering.render(told, draft)
    assert rendering.carries(told, whole)["source_notice"] and rendering.check(told, whole) == ()
    bare = rendering.render(letter(), draft)
    assert not rendering.carries(told, bare)["source_notice"]
    assert {one.guard for one in rendering.check(told, bare)} == {"disclosures"}


# --- words that rules read


@pytest.mark.parametrize(
    ("text", "suit", "attorney"),
    [
        ("We may take this to court.", True, False),
        ("Your attorney has the file.", False, True),
        ("Please pay {amount}.", False, False),
        ("{debtor} is named after a street.", False, False),
    ],
)
def test_suit_and_attorney_are_read_from_the_words(text: str, suit: bool, attorney: bool) -> None:
    about = letter(debtor="Court Street Attorney Supplies")
    draft = drafting.Draft("first_reminder", "x", (text,), drafter="person")
    read = rendering.carries(about, rendering.render(about, draft))
    assert (read["suit"], read["attorney"]) == (suit, attorney)
    assert isinstance(law.carried(None, **read), Carries)


@pytest.mark.django_db
@pytest.mark.parametrize("gone", [True, False], ids=["returned the case", "has it still"])
def test_an_attorney_who_has_gone_is_named_by_no_message_written_before(
    gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last look before it leaves reads the words again: who is named in them may have gone since."""
    case = world.case()
    Debtor.objects.update(name="Court Street Attorney Supplies", region="NY")
    draft = drafting.Draft("first_reminder", "x", ("An attorney has accepted this matter.",), drafter="person")
    referral = _accepted(case)
    real = settling.hand_over

    def return_first(claim: Claim, message: Message, *, at: datetime) -> None:
        Referral.objects.filter(id=referral.id).update(status="returned" if gone else "accepted")
        real(claim, message, at=at)

    world.far_away(monkeypatch)
    monkeypatch.setattr(settling, "hand_over", return_first)
    monkeypatch.setattr(wording, "words", lambda **_: [draft])
    step = world.step(case)
    operations.send_due(at=AT)
    step.refresh_from_db()
    assert ("An attorney has accepted" in world.message_of(step).text, len(world.mails())) == (True, int(not gone))
    if gone:
        assert (step.status, step.reason) == ("planned", "no attorney has accepted this case")
        operations.send_due(at=AT)  # and its words are refused where it is written anew
        assert world.mails() == []


def _accepted(case: Case) -> Referral:
    who = {"name": "Kim Lee", "firm": "Lee", "bar_state": "NY", "bar_number": "1", "licence_expires_on": date.max}
    named = {"organisation_id": case.organisation_id, "livemode": case.livemode, "created_at": AT, "recorded_at": AT}
    attorney = Attorney.objects.create(**who)
    accepted = {"status": "accepted", "accepted_at": AT - timedelta(days=1), "updated_at": AT}
    return Referral.objects.create(case=case, attorney=attorney, **accepted, **named)


def test_names_are_no_words_of_an_attorney() -> None:
    read = {"language": "en", "texts": ["Court Street Attorney Supplies"], "facts": {}, "number": "SUIT-1"}
    said = "Invoice SUIT-1 of Court Street Attorney Supplies is open."
    assert rendering.read_again(said, [said], **read) == {"suit": False, "attorney": False}
    assert rendering.read_again("", ["Our attorney goes to court."], **read) == {"suit": True, "attorney": True}


def test_an_attorney_may_be_named_only_where_the_letter_rests_on_one() -> None:
    draft = drafting.Draft("first_reminder", "x", ("An attorney has accepted this matter.",), drafter="person")
    refused = rendering.check(letter(), rendering.render(letter(), draft))
    assert {one.guard for one in refused} == {"attorney"}
    allowed = replace(letter(), attorney_allowed=True)
    assert rendering.check(allowed, rendering.render(allowed, draft)) == ()


@pytest.mark.django_db
def test_what_a_message_may_announce_and_offer_comes_from_the_rows() -> None:
    case = world.case(campaign=None)
    step = world.step(case, "second_reminder")
    contact = Contact.objects.get(debtor=case.debtor)

    def ground() -> queries.Ground:
        campaign = Campaign.objects.select_related("organisation").get(id=case.campaign_id)
        named = {"case": case, "debtor": Debtor.objects.get(id=case.debtor_id), "contact": contact, "step": step}
        return queries.ground(campaign=campaign, organisation=campaign.organisation, **named)

    first = ground()
    assert "email" in first.authorised and first.offers == {"plan"} and not first.attorney_allowed
    Campaign.objects.filter(id=case.campaign_id).update(offer_policy={"plans": False})
    Debtor.objects.filter(id=case.debtor_id).update(region="CA")
    for state, allowed in (("NY", False), ("CA", True)):
        Referral.objects.all().delete()
        attorney = Attorney.objects.create(
            id=f"atn_{state}", name="Kim Lee", firm="Lee", bar_state=state, bar_number="1", licence_expires_on=date.max
        )
        Referral.objects.create(
            case=case,
            organisation_id=case.organisation_id,
            livemode=False,
            created_at=AT,
            recorded_at=AT,
            updated_at=AT,
            attorney=attorney,
            status="accepted",
            accepted_at=AT,
            actor="test",
        )
        now = ground()
        assert (now.offers, now.attorney_allowed, "attorney" in now.authorised) == (frozenset(), allowed, allowed)


# --- consumers


@pytest.fixture
def person(db: Any) -> Case:
    """A private debtor in New Jersey, of an organisation with a licensed collector."""
    organisation = factories.organisation(consumer_enabled=True)
    licences = [{"region": region, "number": "1"} for region in ("NJ", "NY", "TX")]
    row = Collector.objects.create(legal_name=COLLECTOR, address="1 Plain Street, Trenton, NJ 08601", licences=licences)
    Organisation.objects.filter(id=organisation.id).update(collector=row, postal_address="9 Main Street, Newark, NJ")
    organisation.refresh_from_db()
    made = world.case(organisation=organisation, invoice_date=date(2026, 1, 2), due_date=date(2026, 2, 2))
    private = {"debt_class": "consumer", "debtor_type": "individual", "region": "NJ", "name": "Jane Roe"}
    Debtor.objects.filter(id=made.debtor_id).update(**private)
    Contact.objects.filter(debtor_id=made.debtor_id).update(
        email="jane@gmail.com", name="Jane Roe", basis="creditor_supplied"
    )
    return Case.objects.get(id=made.id)


def says(step: Step, rule: str) -> tuple[str, str]:
    decision = Decision.objects.filter(step_id=step.id).latest("recorded_at")
    [one] = [one for one in decision.verdicts if one["rule"] == rule]
    return one["outcome"], one["reason"]


@pytest.fixture
def letting(person: Case) -> Case:
    """What operations enter is there too."""
    told = {"source": "SDN", "digest": "x", "entries": 1, "loaded_by": "ops"}
    listed = SanctionsList.objects.create(loaded_at=AT - DAY, **told)
    Debtor.objects.filter(id=person.debtor_id).update(screened_at=AT - DAY, screened_list=listed.id)
    Organisation.objects.filter(id=person.organisation_id).update(mandate_signed_at=AT - DAY, mandate_signed_by="Kim")
    return person


def test_a_consumers_first_message_carries_name_disclosure_and_validation_notice(letting: Case) -> None:
    step, message = sent(letting)
    assert step.status == "sent" and message is not None, step.reason
    html = " ".join(markup.text_of(message.html).split())
    for part in (message.text, html):
        assert part.count(SENDER) and consumer.disclosure("first", COLLECTOR) in part
        # Sent on a Tuesday: taken to be there five working days later, on the 24th; thirty days on is April 23.
        assert "Write or reply by April 23, 2026 to dispute" in part
        assert "On January 2, 2026 the amount was $15,000.00" in part
        assert "www.cfpb.gov/debt-collection" in part and "1 Plain Street, Trenton" in part
    mail = world.mails()[0]
    assert mail["From"].startswith(f'"{SENDER}"') and "collector" not in mail["Subject"]
    assert consumer.told(message.text, collector=COLLECTOR, creditor="Your Company").validation


def test_the_next_one_is_a_later_one_without_pressure_until_the_period_ends(letting: Case) -> None:
    sent(letting)
    consent = {"channel": "email", "kind": "esign", "since": AT.isoformat(), "revoked_at": None}
    Contact.objects.filter(debtor_id=letting.debtor_id).update(consents=[consent])
    again = Step.objects.get(case=letting, status="planned")
    Step.objects.filter(id=again.id).update(due_at=AT + 7 * DAY, channel="email", intent="second_reminder")
    operations.send_due(at=AT + 7 * DAY)
    again.refresh_from_db()
    assert again.status == "sent", again.reason
    text = Message.objects.get(step_id=again.id).text
    assert consumer.disclosure("later", COLLECTOR) in text and consumer.MARK not in text
    facts = {"contact": Contact.objects.get(debtor_id=letting.debtor_id), "step": again}
    campaign = Campaign.objects.select_related("organisation").get(id=letting.campaign_id)
    debtor = Debtor.objects.get(id=letting.debtor_id)
    rows = {"case": letting, "debtor": debtor, "organisation": campaign.organisation} | facts
    paper = letters.stationery(campaign, campaign.organisation)
    made = {at: letters.letter(paper, itemised=False, at=at, **rows) for at in (AT + 37 * DAY, AT + 38 * DAY)}
    assert [one.validation_open for one in made.values()] == [True, False]


@pytest.mark.parametrize(
    ("debtor", "case", "why"),
    [
        ({"region": "NY"}, {}, "NY asks for words of its own to consumers (23 NYCRR 1)"),
        ({"language": "es"}, {}, "not written in the language es"),
        ({"region": "TX"}, {"due_date": date(2020, 1, 2)}, "TX asks for words of its own about a debt past its time"),
    ],
)
def test_where_nothing_is_written_nothing_is_sent_and_the_reason_says_so(
    letting: Case, debtor: dict[str, Any], case: dict[str, Any], why: str
) -> None:
    Debtor.objects.filter(id=letting.debtor_id).update(**debtor)
    Case.objects.filter(id=letting.id).update(**case)
    step, message = sent(Case.objects.select_related("debtor").get(id=letting.id))
    outcome, reason = says(step, "R-14")
    assert outcome == "require" and why in reason and step.status == "denied" and message is None


def test_a_debt_past_its_time_says_that_nobody_sues_for_it(letting: Case) -> None:
    Case.objects.filter(id=letting.id).update(due_date=date(2020, 1, 2))
    step, message = sent(letting)
    assert step.status == "sent" and message is not None, step.reason
    assert consumer.disclosure("barred", COLLECTOR) in message.text


@pytest.mark.parametrize("missing", ["first", "validation", "sender"])
def test_what_does_not_stand_in_the_text_was_not_told(missing: str) -> None:
    facts = dict.fromkeys(consumer.Notice.__slots__, "x")
    parts = {
        "sender": [consumer.sender(COLLECTOR, "Your Company")],
        "first": [consumer.disclosure("first", COLLECTOR)],
        "validation": list(consumer.validation(consumer.Notice(**facts))),
    }
    whole = "\n\n".join(text for texts in parts.values() for text in texts)
    assert consumer.told(whole, collector=COLLECTOR, creditor="Your Company") == consumer.Told(
        sender=SENDER, disclosure="first", validation=True, barred=False
    )
    parts[missing].pop()
    less = consumer.told(
        "\n\n".join(t for ts in parts.values() for t in ts), collector=COLLECTOR, creditor="Your Company"
    )
    assert {"first": less.disclosure == "", "validation": not less.validation, "sender": less.sender is None}[missing]


def test_without_a_collector_nothing_changes_and_the_gate_refuses(letting: Case) -> None:
    Organisation.objects.filter(id=letting.organisation_id).update(collector=None)
    step, message = sent(letting)
    assert message is None and step.status == "planned"
    assert says(step, "R-22")[0] == "require"
