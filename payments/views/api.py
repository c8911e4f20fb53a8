"""`/v1/payments`: money that came, and the way to say that it came to you directly."""

from datetime import datetime

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import timeline
from agentcollect.kit import clock
from agentcollect.kit.api import ApiView
from agentcollect.kit.described import described
from agentcollect.kit.listing import document
from payments import listings, operations, queries, schema, serializers
from payments.models import Payment

_ANSWER = OpenApiExample("Payment", value=schema.EXAMPLE, response_only=True)


@document(
    "list_payments", "List all received payments across campaigns", schema.PAYMENT, schema.EXAMPLE, tag="Payments"
)
class Payments(ApiView):
    """All payments across campaigns; and a payment the creditor received directly."""

    scopes = {"GET": "payments:read", "POST": "payments:write"}
    lists = listings.PAYMENTS

    def get(self, request: Request) -> Response:
        rows = queries.payments(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, serializers.payment)

    @extend_schema(
        operation_id="create_payment",
        summary="Record money you received directly",
        tags=["Payments"],
        request={"application/json": schema.REPORT},
        responses={201: schema.PAYMENT},
        examples=[OpenApiExample("Wire", value=schema.REPORT_EXAMPLE, request_only=True), _ANSWER],
    )
    def post(self, request: Request) -> Response:
        given = serializers.read_report(
            request, known=serializers.REPORT_FIELDS, required=frozenset({"amount", "method"})
        )
        principal = self.principal
        payment = operations.report(
            organisation_id=principal.organisation_id,
            livemode=principal.livemode,
            given=given,
            source=Payment.Source.REPORTED,
            by=principal.by,
            at=self._at(given.case),
        )
        return Response(serializers.payment(payment), status=201)

    def _at(self, named: dict[str, str]) -> datetime:
        who = self.principal
        if who.livemode:
            return clock.now()
        return timeline.act(queries.case_named(who.organisation_id, who.livemode, **named).clock_id)


@described("get_payment", "Get payment detail including method and breakdown", schema.PAYMENT, _ANSWER, tag="Payments")
class OnePayment(ApiView):
    """A payment with its breakdown and allocations."""

    scopes = {"GET": "payments:read"}

    def get(self, request: Request, payment_id: str) -> Response:
        found = queries.payment(self.principal.organisation_id, self.principal.livemode, payment_id)
        return Response(serializers.payment(found))


@document("list_campaign_payments", "List the payments of a campaign", schema.PAYMENT, schema.EXAMPLE, tag="Payments")
class CampaignPayments(ApiView):
    """The payments of one campaign: those that paid any of its invoices."""

    scopes = {"GET": "payments:read"}
    lists = listings.CAMPAIGN_PAYMENTS

    def get(self, request: Request, campaign_id: str) -> Response:
        principal = self.principal
        queries.check_campaign(principal.organisation_id, principal.livemode, campaign_id)
        rows = queries.payments(principal.organisation_id, principal.livemode)
        return self.listing(listings.of_campaign(rows, campaign_id), serializers.payment)
