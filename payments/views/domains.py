"""`/v1/domains`: the names under which payment pages are reached."""

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from agentcollect.kit.api import ApiView, body_object
from payments import listings, operations
from payments.models import PayDomain
from payments.queries import hosts as queries
from payments.schema import hosts as schema
from payments.serializers import hosts as serializers


class _DomainView(ApiView):
    def domain(self, domain_id: str) -> PayDomain:
        return queries.domain(self.principal.organisation_id, self.principal.livemode, domain_id)


@schema.create_domain
@schema.domains
class Domains(_DomainView):
    scopes = {"GET": "organisation:read", "POST": "organisation:write"}
    lists = listings.DOMAINS

    def get(self, request: Request) -> Response:
        rows = queries.domains(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, serializers.domain)

    def post(self, request: Request) -> Response:
        who = self.principal
        kept = operations.add_domain(
            organisation_id=who.organisation_id,
            livemode=who.livemode,
            host=serializers.read_domain(request),
            by=who.by,
            at=clock.now(),
        )
        return Response(serializers.domain(kept.domain), status=201 if kept.fresh else 200)


@schema.domain
@schema.delete_domain
class OneDomain(_DomainView):
    scopes = {"GET": "organisation:read", "DELETE": "organisation:write"}

    def get(self, request: Request, domain_id: str) -> Response:
        return Response(serializers.domain(self.domain(domain_id)))

    def delete(self, request: Request, domain_id: str) -> Response:
        found = self.domain(domain_id)
        operations.remove_domain(domain_id=found.id, by=self.principal.by, at=clock.now())
        return Response({"id": found.id, "deleted": True})


@schema.verify_domain
class VerifyDomain(_DomainView):
    scopes = {"POST": "organisation:write"}

    def post(self, request: Request, domain_id: str) -> Response:
        if request.data:
            body_object(request, frozenset())
        found = self.domain(domain_id)
        return Response(serializers.domain(operations.verify_domain(domain_id=found.id, at=clock.now())))
