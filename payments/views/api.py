"""`/v1/payments`: money that came, and the way to say that it came to you directly."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from agentcollect.kit.api import ApiView, read_time
from agentcollect.kit.errors import ApiError
from agentcollect.kit.pagination import page
from payments import operations, queries, schema, serializers
from payments.models import Payment

_EQUAL = frozenset({"campaign_id", "case_id", "status", "method"})
_COMMON = frozenset({"cursor", "limit", "created_after", "created_before"})
_CHOICES = {"status": Payment.Status.values, "method": Payment.Method.values}
_ANSWER = OpenApiExample("Payment", value=schema.EXAMPLE, response_only=True)
_PARAMETERS = [
    OpenApiParameter("limit", int, description="1–100, default 20."),
    OpenApiParameter("cursor", str, description="`next_cursor` of the page before."),
    OpenApiParameter("created_after", str, description="Inclusive, ISO 8601 with a zone."),
    OpenApiParameter("created_before", str, description="Exclusive, ISO 8601 with a zone."),
    OpenApiParameter("status", str, enum=Payment.Status.values),
    OpenApiParameter("method", str, enum=Payment.Method.values),
    OpenApiParameter("case_id", str),
]
_LIST_EXAMPLE = OpenApiExample(
    "Page", value={"data": [schema.EXAMPLE], "has_more": False, "next_cursor": None}, response_only=True
)


def _page(principal: Any, params: dict[str, str], scope: str) -> Response:
    """One page of payments for the filters in `params`."""
    for name, values in _CHOICES.items():
        if params.get(name, values[0]) not in values:
            raise ApiError("invalid_parameter", f"{name} must be one of {', '.join(values)}.", param=name)
    rows = queries.filtered(
        queries.payments(principal.organisation_id, principal.livemode),
        {name: params[name] for name in _EQUAL if name in params},
        read_time(params, "created_after"),
        read_time(params, "created_before"),
    )
    question = f"{principal.organisation_id}:{principal.livemode}:{scope}"
    return Response(page(rows, params, scope=question, serialise=serializers.payment))


class Payments(ApiView):
    """All payments across campaigns; and a payment the creditor received directly."""

    scopes = {"GET": "payments:read", "POST": "payments:write"}
    parameters = {"GET": _EQUAL | _COMMON}

    @extend_schema(
        operation_id="list_payments",
        summary="List all received payments across campaigns",
        tags=["Payments"],
        parameters=[*_PARAMETERS, OpenApiParameter("campaign_id", str)],
        responses={200: schema.PAGE},
        examples=[_LIST_EXAMPLE],
    )
    def get(self, request: Request) -> Response:
        return _page(self.principal, request.query_params.dict(), "payments")

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
            at=clock.now(),
        )
        return Response(serializers.payment(payment), status=201)


class OnePayment(ApiView):
    """A payment with its breakdown and allocations."""

    scopes = {"GET": "payments:read"}

    @extend_schema(
        operation_id="get_payment",
        summary="Get payment detail including method and breakdown",
        tags=["Payments"],
        responses={200: schema.PAYMENT},
        examples=[_ANSWER],
    )
    def get(self, request: Request, payment_id: str) -> Response:
        found = queries.payment(self.principal.organisation_id, self.principal.livemode, payment_id)
        return Response(serializers.payment(found))


class CampaignPayments(ApiView):
    """The payments of one campaign."""

    scopes = {"GET": "payments:read"}
    parameters = {"GET": (_EQUAL | _COMMON) - {"campaign_id"}}

    @extend_schema(
        operation_id="list_campaign_payments",
        summary="List the payments of a campaign",
        tags=["Payments"],
        parameters=_PARAMETERS,
        responses={200: schema.PAGE},
        examples=[_LIST_EXAMPLE],
    )
    def get(self, request: Request, campaign_id: str) -> Response:
        principal = self.principal
        queries.check_campaign(principal.organisation_id, principal.livemode, campaign_id)
        params = request.query_params.dict() | {"campaign_id": campaign_id}
        return _page(principal, params, "campaign_payments")
