"""Bank statements: sent as files, their lines booked by themselves where it is certain, else here by a person."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts import timeline
from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from dashboard.access import SETTLE, Seat, action, page
from dashboard.forms.bank import StatementForm
from dashboard.queries import bank as queries
from dashboard.views.common import asked, back, one, page_of, plain, press
from payments import operations
from payments.models import BankLine, BankStatement, Payment
from payments.rules.statements import Unreadable, Unsure


@page
def index(request: HttpRequest, seat: Seat) -> HttpResponse:
    """The statements, and the form for another one."""
    return _listed(request, seat, StatementForm(initial={"currency": seat.organisation.currency}))


def _listed(request: HttpRequest, seat: Seat, form: StatementForm, problem: str = "") -> HttpResponse:
    found = page_of(queries.statements(seat), request, {}, scope=_scope("bank", seat))
    counts = queries.counts(seat, found["rows"])
    rows = [(row, counts.get(row.id, {})) for row in found["rows"]]
    shown = found | {"rows": rows, "form": form, "problem": problem, "totals": queries.totals(seat, None)}
    return render(request, "dashboard/bank.html", shown, status=422 if problem or form.errors else 200)


def _scope(name: str, seat: Seat) -> str:
    return f"dashboard:{name}:{seat.organisation.id}:{seat.livemode}"


@action(SETTLE)
def send(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Read a statement; what is wrong with the file is said, and nothing is taken of it."""
    form = StatementForm(request.POST, request.FILES)
    if not form.is_valid():
        return _listed(request, seat, form)
    said = form.cleaned_data
    try:
        statement, fresh = operations.import_statement(
            organisation_id=seat.organisation.id,
            livemode=seat.livemode,
            name=said["file"].name or "statement",
            raw=said["file"].read(),
            currency=said["currency"],
            order=said["order"],
            decimal=said["decimal"],
            by=seat.by,
            at=clock.now(),
        )
    except Unsure as unsure:
        form.add_error(unsure.asks, "Say which, and choose the file once more.")
        return _listed(request, seat, form, str(unsure))
    except Unreadable as refused:
        return _listed(request, seat, form, str(refused))
    _say_read(request, statement, fresh)
    return redirect(f"{reverse('dashboard:bank-lines')}?statement={statement.id}")


def _say_read(request: HttpRequest, statement: BankStatement, fresh: bool) -> None:
    if not fresh:
        messages.success(request, "This very file was sent before. Nothing was taken twice.")
    elif statement.lines_new:
        messages.success(request, f"Read: {statement.lines_new} new lines. What is certain is booked within seconds.")
    else:
        messages.success(request, "Read. It has no money coming in that was not known before.")


@page
def sample(request: HttpRequest, seat: Seat) -> HttpResponse:
    """A statement of pretended transfers for what is open in test mode, to be sent here."""
    if seat.livemode:
        raise Http404
    made = operations.sample_statement(organisation_id=seat.organisation.id, at=clock.now())
    named: dict[str, Any] = {"Content-Disposition": 'attachment; filename="sample-statement.xml"'}
    return HttpResponse(made, content_type="application/xml", headers=named)


@page
def lines(request: HttpRequest, seat: Seat) -> HttpResponse:
    """The lines, by statement and state, with what each seems to be for."""
    filters = asked(request, "statement", "status", "q")
    statement = one(seat.rows(BankStatement), filters["statement"]) if "statement" in filters else None
    found = page_of(queries.lines(seat, **filters), request, filters, scope=_scope("bank-lines", seat))
    cases, paid = queries.cases_of(seat, found["rows"]), queries.payments_of(seat, found["rows"])
    totals = queries.totals(seat, statement)
    shown = {
        "rows": [_shown(row, cases, paid) for row in found["rows"]],
        "statement": statement,
        "totals": totals,
        "busy": any(status == BankLine.Status.NEW for total in totals for status, _, _ in total.parts),
        "statuses": queries.STATUSES[:-1],
        "others": {name: value for name, value in filters.items() if name != "status"},
        "removable": statement is not None and not statement.lines.filter(attempts__gt=0).exists(),
    }
    return render(request, "dashboard/bank_lines.html", found | shown)


def _shown(line: BankLine, cases: Mapping[str, Any], paid: Mapping[str, Payment]) -> dict[str, Any]:
    parts = [
        (cases[part["case_id"]], part["minor"], part["why"]) for part in line.suggestion if part["case_id"] in cases
    ]
    given = sum(minor for _, minor, _ in parts)
    return {
        "line": line,
        "parts": parts,
        "credit": line.amount_minor - given if parts else 0,
        "payment": paid.get(line.payment_id),
        "open": line.status in (BankLine.Status.UNMATCHED, BankLine.Status.SUGGESTED, BankLine.Status.NEW),
        "bookable": line.status == BankLine.Status.SUGGESTED and len({case.debtor_id for case, _, _ in parts}) == 1,
    }


