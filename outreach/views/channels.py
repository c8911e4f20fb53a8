"""`/v1/reports/channels`: whom we reached, and what followed which step."""

from django.http import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.shapes import MAYBE_TEXT, MAYBE_TIME, NUMBER, TEXT, WHOLE, Shape, whole
from outreach.queries import channels as queries
from payments import reports
from payments.schema import reports as schema
from payments.views.reports import ROWS, ReportView, asked

_RATE: Shape = {"type": ["number", "null"], "description": "Null where nothing was sent."}
_COLLECTED = {"type": "array", "items": whole({"currency": TEXT, "amount": NUMBER})}
_STEP: dict[str, Shape] = {
    "channel": MAYBE_TEXT | {"description": "Null: nothing reached out within 14 days before."},
    "step": MAYBE_TEXT | {"description": "What the step was for, such as `first_reminder`."},
    "sent": WHOLE,
    "undelivered": WHOLE | {"description": "Bounced mails, wrong numbers."},
    "replies": WHOLE,
    "payments": WHOLE,
    "reply_rate": _RATE,
    "payment_rate": _RATE,
    "collected": _COLLECTED,
}
_PAID: dict[str, Shape] = {
    "payment_id": TEXT,
    **schema.WHICH,
    "amount": NUMBER,
    "currency": TEXT,
    "source": TEXT,
    "received_at": MAYBE_TIME,
    "channel": MAYBE_TEXT,
    "step": MAYBE_TEXT,
    "touch_id": MAYBE_TEXT | {"description": "The message or call that came last before it."},
    "touched_at": MAYBE_TIME,
}
_STEP_EXAMPLE = {
    "channel": "email",
    "step": "first_reminder",
    "sent": 120,
    "undelivered": 3,
    "replies": 31,
    "payments": 24,
    "reply_rate": 0.2583,
    "payment_rate": 0.2,
    "collected": [{"currency": "USD", "amount": 84200.5}],
}
_REACHED_EXAMPLE = {
    "name": "contact_rate",
    "currency": None,
    "value": 0.9833,
    "unit": "fraction",
    "numerator": 118,
    "denominator": 120,
    "formula": "debtors with a message or call of ours that left ÷ debtors placed",
}
_PAID_EXAMPLE = {
    "payment_id": "pay_0UZ8pq1K9xQk4Fw2aBcDeF",
    **{name: schema.OPEN_EXAMPLE[name] for name in schema.WHICH},
    "amount": 5000,
    "currency": "USD",
    "source": "page",
    "received_at": "2026-03-17T14:22:00Z",
    "channel": "email",
    "step": "first_reminder",
    "touch_id": "msg_0UZ8pq1K8Nn4qSy3aBcDeF",
    "touched_at": "2026-03-16T15:00:00Z",
}
_RULE = "What followed is counted for the last message or call that reached out to the debtor within 14 days before."


@schema.report(
    "get_channels_report",
    "Whom we reached, and what followed which step",
    whole(
        schema.ASKED
        | {"attribution": TEXT, "figures": schema.FIGURES, "steps": {"type": "array", "items": whole(_STEP)}}
    ),
    {"report": "channels"}
    | schema.ASKED_EXAMPLE
    | {"attribution": queries.RULE, "figures": [_REACHED_EXAMPLE], "steps": [_STEP_EXAMPLE]},
    f"Contact and response rate, then a line for each step of the playbook. {_RULE} It says what came after, not what "
    "caused it. As a file: the steps, a line for each currency that came.",
)
class ChannelsReport(ReportView):
    name = "channels"

    def get(self, request: Request) -> HttpResponseBase:
        csv, scope = self.wants_csv, self.scope
        found = queries.channels(scope)
        if csv:
            return self.file(queries.COLUMNS, queries.flat(found))
        figures = [reports.as_line(figure) for figure in found.figures]
        told = {"attribution": queries.RULE, "figures": figures, "steps": queries.lines(found)}
        return Response({"report": self.name} | asked(scope) | told)


_CHANNEL = "Those that followed this channel; `none`: those that nothing preceded."


@schema.rows(
    "list_channels_rows",
    "List the payments behind the steps",
    _PAID,
    _PAID_EXAMPLE,
    _RULE,
    [OpenApiParameter("channel", str, description=_CHANNEL, enum=list(queries.CHANNELS))],
)
class ChannelsRows(ReportView):
    name = "channels-rows"
    parameters = {"GET": ROWS | {"channel"}}

    def get(self, request: Request) -> HttpResponseBase:
        channel = self.choice("channel", queries.CHANNELS)
        return self.rows(queries.paid_rows(self.scope, channel), queries.PAID_COLUMNS, queries.paid_row)
