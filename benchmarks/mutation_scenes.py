"""For each rule of the law, a scene in which nothing but that rule keeps a message or call from leaving.

A scene builds rows of an organisation of its own, lets the engine try, and returns the organisation's id.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest import mock

from campaigns import operations as campaigns
from campaigns.models import Case, Contact, Debtor, LedgerEntry, Step, Task
from outreach import operations as outreach
from outreach import rendering
from outreach.models import Message
from outreach.operations import answering, call_law, readiness, sending
from sandbox import replies
from tests import factories
from tests.outreach import world

# A Tuesday after the day on which the factories' rows are made, 11:00 in New York.
AT = datetime(2027, 3, 16, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SUNDAY_NIGHT = AT + 5 * DAY + timedelta(hours=11)
BY = "benchmark"
TALKS, MACHINE = "+1 212 555 0177", "+1 212 555 0101"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """`play` tells the story and returns the organisation. `check`: who should notice. `spoils`: what else is broken,
    because words are code's own and no row can make them wrong. `why`: why nobody can see it from outside."""

    rule: str
    check: str = ""
    play: Callable[[], str] | None = None
    spoils: tuple[Callable[[], AbstractContextManager[Any]], ...] = ()
    also: str = ""
    why: str = ""


@dataclass(slots=True)
class Stage:
    """One debtor with one invoice and one contact, and its organisation."""

    case: Case
    contact: Contact
    steps: int = field(default=0)

    @property
    def organisation_id(self) -> str:
        return self.case.organisation_id

    @property
    def debtor(self) -> Debtor:
        return Debtor.objects.get(id=self.case.debtor_id)

    def email(self, at: datetime = AT, **facts: Any) -> "Stage":
        """The next step of the playbook is an email, and is worked off at `at`."""
        return self._work("first_reminder" if not self.steps else "second_reminder", at, **facts)

    def call(self, at: datetime = AT, **facts: Any) -> "Stage":
        return self._work("first_call", at, channel="call", **facts)

    def _work(self, intent: str, at: datetime, **facts: Any) -> "Stage":
        # What the engine planned itself gives way to the scene's own act.
        Step.objects.filter(case=self.case, status=Step.Status.PLANNED).update(status=Step.Status.CANCELLED)
        step = world.step(self.case, intent, due_at=at, **({"version": 2, "index": 20 + self.steps} | facts))
        self.steps += 1
        outreach.send_step(step_id=step.id, at=at)
        return self


def stage(
    *,
    livemode: bool = False,
    organisation: dict[str, Any] | None = None,
    campaign: dict[str, Any] | None = None,
    debtor: dict[str, Any] | None = None,
    contact: dict[str, Any] | None = None,
    case: dict[str, Any] | None = None,
) -> Stage:
    """A lawful debtor in New York; each dict changes one of its rows."""
    own = factories.organisation(**(organisation or {}))
    if livemode:
        world.proven(own)
    told = {"brand": world.BRAND | {"phone": "+1 212 555 0199"}, "creditor": own.name, "playbook_version": 2}
    mandate = factories.campaign(own, livemode, **(told | {"posture": "firm"} | (campaign or {})))
    owing = factories.debtor(own, livemode, **({"region": "NY"} | (debtor or {})))
    person = factories.contact(owing, **(contact or {}))
    invoice = factories.case(own, livemode, campaign=mandate, debtor=owing, **(case or {}))
    return Stage(invoice, person)


def held(kind: str, on: str = "debtor") -> Callable[[], str]:
    """A hold of that kind, then the first message."""

    def play() -> str:
        made = stage()
        target = {"debtor": made.debtor, "case": made.case, "campaign": made.case.campaign}[on]
        campaigns.hold(kind=kind, on=target, by="engine", at=AT - DAY)
        return made.email().organisation_id

    return play


def first(at: datetime = AT, **rows: Any) -> Callable[[], str]:
    """The first message to somebody whose rows are as told."""
    return lambda: stage(**rows).email(at).organisation_id


def found(**facts: Any) -> dict[str, Any]:
    """A contact that a search found."""
    known = {"source": "enrichment", "basis": "published", "title": "CFO", "sources": ["one", "two"], "level": 1}
    return known | {"verified_at": AT - 2 * DAY} | facts


def rung(**rows: Any) -> Callable[[], str]:
    """A call after the first message."""

    def play() -> str:
        given = rows | {"contact": {"phone": TALKS} | rows.get("contact", {})}
        return stage(**given).email().call(AT + 2 * DAY).organisation_id

    return play