@page
def line(request: HttpRequest, seat: Seat, line_id: str) -> HttpResponse:
    """One line: choose the invoices it is for. `amount.<case>` in the address are added up, nothing is booked."""
    row = one(seat.rows(BankLine).select_related("statement"), line_id)
    return _line(request, seat, row, request.GET)


def _line(request: HttpRequest, seat: Seat, row: BankLine, said: Any, status: int = 200) -> HttpResponse:
    q = plain(said.get("q", ""))
    added = queries.choices(seat, row, {name: plain(said[name]) for name in list(said)[:200]}, q)
    shown = _shown(row, queries.cases_of(seat, [row]), queries.payments_of(seat, [row]))
    return render(request, "dashboard/bank_line.html", shown | {"sum": added, "q": q}, status=status)


@action(SETTLE)
def book(request: HttpRequest, seat: Seat, line_id: str) -> HttpResponse:
    """Book the line: as typed, or (`as=suggested`) as suggested."""
    row = one(seat.rows(BankLine), line_id)
    if request.POST.get("as") == "suggested":
        parts = [(part["case_id"], part["minor"]) for part in row.suggestion]
    else:
        added = queries.choices(seat, row, {name: plain(request.POST[name]) for name in request.POST}, "")
        parts = added.parts
        if added.wrong or not parts:
            return _line(request, seat, row, request.POST, status=422)
    if not parts:
        messages.error(request, "Nothing is suggested for this line any more.")
        return redirect(_to_lines(request, row))
    named: dict[str, Any] = {"parts": parts, "by": seat.by, "at": timeline.act_on(case_id=parts[0][0])}
    done = "Booked. What was paid is told, and nothing more is asked for it."
    booked = press(request, done, lambda: operations.book_bank_line(**_named(seat, row), **named))
    return redirect(_to_lines(request, row) if booked else reverse("dashboard:bank-line", args=[row.id]))


@action(SETTLE)
def ignore(request: HttpRequest, seat: Seat, line_id: str) -> HttpResponse:
    row = one(seat.rows(BankLine), line_id)
    named: dict[str, Any] = {"note": plain(request.POST.get("note", "")), "by": seat.by, "at": clock.now()}
    press(request, "Set aside.", lambda: operations.ignore_bank_line(**_named(seat, row), **named))
    return redirect(_to_lines(request, row))


@action(SETTLE)
def restore(request: HttpRequest, seat: Seat, line_id: str) -> HttpResponse:
    row = one(seat.rows(BankLine), line_id)
    named: dict[str, Any] = {"by": seat.by, "at": clock.now()}
    press(request, "Taken up again.", lambda: operations.restore_bank_line(**_named(seat, row), **named))
    return redirect(_to_lines(request, row))


@action(SETTLE)
def undo(request: HttpRequest, seat: Seat, line_id: str) -> HttpResponse:
    """Take the booking back, in the story of what it paid."""
    row = one(seat.rows(BankLine), line_id)
    paid = seat.rows(Payment).filter(id=row.payment_id).first()
    at = timeline.act_on(case_id=paid.case_id) if paid else clock.now()
    done = "Taken back. Its invoices owe again, and the line waits for another decision."
    press(request, done, lambda: operations.undo_bank_line(**_named(seat, row), by=seat.by, at=at))
    return redirect(_to_lines(request, row))


def _named(seat: Seat, row: BankLine) -> dict[str, Any]:
    return {"line_id": row.id, "organisation_id": seat.organisation.id, "livemode": seat.livemode}


def _to_lines(request: HttpRequest, row: BankLine) -> str:
    return back(request, f"{reverse('dashboard:bank-lines')}?statement={row.statement_id}")


@action(SETTLE)
def again(request: HttpRequest, seat: Seat, statement_id: str) -> HttpResponse:
    """Look once more for what its open lines are for."""
    row = one(seat.rows(BankStatement), statement_id)
    count = operations.look_again(
        statement_id=row.id, organisation_id=seat.organisation.id, livemode=seat.livemode, at=clock.now()
    )
    messages.success(request, f"{count} lines are looked at once more.")
    return redirect(f"{reverse('dashboard:bank-lines')}?statement={row.id}")


@action(SETTLE)
def remove(request: HttpRequest, seat: Seat, statement_id: str) -> HttpResponse:
    """Take a statement back of which nothing was booked."""
    row = one(seat.rows(BankStatement), statement_id)
    named: dict[str, Any] = {
        "organisation_id": seat.organisation.id,
        "livemode": seat.livemode,
        "by": seat.by,
        "at": clock.now(),
    }
    try:
        operations.remove_statement(statement_id=row.id, **named)
    except ApiError as refused:
        messages.error(request, refused.message)
        return redirect(f"{reverse('dashboard:bank-lines')}?statement={row.id}")
    messages.success(request, "The statement is taken back.")
    return redirect("dashboard:bank")
