"""`GET /v1/events`: ascending, without a gap, nobody else's."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, connections

from agentcollect.kit import db
from events.models import Event
from events.operations import record
from tests import factories

AT = datetime(2026, 3, 17, 14, 22, tzinfo=UTC)


def fact(organisation, type: str = "payment.received", livemode: bool = False) -> str:
    with db.atomic():
        return record(type=type, organisation_id=organisation.id, livemode=livemode, data={}, by="test", at=AT)


@pytest.fixture
def organisation():
    return factories.organisation()


@pytest.fixture
def api(organisation, empty_redis):
    return factories.client(factories.api_key(organisation))


@pytest.mark.django_db
def test_pages_in_order_and_a_cursor_that_never_ends(api, organisation):
    made = [fact(organisation) for _ in range(5)]
    fact(organisation, livemode=True)
    fact(factories.organisation("Another"))
    fact(organisation, type="delivery.replayed")  # internal: no number, not shown
    page = api.get("/v1/events", {"limit": 2}).json()
    seen = list(page["data"])
    while page["has_more"]:
        page = api.get("/v1/events", {"limit": 2, "after": page["next_cursor"]}).json()
        seen += page["data"]
    assert [event["id"] for event in seen] == made
    assert [event["sequence"] for event in seen] == [1, 2, 3, 4, 5]
    empty = api.get("/v1/events", {"after": page["next_cursor"]}).json()
    assert (empty["data"], empty["has_more"]) == ([], False)
    late = fact(organisation)
    assert [event["id"] for event in api.get("/v1/events", {"after": empty["next_cursor"]}).json()["data"]] == [late]
    assert [event["id"] for event in api.get("/v1/events", {"after": made[3]}).json()["data"]] == [made[4], late]


@pytest.mark.django_db
def test_the_same_bytes_as_the_webhook(api, organisation):
    name = fact(organisation)
    payload = Event.objects.get(id=name).payload.encode()
    assert api.get(f"/v1/events/{name}").content == payload
    assert payload in api.get("/v1/events").content


@pytest.mark.django_db
def test_types(api, organisation):
    fact(organisation)
    fact(organisation, type="case.escalated")
    fact(organisation, type="campaign.started")
    page = api.get("/v1/events", {"types": "case.escalated,campaign.started"}).json()
    assert [event["event"] for event in page["data"]] == ["case.escalated", "campaign.started"]
    other = api.get("/v1/events", {"types": "case.escalated", "after": page["next_cursor"]})
    assert other.json()["error"] == "cursor_mismatch"
    unknown = api.get("/v1/events", {"types": "nope"}).json()
    assert (unknown["error"], unknown["param"]) == ("invalid_parameter", "types")


@pytest.mark.django_db
def test_foreign_positions_are_refused(api, organisation):
    other = factories.organisation("Another")
    theirs, live = fact(other), fact(organisation, livemode=True)
    stranger = factories.client(factories.api_key(other))
    cursor = stranger.get("/v1/events").json()["next_cursor"]
    for after, code in (
        (theirs, "invalid_cursor"),
        (live, "invalid_cursor"),
        (cursor, "cursor_mismatch"),
        ("zzz", "invalid_cursor"),
    ):
        answer = api.get("/v1/events", {"after": after})
        assert (answer.status_code, answer.json()["error"], answer.json()["param"]) == (400, code, "after")
    for name in (theirs, live, fact(organisation, type="delivery.replayed")):
        assert api.get(f"/v1/events/{name}").status_code == 404


@pytest.mark.django_db
def test_scope(organisation, empty_redis):
    without = factories.client(factories.api_key(organisation, scopes=["payments:read"]))
    assert without.get("/v1/events").json()["error"] == "missing_scope"


@pytest.mark.django_db(transaction=True)
def test_gap_free_in_commit_order_under_threads():
    """Eight writers, every third transaction rolled back, beside a reader who must never see a number late."""
    organisation = factories.organisation()
    rounds, seen, writing = (25 if db.is_postgresql() else 8), [], threading.Event()
    writing.set()

    def write(number: int) -> None:
        for turn in range(rounds):
            try:
                with db.atomic():
                    for _ in range(1 + turn % 3):
                        record(
                            type="payment.received",
                            organisation_id=organisation.id,
                            livemode=False,
                            data={"n": number},
                            by="test",
                            at=AT,
                        )
                    if (turn + number) % 3 == 0:
                        db.collect(_fail, None)  # after the numbers were taken: the latest moment there is
            except RuntimeError:
                pass
        connections.close_all()

    def read() -> None:
        last = 0
        while writing.is_set():
            rows = Event.objects.filter(sequence__gt=last).order_by("sequence").values_list("sequence", flat=True)
            for sequence in rows:
                seen.append(sequence)
                last = sequence
        connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    reader = threading.Thread(target=read)
    for thread in [reader, *threads]:
        thread.start()
    for thread in threads:
        thread.join(60)
    writing.clear()
    reader.join(10)
    every = sorted(
        Event.objects.filter(organisation=organisation, sequence__isnull=False).values_list("sequence", flat=True)
    )
    assert every == list(range(1, len(every) + 1))
    assert len(every) > 8 * rounds / 2
    assert seen == every[: len(seen)], "a number appeared behind one that was already read"
    assert connection.vendor in {"postgresql", "sqlite"}


def _fail(_: list[None]) -> None:
    raise RuntimeError("rolled back")


@pytest.mark.django_db
def test_whoever_wants_only_what_comes_begins_at_the_latest(api, organisation):
    nothing_yet = api.get("/v1/events", {"after": "latest"}).json()
    first = fact(organisation)
    now = api.get("/v1/events", {"after": "latest"}).json()
    assert (now["data"], now["has_more"]) == ([], False)
    second = fact(organisation)
    heard = {"nothing yet": nothing_yet, "now": now}
    after = {name: api.get("/v1/events", {"after": page["next_cursor"]}).json()["data"] for name, page in heard.items()}
    assert [event["id"] for event in after["nothing yet"]] == [first, second]
    assert [event["id"] for event in after["now"]] == [second]
