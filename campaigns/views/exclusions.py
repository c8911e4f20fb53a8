"""`/v1/exclusions`: translate, one call down, translate back."""

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from campaigns import listings, operations, queries, schema
from campaigns.serializers import party_bodies, people
from campaigns.views.common import RawBody, TenantView


@schema.create_exclusion
@schema.exclusions
class Exclusions(TenantView):
    scopes = {"GET": "contacts:read", "POST": "contacts:write"}
    lists = listings.EXCLUSIONS
    parser_classes = [RawBody]

    def get(self, request: Request) -> Response:
        return self.listing(queries.exclusions(self.tenant), people.exclusion)

    def post(self, request: Request) -> Response:
        asked = party_bodies.exclusion(self.raw)
        who = self.tenant
        kept = operations.exclude(
            organisation_id=who.organisation_id,
            livemode=who.livemode,
            **asked,
            by=self.principal.by,
            at=clock.now(),
        )
        return Response(people.exclusion(kept.exclusion), status=201 if kept.fresh else 200)


@schema.exclusion
class ExclusionDetail(TenantView):
    scopes = {"GET": "contacts:read", "DELETE": "contacts:write"}

    def get(self, request: Request, exclusion_id: str) -> Response:
        return Response(people.exclusion(queries.exclusion(self.tenant, exclusion_id)))

    def delete(self, request: Request, exclusion_id: str) -> Response:
        queries.exclusion(self.tenant, exclusion_id)
        operations.include_again(exclusion_id=exclusion_id, by=self.principal.by, at=clock.now())
        return Response({"id": exclusion_id, "deleted": True})
