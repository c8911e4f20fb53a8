"""The sandbox mailbox: what debtors of test mode received. Live mode has none."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin

from campaigns.models import Debtor
from dashboard.access import Seat, page
from dashboard.queries import mailbox as queries
from dashboard.views.common import asked, one, page_of
from outreach.models import MailboxItem
from payments.queries import pay_url

# A mail brings its own inline styles and nothing that may run; links may open a new tab.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    """All of them, or those to one address, one debtor, or of one test clock."""
    filters = asked(request, "to", "debtor", "clock")
    rows = queries.narrowed(seat, _rows(seat), filters)
    found = page_of(rows, request, filters, scope=f"dashboard:mailbox:{seat.organisation.id}")
    messages = queries.messages(seat, found["rows"])
    found["mails"] = [(queries.read(row), messages.get(row.message_id)) for row in found["rows"]]
    if "debtor" in filters:
        found["debtor"] = seat.rows(Debtor).filter(id=filters["debtor"]).first()
    return render(request, "dashboard/mailbox.html", found)


@page
def detail(request: HttpRequest, seat: Seat, item_id: int) -> HttpResponse:
    item = one(_rows(seat), item_id)
    message = queries.messages(seat, [item]).get(item.message_id)
    shown = {"mail": queries.read(item), "message": message, "pay_url": pay_url(message.case) if message else ""}
    return render(request, "dashboard/mail.html", shown)


@xframe_options_sameorigin
@page
def html(request: HttpRequest, seat: Seat, item_id: int) -> HttpResponse:
    """The mail's HTML by itself, for the sandboxed frame of its page."""
    mail = queries.read(one(_rows(seat), item_id))
    # The frame may not navigate; its links open beside it.
    return HttpResponse(f'<base target="_blank">{mail.html}', headers={"Content-Security-Policy": MAIL_POLICY})


def _rows(seat: Seat) -> QuerySet[MailboxItem]:
    if seat.livemode:
        raise Http404
    return seat.rows(MailboxItem)
