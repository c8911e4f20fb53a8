"""`/v1/promises`, `/v1/plans` and what is done to a case's: what a debtor agreed to pay later."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.story import StoryView
from agentcollect.kit.api import ApiView, body_object
from campaigns.models import Case
from payments import listings, operations, queries, serializers
from payments.models.agreements import Source
from payments.schema import agreements as schema


class CaseView(StoryView):
    scopes = {"POST": "payments:write"}

    def case(self, case_id: str) -> Case:
        return queries.case_named(self.principal.organisation_id, self.principal.livemode, case_id=case_id)

    @property
    def evidence(self) -> dict[str, Any]:
        """Who said so: a key, a member."""
        return {"recorded_by": self.principal.by}


@schema.make_promise
class CasePromise(CaseView):
    """The creditor records what a debtor promised on the phone or in person."""

    def post(self, request: Request, case_id: str) -> Response:
        case = self.case(case_id)
        given = serializers.read_promise(request, case)
        promise = operations.make_promise(
            case_id=case.id,
            amount_minor=case.balance_minor if given.amount_minor is None else given.amount_minor,
            due_on=given.due_on,
            source=Source.CREDITOR,
            evidence=self.evidence,
            by=self.principal.by,
            at=self.at,
        )
        return Response(serializers.promise(_promise(self, promise.id)), status=201)


@schema.make_plan
class CasePlan(CaseView):
    """The creditor offers instalments, or records that they were agreed."""

    def post(self, request: Request, case_id: str) -> Response:
        case = self.case(case_id)
        given = serializers.read_plan(request, case)
        act = operations.start_plan if given.agreed else operations.offer_plan
        plan = act(
            case_id=case.id,
            schedule=given.parts,
            source=Source.CREDITOR,
            evidence=self.evidence,
            by=self.principal.by,
            at=self.at,
        )
        return Response(serializers.plan(_plan(self, plan.id)), status=201)


def _promise(view: ApiView, promise_id: str) -> Any:
    return queries.promise(view.principal.organisation_id, view.principal.livemode, promise_id)


def _plan(view: ApiView, plan_id: str) -> Any:
    return queries.plan(view.principal.organisation_id, view.principal.livemode, plan_id)


@schema.promises
class Promises(ApiView):
    scopes = {"GET": "payments:read"}
    lists = listings.PROMISES

    def get(self, request: Request) -> Response:
        rows = queries.promises(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, serializers.promise)


@schema.promise
class OnePromise(ApiView):
    scopes = {"GET": "payments:read"}

    def get(self, request: Request, promise_id: str) -> Response:
        return Response(serializers.promise(_promise(self, promise_id)))


@schema.plans
class Plans(ApiView):
    scopes = {"GET": "payments:read"}
    lists = listings.PLANS

    def get(self, request: Request) -> Response:
        rows = queries.plans(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, serializers.plan)


@schema.plan
class OnePlan(ApiView):
    scopes = {"GET": "payments:read"}

    def get(self, request: Request, plan_id: str) -> Response:
        return Response(serializers.plan(_plan(self, plan_id)))


class Action(StoryView):
    """Something done to an agreement; the answer is the agreement after it. No body."""

    scopes = {"POST": "payments:write"}

    @property
    def who(self) -> dict[str, Any]:
        return {"by": self.principal.by, "at": self.at}


@schema.cancel_promise
class CancelPromise(Action):
    def post(self, request: Request, promise_id: str) -> Response:
        nothing(request)
        found = _promise(self, promise_id)
        operations.cancel_promise(promise_id=found.id, **self.who)
        return Response(serializers.promise(_promise(self, promise_id)))


@schema.confirm_promise
class ConfirmPromise(Action):
    def post(self, request: Request, promise_id: str) -> Response:
        nothing(request)
        found = _promise(self, promise_id)
        operations.confirm_promise(promise_id=found.id, **self.who)
        return Response(serializers.promise(_promise(self, promise_id)))


@schema.cancel_plan
class CancelPlan(Action):
    def post(self, request: Request, plan_id: str) -> Response:
        nothing(request)
        found = _plan(self, plan_id)
        operations.cancel_plan(plan_id=found.id, **self.who)
        return Response(serializers.plan(_plan(self, plan_id)))


@schema.accept_plan
class AcceptPlan(Action):
    def post(self, request: Request, plan_id: str) -> Response:
        nothing(request)
        found = _plan(self, plan_id)
        operations.accept_plan(plan_id=found.id, **self.who)
        return Response(serializers.plan(_plan(self, plan_id)))


def nothing(request: Request) -> None:
    """The body must be empty, or an empty object."""
    if request.data:
        body_object(request, frozenset())
