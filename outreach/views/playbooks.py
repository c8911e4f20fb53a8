"""`POST /v1/playbooks/dry_run`: what a playbook would do, without doing it."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from agentcollect.kit.api import ApiView
from campaigns import queries as campaigns
from campaigns.queries import Tenant
from campaigns.rules import playbook as rules
from campaigns.rules.playbook import Whereabouts
from campaigns.serializers import playbooks as bodies
from outreach import operations, playbook_schema, serializers


class PlaybookDryRun(ApiView):
    """Writes nothing."""

    scopes = {"POST": "campaigns:read"}

    @extend_schema(
        operation_id="dry_run_playbook",
        summary="See what a playbook would do",
        description=(
            "Steps of your own, or a playbook by its `name`. With `campaign_id`: every step for every debtor of that "
            "campaign (500 invoices at most), had it begun now, with the rule engine's word on each. Without: the days "
            "alone, for a debtor where you are. Writes nothing."
        ),
        tags=["Playbooks"],
        request={"application/json": playbook_schema.DRY_RUN_IN},
        responses={200: playbook_schema.DRY_RUN},
        examples=[
            OpenApiExample("By name", value={"name": "default", "posture": "firm"}, request_only=True),
            OpenApiExample(
                "What would happen", value=playbook_schema.EXAMPLE, response_only=True, status_codes=["200"]
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        at, who = clock.now(), self.principal
        asked, tenant = bodies.dry_run(request), Tenant(who.organisation_id, who.livemode)
        steps = rules.steps_of(asked["steps"]) if asked.get("steps") else ()
        steps = steps or campaigns.newest_playbook(tenant, asked["name"])[1]
        if not asked.get("campaign_id"):
            place = Whereabouts(who.organisation.country, "", who.organisation.timezone, "", consumer=False)
            paced = rules.paced(steps, asked.get("posture") or rules.POSTURE)
            return Response(serializers.dates(paced, operations.dry_dates(steps=paced, where=place, at=at)))
        found = campaigns.campaign(tenant, asked["campaign_id"])
        paced = rules.paced(steps, asked.get("posture") or found.posture)
        return Response(serializers.dry_run(operations.dry_run(steps=paced, campaign=found, at=at)))
