"""`/v1/sandbox/{replies,bounces,opt_outs}`: a debtor writes, a mail server refuses, somebody wants no more mail."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import timeline
from agentcollect.kit import clock, errors
from agentcollect.kit.api import body_object
from agentcollect.kit.errors import ApiError, FieldError
from agentcollect.kit.shapes import MAYBE_TEXT, TEXT, TIME, whole
from campaigns import queries as people
from campaigns.models import Case
from campaigns.queries import Tenant
from outreach import queries
from outreach.models import Inbound
from sandbox import replies
from sandbox.views import SandboxView

_CASE = "cas_0UZ8pq1K7Lm3pRx1aBcDeF"
_TAKEN = whole(
    {
        "inbound_id": TEXT | {"description": "The mail as it came in; what it means is read within seconds."},
        "case_id": TEXT,
        "message_id": MAYBE_TEXT,
        "created_at": TIME,
        "livemode": {"type": "boolean"},
    }
)
_EXAMPLE = {
    "inbound_id": "inb_0UZ8pq1K9xQk4Fw2aBcDeF",
    "case_id": _CASE,
    "message_id": None,
    "created_at": "2026-03-18T15:00:00Z",
    "livemode": False,
}
_MOST_TEXT = 20_000
# What may come of a message of ours.
_NEWS = ("hard", "soft", "complaint")


class _Taking(SandboxView):
    """A view that puts a mail through the door: 202, since it is read by a worker."""

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.principal.organisation_id, self.principal.livemode)

    def taken(self, row: Inbound, case: Case, message_id: str | None = None) -> Response:
        return Response(
            {
                "inbound_id": row.id,
                "case_id": case.id,
                "message_id": message_id,
                "created_at": clock.iso(row.received_at),
                "livemode": False,
            },
            status=202,
        )


class Replies(_Taking):
    """A debtor answers, because you say so."""

    scopes = {"POST": "sandbox:write"}

    @extend_schema(
        operation_id="create_sandbox_reply",
        summary="Simulate a reply by a debtor",
        description=(
            "A real mail is written and goes through the same door as one from a mail provider: `reply.received` "
            f"follows, then whatever it means. Templates: {', '.join(f'`{name}`' for name in replies.TEMPLATES)}. "
            "They are in the debtor's language. "
            "`from`: another address than that of the person who was written to last."
        ),
        tags=["Sandbox"],
        request={
            "application/json": {
                "type": "object",
                "additionalProperties": False,
                "required": ["case_id"],
                "properties": {
                    "case_id": TEXT,
                    "text": {"type": "string", "minLength": 1, "maxLength": _MOST_TEXT},
                    "template": {"type": "string", "enum": list(replies.TEMPLATES)},
                    "from": {"type": "string", "format": "email"},
                },
            }
        },
        responses={202: _TAKEN},
        examples=[
            OpenApiExample("Their own words", value={"case_id": _CASE, "text": "We dispute this."}, request_only=True),
            OpenApiExample("A template", value={"case_id": _CASE, "template": "promise"}, request_only=True),
            OpenApiExample("Taken", value=_EXAMPLE, response_only=True, status_codes=["202"]),
        ],
    )
    def post(self, request: Request) -> Response:
        given = _texts(request, {"case_id": 40, "text": _MOST_TEXT, "template": 40, "from": 254}, "case_id")
        if bool(given.get("text")) == bool(given.get("template")):
            raise errors.invalid([FieldError("text", "missing_field", "Give either text or template.")])
        if given.get("template") and given["template"] not in replies.TEMPLATES:
            words = f"A template is one of {', '.join(replies.TEMPLATES)}."
            raise errors.invalid([FieldError("template", "invalid_request", words)])
        if given.get("from"):
            _check_address(given["from"])
        case = people.case(self.tenant, given["case_id"])
        names = {"text": given.get("text", ""), "template": given.get("template", "")}
        at = timeline.act(case.clock_id)
        return self.taken(replies.reply(case=case, **names, sender=given.get("from", ""), at=at), case)


class Bounces(_Taking):
    """A mail comes back, or is called spam, because you say so."""

    scopes = {"POST": "sandbox:write"}

    @extend_schema(
        operation_id="create_sandbox_bounce",
        summary="Simulate a bounce or a complaint",
        description=(
            "A delivery report (RFC 3464) about one message: `message_id`, or the last one of `case_id`. `hard`: the "
            "address does not exist (`message.bounced`, `contact.bounced`, and the next person is written to); "
            "`soft`: the mailbox is full, which says nothing about the address; `complaint`: it arrived, and the "
            "reader marked it as spam (`contact.suppressed`: no more mail to that address)."
        ),
        tags=["Sandbox"],
        request={
            "application/json": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "message_id": TEXT,
                    "case_id": TEXT,
                    "kind": {"type": "string", "enum": list(_NEWS), "default": "hard"},
                },
            }
        },
        responses={202: _TAKEN},
        examples=[
            OpenApiExample("The last message", value={"case_id": _CASE, "kind": "hard"}, request_only=True),
            OpenApiExample("Taken", value=_EXAMPLE, response_only=True, status_codes=["202"]),
        ],
    )
    def post(self, request: Request) -> Response:
        given = _texts(request, {"message_id": 40, "case_id": 40, "kind": 9})
        kind = given.get("kind") or "hard"
        if bool(given.get("message_id")) == bool(given.get("case_id")):
            raise errors.invalid([FieldError("message_id", "missing_field", "Give either message_id or case_id.")])
        if kind not in _NEWS:
            raise errors.invalid([FieldError("kind", "invalid_request", f"kind is one of {', '.join(_NEWS)}.")])
        if given.get("case_id"):
            message = replies.last_sent(people.case(self.tenant, given["case_id"]))
        else:
            message = queries.message(self.tenant.organisation_id, self.tenant.livemode, given["message_id"])
            if message.status not in queries.LEFT:
                raise ApiError("nothing_sent")
        case = people.case(self.tenant, message.case_id)
        at = timeline.act(case.clock_id)
        if kind == "complaint":
            return self.taken(replies.complain(message=message, clock_id=case.clock_id, at=at), case, message.id)
        return self.taken(replies.bounce(message=message, kind=kind, at=at), case, message.id)


class OptOuts(_Taking):
    """Somebody wants no more, because you say so."""

    scopes = {"POST": "sandbox:write"}

    @extend_schema(
        operation_id="create_sandbox_opt_out",
        summary="Simulate an opt-out",
        description=(
            "By `email` (the default) the person writes that they want no more mail, which is read within seconds; by "
            "`call` or `sms` the medium is closed at once. `contact.suppressed` follows."
        ),
        tags=["Sandbox"],
        request={
            "application/json": {
                "type": "object",
                "additionalProperties": False,
                "required": ["contact_id"],
                "properties": {
                    "contact_id": TEXT,
                    "channel": {"type": "string", "enum": ["email", "call", "sms"], "default": "email"},
                },
            }
        },
        responses={202: whole({"contact_id": TEXT, "channel": TEXT, "livemode": {"type": "boolean"}})},
        examples=[
            OpenApiExample("No more mail", value={"contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF"}, request_only=True),
            OpenApiExample(
                "Taken",
                value={"contact_id": "con_0UZ8pq1K9xQk4Fw2aBcDeF", "channel": "email", "livemode": False},
                response_only=True,
                status_codes=["202"],
            ),
        ],
    )
    def post(self, request: Request) -> Response:
        given = _texts(request, {"contact_id": 40, "channel": 5}, "contact_id")
        channel = given.get("channel") or "email"
        if channel not in ("email", "call", "sms"):
            raise errors.invalid([FieldError("channel", "invalid_request", "channel is email, call or sms.")])
        contact = people.contact(self.tenant, given["contact_id"])
        replies.opt_out(contact=contact, channel=channel, at=timeline.act(contact.clock_id))
        return Response({"contact_id": contact.id, "channel": channel, "livemode": False}, status=202)


def _texts(request: Request, limits: dict[str, int], *required: str) -> dict[str, Any]:
    """The body's texts, each within its limit. Raises ApiError with every fault."""
    body = body_object(request, frozenset(limits), frozenset(required))
    given = {name: value for name, value in body.items() if value is not None}
    faults = [
        FieldError(name, "invalid_text", f"{name} is a text of 1 to {limits[name]} characters.")
        for name, value in given.items()
        if not isinstance(value, str) or not value.strip() or len(value) > limits[name] or "\0" in value
    ]
    if faults:
        raise errors.invalid(faults)
    return given


def _check_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError as error:
        raise errors.invalid([FieldError("from", "invalid_email", "from is no e-mail address.")]) from error
    if not address.isascii():
        raise errors.invalid([FieldError("from", "invalid_email", "from must be written in ASCII.")])
