"""Times, media and numbers that suit a debtor: read from words by code, kept with evidence, heeded by the gate."""

from datetime import timedelta

import pytest

from campaigns.models import Case, Contact, Debtor, Step, Task
from compliance import replies, wishes
from events.models import Event
from outreach import operations, queries
from outreach.models import Reply
from tests import factories
from tests.outreach import letters_back, world
from tests.outreach.world import AT, DAY


def windows(text: str) -> list[tuple[str, tuple[int, ...], str, str]]:
    found = wishes.read(replies.sentences(text))
    return [(one.channel, one.days, one.starts, one.ends) for one in found.windows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't call before 10.", [("call", (), "", "10:00")]),
        ("Please do not contact me before 10 a.m. or after 5 p.m.", [("", (), "", "10:00"), ("", (), "17:00", "")]),
        ("Call me only in the afternoon.", [("call", (), "", "12:00"), ("call", (), "18:00", "")]),
        ("Not on Fridays.", [("", (4,), "", "")]),
        ("No calls between 12 and 2.", [("call", (), "12:00", "14:00")]),
        ("Do not call before 10, and not on Fridays.", [("call", (), "", "10:00"), ("call", (4,), "", "")]),
        (
            "Only call on Tuesdays and Thursdays between 9 and 12.",
            [("call", (0, 2, 4, 5, 6), "", ""), ("call", (1, 3), "", "09:00"), ("call", (1, 3), "12:00", "")],
        ),
        ("I do not want to be called before 10 am.", [("call", (), "", "10:00")]),
        ("Don't email me on Sundays.", [("email", (6,), "", "")]),
        ("E-mail only, no calls.", [("call", (), "", ""), ("letter", (), "", ""), ("sms", (), "", "")]),
        ("In writing only, please.", [("call", (), "", ""), ("sms", (), "", "")]),
        ("Rufen Sie mich bitte nicht vor 10 Uhr an.", [("call", (), "", "10:00")]),
        ("Bitte nur nachmittags anrufen.", [("call", (), "", "12:00"), ("call", (), "18:00", "")]),
        ("Nicht freitags.", [("", (4,), "", "")]),
        ("Ne m'appelez pas avant 10h30.", [("call", (), "", "10:30")]),
        ("Ne m’appelez que l’après-midi.", [("call", (), "", "12:00"), ("call", (), "18:00", "")]),
        ("Pas le vendredi.", [("", (4,), "", "")]),
        ("No me llamen antes de las 10.", [("call", (), "", "10:00")]),
        ("Llámenme solo por la tarde.", [("call", (), "", "12:00"), ("call", (), "20:00", "")]),
        ("Solo por escrito, no llamadas.", [("call", (), "", ""), ("sms", (), "", "")]),
    ],
)
def test_what_is_plain_is_read(text: str, expected: list[tuple[str, tuple[int, ...], str, str]]) -> None:
    assert windows(text) == expected
    assert all(one.quote in text for one in wishes.read(replies.sentences(text)).windows)
    assert {"inconvenient_time", "channel_preference"} & {one.label for one in replies.readings(text)}
    assert replies.lexicon(text) == "" and not replies.may_be_a_stop(text)


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("Don't call after 9.", True),  # of the morning, or of the evening
        ("Don't call before Friday.", True),
        ("No llamen mañana.", True),
        ("Do not send an email before 12/03/2026.", True),
        ("Please call me after 2pm.", True),  # are other times wrong?
        ("Don't call me at work ever again.", True),
        ("Do not call before 10 am EST.", True),
        ("We cannot pay before Friday.", False),
        ("We only pay on Fridays.", False),
        ("The goods did not arrive before 10.", False),
        ("Mornings work best for me.", False),
        ("I am in the office only on Tuesdays.", False),
    ],
)
def test_what_is_not_plain_is_no_window(text: str, unclear: bool) -> None:
    found = wishes.read(replies.sentences(text))
    assert (found.windows, bool(found.unclear)) == ((), unclear)


@pytest.mark.parametrize(
    "text",
    ["Do not contact me before 10, or ever again.", "Do not contact us.", "Stop contacting me before I lose it."],
)
def test_a_stop_beside_a_time_stays_a_stop(text: str) -> None:
    assert replies.lexicon(text) == "cease"


# --- through the door


@pytest.fixture
def case(empty_redis: None) -> Case:
    found = world.case()
    sent = world.step(found, due_at=AT - 2 * DAY, status="sent", resolved_at=AT - 2 * DAY)
    headers = {"rfc_message_id": f"<{sent.id}@yourcompany.com>", "step_id": sent.id}
    factories.message(found, created_at=AT - 2 * DAY, handed_over_at=AT - 2 * DAY, **headers)
    world.step(found, "second_reminder", due_at=AT + 2 * DAY)
    return found


