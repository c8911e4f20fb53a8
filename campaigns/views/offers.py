"""`/v1/organisation/offer_policy`: what debtors who ask for time are granted, where a campaign does not say."""

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import operations
from agentcollect.kit import clock, errors
from agentcollect.kit.errors import ApiError
from campaigns.schema import offers as schema
from campaigns.serializers import organisation_offers as serializers
from campaigns.views.common import RawBody, TenantView

errors.define("live_key_required", 409, "This holds for live mode too: set it with a live key, or in the dashboard.")


@schema.set_offer_policy
@schema.offer_policy
class OrganisationOfferPolicy(TenantView):
    scopes = {"GET": "organisation:read", "PUT": "organisation:write"}
    parser_classes = [RawBody]

    def get(self, request: Request) -> Response:
        return Response(serializers.organisation(self.principal.organisation))

    def put(self, request: Request) -> Response:
        row, who = self.principal.organisation, self.principal
        if row.live_approved and not who.livemode:
            raise ApiError("live_key_required")
        policy = serializers.organisation_policy(self.raw, row.currency)
        changed = operations.set_offer_policy(organisation_id=row.id, offer_policy=policy, by=who.by, at=clock.now())
        return Response(serializers.organisation(changed))
