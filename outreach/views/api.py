"""What was said to debtors, and what the gate said to us."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.api import ApiView
from agentcollect.kit.pagination import page
from agentcollect.kit.shapes import page_of
from outreach import queries, schema, serializers

_PAGING = frozenset({"cursor", "limit"})
_PARAMETERS = [
    OpenApiParameter("limit", int, description="1–100, default 20."),
    OpenApiParameter("cursor", str, description="`next_cursor` of the page before."),
]


class _View(ApiView):
    def page(self, request: Request, rows: QuerySet, serialise: Any) -> Response:
        scope = f"{self.principal.organisation_id}:{self.principal.livemode}:{request.path}"
        return Response(page(rows, request.query_params.dict(), scope=scope, serialise=serialise))


class CampaignMessages(_View):
    """The messages of one campaign, newest first."""

    scopes = {"GET": "messages:read"}
    parameters = {"GET": _PAGING}

    @extend_schema(
        operation_id="list_campaign_messages",
        summary="List the messages of a campaign",
        tags=["Messages"],
        parameters=_PARAMETERS,
        responses={200: schema.MESSAGES},
        examples=[OpenApiExample("Page", value=page_of(schema.EXAMPLE), response_only=True)],
    )
    def get(self, request: Request, campaign_id: str) -> Response:
        rows = queries.campaign_messages(self.principal.organisation_id, self.principal.livemode, campaign_id)
        return self.page(request, rows, serializers.message)


class OneMessage(ApiView):
    """A message exactly as it left."""

    scopes = {"GET": "messages:read"}

    @extend_schema(
        operation_id="get_message",
        summary="Get a message as it was sent",
        tags=["Messages"],
        responses={200: schema.MESSAGE},
        examples=[OpenApiExample("Message", value=schema.DETAIL_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request, message_id: str) -> Response:
        found = queries.message(self.principal.organisation_id, self.principal.livemode, message_id)
        return Response(serializers.message_detail(found))


class CaseDecisions(_View):
    """Why a debtor was contacted, or was not: every evaluation with every rule's verdict, newest first."""

    scopes = {"GET": "campaigns:read"}
    parameters = {"GET": _PAGING}

    @extend_schema(
        operation_id="list_case_decisions",
        summary="List the decisions of the rule engine about a case",
        tags=["Cases"],
        parameters=_PARAMETERS,
        responses={200: schema.DECISIONS},
        examples=[OpenApiExample("Page", value=page_of(schema.DECISION_EXAMPLE), response_only=True)],
    )
    def get(self, request: Request, case_id: str) -> Response:
        rows = queries.case_decisions(self.principal.organisation_id, self.principal.livemode, case_id)
        return self.page(request, rows, serializers.decision)
