"""What surrounds the month: the creditor's rules and receivers before it, people, papers and new work after it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from accounts import operations as accounts
from accounts.models import ApiKey, Member
from accounts.operations import request_log
from campaigns import operations as campaigns
from campaigns.models import Case, Import
from outreach import operations as outreach
from sandbox import demo
from sandbox.month import cast, money, papers, receivers, wall
from sandbox.month.door import Door, RefusedError

_PEOPLE = (
    ("Nora Feldman", "nora", Member.Role.ADMIN),
    ("Tom Sandoval", "tom", Member.Role.OPERATOR),
    ("Ingrid Bauer", "finance", Member.Role.FINANCE),
    ("Paul Adeyemi", "paul", Member.Role.VIEWER),
    ("Kline & Moss LLP", "audit", Member.Role.AUDITOR),
)
_KEYS = (("ERP, writes invoices", None), ("Reporting, reads only", ("campaigns:read", "payments:read", "reports:read")))
# How often, and how long apart, the file is looked after.
_LOOKS, _WAIT = 300, 0.1
_RETIRED = "Old integration"
# Below the new ones: a negative amount, no name, an amount in words.
_FAULTY = (
    "Orchard Lane Grocers,-80.00,F-0001,2026-02-30",
    ",1250.00,F-0002,2026-01-12",
    "Birchwood Cafe,twelve,F-0003,2026-01-15",
)


def before(door: Door, login: demo.Demo, *, at: datetime) -> None:
    """What the month's campaigns go by, and who hears of them; `at`: when it begins."""
    money.agree(door, login, at=at)
    door.post("/v1/playbooks", cast.PLAYBOOK)
    door.post("/v1/exclusions", cast.EXCLUDED | {"reason": "Their account manager settles this in person."})
    receivers.register(door)


def after(door: Door, login: demo.Demo, *, seed: int, most: int, by: str, at: datetime) -> None:
    """What is of the wall: invoices that came in today, people, papers, and what a program asked in vain."""
    _team(login, by=by, at=at)
    for case in Case.objects.filter(organisation_id=login.organisation_id, livemode=False, closed_at=None).order_by(
        "invoice_number"
    )[:6]:
        told = {"case_id": case.id, "kind": "invoice", "share_with_debtor": "true"}
        door.upload("/v1/documents", f"{case.invoice_number}.pdf", "application/pdf", papers.invoice(case), **told)
    campaigns.store_documents()
    clerk = Member.objects.filter(organisation_id=login.organisation_id, role=Member.Role.FINANCE)
    money.close(login, by=f"member:{clerk.values_list('id', flat=True)[0]}", at=at)
    for kind in ("cases", "payments"):
        door.post("/v1/exports", {"kind": kind})
    campaigns.run_exports(at=at)
    _ask_in_vain(door)
    # The last thing that is placed: by it a whole month is known (wall.finished).
    _new_invoices(door, login, seed=seed, most=most, at=at)
    receivers.send()
    request_log.flush()


def _team(login: demo.Demo, *, by: str, at: datetime) -> None:
    whose: dict[str, Any] = {"organisation_id": login.organisation_id}
    host = login.email.rpartition("@")[2]
    for name, local, role in _PEOPLE:
        member = accounts.add_member(**whose, email=f"{local}@{host}", password=None, role=role, by=by, at=at)
        if not member.user.name:
            member.user.name = name
            member.user.save(update_fields=["name"])
    owner = Member.objects.select_related("user").get(**whose, user__email=login.email)
    if not Member.objects.filter(**whose, user__email=f"sam@{host}").exists():
        accounts.invite(manager=owner, email=f"sam@{host}", role=Member.Role.VIEWER, at=at)
    known = set(ApiKey.objects.filter(**whose).values_list("name", flat=True))
    for name, scopes in (*_KEYS, (_RETIRED, None)):
        if name not in known:
            key, _ = accounts.create_key(**whose, livemode=False, name=name, scopes=scopes, by=by, at=at)
            if name == _RETIRED:
                accounts.revoke_key(**whose, key_id=key.id, by=by, at=at)


# --- new work, by CSV where this machine may be asked for a file


def _new_invoices(door: Door, login: demo.Demo, *, seed: int, most: int, at: datetime) -> None:
    rows = list(cast.rows(cast.FRESH, seed=seed, today=at.date(), most=most))
    lines = [_line(row) for row in rows]
    body = cast.FRESH.body | {"metadata": wall.MARK}
    head = "company_name,invoice_amount,invoice_number,due_date,contact_email,contact_phone,country,state"
    with _served("\n".join([head, *lines, *_FAULTY]).encode()) as url:
        try:
            door.post("/v1/campaigns", body | {"source": "csv_url", "csv_url": url})
        except RefusedError:  # files are fetched from the internet only
            door.post("/v1/campaigns", body | {"debtors": rows})
        _until_imported(login, at=at)
    campaigns.open_cases(at=at)
    while outreach.enrich_due(at=at):
        pass


def _until_imported(login: demo.Demo, *, at: datetime) -> None:
    """The file is there until it was read: by this process, or by the worker of a running product that was faster."""
    under_way = Import.objects.filter(organisation_id=login.organisation_id, livemode=False)
    for _ in range(_LOOKS):
        campaigns.run_imports(at=at)
        if not under_way.filter(status__in=(Import.Status.QUEUED, Import.Status.RUNNING)).exists():
            return
        time.sleep(_WAIT)


def _line(row: dict[str, object]) -> str:
    told = {**row, "contact_email": row["contacts"][0]["email"]}  # type: ignore[index]
    names = ("company_name", "invoice_amount", "invoice_number", "due_date", "contact_email", "contact_phone")
    return ",".join(str(told[name]) for name in (*names, "country", "state"))


@contextmanager
def _served(raw: bytes) -> Iterator[str]:
    """A file on this machine's own web server, while it is read."""

    class Serving(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/csv")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Serving) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/invoices.csv"
        finally:
            server.shutdown()
            thread.join()


def _ask_in_vain(door: Door) -> None:
    """What the log of requests has for everybody who builds something: a few good answers, and the usual mistakes."""
    for path in ("/v1/organisation", "/v1/campaigns", "/v1/payments", "/v1/events"):
        door.get(path)
    door.ask("GET", "/v1/campaigns/cmp_typo")
    door.ask(
        "POST",
        "/v1/campaigns",
        b'{"company": "Your Company Inc.", "invoice_amount": -5}',
        media_type="application/json",
    )
    door.ask("POST", "/v1/payments", b'{"amount": 10', media_type="application/json")
