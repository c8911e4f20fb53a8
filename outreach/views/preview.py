"""`POST /v1/campaigns/preview`: what a create would do, without doing it."""

from typing import cast

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import timeline
from agentcollect.kit.api import ApiView
from campaigns import examples
from campaigns.schema import CREATE
from campaigns.serializers import checks, intake, reading
from campaigns.views.common import RawBody
from outreach import operations, schema, serializers


class CampaignPreview(ApiView):
    """Takes the same body as the create."""

    scopes = {"POST": "campaigns:write"}
    parser_classes = [RawBody]

    @extend_schema(
        operation_id="preview_campaign",
        summary="Preview a campaign",
        description="Takes the body of a create and writes nothing: the same engine plans it, and is rolled back.",
        tags=["Campaigns"],
        request={"application/json": CREATE},
        responses={200: schema.PREVIEW},
        examples=[
            OpenApiExample("A list", value=examples.LIST, request_only=True),
            OpenApiExample("Preview", value=schema.PREVIEW_EXAMPLE, response_only=True, status_codes=["200"]),
        ],
    )
    def post(self, request: Request) -> Response:
        who, decoded = self.principal, intake.decode(cast(bytes, request.data) or b"{}")
        tenant = {"organisation_id": who.organisation_id, "livemode": who.livemode}
        at = timeline.begin(reading.text(decoded.body.test_clock), **tenant)
        asked = checks.check(decoded, checks.terms_of(who.organisation, livemode=who.livemode, at=at))
        shown = operations.preview(
            organisation=who.organisation, livemode=who.livemode, request=asked, by=who.by, at=at
        )
        return Response(serializers.preview(shown))
