"""`/v1/organisation/reply_path`: how answers of debtors come back, and whether that is proven."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit import clock, errors
from agentcollect.kit.api import ApiView, body_object
from agentcollect.kit.described import described
from agentcollect.kit.errors import FieldError
from outreach import queries, reply_schema, serializers
from outreach.models import ReplyPath
from outreach.operations import reply_path as operations

_TEXTS = {"address": 254, "host": 253, "user": 254, "folder": 120, "secret": 500}
_EXAMPLE = OpenApiExample("Reply path", value=reply_schema.PATH_EXAMPLE, response_only=True)


@described(
    "get_reply_path",
    "How answers of debtors come back",
    reply_schema.PATH,
    _EXAMPLE,
    tag="Organisation",
    description="In live mode no email leaves before `status` is `proven`.",
)
class OrganisationReplyPath(ApiView):
    """One for each mode: that of the key."""

    scopes = {"GET": "organisation:read", "PUT": "organisation:write"}

    def get(self, request: Request) -> Response:
        return self._shown(queries.reply_path(self.principal.organisation_id, self.principal.livemode))

    @extend_schema(
        operation_id="set_reply_path",
        summary="Choose how answers of debtors come back",
        description=(
            "`inbound_host`: answers are addressed to us. `mailbox`: an IMAP mailbox of yours, which is read once a "
            "minute; nothing in it is changed, marked or deleted. Whatever you choose is proven by a message that has "
            "to come back within 10 minutes, and again every day."
        ),
        tags=["Organisation"],
        request={"application/json": reply_schema.PATH_BODY},
        responses={200: reply_schema.PATH},
        examples=[OpenApiExample("A mailbox", value=reply_schema.PATH_BODY_EXAMPLE, request_only=True), _EXAMPLE],
    )
    def put(self, request: Request) -> Response:
        who, given = self.principal, read_body(request)
        secret = given.pop("secret", None)
        done = operations.configure(
            organisation_id=who.organisation_id,
            livemode=who.livemode,
            kind=given.pop("kind"),
            facts=given,
            secret=secret,
            by=who.by,
            at=clock.now(),
        )
        return self._shown(done)

    def _shown(self, path: ReplyPath | None) -> Response:
        shown = serializers.reply_path(path, livemode=self.principal.livemode, host=settings.INBOUND_HOST)
        return Response(shown)


def read_body(request: Request) -> dict[str, Any]:
    """The body's fields, each of its type. Raises ApiError with every fault."""
    body = body_object(request, frozenset({"kind", "port", *_TEXTS}), frozenset({"kind"}))
    faults = [FieldError("kind", "invalid_request", "kind is inbound_host or mailbox.")]
    faults = faults if body["kind"] not in ReplyPath.Kind.values else []
    given = {name: value for name, value in body.items() if value is not None}
    for name, limit in _TEXTS.items():
        value = given.get(name, "")
        if not isinstance(value, str) or len(value) > limit or any(not c.isprintable() for c in value):
            faults.append(FieldError(name, "invalid_text", f"{name} is a text of at most {limit} characters."))
    port = given.setdefault("port", operations.IMAPS)
    if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= 65_535:
        faults.append(FieldError("port", "invalid_type", "port is a whole number from 1 to 65535."))
    if not faults and given.get("address"):
        faults += _address_faults(given["address"])
    if faults:
        raise errors.invalid(faults)
    return given | {"folder": given.get("folder") or "INBOX"}


def _address_faults(address: str) -> list[FieldError]:
    try:
        validate_email(address)
    except ValidationError:
        return [FieldError("address", "invalid_email", "address is no e-mail address.")]
    return []
