"""`/v1/disputes`, and the dispute of a case: what a debtor objects to, and how it ended."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import listings, operations, queries
from campaigns.models import Dispute
from campaigns.schema import disputes as schema
from campaigns.serializers import disputes as serializers
from campaigns.views.common import RawBody, TenantView


@schema.disputes
class Disputes(TenantView):
    scopes = {"GET": "campaigns:read"}
    lists = listings.DISPUTES

    def get(self, request: Request) -> Response:
        return self.listing(queries.disputes(self.tenant), serializers.dispute)


@schema.dispute
class OneDispute(TenantView):
    scopes = {"GET": "campaigns:read"}

    def get(self, request: Request, dispute_id: str) -> Response:
        return Response(serializers.dispute(queries.dispute(self.tenant, dispute_id)))


class _Action(TenantView):
    """Something done about a dispute; the answer is the dispute after it."""

    scopes = {"POST": "campaigns:write"}
    parser_classes = [RawBody]

    @property
    def who(self) -> dict[str, Any]:
        return {"by": self.principal.by, "at": self.at}

    def answer(self, dispute_id: str, status: int = 200) -> Response:
        return Response(serializers.dispute(queries.dispute(self.tenant, dispute_id)), status=status)


@schema.open_dispute
class CaseDispute(_Action):
    def post(self, request: Request, case_id: str) -> Response:
        case = queries.case(self.tenant, case_id)
        given = serializers.opening(self.raw, case.currency)
        opened = operations.open_dispute(
            case_id=case.id,
            **given,
            source=Dispute.Source.CREDITOR,
            evidence={"recorded_by": self.principal.by},
            **self.who,
        )
        return self.answer(opened.id, 201)


@schema.request_information
class RequestInformation(_Action):
    def post(self, request: Request, dispute_id: str) -> Response:
        found = queries.dispute(self.tenant, dispute_id)
        asked = serializers.asking(self.raw)
        operations.request_dispute_information(dispute_id=found.id, note=asked, **self.who)
        return self.answer(found.id)


@schema.answer_dispute
class AnswerDispute(_Action):
    def post(self, request: Request, dispute_id: str) -> Response:
        found = queries.dispute(self.tenant, dispute_id)
        said = serializers.answering(self.raw)
        operations.answer_dispute(dispute_id=found.id, answer=said, **self.who)
        return self.answer(found.id)


@schema.resolve_dispute
class ResolveDispute(_Action):
    def post(self, request: Request, dispute_id: str) -> Response:
        found = queries.dispute(self.tenant, dispute_id)
        given = serializers.resolving(self.raw, found.currency)
        operations.resolve_dispute(dispute_id=found.id, **given, **self.who)
        return self.answer(found.id)


@schema.withdraw_dispute
class WithdrawDispute(_Action):
    def post(self, request: Request, dispute_id: str) -> Response:
        found = queries.dispute(self.tenant, dispute_id)
        note = serializers.withdrawing(self.raw)
        operations.withdraw_dispute(dispute_id=found.id, note=note, **self.who)
        return self.answer(found.id)
