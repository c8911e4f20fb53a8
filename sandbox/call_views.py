"""`/v1/sandbox/calls`: the call that comes next on a case is made, because you say so."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import errors
from agentcollect.kit.api import body_object
from agentcollect.kit.errors import FieldError
from agentcollect.kit.shapes import TEXT, choice, record
from campaigns import queries
from campaigns.queries import Tenant
from outreach import call_schema, serializers
from outreach.models import Call
from sandbox import operations
from sandbox.views import SandboxView

_CASE = "cas_0UZ8pq1K7Lm3pRx1aBcDeF"


class Calls(SandboxView):
    """A debtor is called, because you say so."""

    scopes = {"POST": "sandbox:write"}

    @extend_schema(
        operation_id="create_sandbox_call",
        summary="Make the next call of a case",
        description=(
            "The call that comes next on the case is made in story time and ends with `outcome`, whatever the number; "
            "one that waits for a person is answered by you. The rule engine judges it like any other."
        ),
        tags=["Sandbox"],
        request={"application/json": record(["case_id", "outcome"], case_id=TEXT, outcome=choice(Call.Outcome.values))},
        responses={201: call_schema.CALL},
        examples=[
            OpenApiExample("Voicemail", value={"case_id": _CASE, "outcome": "voicemail"}, request_only=True),
            OpenApiExample("Call", value=call_schema.DETAIL_EXAMPLE, response_only=True, status_codes=["201"]),
        ],
    )
    def post(self, request: Request) -> Response:
        given = body_object(request, frozenset({"case_id", "outcome"}), frozenset({"case_id", "outcome"}))
        if not isinstance(given["case_id"], str):
            raise errors.invalid([FieldError("case_id", "invalid_type", "case_id is a text.")])
        if given["outcome"] not in Call.Outcome.values:
            words = f"outcome is one of {', '.join(Call.Outcome.values)}."
            raise errors.invalid([FieldError("outcome", "invalid_choice", words)])
        who = self.principal
        case = queries.case(Tenant(who.organisation_id, who.livemode), given["case_id"])
        made = operations.call(case=case, outcome=given["outcome"], by=who.by)
        return Response(serializers.call_detail(made), status=201)
