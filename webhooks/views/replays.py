"""`/v1/webhooks/replays`: sending many deliveries again, as a job."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from agentcollect.kit.api import body_object
from agentcollect.kit.described import described
from agentcollect.kit.listing import Listing, document, one_of
from webhooks import operations, queries, schema, serializers
from webhooks.models import Replay
from webhooks.views.common import WebhookView, shows

_PREVIEW = OpenApiExample("Dry run", value=schema.REPLAY_PREVIEW_EXAMPLE, response_only=True, status_codes=["200"])
_STARTED = OpenApiExample("Started", value=schema.REPLAY_EXAMPLE, response_only=True, status_codes=["202"])


@document("list_webhook_replays", "Replays, newest first", schema.REPLAY, schema.REPLAY_EXAMPLE, tag="Webhooks")
class Replays(WebhookView):
    """Jobs that send deliveries again."""

    scopes = {"GET": "webhooks:read", "POST": "webhooks:write"}
    lists = Listing(filters={"status": one_of(Replay.Status.values)}, metadata="")

    def get(self, request: Request) -> Response:
        return self.listing(queries.replays(**self.own), serializers.replay_json)

    @extend_schema(
        operation_id="replay_webhook_deliveries",
        summary="Send again what a filter finds",
        description=(
            "A job that goes on in the background, at `rate`, through everything that matched: there is no cap. What "
            "fails meanwhile is not drawn in. With `dry_run` it is only counted, and the first ten are shown."
        ),
        tags=["Webhooks"],
        request={"application/json": schema.REPLAY_CREATE},
        responses={200: schema.REPLAY_PREVIEW, 202: schema.REPLAY},
        examples=[OpenApiExample("Recover", value=schema.REPLAY_ASKED, request_only=True), _PREVIEW, _STARTED],
    )
    def post(self, request: Request) -> Response:
        asked = serializers.read_replay(body_object(request, serializers.REPLAY_FIELDS))
        if asked.dry_run:
            found = queries.replay_preview(**self.own, filters=asked.filters, at=clock.now())
            return Response(serializers.preview_json(found))
        replay = operations.start_replay(filters=asked.filters, rate=asked.rate, **self.act)
        where = {"Location": f"/v1/webhooks/replays/{replay.id}"}
        return Response(serializers.replay_json(replay), status=202, headers=where)


@described(
    "get_webhook_replay",
    "One replay: how far it has come, and what became of its deliveries",
    schema.REPLAY_DETAIL,
    shows(schema.REPLAY_DETAIL_EXAMPLE),
    tag="Webhooks",
)
class ReplayDetail(WebhookView):
    """One job."""

    scopes = {"GET": "webhooks:read"}

    def get(self, request: Request, replay_id: str) -> Response:
        found = queries.replay(**self.own, replay_id=replay_id)
        return Response(serializers.replay_detail(found, queries.replay_progress(found)))


class ReplayCancel(WebhookView):
    """Stop a job where it stands."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="cancel_webhook_replay",
        summary="Cancel a replay; what it has sent off already is still delivered",
        tags=["Webhooks"],
        request=None,
        responses={200: schema.REPLAY},
        examples=[shows(schema.REPLAY_EXAMPLE | {"status": "cancelled", "finished_at": "2026-03-17T14:24:05Z"})],
    )
    def post(self, request: Request, replay_id: str) -> Response:
        body_object(request, frozenset())
        return Response(serializers.replay_json(operations.cancel_replay(replay_id=replay_id, **self.act)))
