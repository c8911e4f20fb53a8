"""`/v1/playbooks`: translate, one call down, translate back."""

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from campaigns import listings, operations, queries
from campaigns.rules import playbook as rules
from campaigns.schema import playbooks as schema
from campaigns.serializers import playbooks as serializers
from campaigns.views.common import TenantView

_SHOWN = 100


@schema.save_playbook
@schema.playbooks
class Playbooks(TenantView):
    scopes = {"GET": "campaigns:read", "POST": "campaigns:write"}
    lists = listings.PLAYBOOKS

    def get(self, request: Request) -> Response:
        return self.listing(queries.playbooks(self.tenant), serializers.playbook)

    def post(self, request: Request) -> Response:
        asked, who = serializers.saved(request), self.tenant
        kept = operations.save_playbook(
            organisation_id=who.organisation_id, livemode=who.livemode, **asked, by=self.principal.by, at=clock.now()
        )
        return Response(serializers.playbook(kept.playbook), status=201 if kept.fresh else 200)


@schema.playbook
class PlaybookDetail(TenantView):
    """All versions of one, a built-in one too."""

    scopes = {"GET": "campaigns:read"}

    def get(self, request: Request, name: str) -> Response:
        if name in rules.NAMES:
            versions = [
                serializers.built_in(name, version, steps, self.tenant.livemode)
                for (built_in, version), steps in sorted(rules.PLAYBOOKS.items(), reverse=True)
                if built_in == name
            ]
        else:
            rows = queries.playbook_versions(self.tenant, name.replace("\0", ""))[:_SHOWN]
            versions = [serializers.playbook(row) for row in rows]
        if not versions:
            raise ApiError("not_found")
        return Response({"name": name, "built_in": name in rules.NAMES, "versions": versions})
