"""`/v1/cases`: translate, one call down, translate back."""

from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import queries, schema
from campaigns.serializers import public
from campaigns.views.common import PAGING, WHEN, TenantView


@schema.cases
class Cases(TenantView):
    scopes = {"GET": "campaigns:read"}
    parameters = {"GET": PAGING | WHEN | {"status", "campaign_id", "debtor_id", "external_id", "metadata"}}

    def get(self, request: Request) -> Response:
        names = ("status", "campaign_id", "debtor_id", "external_id")
        return self.listing(queries.cases(self.tenant), public.case, *names)


@schema.case
class CaseDetail(TenantView):
    scopes = {"GET": "campaigns:read"}

    def get(self, request: Request, case_id: str) -> Response:
        found = queries.case(self.tenant, case_id)
        timeline = [public.entry(event) for event in queries.timeline(case_id=case_id)[:20]]
        return Response(public.case(found) | {"timeline": timeline})
