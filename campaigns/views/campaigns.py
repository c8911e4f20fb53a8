"""`/v1/campaigns`: translate, one call down, translate back."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import timeline
from campaigns import listings, operations, queries, schema
from campaigns.models import Campaign
from campaigns.serializers import bodies, checks, intake, people, public, reading
from campaigns.views.cases import asked_for
from campaigns.views.common import RawBody, TenantView


@schema.create_campaign
@schema.campaigns
class Campaigns(TenantView):
    scopes = {"GET": "campaigns:read", "POST": "campaigns:write"}
    lists = listings.CAMPAIGNS
    parser_classes = [RawBody]

    def get(self, request: Request) -> Response:
        return self.listing(queries.campaigns(self.tenant), public.listed)

    def post(self, request: Request) -> Response:
        organisation = self.principal.organisation
        decoded = intake.decode(self.raw)
        tenant = {"organisation_id": organisation.id, "livemode": self.principal.livemode}
        at = timeline.begin(reading.text(decoded.body.test_clock), **tenant)
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
    scopes = {"GET": "campaigns:read", "PATCH": "campaigns:write"}
    parser_classes = [RawBody]

    def get(self, request: Request, campaign_id: str) -> Response:
        return Response(campaign_detail(queries.campaign(self.tenant, campaign_id)))

    def patch(self, request: Request, campaign_id: str) -> Response:
        found = queries.campaign(self.tenant, campaign_id)
        changes = bodies.terms(self.raw, found)
        changed = operations.change_terms(campaign_id=campaign_id, changes=changes, by=self.principal.by, at=self.at)
        return Response(campaign_detail(changed))


def campaign_detail(campaign: Campaign) -> dict[str, Any]:
    latest = list(queries.timeline(campaign_id=campaign.id)[:20])
    return public.detail(campaign, queries.figures(campaign.id), latest)


@schema.campaign_action
class CampaignAction(TenantView):
    """pause, resume, complete, cancel: the action is part of the address."""

    scopes = {"POST": "campaigns:write"}
    parser_classes = [RawBody]
    action = ""
    acts = {
        "pause": operations.pause,
        "resume": operations.resume,
        "complete": operations.complete,
        "cancel": operations.cancel,
    }

    def post(self, request: Request, campaign_id: str) -> Response:
        queries.campaign(self.tenant, campaign_id)
        bodies.nothing(self.raw)
        self.acts[self.action](campaign_id=campaign_id, by=self.principal.by, at=self.at)
        return Response(campaign_detail(queries.campaign(self.tenant, campaign_id)))


@schema.add_debtors
class CampaignDebtors(TenantView):
    """More invoices for a campaign that runs."""

    scopes = {"POST": "campaigns:write"}
    parser_classes = [RawBody]

    def post(self, request: Request, campaign_id: str) -> Response:
        found = queries.campaign(self.tenant, campaign_id)
        at = self.at
        terms = checks.terms_of(found.organisation, livemode=found.livemode, at=at)
        rows = bodies.rows(self.raw, found.currency, terms)
        added = operations.add_debtors(campaign_id=campaign_id, rows=rows, by=self.principal.by, at=at)
        return Response(public.added(added.campaign, added.enrolled.rows, added.enrolled.case_ids), status=201)


@schema.campaign_timeline
class CampaignTimeline(TenantView):
    scopes = {"GET": "campaigns:read"}
    lists = listings.TIMELINE

    def get(self, request: Request, campaign_id: str) -> Response:
        queries.campaign(self.tenant, campaign_id)
        return self.listing(queries.timeline(campaign_id=campaign_id), public.entry)


@schema.campaign_contacts
class CampaignContacts(TenantView):
    scopes = {"GET": "contacts:read"}
    lists = listings.CAMPAIGN_CONTACTS

    def get(self, request: Request, campaign_id: str) -> Response:
        queries.campaign(self.tenant, campaign_id)
        contacts = queries.contacts_of_campaign(self.tenant, campaign_id)
        return self.listing(contacts, people.contact)


@schema.campaign_cases
class CampaignCases(TenantView):
    scopes = {"GET": "campaigns:read"}
    lists = listings.CAMPAIGN_CASES

    def get(self, request: Request, campaign_id: str) -> Response:
        queries.campaign(self.tenant, campaign_id)
        return self.listing(asked_for(self).filter(campaign_id=campaign_id), public.case)
