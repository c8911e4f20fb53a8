"""`/v1/webhooks`: endpoints."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from agentcollect.kit.api import body_object
from agentcollect.kit.described import described
from agentcollect.kit.errors import ApiError
from agentcollect.kit.listing import Listing, document, one_of
from webhooks import operations, queries, schema, serializers
from webhooks.health import summary
from webhooks.models import Endpoint
from webhooks.views.common import WebhookView, sent, shows


def _own(own: dict[str, Any]) -> QuerySet[Endpoint]:
    """The customer's addresses; a member's mailbox is his own affair."""
    return queries.endpoints(**own).filter(kind=Endpoint.Kind.WEBHOOK)


def _found(own: dict[str, Any], webhook_id: str) -> Endpoint:
    found = _own(own).filter(id=webhook_id).first()
    if found is None:
        raise ApiError("not_found")
    return found


@document("list_webhooks", "List webhook endpoints", schema.ENDPOINT, schema.ENDPOINT_EXAMPLE, tag="Webhooks")
class Webhooks(WebhookView):
    """Endpoints of this organisation and mode."""

    scopes = {"GET": "webhooks:read", "POST": "webhooks:write"}
    lists = Listing(filters={"status": one_of(schema.STATES)})

    def get(self, request: Request) -> Response:
        return self.listing(_own(self.own), serializers.endpoint_json)

    @extend_schema(
        operation_id="create_webhook",
        summary="Register a webhook endpoint URL for event delivery",
        description=(
            "`secret` is shown this once. The shape of the events is pinned to `api_version`, which is the request's "
            "own where it is left out. `status` is `unverified` where your organisation asks new addresses for a "
            "challenge: `endpoint.verification` is then on its way."
        ),
        tags=["Webhooks"],
        request={"application/json": schema.CREATE},
        responses={201: schema.CREATED},
        examples=[
            OpenApiExample(
                "Register",
                value={name: schema.ENDPOINT_EXAMPLE[name] for name in ("url", "events")},
                request_only=True,
            ),
            shows(schema.CREATED_EXAMPLE),
        ],
    )
    def post(self, request: Request) -> Response:
        body = body_object(request, serializers.ENDPOINT_FIELDS, frozenset({"url"}))
        given = {"api_version": self.version} | serializers.read_endpoint(body)
        endpoint, secret = operations.create_endpoint(**given, **self.act)
        return Response(serializers.endpoint_json(endpoint, secret=secret), status=201)


@described(
    "get_webhook",
    "One webhook endpoint, and how it is doing",
    schema.WITH_HEALTH,
    shows(schema.HEALTH_EXAMPLE),
    tag="Webhooks",
    description="`health` is of the last 24 hours, at most the latest 1,000 attempts.",
)
class WebhookDetail(WebhookView):
    """One endpoint."""

    scopes = {"GET": "webhooks:read", "PATCH": "webhooks:write", "DELETE": "webhooks:write"}

    def get(self, request: Request, webhook_id: str) -> Response:
        endpoint = _found(self.own, webhook_id)
        health = summary([endpoint.id], clock.now()).get(endpoint.id)
        return Response(serializers.endpoint_json(endpoint) | {"health": serializers.health_json(health)})

    @extend_schema(
        operation_id="update_webhook",
        summary="Change an endpoint; pause it, switch it off or on again",
        description=(
            "While it is `paused` or `disabled`, what it would have been sent is kept as `not_sent`. `recover_since` "
            "sends what an active endpoint did not get from that moment on: `replay_id` is the job that does it. "
            "`headers` replace all there were; a value sent back masked, as it was shown, stays what it is."
        ),
        tags=["Webhooks"],
        request={"application/json": schema.PATCH},
        responses={200: schema.CHANGED},
        examples=[
            OpenApiExample("Narrow", value={"events": ["payment.received"]}, request_only=True),
            OpenApiExample(
                "Back again", value={"status": "active", "recover_since": "2026-03-17T14:00:00Z"}, request_only=True
            ),
            shows(schema.CHANGED_EXAMPLE),
        ],
    )
    def patch(self, request: Request, webhook_id: str) -> Response:
        asked = serializers.read_change(body_object(request, serializers.PATCHABLE))
        endpoint, recovery = operations.change_endpoint(endpoint_id=webhook_id, **asked, **self.act)
        return Response(serializers.endpoint_json(endpoint) | {"replay_id": recovery.id if recovery else None})

    @extend_schema(
        operation_id="delete_webhook",
        summary="Delete an endpoint; nothing more is sent to it",
        tags=["Webhooks"],
        responses={200: schema.DELETED},
        examples=[shows({"id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF", "deleted": True})],
    )
    def delete(self, request: Request, webhook_id: str) -> Response:
        return Response({"id": operations.delete_endpoint(endpoint_id=webhook_id, **self.act), "deleted": True})


class WebhookSecret(WebhookView):
    """A new secret beside the one before."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="rotate_webhook_secret",
        summary="Give an endpoint a new secret",
        description=(
            "The new one is shown this once and signs at once. The one before signs beside it for `overlap_hours` more "
            "(24 where it is left out, at most 168), so that nothing is refused while you bring the new one out; 0, "
            "after a leak, ends every older one now. At most three are live: beyond that 409 `too_many_secrets`."
        ),
        tags=["Webhooks"],
        request={"application/json": schema.ROTATE},
        responses={200: schema.ROTATED},
        examples=[
            OpenApiExample("After a leak", value={"overlap_hours": 0}, request_only=True),
            shows(schema.ROTATED_EXAMPLE),
        ],
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        hours = serializers.read_overlap(body_object(request, frozenset({"overlap_hours"})))
        done = operations.rotate_secret(endpoint_id=webhook_id, overlap_hours=hours, **self.act)
        return Response(serializers.rotated_json(*done))


class WebhookTest(WebhookView):
    """Try an endpoint."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="test_webhook",
        summary="Send a signed test to this endpoint, and to no other",
        description=(
            "`webhook.test`, or with `event` the example of any type in the catalogue, whatever types the endpoint "
            'asked for. The body of an example says `"test": true`; the event behind it is a `webhook.test`.'
        ),
        tags=["Webhooks"],
        request={"application/json": schema.TRY},
        responses={202: schema.DELIVERY},
        examples=[
            OpenApiExample("A payment", value={"event": "payment.received"}, request_only=True),
            shows(schema.DELIVERY_EXAMPLE | {"event": "webhook.test"}),
        ],
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        event_type = serializers.read_test(body_object(request, frozenset({"event"})))
        return sent(operations.send_test(endpoint_id=webhook_id, event_type=event_type, **self.act))


class WebhookVerify(WebhookView):
    """Ask an endpoint whether its address is yours."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="verify_webhook",
        summary="Send this endpoint its challenge",
        description=(
            "A signed `endpoint.verification` with `data.challenge`. An answer of 2xx whose body holds the challenge "
            "makes an `unverified` endpoint `active`. While one is being tried, that one is returned."
        ),
        tags=["Webhooks"],
        request=None,
        responses={202: schema.DELIVERY},
        examples=[shows(schema.DELIVERY_EXAMPLE | {"event": "endpoint.verification"})],
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        body_object(request, frozenset())
        return sent(operations.verify_endpoint(endpoint_id=webhook_id, **self.act))