def dialled() -> str:
    """Live, by a person, under a brand without a number to call back."""
    made = stage(livemode=True, contact={"phone": TALKS}, campaign={"brand": world.BRAND}).email()
    made.call(AT + 2 * DAY)
    for task in Task.objects.filter(case=made.case, kind="call"):
        campaigns.complete_task(task_id=task.id, outcome="no_answer", note="", by=BY, at=AT + 2 * DAY)
    return made.organisation_id


def massachusetts() -> str:
    made = stage(debtor={"region": "MA"}, contact={"phone": TALKS}).email()
    for days in (7, 9, 13):
        made.call(AT + days * DAY)
    return made.organisation_id


def opted_out() -> str:
    made = stage()
    campaigns.suppress(contact=made.contact, channel="email", reason="opt_out", by="debtor", at=AT - DAY)
    return made.email().organisation_id


def wrong_person() -> str:
    made = stage()
    other = factories.contact(made.debtor, email="other@acmecorp.com", level=2)
    campaigns.suppress(contact=other, channel="email", reason="wrong_person", by="debtor", at=AT - DAY)
    return made.email().organisation_id


def bounced() -> str:
    made = stage().email()
    replies.bounce(message=Message.objects.get(case=made.case), kind="hard", at=AT + DAY)
    outreach.process_inbound(at=AT + DAY)
    Case.objects.filter(id=made.case.id).update(status="active")
    return made.email(AT + 3 * DAY).organisation_id


def two_answers() -> str:
    made = stage().email()
    replies.reply(case=made.case, text="", template="who", sender="", at=AT + DAY)
    outreach.process_inbound(at=AT + DAY)
    for cause in ("rpy_one", "rpy_two"):
        answering.plan_answer(
            case=made.case,
            contact=made.contact,
            intent="answer_general",
            kind="answer",
            cause=cause,
            facts={},
            at=AT + DAY,
        )
    outreach.send_due(at=AT + DAY)
    outreach.send_due(at=AT + DAY + timedelta(minutes=5))
    return made.organisation_id


def interest() -> str:
    made = stage()
    LedgerEntry.objects.create(
        organisation_id=made.organisation_id,
        livemode=False,
        case=made.case,
        kind="interest",
        amount_minor=1_000,
        currency="USD",
        actor=BY,
        created_at=AT - DAY,
        recorded_at=AT - DAY,
    )
    Case.objects.filter(id=made.case.id).update(balance_minor=made.case.balance_minor + 1_000)
    made.case.refresh_from_db()
    return made.email().organisation_id


def consumer(**contact: Any) -> dict[str, Any]:
    """Rows of a natural person, of an organisation that may collect from one."""
    facts = {"consumer_enabled": True}
    person = {"email": "jo@gmail.com", "basis": "debtor_used"} | contact
    return {"organisation": facts, "debtor": {"debtor_type": "individual"}, "contact": person}


# --- what is broken beside a rule


def no_guards() -> AbstractContextManager[Any]:
    """The guards over words find nothing."""
    return mock.patch.object(rendering, "check", return_value=())


def without(words: str, instead: str = "") -> Callable[[], AbstractContextManager[Any]]:
    """Whoever writes the messages leaves `words` out, in both parts."""
    real = rendering.render

    def spoilt(letter: Any, draft: Any) -> Any:
        made = real(letter, draft)
        return replace(made, text=made.text.replace(words, instead), html=made.html.replace(words, instead))

    return lambda: mock.patch.object(rendering, "render", spoilt)


def script(**lines: Callable[[str], str]) -> Callable[[], AbstractContextManager[Any]]:
    """Whoever writes the calls' scripts says something else."""
    real = call_law.calls.script

    def spoilt(**facts: Any) -> Any:
        made = real(**facts)
        return replace(made, **{name: change(getattr(made, name)) for name, change in lines.items()})

    return lambda: mock.patch.object(call_law.calls, "script", spoilt)


def no_statement() -> AbstractContextManager[Any]:
    """No message is itemised."""
    return mock.patch.object(readiness.Rows, "itemised", property(lambda rows: False))


def outside() -> AbstractContextManager[Any]:
    """A live message ends here: nothing of it leaves this machine."""
    from django.conf import settings

    class Nowhere:
        def deliver(self, parcel: Any, hand_over: Callable[[], None]) -> None:
            hand_over()

    stack = ExitStack()
    stack.enter_context(mock.patch.dict(settings.SMTP, {"host": "nowhere.invalid"}))
    stack.enter_context(mock.patch.object(sending, "transport", return_value=Nowhere()))
    return stack


