"""`/v1/webhooks/deliveries`: what was delivered, attempt by attempt, and sending it again."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import due
from agentcollect.kit.api import body_object
from agentcollect.kit.listing import Filter, Listing, document, one_of
from webhooks import operations, queries, schema, serializers
from webhooks.models import Delivery
from webhooks.views.common import WebhookView, sent, shows

# Written into the statement: SQLite takes its partial index for a constant only.
STATUS = one_of(Delivery.Status.values, narrow=lambda rows, status: rows.filter(status=due.literal(status)))


@document(
    "list_all_webhook_deliveries",
    "Deliveries of all endpoints, newest first",
    schema.DELIVERY,
    schema.DELIVERY_EXAMPLE,
    tag="Webhooks",
)
class Deliveries(WebhookView):
    """What is owed and what was delivered to any endpoint of this organisation and mode, deleted ones too."""

    scopes = {"GET": "webhooks:read"}
    lists = Listing(
        filters={
            "event_id": Filter(),
            "webhook_id": Filter("The webhook (`wh_…`).", "endpoint_id"),
            "event_type": Filter("Such as `payment.received`."),
            "status": STATUS,
            "reason": one_of(serializers.REASONS, "Why it was not sent.", narrow=queries.not_sent_for),
            "replay_id": Filter("The replay that sent it again last; with `status=failed`, what it could not deliver."),
        },
        updated=("recorded_at", "settled_at"),
        metadata="",
    )

    def get(self, request: Request) -> Response:
        return self.listing(queries.deliveries(**self.own), serializers.delivery_json)


@document(
    "list_webhook_deliveries",
    "Deliveries of one endpoint, newest first",
    schema.DELIVERY,
    schema.DELIVERY_EXAMPLE,
    tag="Webhooks",
)
class WebhookDeliveries(WebhookView):
    """What is owed and what was delivered to one endpoint."""

    scopes = {"GET": "webhooks:read"}
    lists = Listing(
        filters={
            "status": STATUS,
            "event_id": Filter(),
        },
        updated=("recorded_at", "settled_at"),
        metadata="",
    )

    def get(self, request: Request, webhook_id: str) -> Response:
        endpoint = queries.endpoint(**self.own, endpoint_id=webhook_id)
        return self.listing(queries.deliveries(**self.own, endpoint_id=endpoint.id), serializers.delivery_json)


class DeliveryDetail(WebhookView):
    """One delivery with its attempt log; it stays readable when its endpoint is deleted."""

    scopes = {"GET": "webhooks:read"}

    @extend_schema(
        operation_id="get_webhook_delivery",
        summary="One delivery: body, and request, answer and timing of every attempt",
        tags=["Webhooks"],
        responses={200: schema.DELIVERY_DETAIL},
        examples=[
            shows(
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
        attempts, event = queries.attempts(found.id), queries.sent(found.event_id, found.endpoint.api_version)
        return Response(serializers.delivery_detail(found, attempts, event.payload, event.request_id))


class DeliveryReplay(WebhookView):
    """Send again: same event id, same bytes, a fresh timestamp."""

    scopes = {"POST": "webhooks:write"}

    @extend_schema(
        operation_id="replay_webhook_delivery",
        summary="Send a delivery again",
        tags=["Webhooks"],
        request=None,
        responses={202: schema.DELIVERY},
        examples=[shows(schema.DELIVERY_EXAMPLE | {"replay": True, "attempts_made": 4})],
    )
    def post(self, request: Request, delivery_id: str) -> Response:
        body_object(request, frozenset())
        return sent(operations.replay_one(delivery_id=delivery_id, **self.act))
