"""`/v1/cases`: translate, one call down, translate back."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from campaigns import listings, operations, queries, schema
from campaigns.models import Case
from campaigns.operations.closing import REASONS
from campaigns.queries import Tenant
from campaigns.serializers import bodies, cases, checks, public
from campaigns.views.common import RawBody, TenantView

# A debtor has a handful of people; a page of them is plenty.
_PEOPLE = 50
_TIMELINE = 20


@schema.cases
class Cases(TenantView):
    scopes = {"GET": "campaigns:read"}
    lists = listings.CASES

    def get(self, request: Request) -> Response:
        return self.listing(asked_for(self), public.case)


def asked_for(view: TenantView) -> QuerySet[Case]:
    """The caller's cases; those that a hold of the asked kind covers, if one is asked for."""
    rows, kind = queries.cases(view.tenant), view.request.query_params.get("hold")
    return queries.held_by(rows, view.tenant, kind, at=clock.now()) if kind else rows


def case_detail(tenant: Tenant, case_id: str, at: datetime) -> dict[str, Any]:
    """One case with everything about it, in a number of statements that does not depend on how much that is."""
    found = queries.case_with_standing(tenant, case_id, at=at)
    holds = queries.holds_on(found, at=at)
    around = cases.Around(
        ledger=queries.ledger(case_id),
        holds=holds,
        blocking=queries.blocking(holds),
        contacts=queries.contacts_at(tenant, found.debtor_id),
        step=queries.latest_step(case_id),
        timeline=queries.newest_facts(case_id),
    )
    return cases.detail(found, around)


@schema.case
class CaseDetail(TenantView):
    scopes = {"GET": "campaigns:read", "PATCH": "campaigns:write"}
    parameters = {"GET": frozenset({"expand"})}
    parser_classes = [RawBody]

    def get(self, request: Request, case_id: str) -> Response:
        found = case_detail(self.tenant, case_id, self.at)
        self.expand([found], listings.CASES.expands)
        return Response(found)

    def patch(self, request: Request, case_id: str) -> Response:
        found = queries.case(self.tenant, case_id)
        at = self.at
        terms = checks.terms_of(found.campaign.organisation, livemode=found.livemode, at=at)
        changes, reason = bodies.correction(self.raw, found, terms)
        operations.correct(
            case_id=case_id, changes=changes, reason=reason, terms_days=terms.terms_days, by=self.principal.by, at=at
        )
        return Response(case_detail(self.tenant, case_id, at))


class CaseAction(TenantView):
    """Something done to a case; the answer is the case after it."""

    scopes = {"POST": "campaigns:write"}
    parser_classes = [RawBody]

    def answer(self, case_id: str, status: int = 200) -> Response:
        headers = {"Location": f"/v1/cases/{case_id}"} if status == 202 else None
        return Response(case_detail(self.tenant, case_id, self.at), status=status, headers=headers)


@schema.close_case
class CloseCase(CaseAction):
    def post(self, request: Request, case_id: str) -> Response:
        queries.case(self.tenant, case_id)
        given = bodies.close(self.raw, REASONS)
        operations.close_case(case_id=case_id, **given, by=self.principal.by, at=self.at)
        return self.answer(case_id)


@schema.unrecall_case
class UnrecallCase(CaseAction):
    def post(self, request: Request, case_id: str) -> Response:
        queries.case(self.tenant, case_id)
        bodies.nothing(self.raw)
        operations.unrecall(case_id=case_id, by=self.principal.by, at=self.at)
        return self.answer(case_id)


@schema.enrich_case
class EnrichCase(CaseAction):
    scopes = {"POST": "contacts:write"}

    def post(self, request: Request, case_id: str) -> Response:
        queries.case(self.tenant, case_id)
        bodies.nothing(self.raw)
        _, asked = operations.enrich(case_id=case_id, by=self.principal.by, at=self.at)
        return self.answer(case_id, 202 if asked else 200)


@schema.credit_case
class CaseCredits(TenantView):
    """Credit notes: the debtor is asked for less."""

    scopes = {"POST": "payments:write"}
    parser_classes = [RawBody]

    def post(self, request: Request, case_id: str) -> Response:
        found = queries.case(self.tenant, case_id)
        given = bodies.credit(self.raw, found.currency)
        done = operations.credit(case_id=case_id, **given, by=self.principal.by, at=self.at)
        return Response(cases.credited(done.entry, done.case), status=201 if done.fresh else 200)
