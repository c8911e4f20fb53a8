"""`/v1/calls`: what was said on the phone, and what came of it."""

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.api import ApiView
from agentcollect.kit.described import described
from agentcollect.kit.listing import document
from outreach import call_schema, listings, queries, serializers


@document("list_calls", "List calls", call_schema.CALL_ITEM, call_schema.EXAMPLE, tag="Calls")
class Calls(ApiView):
    """Every call, newest first; those that a person has still to make are `reserved`."""

    scopes = {"GET": "messages:read"}
    lists = listings.CALLS

    def get(self, request: Request) -> Response:
        rows = queries.calls(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, serializers.call)


@described(
    "get_call",
    "Get a call with what was said",
    call_schema.CALL,
    call_schema.DETAIL_EXAMPLE,
    tag="Calls",
    called="Call",
)
class OneCall(ApiView):
    """A call with its script and what was said."""

    scopes = {"GET": "messages:read"}

    def get(self, request: Request, call_id: str) -> Response:
        found = queries.call(self.principal.organisation_id, self.principal.livemode, call_id)
        return Response(serializers.call_detail(found))
