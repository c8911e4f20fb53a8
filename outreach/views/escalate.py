"""`POST /v1/cases/{id}/escalate`: the creditor's word that this case goes to an attorney."""

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from campaigns import queries
from campaigns.schema.cases import detail_after
from campaigns.serializers import bodies
from campaigns.views.cases import CaseAction
from outreach import operations


@detail_after(
    "escalate_case",
    "Hand a case to an attorney now",
    "This call is your authorisation for this case: an independent attorney licensed in the debtor's state is asked, "
    "and `case.escalated` follows when one has accepted; our own messages end at once. Offered already: 200, and "
    "nothing happens.",
)
class EscalateCase(CaseAction):
    def post(self, request: Request, case_id: str) -> Response:
        queries.case(self.tenant, case_id)
        bodies.nothing(self.raw)
        operations.escalate(case_id=case_id, by=self.principal.by, at=clock.now())
        return self.answer(case_id)
