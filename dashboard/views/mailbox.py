"""The sandbox mailbox: what debtors of test mode received. Live mode has none."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin

from dashboard.access import Seat, page
from dashboard.queries import mailbox as queries
from dashboard.views.common import asked, one, page_of
from outreach.models import MailboxItem, Message

# A mail brings its own inline styles and nothing that may run; links may open a new tab.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    filters = asked(request, "to")
    rows = _rows(seat)
    if "to" in filters:
        rows = rows.filter(recipient__iexact=filters["to"])
    found = page_of(rows, request, filters, scope=f"dashboard:mailbox:{seat.organisation.id}")
    return render(request, "dashboard/mailbox.html", found | {"mails": [queries.read(row) for row in found["rows"]]})


@page
def detail(request: HttpRequest, seat: Seat, item_id: int) -> HttpResponse:
    item = one(_rows(seat), item_id)
    message = seat.rows(Message).filter(id=item.message_id).select_related("case", "debtor").first()
    return render(request, "dashboard/mail.html", {"mail": queries.read(item), "message": message})


@xframe_options_sameorigin
@page
def html(request: HttpRequest, seat: Seat, item_id: int) -> HttpResponse:
    """The mail's HTML by itself, for the sandboxed frame of its page."""
    mail = queries.read(one(_rows(seat), item_id))
    # The frame may not navigate; its links open beside it.
    return HttpResponse(f'<base target="_blank">{mail.html}', headers={"Content-Security-Policy": MAIL_POLICY})


def _rows(seat: Seat):  # type: ignore[no-untyped-def]
    if seat.livemode:
        raise Http404
    return seat.rows(MailboxItem)
