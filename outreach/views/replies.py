"""What debtors wrote, and a person's word on it."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.story import StoryView
from agentcollect.kit import errors
from agentcollect.kit.api import ApiView, body_object
from agentcollect.kit.described import described
from agentcollect.kit.errors import FieldError
from agentcollect.kit.listing import document
from campaigns.models import Case
from outreach import listings, queries, reply_schema, serializers
from outreach.models import Reply
from outreach.operations import replies as operations

_EXAMPLE = OpenApiExample("Reply", value=reply_schema.DETAIL_EXAMPLE, response_only=True)


def _detail(found: Reply) -> Response:
    currency = Case.objects.values_list("currency", flat=True).get(id=found.case_id)
    return Response(serializers.reply_detail(found, currency))


@document("list_replies", "List what debtors wrote", reply_schema.REPLY, reply_schema.EXAMPLE, tag="Replies")
class Replies(ApiView):
    """Every reply, newest first; `status=needs_human` are those that wait for you."""

    scopes = {"GET": "messages:read"}
    lists = listings.REPLIES

    def get(self, request: Request) -> Response:
        rows = queries.replies(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, serializers.reply)


@document(
    "list_case_replies",
    "List what a debtor wrote about a case",
    reply_schema.REPLY,
    reply_schema.EXAMPLE,
    tag="Replies",
)
class CaseReplies(ApiView):
    """The replies about one case, newest first."""

    scopes = {"GET": "messages:read"}
    lists = listings.CASE_REPLIES

    def get(self, request: Request, case_id: str) -> Response:
        rows = queries.case_replies(self.principal.organisation_id, self.principal.livemode, case_id)
        return self.listing(rows, serializers.reply)


@described("get_reply", "Get a reply and what was read in it", reply_schema.REPLY_DETAIL, _EXAMPLE, tag="Replies")
class OneReply(ApiView):
    """A reply with what was read in it."""

    scopes = {"GET": "messages:read"}

    def get(self, request: Request, reply_id: str) -> Response:
        return _detail(queries.reply(self.principal.organisation_id, self.principal.livemode, reply_id))


class ResolveReply(StoryView):
    """A person says what a reply is."""

    scopes = {"POST": "messages:write"}

    @extend_schema(
        operation_id="resolve_reply",
        summary="Say what a reply means",
        description=(
            "For a reply that needs a person: what follows from `label` is done now (a dispute is opened, a promise "
            "with the amount and day found in the text is kept, an answer is sent…), and what waited for this reply "
            "goes on. `other`: nothing follows."
        ),
        tags=["Replies"],
        request={"application/json": reply_schema.RESOLVE},
        responses={200: reply_schema.REPLY_DETAIL},
        examples=[
            OpenApiExample("A dispute", value={"label": "dispute", "note": "They mean item 3."}, request_only=True),
            _EXAMPLE,
        ],
    )
    def post(self, request: Request, reply_id: str) -> Response:
        who = self.principal
        found = queries.reply(who.organisation_id, who.livemode, reply_id)
        given = _texts(body_object(request, frozenset({"label", "note"}), frozenset({"label"})))
        done = operations.resolve(
            reply_id=found.id, label=given["label"], note=given.get("note", ""), by=who.by, at=self.at
        )
        return _detail(done)


def _texts(body: dict[str, Any]) -> dict[str, str]:
    faults = [
        FieldError(name, "invalid_text", f"{name} is a text of at most 200 characters.")
        for name, value in body.items()
        if not isinstance(value, str) or len(value) > 200 or "\0" in value
    ]
    if faults:
        raise errors.invalid(faults)
    return body