_GUARDS = "the guards and whoever writes the words"
_WRITER = "whoever writes the script"
SCENES = (
    Scene(rule="R-00", check="class", play=first(debtor={"debt_class": "consumer"})),
    Scene(rule="R-32", check="california", play=first(debtor={"debtor_type": "sole_proprietor", "region": "CA"})),
    Scene(rule="R-29", check="final", play=held("bankruptcy")),
    Scene(rule="R-03", check="represented", play=held("attorney_represented")),
    Scene(rule="R-05", check="cease", play=held("cease")),
    Scene(rule="R-17", check="disputed", play=held("dispute", "case")),
    Scene(rule="R-10", check="opted_out", play=opted_out),
    Scene(rule="R-39", check="wrong_party", play=wrong_person),
    Scene(rule="H-01", check="held", play=held("creditor_pause", "campaign")),
    Scene(rule="R-37", check="mandate", play=first(livemode=True, organisation={"mandate_signed_at": None})),
    Scene(
        rule="R-36", check="sanctions", play=first(debtor={"screening_hit": "Nobody We Know", "screened_at": AT - DAY})
    ),
    Scene(rule="R-35", check="country", play=first(organisation={"enabled_countries": ["FR"]})),
    Scene(
        rule="R-31",
        check="licence",
        play=first(livemode=True, organisation={"first_party": False}, debtor={"region": "FL"}),
    ),
    Scene(rule="R-06", check="role", play=first(contact=found(title="Gardener"))),
    Scene(rule="R-04", check="workplace", play=first(contact=found(email="acme.corp@gmail.com"))),
    Scene(rule="R-07", check="basis", play=first(**consumer(basis="published"))),
    Scene(rule="R-19", check="found", play=first(contact=found(sources=[]))),
    Scene(rule="R-08", why="no SMS is sent: the product has no such channel"),
    Scene(rule="R-16", check="bounced", play=bounced),
    Scene(
        rule="R-24",
        check="revoked",
        play=rung(
            contact={
                "consents": [
                    {
                        "channel": "sms",
                        "kind": "express",
                        "since": "2026-01-01T00:00:00+00:00",
                        "revoked_at": "2026-02-01T00:00:00+00:00",
                    }
                ]
            }
        ),
    ),
    Scene(rule="R-23", check="line", play=rung(contact={"line_type": "wireless"})),
    Scene(rule="R-18", check="clauses", play=interest),
    Scene(rule="R-20", check="extinguished", play=first(debtor={"region": "MS"}, case={"due_date": date(2020, 1, 1)})),
    Scene(
        rule="R-33",
        check="attorney",
        play=first(),
        also=_GUARDS,
        spoils=(no_guards, without("On behalf of", "Our attorney writes for")),
    ),
    Scene(rule="K-01", check="one_answer", play=two_answers),
    Scene(rule="R-13", check="caller", play=dialled),
    Scene(
        rule="R-25",
        check="recording",
        play=rung(),
        also=_WRITER,
        spoils=(script(first_words=lambda said: said.replace("transcribed and recorded", "short")),),
    ),
    Scene(
        rule="R-26",
        check="artificial",
        play=rung(),
        also=_WRITER,
        spoils=(script(first_words=lambda said: said.replace("an artificial voice", "Sam")),),
    ),
    Scene(
        rule="R-28",
        check="voicemail",
        play=rung(contact={"phone": MACHINE}),
        also=_WRITER,
        spoils=(script(voicemail=lambda said: said + " It is about your invoice."),),
    ),
    Scene(
        rule="R-09",
        check="opt_out",
        play=first(),
        also=_GUARDS,
        spoils=(no_guards, without("opt out of these emails", "enjoy them")),
    ),
    Scene(
        rule="R-27",
        check="postal",
        play=first(),
        also=_GUARDS,
        spoils=(no_guards, without("548 Market Street, San Francisco, CA 94104, USA")),
    ),
    Scene(
        rule="R-22",
        check="creditor",
        play=first(),
        also=_GUARDS,
        spoils=(no_guards, without("Your Company", "Somebody")),
    ),
    Scene(rule="R-14", check="collector", play=first(**consumer())),
    Scene(rule="R-15", check="itemised", play=first(), also="whoever itemises", spoils=(no_statement,)),
    Scene(
        rule="R-38",
        check="found_notice",
        play=first(livemode=True, contact=found()),
        also=_GUARDS,
        spoils=(no_guards, without("was found through", "belongs to")),
    ),
    Scene(
        rule="R-02",
        check="inconvenient",
        play=first(debtor={"inconvenient": [{"since": "2026-01-01T00:00:00+00:00", "from": "08:00", "to": "12:00"}]}),
    ),
    Scene(rule="R-01", check="hours", play=first(SUNDAY_NIGHT)),
    Scene(rule="R-11", check="calls", play=massachusetts),
    Scene(rule="R-12", check="apart", play=lambda: stage().email().email(AT + DAY).organisation_id),
)
