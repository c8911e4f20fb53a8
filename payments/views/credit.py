"""`/v1/payments/{id}/apply`: what came beyond what was owed pays another invoice of the same debtor."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import timeline
from agentcollect.kit import clock
from agentcollect.kit.api import ApiView
from payments import operations, queries, schema, serializers


class ApplyCredit(ApiView):
    """Use a payment's unapplied credit. No new money comes: `payment.received` says so with `from_credit`."""

    scopes = {"POST": "payments:write"}

    @extend_schema(
        operation_id="apply_credit",
        summary="Use a payment's credit for another invoice",
        tags=["Payments"],
        request={"application/json": schema.CREDIT_GIVEN},
        responses={200: schema.PAYMENT},
        examples=[
            OpenApiExample("Part of it", value=schema.CREDIT_GIVEN_EXAMPLE, request_only=True),
            OpenApiExample("Payment", value=schema.EXAMPLE, response_only=True),
        ],
    )
    def post(self, request: Request, payment_id: str) -> Response:
        who = self.principal
        found = queries.payment(who.organisation_id, who.livemode, payment_id)
        given = serializers.read_credit(request, found.currency)
        at = clock.now() if who.livemode else timeline.act(found.case.clock_id)
        operations.apply_credit(payment_id=found.id, **given, by=who.by, at=at)
        return Response(serializers.payment(queries.payment(who.organisation_id, who.livemode, found.id)))
