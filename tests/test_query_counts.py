"""How many statements each operation of `/v1` makes: the same however many rows there are, and the number written here.

Every route is in `EXPECTED`. A new one fails the test, which says its number; write it down when it is as low as it can
be. Authentication costs none: who asks is read once and then kept (the warm-up), as in production.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organisation
from agentcollect.kit import clock, db
from campaigns.models import Case
from events.operations import About, record
from tests import factories, settling
from tests.test_isolation import ROUTES, Owned, Route, objects, owned, send

MANY = 6
# What opening 50 cases takes (campaigns.operations.opening): a preview does it in the request, and takes it back.
SLICE_STATEMENTS = 14
# Operation → statements, on SQLite (PostgreSQL writes rows by COPY, which is none, and asks for locks). A text says why
# an operation is not counted.
EXPECTED: dict[str, int | str] = {
    "GET v1/campaigns": 1,
    "GET v1/campaigns/<str:campaign_id>": 4,
    "PATCH v1/campaigns/<str:campaign_id>": 11,
    "POST v1/campaigns/<str:campaign_id>/cancel": 24,
    "GET v1/campaigns/<str:campaign_id>/cases": 2,
    "POST v1/campaigns/<str:campaign_id>/complete": 29,
    "GET v1/campaigns/<str:campaign_id>/contacts": 2,
    "POST v1/campaigns/<str:campaign_id>/debtors": 19,
    "GET v1/campaigns/<str:campaign_id>/messages": 2,
    "POST v1/campaigns/<str:campaign_id>/pause": 12,
    "GET v1/campaigns/<str:campaign_id>/payments": 4,
    "POST v1/campaigns/<str:campaign_id>/resume": 7,
    "GET v1/campaigns/<str:campaign_id>/timeline": 2,
    "GET v1/cases": 1,
    "GET v1/cases/<str:case_id>": 7,
    "PATCH v1/cases/<str:case_id>": 18,
    "POST v1/cases/<str:case_id>/close": 20,
    "POST v1/cases/<str:case_id>/credits": 9,
    "GET v1/cases/<str:case_id>/decisions": 2,
    "GET v1/cases/<str:case_id>/documents": 2,
    "GET v1/cases/<str:case_id>/replies": 2,
    "POST v1/cases/<str:case_id>/dispute": 21,
    "POST v1/cases/<str:case_id>/plan": 23,
    "POST v1/cases/<str:case_id>/promise": 18,
    "GET v1/disputes": 1,
    "GET v1/disputes/<str:dispute_id>": 1,
    "POST v1/disputes/<str:dispute_id>/answer": 15,
    "POST v1/disputes/<str:dispute_id>/request_information": 11,
    "POST v1/disputes/<str:dispute_id>/resolve": 20,
    "POST v1/disputes/<str:dispute_id>/withdraw": 24,
    "GET v1/plans": 2,
    "GET v1/reports/aging": 2,
    "GET v1/reports/aging/rows": 2,
    "GET v1/reports/channels": 6,
    "GET v1/reports/channels/rows": 2,
    "GET v1/reports/recovery": 9,
    "GET v1/reports/recovery/rows": 2,
    "POST v1/cases/<str:case_id>/offers": 13,
    "GET v1/offers": 1,
    "GET v1/offers/<str:offer_id>": 1,
    "POST v1/offers/<str:offer_id>/approve": "what was sent needs no approval: tests/payments/test_offers_api.py",
    "POST v1/offers/<str:offer_id>/send": 6,
    "POST v1/offers/<str:offer_id>/accept": 31,
    "POST v1/offers/<str:offer_id>/decline": 13,
    "POST v1/offers/<str:offer_id>/void": 13,
    "GET v1/plans/<str:plan_id>": 2,
    "POST v1/plans/<str:plan_id>/accept": 8,
    "POST v1/plans/<str:plan_id>/cancel": 26,
    "GET v1/promises": 1,
    "GET v1/promises/<str:promise_id>": 1,
    "POST v1/promises/<str:promise_id>/cancel": 23,
    "POST v1/promises/<str:promise_id>/confirm": 6,
    "POST v1/sandbox/disputes": 20,
    "POST v1/cases/<str:case_id>/enrich": 11,
    "POST v1/cases/<str:case_id>/hold": 20,
    "POST v1/cases/<str:case_id>/release": 11,
    "POST v1/cases/<str:case_id>/unrecall": 11,
    "GET v1/contacts": 1,
    "POST v1/contacts": 25,
    "GET v1/contacts/<str:contact_id>": 1,
    "PATCH v1/contacts/<str:contact_id>": 27,
    "POST v1/contacts/<str:contact_id>/suppress": 15,
    "POST v1/contacts/<str:contact_id>/verify": 9,
    "GET v1/debtors": 1,
    "GET v1/debtors/<str:debtor_id>": 6,
    "PATCH v1/debtors/<str:debtor_id>": 28,
    "GET v1/domains": 1,
    "POST v1/domains": 5,
    "GET v1/domains/<str:domain_id>": 1,
    "DELETE v1/domains/<str:domain_id>": 4,
    "POST v1/domains/<str:domain_id>/verify": 3,
    "GET v1/documents": 1,
    "GET v1/documents/<str:document_id>": 1,
    "PATCH v1/documents/<str:document_id>": 7,
    "GET v1/documents/<str:document_id>/content": 2,
    "GET v1/events": 1,
    "GET v1/events/<str:event_id>": 1,
    "GET v1/exclusions": 1,
    "DELETE v1/exclusions/<str:exclusion_id>": 7,
    "GET v1/exclusions/<str:exclusion_id>": 1,
    "GET v1/exports": 1,
    "GET v1/exports/<str:export_id>": 1,
    "GET v1/exports/<str:export_id>/content": 1,
    "GET v1/messages/<str:message_id>": 1,
    "POST v1/messages/<str:message_id>/approve": "needs a draft that waits: tests/outreach/test_approvals.py",
    "POST v1/messages/<str:message_id>/reject": "needs a draft that waits: tests/outreach/test_approvals.py",
    "POST v1/messages/<str:message_id>/edit": "needs a draft that waits: tests/outreach/test_approvals.py",
    "GET v1/approvals": 1,
    "GET v1/calls": 1,
    "GET v1/calls/<str:call_id>": 1,
    "GET v1/referrals": 1,
    "GET v1/referrals/<str:referral_id>": 1,
    "GET v1/playbooks": 1,
    "GET v1/playbooks/<str:name>": 1,
    "POST v1/playbooks": 4,
    "POST v1/playbooks/dry_run": 9,
    "POST v1/sandbox/calls": "needs a call that comes next: tests/outreach/test_calls.py",
    "GET v1/tasks": 1,
    "GET v1/tasks/<str:task_id>": 1,
    "POST v1/tasks/<str:task_id>/claim": 8,
    "POST v1/tasks/<str:task_id>/complete": 12,
    "GET v1/openapi.json": 0,
    "GET v1/organisation": 1,
    "GET v1/organisation/offer_policy": 1,
    "PUT v1/organisation/offer_policy": "a test key is refused once live mode is open",
    "GET v1/organisation/reply_path": 1,
    "PUT v1/organisation/reply_path": 3,
    "POST v1/organisation/pause": 6,
    "POST v1/organisation/resume": 2,
    "GET v1/payments": 2,
    "POST v1/payments": 21,
    "GET v1/payments/<str:payment_id>/refunds": 3,
    "POST v1/payments/<str:payment_id>/refunds": 26,
    "POST v1/payments/<str:payment_id>/apply": "needs credit: tests/payments/test_refunds.py",
    "GET v1/payments/<str:payment_id>": 2,
    "GET v1/request_logs": 1,
    "GET v1/request_logs/<str:log_id>": 2,
    "GET v1/replies": 1,
    "GET v1/replies/<str:reply_id>": 2,
    "POST v1/replies/<str:reply_id>/resolve": 22,
    "POST v1/sandbox/bounces": 5,
    "POST v1/sandbox/opt_outs": 10,
    "POST v1/sandbox/replies": 5,
    "POST v1/sandbox/payments": 33,
    "GET v1/sandbox/clocks": 1,
    "POST v1/sandbox/clocks": 2,
    "GET v1/sandbox/clocks/<str:clock_id>": 1,
    "DELETE v1/sandbox/clocks/<str:clock_id>": 4,
    "POST v1/sandbox/clocks/<str:clock_id>/advance": 4,
    "GET v1/statements": 1,
    "GET v1/payouts": 1,
    "GET v1/payouts/<str:payout_id>": 2,
    "GET v1/payouts/<str:payout_id>/entries": 2,
    "GET v1/statements/<str:statement_id>": 1,
    "GET v1/statements/<str:statement_id>/csv": 1,
    "GET v1/statements/<str:statement_id>/pdf": 1,
    "GET v1/suppressions": 1,
    "GET v1/webhooks": 1,
    "DELETE v1/webhooks/<str:webhook_id>": 6,
    "GET v1/webhooks/<str:webhook_id>": 3,  # its health, and its latest attempts for it
    "PATCH v1/webhooks/<str:webhook_id>": 3,
    "GET v1/webhooks/<str:webhook_id>/deliveries": 2,
    "POST v1/webhooks/<str:webhook_id>/test": 6,
    "POST v1/webhooks/<str:webhook_id>/verify": 8,
    "POST v1/webhooks/<str:webhook_id>/rotate-secret": 3,
    "GET v1/webhooks/deliveries": 1,
    "GET v1/webhooks/replays": 1,
    "POST v1/webhooks/replays": 8,  # of one endpoint with all filters; each further one adds one with `missed`
    "GET v1/webhooks/replays/<str:replay_id>": 2,
    "POST v1/webhooks/replays/<str:replay_id>/cancel": 3,
    "GET v1/webhooks/deliveries/<str:delivery_id>": 3,
    "POST v1/webhooks/deliveries/<str:delivery_id>/replay": 5,
    "POST v1/auth": 2,
    "POST v1/campaigns": 16,
    "POST v1/campaigns/preview": 45,
    "POST v1/exclusions": 6,
    "POST v1/exports": 2,
    "POST v1/webhooks": 4,
    "POST v1/documents": "multipart/form-data: tests/campaigns/test_documents.py",
    "POST v1/cases/<str:case_id>/escalate": "needs an attorney: tests/outreach/test_escalate_api.py",
    "POST v1/cases/<str:case_id>/veto_escalation": "needs a proposal: tests/outreach/test_escalate_api.py",
    "POST v1/oauth/token": "form-encoded: tests/accounts/test_oauth.py",
    "POST v1/oauth/revoke": "form-encoded: tests/accounts/test_oauth.py",
    "POST v1/oauth/introspect": "form-encoded: tests/accounts/test_oauth.py",
    "POST v1/secret_scanning": "signed by others: tests/accounts/test_secret_scanning.py",
}
# What tests/test_isolation.py has no body for that would be taken.
ROW = {"company_name": "Acme Corp", "contact_email": "ap@acmecorp.com", "invoice_amount": 1500, "invoice_number": "7"}
BODIES: dict[str, dict[str, Any]] = {
    "POST v1/campaigns": {"company": "Your Company Inc.", "debtors": [ROW]},
    "POST v1/campaigns/preview": {"company": "Your Company Inc.", "debtors": [ROW]},
    "POST v1/exclusions": {"match": "domain", "value": "acme.com", "effect": "never_contact"},
    "POST v1/exports": {"kind": "cases"},
    "POST v1/webhooks": {"url": "https://hooks.example.com/two"},
}

_NOT_WORK = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT", "PRAGMA")


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements made inside; the frame of a transaction is none."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    found += [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(_NOT_WORK)]


def more(world: Owned, livemode: bool) -> None:
    """As many rows again of every kind the routes know: in the same campaign, at the same debtor, and elsewhere."""
    first = Case.objects.select_related("campaign", "debtor").get(id=world.ids["case_id"])
    for number in range(MANY - 1):
        debtor = factories.debtor(world.organisation, livemode, name=f"Debtor {number}")
        case = factories.case(world.organisation, livemode, campaign=first.campaign, debtor=debtor)
        objects(case)
        factories.case(world.organisation, livemode)  # a campaign of its own: lists of campaigns grow too
        again = {"campaign": first.campaign, "debtor": first.debtor, "invoice_number": f"{number}"}
        factories.case(world.organisation, livemode, invoice_key=f"{number}", **again)
        factories.contact(first.debtor, email=f"clerk{number}@acmecorp.com")
        settling.payment(first)
        factories.message(first)
        with db.atomic():
            record(
                type="case.opened",
                organisation_id=world.organisation.id,
                livemode=livemode,
                data={"case_id": case.id},
                by="test",
                at=clock.now(),
                about=About(first.campaign_id, first.id, first.debtor_id),
            )


def name(route: Route) -> str:
    return f"{route.method} {route.path}"


def counted(route: Route, world: Owned) -> tuple[int, list[str], Any]:
    """Statements of one request, with who asks already known."""
    factories.client(world.key).get("/v1/organisation")
    body = {"api_key": world.key} if name(route) == "POST v1/auth" else BODIES.get(name(route))
    with statements() as made:
        if body is None:
            answer = send(route, world.key, world.ids)
        else:
            answer = factories.client(world.key).post(route.address(world.ids), body)
    return len(made), made, answer


@pytest.fixture
def organisation(db: None, empty_redis: None) -> Organisation:
    return factories.organisation()


every_route = pytest.mark.parametrize("route", ROUTES, ids=[name(route) for route in ROUTES])


@every_route
def test_statements(route: Route, organisation: Organisation) -> None:
    expected = EXPECTED.get(name(route))
    if isinstance(expected, str):
        pytest.skip(expected)
    world = owned(organisation, False)
    one, made, answer = counted(route, world)
    assert answer.status_code < 300, f"tests/test_isolation.py sends a body that is refused: {answer.content!r}"
    assert expected is not None, f'add to EXPECTED: "{name(route)}": {one},\n' + "\n".join(made)
    if not db.is_postgresql():
        assert one == expected, "\n".join(made)
    if route.method == "GET":
        more(world, False)
        many, made, answer = counted(route, world)
        assert answer.status_code == 200
        assert many == one, f"{many} with {MANY} rows, {one} with one:\n" + "\n".join(made)


def test_no_route_that_is_gone() -> None:
    assert EXPECTED.keys() <= {name(route) for route in ROUTES}


def create_body(debtors: int, *, adding: bool) -> dict[str, Any]:
    """Rows that no other body repeats; an addition takes no `company`."""
    rows = [
        {"company_name": f"Debtor {n} Inc", "contact_email": f"ap@debtor{n}of{debtors}.com", "invoice_amount": 100 + n}
        for n in range(debtors)
    ]
    return {"debtors": rows} if adding else {"company": "Your Company Inc.", "debtors": rows}


def counts(organisation: Organisation, path: str) -> list[int]:
    """Statements for one debtor and for 400, without asking for a place, which only a large body does."""
    api, found = factories.client(factories.api_key(organisation)), []
    for debtors in (1, 400):
        campaign = factories.campaign(organisation)
        api.get("/v1/organisation")
        with statements() as made:
            answer = api.post(path.format(campaign.id), create_body(debtors, adding=path.endswith("debtors")))
        assert answer.status_code < 300, answer.content
        found.append(len([sql for sql in made if "advisory" not in sql]))
    return found


def test_a_create_of_one_debtor_and_of_400(organisation: Organisation) -> None:
    one, many = counts(organisation, "/v1/campaigns")
    assert one == many


def test_an_addition_of_one_debtor_and_of_400(organisation: Organisation) -> None:
    one, many = counts(organisation, "/v1/campaigns/{}/debtors")
    assert one == many


def test_a_preview_opens_its_cases_in_slices(organisation: Organisation) -> None:
    one, many = counts(organisation, "/v1/campaigns/preview")
    assert many - one <= 7 * SLICE_STATEMENTS
