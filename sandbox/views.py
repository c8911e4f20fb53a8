"""`/v1/sandbox/*`: things that happen only because a developer says so. Test mode only."""

from typing import Any, cast

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock, errors
from agentcollect.kit.api import ApiView
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns import queries as campaign_queries
from campaigns.models import Dispute
from campaigns.queries import Tenant
from campaigns.schema import disputes as dispute_schema
from campaigns.serializers import disputes as dispute_serializers
from campaigns.views.common import RawBody
from payments import operations as payments
from payments import schema, serializers
from payments.models import Payment

errors.define("test_mode_only", 422, "The sandbox is for test keys; a live key moves real things.")


class SandboxView(ApiView):
    """A view that a live key may not use."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.principal.livemode:
            raise ApiError("test_mode_only")


class Payments(SandboxView):
    """A debtor pays, because you say so: the balance when no amount is given."""

    scopes = {"POST": "sandbox:write"}

    @extend_schema(
        operation_id="create_sandbox_payment",
        summary="Simulate a payment by a debtor",
        tags=["Sandbox"],
        request={"application/json": schema.SANDBOX_REPORT},
        responses={201: schema.PAYMENT},
        examples=[
            OpenApiExample("Pay it all", value={"case_id": schema.EXAMPLE["case_id"]}, request_only=True),
            OpenApiExample("Payment", value=schema.EXAMPLE | {"source": "sandbox"}, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        given = serializers.read_report(
            request, known=serializers.SANDBOX_FIELDS, required=frozenset(), method=Payment.Method.BANK_TRANSFER
        )
        principal = self.principal
        payment = payments.report(
            organisation_id=principal.organisation_id,
            livemode=principal.livemode,
            given=given,
            source=Payment.Source.SANDBOX,
            by=principal.by,
            at=clock.now(),
        )
        return Response(serializers.payment(payment), status=201)


@dispute_schema.sandbox_dispute
class Disputes(SandboxView):
    """A debtor disputes an invoice, because you say so."""

    scopes = {"POST": "sandbox:write"}
    parser_classes = [RawBody]

    def post(self, request: Request) -> Response:
        tenant = Tenant(self.principal.organisation_id, self.principal.livemode)
        raw = cast(bytes, request.data) or b"{}"
        case = campaign_queries.case(tenant, dispute_serializers.sandbox_case(raw))
        dispute = campaigns.open_dispute(
            case_id=case.id,
            **dispute_serializers.sandbox_opening(raw, case.currency),
            source=Dispute.Source.SANDBOX,
            evidence={"recorded_by": self.principal.by},
            by="debtor",
            at=clock.now(),
        )
        shown = dispute_serializers.dispute(campaign_queries.dispute(tenant, dispute.id))
        return Response(shown, status=201)
