"""`GET /v1/request_logs`: what was called, and what was answered."""

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import request_log_queries as queries
from accounts import request_log_schema as schema
from agentcollect.kit.api import ApiView
from agentcollect.kit.described import described
from agentcollect.kit.listing import Filter, Listing, document, one_of

_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


@document(
    "list_request_logs",
    "Calls of the last 30 days, newest first",
    schema.CALL,
    schema.EXAMPLE,
    tag="Request logs",
    description="A call appears here a second or two after its answer.",
)
class RequestLogs(ApiView):
    """The calls made for this organisation, in this mode."""

    scopes = {"GET": "logs:read"}
    lists = Listing(
        filters={
            "status": Filter("A status such as `429`, or a class such as `4xx`.", narrow=queries.with_status),
            "error": Filter("An error code."),
            "method": one_of(_METHODS),
            "path": Filter("The whole path, such as `/v1/campaigns`."),
            "key_id": Filter("The key that called, itself or by a token."),
            "request_id": Filter("The `X-Request-Id` of the answer."),
        },
        updated="recorded_at",
        metadata="",
    )

    def get(self, request: Request) -> Response:
        rows = queries.listed(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, schema.call_json)


@described(
    "get_request_log",
    "One call: request, answer, and the events it caused",
    schema.CALL_DETAIL,
    schema.EXAMPLE_DETAIL,
    tag="Request logs",
    called="Call",
)
class RequestLogDetail(ApiView):
    """One call."""

    scopes = {"GET": "logs:read"}

    def get(self, request: Request, log_id: str) -> Response:
        call = queries.one(self.principal.organisation_id, self.principal.livemode, log_id)
        caused = list(queries.events_of(call).values_list("id", flat=True)[:100])
        return Response(schema.call_detail(call, caused))
