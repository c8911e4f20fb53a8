"""`GET /v1/events`: everything that happened, in order, for whoever missed a webhook."""

from typing import Any

import orjson
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import pagination
from agentcollect.kit.api import ApiView
from agentcollect.kit.described import described
from agentcollect.kit.errors import ApiError
from agentcollect.kit.listing import Filter, Listing
from events import queries, schema
from events.catalogue import PUBLIC

LISTING = Listing(
    filters={"campaign_id": Filter(), "case_id": Filter(), "debtor_id": Filter()}, updated="recorded_at", metadata=""
)


class Events(ApiView):
    """Ascending by `sequence`; `after` is an event's id, the `next_cursor` of an earlier page, or `latest`."""

    scopes = {"GET": "events:read"}
    parameters = {"GET": (LISTING.parameters - {"cursor"}) | {"after", "types"}}

    @extend_schema(
        operation_id="list_events",
        summary="Everything that happened, in order: the pull fallback that can miss nothing",
        tags=["Events"],
        parameters=[
            OpenApiParameter(
                "after",
                str,
                description="An event id or the last `next_cursor`; left out = from the first, `latest` = what "
                "comes from now on.",
            ),
            OpenApiParameter("types", str, description="Event types, separated by commas."),
            *LISTING.documented(),
        ],
        responses={200: schema.EVENT_PAGE},
        examples=[
            OpenApiExample(
                "Page",
                value={"data": [schema.EXAMPLE], "has_more": False, "next_cursor": "b3BhcXVl"},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        asks, params = self.principal, request.query_params.dict()
        types, limit = _types(params), pagination.read_limit(params)
        asked = sorted((name, value) for name, value in params.items() if name not in {"after", "limit", "types"})
        question = f"events:{asks.organisation_id}:{asks.livemode}:{','.join(types)}:{asked}"
        after = self._position(params.get("after", ""), question)
        if not after and (moment := pagination.read_time(params, "created_after")):
            after = max(0, queries.first_created_since(asks.organisation_id, asks.livemode, moment) - 1)
        found = LISTING.narrow(queries.since(asks.organisation_id, asks.livemode, after=after, types=types), params)
        rows = list(found[: limit + 1])
        more, rows = len(rows) > limit, rows[:limit]
        last = rows[-1].sequence if rows else after
        return Response(
            {
                "data": [orjson.Fragment(row.payload) for row in rows],
                "has_more": more,
                "next_cursor": pagination.make_cursor([last], question),
            }
        )

    def _position(self, after: str, question: str) -> int:
        """The sequence to go on from. A cursor or an event of somebody else's is refused, not read as the beginning."""
        if not after:
            return 0
        if after == "latest":
            return queries.newest(self.principal.organisation_id, self.principal.livemode)
        if not after.startswith("evt_"):
            return int(pagination.read_cursor(after, question, param="after")[0])
        try:
            return int(queries.event(self.principal.organisation_id, self.principal.livemode, after).sequence or 0)
        except ApiError as error:
            raise ApiError("invalid_cursor", "There is no such event to go on from.", param="after") from error


@described("get_event", "One event", schema.EVENT, schema.EXAMPLE, tag="Events", called="Event")
class EventDetail(ApiView):
    """One event, byte for byte as its receivers got it."""

    scopes = {"GET": "events:read"}

    def get(self, request: Request, event_id: str) -> Response:
        found = queries.payload(self.principal.organisation_id, self.principal.livemode, event_id)
        return Response(orjson.Fragment(found))


def _types(params: dict[str, Any]) -> list[str]:
    names = sorted({name for name in params.get("types", "").split(",") if name})
    for name in names:
        if name not in PUBLIC:
            raise ApiError("invalid_parameter", f"There is no event type {name[:60]!r}.", param="types")
    return names
