"""`/v1/referrals`: which cases are on their way to an attorney, or with one."""

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.api import ApiView
from agentcollect.kit.described import described
from agentcollect.kit.listing import document
from outreach import listings, queries, referral_schema, serializers


@document("list_referrals", "List referrals", referral_schema.REFERRAL, referral_schema.EXAMPLE, tag="Referrals")
class Referrals(ApiView):
    """Every case that was proposed to an attorney, newest first, whatever came of it."""

    scopes = {"GET": "campaigns:read"}
    lists = listings.REFERRALS

    def get(self, request: Request) -> Response:
        rows = queries.referrals(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, serializers.referral)


@described(
    "get_referral",
    "Get a referral",
    referral_schema.REFERRAL,
    referral_schema.EXAMPLE,
    tag="Referrals",
    called="Referral",
)
class OneReferral(ApiView):
    """Where one stands, and who has it."""

    scopes = {"GET": "campaigns:read"}

    def get(self, request: Request, referral_id: str) -> Response:
        found = queries.referral(self.principal.organisation_id, self.principal.livemode, referral_id)
        return Response(serializers.referral(found))
