"""`/v1/approvals`: what waits for the creditor's word, and the word itself."""

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.api import ApiView
from campaigns.views.common import RawBody, TenantView
from outreach import approval_bodies as bodies
from outreach import approval_schema as schema
from outreach import listings, operations, queries, serializers


@schema.approvals
class Approvals(ApiView):
    """The drafts that wait, newest first, each with the facts it was written from."""

    scopes = {"GET": "messages:read"}
    lists = listings.APPROVALS

    def get(self, request: Request) -> Response:
        rows = queries.approvals(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, bodies.approval)


class MessageAction(TenantView):
    """Something done to a draft; the answer is the message after it."""

    scopes = {"POST": "messages:write"}
    parser_classes = [RawBody]

    def found(self, message_id: str) -> None:
        queries.message(self.principal.organisation_id, self.principal.livemode, message_id)

    def answer(self, message_id: str) -> Response:
        found = queries.message(self.principal.organisation_id, self.principal.livemode, message_id)
        return Response(serializers.message_detail(found))


@schema.approve_message
class ApproveMessage(MessageAction):
    def post(self, request: Request, message_id: str) -> Response:
        self.found(message_id)
        bodies.nothing(self.raw)
        operations.approve_message(message_id=message_id, by=self.principal.by, at=self.at)
        return self.answer(message_id)


@schema.reject_message
class RejectMessage(MessageAction):
    def post(self, request: Request, message_id: str) -> Response:
        self.found(message_id)
        reason = bodies.reject(self.raw)
        operations.reject_message(message_id=message_id, reason=reason, by=self.principal.by, at=self.at)
        return self.answer(message_id)


@schema.edit_message
class EditMessage(MessageAction):
    def post(self, request: Request, message_id: str) -> Response:
        self.found(message_id)
        words = bodies.edit(self.raw)
        operations.edit_message(message_id=message_id, paragraphs=words, by=self.principal.by, at=self.at)
        return self.answer(message_id)
