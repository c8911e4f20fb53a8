"""The creditor's word on attorneys: this case goes to one now, or to none."""

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.shapes import MAYBE_TEXT, record
from campaigns import queries
from campaigns.schema.cases import detail_after
from campaigns.serializers import bodies
from campaigns.views.cases import CaseAction
from outreach import operations


@detail_after(
    "escalate_case",
    "Hand a case to an attorney now",
    "This call is your authorisation for this case: an independent attorney licensed in the debtor's state is asked, "
    "and `case.escalated` follows when one has accepted; our own messages end at once. It ends a veto. Offered "
    "already: 200, and nothing happens.",
)
class EscalateCase(CaseAction):
    def post(self, request: Request, case_id: str) -> Response:
        queries.case(self.tenant, case_id)
        bodies.nothing(self.raw)
        operations.escalate(case_id=case_id, by=self.principal.by, at=self.at)
        return self.answer(case_id)


@detail_after(
    "veto_case_escalation",
    "Keep a case from attorneys",
    "You see each offer to an attorney 48 hours before it is made (`case.escalation_proposed`); this call stops it, or "
    "takes it back while nobody has accepted. The case goes on without an attorney; `escalate` ends the veto. Vetoed "
    "already: 200, and nothing happens. Accepted by an attorney: 409.",
    request=record([], reason=MAYBE_TEXT | {"description": "Why, for your own records.", "maxLength": 300}),
    example=("A reason", {"reason": "We settle this one ourselves."}),
)
class VetoEscalation(CaseAction):
    def post(self, request: Request, case_id: str) -> Response:
        queries.case(self.tenant, case_id)
        reason = bodies.veto(self.raw)
        operations.veto(case_id=case_id, reason=reason, by=self.principal.by, at=self.at)
        return self.answer(case_id)
