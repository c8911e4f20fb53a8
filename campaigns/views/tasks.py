"""`/v1/tasks`: translate, one call down, translate back."""

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from campaigns import listings, operations, queries
from campaigns.models import Task
from campaigns.schema import tasks as schema
from campaigns.serializers import tasks as serializers
from campaigns.views.common import RawBody, TenantView


@schema.tasks
class Tasks(TenantView):
    scopes = {"GET": "campaigns:read"}
    lists = listings.TASKS

    def get(self, request: Request) -> Response:
        return self.listing(self._asked_for(), serializers.task)

    def _asked_for(self) -> QuerySet[Task]:
        """`overdue` is judged now."""
        rows, overdue = queries.tasks(self.tenant), self.request.query_params.get("overdue")
        late = {"status__in": queries.STANDING, "due_at__lt": clock.now()}
        return rows.filter(**late) if overdue == "true" else rows.exclude(**late) if overdue == "false" else rows


class _TaskView(TenantView):
    parser_classes = [RawBody]

    def answer(self, task_id: str) -> Response:
        return Response(serializers.task(queries.task(self.tenant, task_id)))


@schema.task
class TaskDetail(_TaskView):
    scopes = {"GET": "campaigns:read"}

    def get(self, request: Request, task_id: str) -> Response:
        return self.answer(task_id)


@schema.claim_task
class ClaimTask(_TaskView):
    scopes = {"POST": "campaigns:write"}

    def post(self, request: Request, task_id: str) -> Response:
        queries.task(self.tenant, task_id)
        act = operations.claim_task if serializers.claim(self.raw) else operations.unclaim_task
        act(task_id=task_id, by=self.principal.by, at=self.at)
        return self.answer(task_id)


@schema.complete_task
class CompleteTask(_TaskView):
    """Whatever a draft's approval does is the messages' own: their scope is asked for too (accounts.rules.SCOPES)."""

    scopes = {"POST": "campaigns:write"}

    def post(self, request: Request, task_id: str) -> Response:
        found = queries.task(self.tenant, task_id)
        given = serializers.complete(self.raw)
        if found.kind == Task.Kind.APPROVE and not self.principal.has("messages:write"):
            raise ApiError("missing_scope", "This needs the scope messages:write.")
        operations.complete_task(task_id=task_id, **given, by=self.principal.by, at=self.at)
        return self.answer(task_id)