def write(case: Case, text: str, **headers: str) -> Reply:
    letters_back.arrive(letters_back.mail(case, text, **headers))
    operations.process_inbound(at=AT)
    return Reply.objects.filter(case=case).latest("recorded_at")


@pytest.mark.django_db
def test_a_window_is_kept_with_evidence_once_and_the_gate_waits_for_its_end(case: Case) -> None:
    text = "Please do not write to me before noon."
    reply = write(case, text)
    assert (reply.status, reply.label) == ("handled", "inconvenient_time")
    assert reply.outcome == "noted: no email before 12:00"
    debtor = Debtor.objects.get(id=case.debtor_id)
    [row] = debtor.inconvenient
    assert (row["channel"], row["to"], row["evidence"]) == ("email", "12:00", {"reply_id": reply.id, "quote": text})
    assert Event.objects.filter(type="debtor.inconvenient", case_id=case.id).count() == 1
    write(case, text, Message_ID="<again@acmecorp.com>")
    debtor.refresh_from_db()
    assert len(debtor.inconvenient) == 1
    step = Step.objects.get(case=case, intent="second_reminder")
    Step.objects.filter(id=step.id).update(due_at=AT + 3 * DAY)
    operations.send_due(at=AT + 3 * DAY)
    step.refresh_from_db()
    # Noon where the debtor is, in every zone that it may be in.
    assert step.status == "planned" and step.due_at > AT + 3 * DAY and "inconvenient" in step.reason


@pytest.mark.django_db
def test_no_calls_closes_the_medium_takes_consent_back_and_the_playbook_goes_on(case: Case) -> None:
    standing = {"channel": "call", "kind": "express", "since": (AT - DAY).isoformat(), "revoked_at": None}
    contact = Contact.objects.get(debtor=case.debtor)
    Contact.objects.filter(id=contact.id).update(phone="+12125550100", consents=[standing])
    reply = write(case, "Please don't call me, email only.")
    contact.refresh_from_db()
    assert reply.status == "handled" and contact.consents[0]["revoked_at"]
    call = Step.objects.get(case=case, intent="second_reminder")
    Step.objects.filter(id=call.id).update(channel="call", due_at=AT + DAY)
    operations.send_due(at=AT + DAY)
    call.refresh_from_db()
    assert (call.status, "by call" in call.reason) == ("denied", True)
    assert Step.objects.filter(case=case, status="planned", index__gt=call.index).exists()


@pytest.mark.django_db
def test_a_promise_beside_it_is_kept_too(case: Case) -> None:
    reply = write(case, "We will pay $5,000.00 on March 27, 2026. Please don't call on Fridays.")
    assert reply.label == "promise_to_pay" and "promise for 2026-03-27" in reply.outcome
    assert Debtor.objects.get(id=case.debtor_id).inconvenient[0]["days"] == [4]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("Don't call after 9.", {}),
        ("Don't call before 10. And don't call before Friday.", {}),
        ("Don't call before 10.", {"From": "stranger@elsewhere.example"}),
    ],
    ids=["open", "in part", "stranger"],
)
def test_what_is_not_plain_reaches_a_person(case: Case, text: str, headers: dict[str, str]) -> None:
    reply = write(case, text, **headers)
    assert reply.status == "needs_human" and Task.objects.get(cause=reply.id).kind == "review_reply"
    kept = Debtor.objects.get(id=case.debtor_id).inconvenient
    assert len(kept) == ("And" in text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "known", "given"),
    [
        ("You may call me on +1 212 555 0100.", "", True),
        ("You may call me on +1 212 555 0100.", "2125550100", True),
        ("You may call me on +1 212 555 0100.", "+1 646 555 0100", False),
        ("Vous pouvez m'appeler au +33 1 42 68 53 00.", "", True),
        ("Pueden llamarme al +34 912 345 678.", "", True),
        ("Sie dürfen mich unter +49 30 1234567 anrufen.", "", True),
        ("Please call me on +1 212 555 0100.", "", False),
        ("You may call me on +1 212 555 0100 if you pay for it.", "", False),
    ],
)
def test_a_plain_consent_is_kept_for_its_number(case: Case, text: str, known: str, given: bool) -> None:
    Contact.objects.filter(debtor=case.debtor).update(phone=known)
    reply = write(case, text)
    contact = Contact.objects.get(debtor=case.debtor)
    assert [(one["channel"], one["kind"]) for one in contact.consents] == ([("call", "person")] if given else [])
    assert reply.status == ("handled" if given else "needs_human")
    if given:
        assert contact.phone and contact.consents[0]["evidence"] == {"reply_id": reply.id, "quote": text}
        facts = queries.facts(
            debtor=case.debtor,
            campaign=case.campaign,
            organisation=case.organisation,
            contact=contact,
            at=AT + timedelta(hours=1),
            opt_out=(True, True),
            channel="call",
        )
        assert facts.recipient and facts.recipient.consents[0].kind == "person"
    else:
        assert contact.phone == known
