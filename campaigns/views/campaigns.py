"""`/v1/campaigns`: translate, one call down, translate back."""

from typing import Any, cast

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from campaigns import operations, queries, schema
from campaigns.models import Campaign
from campaigns.serializers import checks, intake, public
from campaigns.views.common import PAGING, WHEN, RawBody, TenantView


@schema.campaigns
class Campaigns(TenantView):
    scopes = {"GET": "campaigns:read", "POST": "campaigns:write"}
    parameters = {"GET": PAGING | WHEN | {"status", "metadata"}}
    parser_classes = [RawBody]

    def get(self, request: Request) -> Response:
        return self.listing(queries.campaigns(self.tenant), public.listed, "status")

    def post(self, request: Request) -> Response:
        at = clock.now()
        organisation = self.principal.organisation
        decoded = intake.decode(cast(bytes, request.data) or b"{}")
        asked = checks.check(decoded, checks.terms_of(organisation, livemode=self.principal.livemode, at=at))
        made = operations.create(
            organisation=organisation,
            livemode=self.principal.livemode,
            request=asked,
            by=self.principal.by,
            at=at,
        )
        answer = public.created(made.campaign, debtor=made.debtor, import_id=made.import_id)
        return Response(answer, status=202 if made.import_id else 201, headers=_location(made.campaign))


def _location(campaign: Campaign) -> dict[str, str]:
    return {"Location": f"/v1/campaigns/{campaign.id}"}


@schema.campaign
class CampaignDetail(TenantView):
    scopes = {"GET": "campaigns:read"}

    def get(self, request: Request, campaign_id: str) -> Response:
        return Response(campaign_detail(queries.campaign(self.tenant, campaign_id)))


def campaign_detail(campaign: Campaign) -> dict[str, Any]:
    latest = list(queries.timeline(campaign_id=campaign.id)[:20])
    return public.detail(campaign, queries.figures(campaign.id), latest)


@schema.campaign_action
class CampaignAction(TenantView):
    """pause, resume, cancel: the action is part of the address."""

    scopes = {"POST": "campaigns:write"}
    action = ""

    def post(self, request: Request, campaign_id: str) -> Response:
        queries.campaign(self.tenant, campaign_id)
        act = {"pause": operations.pause, "resume": operations.resume, "cancel": operations.cancel}[self.action]
        return Response(campaign_detail(act(campaign_id=campaign_id, by=self.principal.by, at=clock.now())))


@schema.campaign_timeline
class CampaignTimeline(TenantView):
    scopes = {"GET": "campaigns:read"}
    parameters = {"GET": PAGING}

    def get(self, request: Request, campaign_id: str) -> Response:
        queries.campaign(self.tenant, campaign_id)
        return self.listing(queries.timeline(campaign_id=campaign_id), public.entry)


@schema.campaign_contacts
class CampaignContacts(TenantView):
    scopes = {"GET": "contacts:read"}
    parameters = {"GET": PAGING}

    def get(self, request: Request, campaign_id: str) -> Response:
        queries.campaign(self.tenant, campaign_id)
        contacts = queries.contacts_of_campaign(self.tenant, campaign_id)
        return self.listing(contacts, public.contact)


@schema.campaign_cases
class CampaignCases(TenantView):
    scopes = {"GET": "campaigns:read"}
    parameters = {"GET": PAGING | WHEN | {"status", "metadata"}}

    def get(self, request: Request, campaign_id: str) -> Response:
        queries.campaign(self.tenant, campaign_id)
        return self.listing(queries.cases(self.tenant).filter(campaign_id=campaign_id), public.case, "status")
