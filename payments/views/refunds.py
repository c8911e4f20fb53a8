"""`/v1/payments/{id}/refunds`: money of a payment that goes back."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import timeline
from agentcollect.kit import clock
from agentcollect.kit.api import ApiView
from agentcollect.kit.listing import document
from payments import listings, operations, queries, schema, serializers


@document("list_refunds", "List the refunds of a payment", schema.REFUND, schema.REFUND_EXAMPLE, tag="Payments")
class Refunds(ApiView):
    """What was given back of a payment, and the way to give some of it back."""

    scopes = {"GET": "payments:read", "POST": "payments:write"}
    lists = listings.REFUNDS

    def get(self, request: Request, payment_id: str) -> Response:
        who = self.principal
        found = queries.payment(who.organisation_id, who.livemode, payment_id)
        return self.listing(queries.refunds(found), serializers.refund)

    @extend_schema(
        operation_id="create_refund",
        summary="Refund a payment, wholly or in part",
        tags=["Payments"],
        request={"application/json": schema.REFUND_GIVEN},
        responses={201: schema.REFUND},
        examples=[
            OpenApiExample("Part", value=schema.REFUND_GIVEN_EXAMPLE, request_only=True),
            OpenApiExample("Refund", value=schema.REFUND_EXAMPLE, response_only=True),
        ],
    )
    def post(self, request: Request, payment_id: str) -> Response:
        who = self.principal
        found = queries.payment(who.organisation_id, who.livemode, payment_id)
        given = serializers.read_refund(request, found.currency)
        at = clock.now() if who.livemode else timeline.act(found.case.clock_id)
        row = operations.refund(payment_id=found.id, **given, by=who.by, at=at)
        return Response(serializers.refund(row), status=201)
