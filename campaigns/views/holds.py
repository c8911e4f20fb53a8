"""Holds on a case: the creditor's reasons to wait, set and lifted while it runs."""

from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import operations, queries, schema
from campaigns.serializers import bodies
from campaigns.views.cases import CaseAction


@schema.hold_case
class HoldCase(CaseAction):
    def post(self, request: Request, case_id: str) -> Response:
        queries.case(self.tenant, case_id)
        at = self.at
        given = bodies.hold(self.raw, at)
        operations.hold_case(case_id=case_id, **given, by=self.principal.by, at=at)
        return self.answer(case_id)


@schema.release_case
class ReleaseCase(CaseAction):
    def post(self, request: Request, case_id: str) -> Response:
        queries.case(self.tenant, case_id)
        named = bodies.release(self.raw)
        operations.release_case(case_id=case_id, **named, by=self.principal.by, at=self.at)
        return self.answer(case_id)
