"""`/v1/webhooks`: endpoints, what was delivered to them, attempt by attempt, and sending it again."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock, due
from agentcollect.kit.api import ApiView, body_object
from agentcollect.kit.listing import Filter, Listing, document, one_of
from webhooks import operations, queries, schema, serializers
from webhooks.models import Delivery, Endpoint


def _shows(value: Any, name: str = "Answer") -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=["200", "201", "202"])


class _WebhookView(ApiView):
    @property
    def own(self) -> dict[str, Any]:
        """Whose rows this request may touch."""
        return {"organisation_id": self.principal.organisation_id, "livemode": self.principal.livemode}

    @property
    def act(self) -> dict[str, Any]:
        """Whose rows, who acts, and when."""
        return self.own | {"by": self.principal.by, "at": clock.now()}


@document("list_webhooks", "List webhook endpoints", schema.ENDPOINT, schema.ENDPOINT_EXAMPLE, tag="Webhooks")
class Webhooks(_WebhookView):
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
            _shows(schema.CREATED_EXAMPLE),
        ],
    )
    def post(self, request: Request) -> Response:
        body = body_object(request, serializers.ENDPOINT_FIELDS, frozenset({"url"}))
        endpoint, secret = operations.create_endpoint(**serializers.read_endpoint(body), **self.act)
        return Response(serializers.endpoint_json(endpoint, secret=secret), status=201)


class WebhookDetail(_WebhookView):
    """One endpoint."""

    scopes = {"GET": "webhooks:read", "PATCH": "webhooks:write", "DELETE": "webhooks:write"}

    @extend_schema(
        operation_id="get_webhook",
        summary="One webhook endpoint",
        tags=["Webhooks"],
        responses={200: schema.ENDPOINT},
        examples=[_shows(schema.ENDPOINT_EXAMPLE)],
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
            _shows(schema.ENDPOINT_EXAMPLE),
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
        examples=[_shows({"id": "wh_0UZ8pq1K7Lm3pRx1aBcDeF", "deleted": True})],
    )
    def delete(self, request: Request, webhook_id: str) -> Response:
        return Response({"id": operations.delete_endpoint(endpoint_id=webhook_id, **self.act), "deleted": True})


class WebhookTest(_WebhookView):
    """Try an endpoint."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="test_webhook",
        summary="Send a signed `webhook.test` to this endpoint",
        tags=["Webhooks"],
        request=None,
        responses={202: schema.DELIVERY},
        examples=[_shows(schema.DELIVERY_EXAMPLE | {"event": "webhook.test"})],
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        body_object(request, frozenset())
        return _sent(operations.send_test(endpoint_id=webhook_id, **self.act))


@document(
    "list_webhook_deliveries",
    "Deliveries of one endpoint, newest first",
    schema.DELIVERY,
    schema.DELIVERY_EXAMPLE,
    tag="Webhooks",
)
class WebhookDeliveries(_WebhookView):
    """What is owed and what was delivered to one endpoint."""

    scopes = {"GET": "webhooks:read"}
    lists = Listing(
        filters={
            # Written into the statement: SQLite takes its partial index for a constant only.
            "status": one_of(
                Delivery.Status.values, narrow=lambda rows, status: rows.filter(status=due.literal(status))
            ),
            "event_id": Filter(),
        },
        updated=("recorded_at", "settled_at"),
        metadata="",
    )

    def get(self, request: Request, webhook_id: str) -> Response:
        endpoint = queries.endpoint(**self.own, endpoint_id=webhook_id)
        return self.listing(queries.deliveries(**self.own, endpoint_id=endpoint.id), serializers.delivery_json)


class DeliveryDetail(_WebhookView):
    """One delivery with its attempt log; it stays readable when its endpoint is deleted."""

    scopes = {"GET": "webhooks:read"}

    @extend_schema(
        operation_id="get_webhook_delivery",
        summary="One delivery: body, and request, answer and timing of every attempt",
        tags=["Webhooks"],
        responses={200: schema.DELIVERY_DETAIL},
        examples=[
            _shows(
                schema.DELIVERY_EXAMPLE
                | {
                    "status": "succeeded",
                    "attempts_made": 1,
                    "next_attempt_at": None,
                    "last_status_code": 200,
                    "settled_at": "2026-03-17T14:22:00Z",
                    "request_id": "req_0UZ8pq1KKp2mZxQ8aBcDeF",
                    "payload": {"event": "payment.received", "id": "evt_0UZ8pq1KKp2mZxQ8aBcDeF"},
                    "attempts": [schema.ATTEMPT_EXAMPLE],
                }
            )
        ],
    )
    def get(self, request: Request, delivery_id: str) -> Response:
        found = queries.delivery(**self.own, delivery_id=delivery_id)
        attempts, event = queries.attempts(found.id), queries.sent(found.event_id)
        return Response(serializers.delivery_detail(found, attempts, event.payload, event.request_id))


class DeliveryReplay(_WebhookView):
    """Send again: same event id, same bytes, a fresh timestamp."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="replay_webhook_delivery",
        summary="Send a delivery again",
        tags=["Webhooks"],
        request=None,
        responses={202: schema.DELIVERY},
        examples=[_shows(schema.DELIVERY_EXAMPLE | {"replay": True, "attempts_made": 4})],
    )
    def post(self, request: Request, delivery_id: str) -> Response:
        body_object(request, frozenset())
        return _sent(operations.replay_one(delivery_id=delivery_id, **self.act))


def _sent(delivery: Delivery) -> Response:
    """202: the delivery runs on; `Location` is where its attempts will show."""
    where = {"Location": f"/v1/webhooks/deliveries/{delivery.id}"}
    return Response(serializers.delivery_json(delivery), status=202, headers=where)
