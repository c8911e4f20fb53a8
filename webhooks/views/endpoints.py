"""`/v1/webhooks`: endpoints."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.api import body_object
from agentcollect.kit.listing import Listing, document, one_of
from webhooks import operations, queries, schema, serializers
from webhooks.models import Endpoint
from webhooks.views.common import WebhookView, sent, shows


@document("list_webhooks", "List webhook endpoints", schema.ENDPOINT, schema.ENDPOINT_EXAMPLE, tag="Webhooks")
class Webhooks(WebhookView):
    """Endpoints of this organisation and mode."""

    scopes = {"GET": "webhooks:read", "POST": "webhooks:write"}
    lists = Listing(filters={"status": one_of([Endpoint.Status.ACTIVE.value, Endpoint.Status.DISABLED.value])})

    def get(self, request: Request) -> Response:
        return self.listing(queries.endpoints(**self.own), serializers.endpoint_json)

    @extend_schema(
        operation_id="create_webhook",
        summary="Register a webhook endpoint URL for event delivery",
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
        endpoint, secret = operations.create_endpoint(**serializers.read_endpoint(body), **self.act)
        return Response(serializers.endpoint_json(endpoint, secret=secret), status=201)


class WebhookDetail(WebhookView):
    """One endpoint."""

    scopes = {"GET": "webhooks:read", "PATCH": "webhooks:write", "DELETE": "webhooks:write"}

    @extend_schema(
        operation_id="get_webhook",
        summary="One webhook endpoint",
        tags=["Webhooks"],
        responses={200: schema.ENDPOINT},
        examples=[shows(schema.ENDPOINT_EXAMPLE)],
    )
    def get(self, request: Request, webhook_id: str) -> Response:
        return Response(serializers.endpoint_json(queries.endpoint(**self.own, endpoint_id=webhook_id)))

    @extend_schema(
        operation_id="update_webhook",
        summary="Change an endpoint, switch it off or on again",
        tags=["Webhooks"],
        request={"application/json": schema.PATCH},
        responses={200: schema.ENDPOINT},
        examples=[
            OpenApiExample("Narrow", value={"events": ["payment.received"]}, request_only=True),
            shows(schema.ENDPOINT_EXAMPLE),
        ],
    )
    def patch(self, request: Request, webhook_id: str) -> Response:
        changes = serializers.read_endpoint(body_object(request, serializers.PATCHABLE))
        endpoint = operations.update_endpoint(endpoint_id=webhook_id, changes=changes, **self.act)
        return Response(serializers.endpoint_json(endpoint))

    @extend_schema(
        operation_id="delete_webhook",
        summary="Delete an endpoint; nothing more is sent to it",
        tags=["Webhooks"],
        responses={200: schema.DELETED},
        examples=[shows({"id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF", "deleted": True})],
    )
    def delete(self, request: Request, webhook_id: str) -> Response:
        return Response({"id": operations.delete_endpoint(endpoint_id=webhook_id, **self.act), "deleted": True})


class WebhookTest(WebhookView):
    """Try an endpoint."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="test_webhook",
        summary="Send a signed `webhook.test` to this endpoint",
        tags=["Webhooks"],
        request=None,
        responses={202: schema.DELIVERY},
        examples=[shows(schema.DELIVERY_EXAMPLE | {"event": "webhook.test"})],
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        body_object(request, frozenset())
        return sent(operations.send_test(endpoint_id=webhook_id, **self.act))
