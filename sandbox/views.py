"""`/v1/sandbox/*`: things that happen only because a developer says so. Test mode only."""

import re
from datetime import timedelta
from typing import Any, cast

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import timeline
from agentcollect.kit import errors, money
from agentcollect.kit.api import ApiView, body_object
from agentcollect.kit.errors import ApiError, FieldError
from campaigns import operations as campaigns
from campaigns import queries as campaign_queries
from campaigns.models import Dispute
from campaigns.queries import Tenant
from campaigns.schema import disputes as dispute_schema
from campaigns.serializers import disputes as dispute_serializers
from campaigns.views.common import RawBody
from payments import operations as payments
from payments import queries, schema, serializers
from payments.models import Payment
from payments.serializers import Report
from sandbox import charges

errors.define("test_mode_only", 422, "The sandbox is for test keys; a live key moves real things.")


class SandboxView(ApiView):
    """A view that a live key may not use."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.principal.livemode:
            raise ApiError("test_mode_only")


_FIELDS = serializers.SANDBOX_FIELDS | {"outcome", "after"}
_SUCCEEDED = "succeeded"
_OUTCOMES = (_SUCCEEDED, *charges.OUTCOMES)
_AFTER = re.compile(r"([0-9]{1,3})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Payments(SandboxView):
    """A debtor pays, because you say so: the balance when no amount is given."""

    scopes = {"POST": "sandbox:write"}

    @extend_schema(
        operation_id="create_sandbox_payment",
        summary="Simulate a payment by a debtor",
        description=(
            "`outcome`: `succeeded` (the default: the money has come), or what the sandbox processor is known for: "
            "`card_declined` and `insufficient_funds` (`payment.failed` at once), `ach_settles` (a bank debit that "
            "stays `processing` and succeeds later), `ach_fails` (and fails later), `ach_returned` (succeeds later, "
            "and goes back as long again after that: `payment.reversed`). `after`: how long a debit takes, such as "
            "`10m`, `6h` or `4d` (the default), by the case's clock."
        ),
        tags=["Sandbox"],
        request={"application/json": schema.SANDBOX_REPORT},
        responses={201: schema.PAYMENT},
        examples=[
            OpenApiExample("Pay it all", value={"case_id": schema.EXAMPLE["case_id"]}, request_only=True),
            OpenApiExample(
                "A debit that comes back",
                value={"case_id": schema.EXAMPLE["case_id"], "outcome": "ach_returned", "after": "2d"},
                request_only=True,
            ),
            OpenApiExample("Payment", value=schema.EXAMPLE | {"source": "sandbox"}, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        given = serializers.read_report(
            request, known=_FIELDS, required=frozenset(), method=Payment.Method.BANK_TRANSFER
        )
        outcome, after = _asked(request)
        payment = self._report(given) if outcome == _SUCCEEDED else self._charge(given, outcome, after)
        return Response(serializers.payment(payment), status=201)

    def _report(self, given: Report) -> Payment:
        who = self.principal
        case = queries.case_named(who.organisation_id, who.livemode, **given.case)
        named = {"organisation_id": who.organisation_id, "livemode": who.livemode, "given": given}
        at = timeline.act(case.clock_id)
        return payments.report(**named, source=Payment.Source.SANDBOX, by=who.by, at=at)

    def _charge(self, given: Report, outcome: str, after: timedelta) -> Payment:
        who = self.principal
        case = queries.case_named(who.organisation_id, who.livemode, **given.case)
        try:
            minor = None if given.amount is None else money.to_minor(given.amount, case.currency)
        except ValueError as error:
            raise ApiError("invalid_amount", f"amount {error}.", param="amount") from error
        at = timeline.act(case.clock_id)
        made = charges.charge(case=case, amount_minor=minor, outcome=outcome, after=after, by=who.by, at=at)
        return queries.payment(who.organisation_id, who.livemode, made.id)


def _asked(request: Request) -> tuple[str, timedelta]:
    """The outcome that is asked for, and how long a debit takes. Raises ApiError with every fault."""
    body = {name: value for name, value in body_object(request, _FIELDS, frozenset()).items() if value is not None}
    outcome, after = body.get("outcome", _SUCCEEDED), body.get("after", "4d")
    faults = []
    if outcome not in _OUTCOMES:
        faults.append(FieldError("outcome", "invalid_choice", f"outcome is one of {', '.join(_OUTCOMES)}."))
    elif outcome != _SUCCEEDED and "method" in body and body["method"] != charges.OUTCOMES[outcome][0]:
        words = f"outcome {outcome} is one of a payment by {charges.OUTCOMES[outcome][0]}: leave method out."
        faults.append(FieldError("method", "invalid_choice", words))
    found = _AFTER.fullmatch(after) if isinstance(after, str) else None
    if found is None:
        faults.append(FieldError("after", "invalid_text", "after is a number of minutes, hours or days, such as 4d."))
    if faults or found is None:
        raise errors.invalid(faults)
    return str(outcome), timedelta(**{_UNITS[found[2]]: int(found[1])})


@dispute_schema.sandbox_dispute
class Disputes(SandboxView):
    """A debtor disputes an invoice, because you say so."""

    scopes = {"POST": "sandbox:write"}
    parser_classes = [RawBody]

    def post(self, request: Request) -> Response:
        tenant = Tenant(self.principal.organisation_id, self.principal.livemode)
        raw = cast(bytes, request.data) or b"{}"
        case = campaign_queries.case(tenant, dispute_serializers.sandbox_case(raw))
        dispute = campaigns.open_dispute(
            case_id=case.id,
            **dispute_serializers.sandbox_opening(raw, case.currency),
            source=Dispute.Source.SANDBOX,
            evidence={"recorded_by": self.principal.by},
            by="debtor",
            at=timeline.act(case.clock_id),
        )
        shown = dispute_serializers.dispute(campaign_queries.dispute(tenant, dispute.id))
        return Response(shown, status=201)
