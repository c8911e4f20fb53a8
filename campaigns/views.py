"""`/v1/campaigns` and `/v1/cases`: translate, one call down, translate back."""

from typing import Any, cast

from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from agentcollect.kit.api import ApiView, read_time
from agentcollect.kit.body import read_body
from agentcollect.kit.errors import ApiError
from agentcollect.kit.pagination import page
from campaigns import operations, queries, schema
from campaigns.models import Campaign
from campaigns.queries import Tenant
from campaigns.serializers import checks, intake, public

_PAGING = frozenset({"cursor", "limit"})
_WHEN = frozenset({"created_after", "created_before", "updated_since"})


class RawBody(BaseParser):
    """The body as bytes: `intake` decodes amounts from their text."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        if (media_type or "").startswith("multipart/"):
            raise ApiError("unsupported_media_type", "Send JSON; name a CSV by `csv_url`.")
        return read_body(stream)


class TenantView(ApiView):
    """A view over rows of the caller's organisation and mode."""

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.principal.organisation_id, self.principal.livemode)

    def listing(self, queryset: Any, serialise: Any, *names: str) -> Response:
        """A page of `queryset`, with the time filters every list has and equality on `names`."""
        params = self.request.query_params.dict()
        if after := read_time(params, "created_after"):
            queryset = queryset.filter(created_at__gte=after)
        if before := read_time(params, "created_before"):
            queryset = queryset.filter(created_at__lt=before)
        if since := read_time(params, "updated_since"):
            queryset = queryset.filter(updated_at__gte=since)
        queryset = queryset.filter(**{name: params[name] for name in names if name in params})
        for name, value in params.items():
            if name.startswith("metadata["):
                queryset = queryset.filter(**{f"metadata__{name[9:-1]}": value})
        scope = f"{self.request.path}|{self.tenant}"
        return Response(page(queryset, params, scope=scope, serialise=serialise))


@schema.campaigns
class Campaigns(TenantView):
    scopes = {"GET": "campaigns:read", "POST": "campaigns:write"}
    parameters = {"GET": _PAGING | _WHEN | {"status", "metadata"}}
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
    parameters = {"GET": _PAGING}

    def get(self, request: Request, campaign_id: str) -> Response:
        queries.campaign(self.tenant, campaign_id)
        return self.listing(queries.timeline(campaign_id=campaign_id), public.entry)


@schema.campaign_contacts
class CampaignContacts(TenantView):
    scopes = {"GET": "contacts:read"}
    parameters = {"GET": _PAGING}

    def get(self, request: Request, campaign_id: str) -> Response:
        queries.campaign(self.tenant, campaign_id)
        contacts = queries.contacts_of_campaign(self.tenant, campaign_id)
        return self.listing(contacts, public.contact)


@schema.campaign_cases
class CampaignCases(TenantView):
    scopes = {"GET": "campaigns:read"}
    parameters = {"GET": _PAGING | _WHEN | {"status", "metadata"}}

    def get(self, request: Request, campaign_id: str) -> Response:
        queries.campaign(self.tenant, campaign_id)
        return self.listing(queries.cases(self.tenant).filter(campaign_id=campaign_id), public.case, "status")


@schema.cases
class Cases(TenantView):
    scopes = {"GET": "campaigns:read"}
    parameters = {"GET": _PAGING | _WHEN | {"status", "campaign_id", "debtor_id", "external_id", "metadata"}}

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
