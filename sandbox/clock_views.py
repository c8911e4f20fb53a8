"""`/v1/sandbox/clocks`: time that a test makes itself."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import TestClock
from agentcollect.kit import clock, errors
from agentcollect.kit.api import body_object
from agentcollect.kit.described import described
from agentcollect.kit.errors import FieldError
from agentcollect.kit.listing import Listing, document, one_of
from agentcollect.kit.shapes import MAYBE_TEXT, MAYBE_TIME, TEXT, TIME, choice, named, record, whole
from campaigns.serializers.reading import moment
from sandbox import clocks
from sandbox.views import SandboxView

SHAPE = named(
    "TestClock",
    whole(
        {
            "id": TEXT,
            "name": TEXT,
            "frozen_time": TIME | {"description": "The moment it shows: everything up to it has happened."},
            "status": choice(TestClock.Status.values),
            "target": MAYBE_TIME | {"description": "Where it was last sent to."},
            "progress": {"type": "integer", "minimum": 0, "maximum": 100},
            "acts": {"type": "integer", "description": "How many things were done on the way there."},
            "error": MAYBE_TEXT | {"description": "Why it failed: which act, when, and what it raised."},
            "campaigns": {"type": "integer", "description": "How many campaigns live on it."},
            "created_at": TIME,
            "livemode": {"type": "boolean"},
        }
    ),
)
EXAMPLE = {
    "id": "clk_0UZ8pq1K9xQk4Fw2aBcDeF",
    "name": "A year in a minute",
    "frozen_time": "2027-01-04T14:00:00Z",
    "status": "ready",
    "target": None,
    "progress": 100,
    "acts": 0,
    "error": None,
    "campaigns": 0,
    "created_at": "2026-03-17T14:05:00Z",
    "livemode": False,
}
_WANTED = {"frozen_time": EXAMPLE["frozen_time"], "name": EXAMPLE["name"]}
_TO = "2028-01-10T14:00:00Z"
_ON_ITS_WAY = EXAMPLE | {"status": "advancing", "target": _TO, "progress": 0, "campaigns": 1}


def shown(row: TestClock) -> dict[str, Any]:
    """The public shape; `row` comes from `clocks.named` or `clocks.clocks`."""
    return {
        "id": row.id,
        "name": row.name,
        "frozen_time": clock.iso(row.frozen_time),
        "status": row.status,
        "target": clock.iso(row.target) if row.target else None,
        "progress": clocks.progress(row),
        "acts": row.acts,
        "error": row.error or None,
        "campaigns": row.campaigns,  # type: ignore[attr-defined]
        "created_at": clock.iso(row.created_at),
        "livemode": row.livemode,
    }


class ClockView(SandboxView):
    """What the three addresses share."""

    def found(self, clock_id: str) -> TestClock:
        return clocks.named(self.principal.organisation_id, self.principal.livemode, clock_id)

    def show(self, clock_id: str, status: int) -> Response:
        where = {"Location": f"/v1/sandbox/clocks/{clock_id}"}
        return Response(shown(self.found(clock_id)), status=status, headers=where)


@document("list_test_clocks", "Test clocks, newest first", SHAPE, EXAMPLE, tag="Sandbox")
class Clocks(ClockView):
    """Clocks of test mode."""

    scopes = {"GET": "sandbox:read", "POST": "sandbox:write"}
    lists = Listing(filters={"status": one_of(TestClock.Status.values)}, metadata="")

    def get(self, request: Request) -> Response:
        return self.listing(clocks.clocks(self.principal.organisation_id, self.principal.livemode), shown)

    @extend_schema(
        operation_id="create_test_clock",
        summary="Make a test clock",
        description=(
            "It shows `frozen_time` until you advance it. A campaign created with `test_clock` lives on it, with "
            "everything that belongs to it; nothing on one clock sees what is on another, or on the wall."
        ),
        tags=["Sandbox"],
        request={"application/json": record(["frozen_time"], frozen_time=TIME, name=TEXT | {"maxLength": 120})},
        responses={201: SHAPE},
        examples=[
            OpenApiExample("A clock", value=_WANTED, request_only=True),
            OpenApiExample("Made", value=EXAMPLE, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: Request) -> Response:
        given = body_object(request, frozenset({"frozen_time", "name"}), frozenset({"frozen_time"}))
        name = given.get("name") or ""
        if not isinstance(name, str) or len(name) > 120 or "\0" in name:
            raise errors.invalid([FieldError("name", "invalid_text", "name is a text of at most 120 characters.")])
        row = clocks.create(
            organisation_id=self.principal.organisation_id,
            livemode=self.principal.livemode,
            frozen_time=_moment(given),
            name=name,
            by=self.principal.by,
            at=clock.now(),
        )
        return self.show(row.id, 201)


@described("get_test_clock", "One test clock: where it stands, and how far it has come", SHAPE, EXAMPLE, tag="Sandbox")
class ClockDetail(ClockView):
    """One clock."""

    scopes = {"GET": "sandbox:read", "DELETE": "sandbox:write"}

    def get(self, request: Request, clock_id: str) -> Response:
        return Response(shown(self.found(clock_id)))

    @extend_schema(
        operation_id="delete_test_clock",
        summary="Delete a test clock with everything on it",
        description=(
            "In the background: campaigns, cases, debtors, messages and payments on it go, then the clock. Events, "
            "webhook deliveries and the request log stay: they were told."
        ),
        tags=["Sandbox"],
        responses={202: SHAPE},
        examples=[
            OpenApiExample("Going", value=EXAMPLE | {"status": "deleting"}, response_only=True, status_codes=["202"])
        ],
    )
    def delete(self, request: Request, clock_id: str) -> Response:
        clocks.delete(clock_id=self.found(clock_id).id, by=self.principal.by, at=clock.now())
        return self.show(clock_id, 202)


class ClockAdvance(ClockView):
    """A clock goes forward."""

    scopes = {"POST": "sandbox:write"}

    @extend_schema(
        operation_id="advance_test_clock",
        summary="Advance a test clock",
        description=(
            "Everything due up to `frozen_time` happens, in its order, each thing at its own moment. It goes on in the "
            "background: poll until `status` is `ready`. At most 24 months at once. After `failed`, advance again."
        ),
        tags=["Sandbox"],
        request={"application/json": record(["frozen_time"], frozen_time=TIME)},
        responses={202: SHAPE},
        examples=[
            OpenApiExample("A year on", value={"frozen_time": _TO}, request_only=True),
            OpenApiExample("On its way", value=_ON_ITS_WAY, response_only=True, status_codes=["202"]),
        ],
    )
    def post(self, request: Request, clock_id: str) -> Response:
        found = self.found(clock_id)
        given = body_object(request, frozenset({"frozen_time"}), frozenset({"frozen_time"}))
        clocks.advance(clock_id=found.id, frozen_time=_moment(given), by=self.principal.by, at=clock.now())
        return self.show(clock_id, 202)


def _moment(given: dict[str, Any]) -> datetime:
    """Whole milliseconds, as everything else keeps time."""
    written = given["frozen_time"]
    try:
        if not isinstance(written, str):
            raise ValueError("must be a text")
        found = moment(written)
    except ValueError as error:
        raise errors.invalid([FieldError("frozen_time", "invalid_date", f"frozen_time {error}.")]) from error
    return found.replace(microsecond=found.microsecond // 1000 * 1000)
