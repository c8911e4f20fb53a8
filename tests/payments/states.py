"""One invoice in every state that its payment page knows, as (name, case, what follows the page's address)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from agentcollect.kit import clock, ids
from campaigns import operations as campaigns
from campaigns.models import Case, Hold
from payments import operations
from payments.models import Payment, RemitTo
from payments.rules import plans
from tests import factories

BRAND = {
    "name": "Harbor & Pine",
    "legal_name": "Harbor & Pine Supply Co., Inc.",
    "reply_to": "ar@harborpine.example",
    "colors": {"primary": "#1E40AF", "accent": "#10B981"},
}
BANK = {"holder": "Harbor & Pine Supply Co.", "bank": "First Bank", "iban": "DE89370400440532013000", "bic": "COBADEFF"}
State = tuple[str, Case, str]


def invoice(livemode: bool = False, **facts: Any) -> Case:
    """An open invoice of a creditor of its own; `brand`, `organisation` and `debtor` may be given."""
    organisation = facts.pop("organisation", None) or factories.organisation()
    brand = facts.pop("brand", BRAND)
    campaign = facts.pop("campaign", None) or factories.campaign(organisation, livemode, brand=brand)
    return factories.case(organisation, livemode, campaign=campaign, **facts)


def beside(case: Case, number: str, amount_minor: int = 20_000, **facts: Any) -> Case:
    """Another invoice of the same debtor with the same creditor."""
    named = {"invoice_number": number, "invoice_key": number.lower(), "debtor": case.debtor}
    return invoice(case.livemode, organisation=case.organisation, amount_minor=amount_minor, **named, **facts)


def remit_to(case: Case, status: str = "active", **facts: Any) -> RemitTo:
    at = clock.now()
    row = {"kind": "bank", "currency": case.currency, "details": BANK, "status": status, "proposed_by": "member:a"}
    moments = {"created_at": at, "recorded_at": at, "updated_at": at}
    return RemitTo.objects.create(organisation=case.organisation, livemode=case.livemode, **row | moments | facts)


def several() -> Case:
    """An open invoice beside others: open, disputed, said to be paid, held, promised."""
    case, at = invoice(), clock.now()
    for place in range(3):
        beside(case, f"INV-2025-09{place:02}", 30_000 + place)
    act = {"by": "debtor", "at": at}
    disputed = beside(case, "INV-2025-0801")
    said = {"reason": "quality", "text": "Broken.", "amount_minor": None, "source": "page", "evidence": {}}
    campaigns.open_dispute(case_id=disputed.id, **said, **act)
    claimed = beside(case, "INV-2025-0802")
    campaigns.claim_paid(case_id=claimed.id, source="page", evidence={"paid_on": "2026-01-02"}, **act)
    campaigns.hold(kind=Hold.Kind.CREDITOR_PAUSE, on=beside(case, "INV-2025-0803"), by="member:a", at=at)
    return case


def promised() -> Case:
    case, at = invoice(), clock.now()
    day = (at + timedelta(days=6)).date()
    told = {"amount_minor": 500_000, "due_on": day, "source": "page", "evidence": {}}
    operations.make_promise(case_id=case.id, **told, by="debtor", at=at)
    return case


def in_plan() -> Case:
    case, at = invoice(), clock.now()
    parts = plans.schedule(case.balance_minor, 3, (at + timedelta(days=6)).date())
    operations.start_plan(case_id=case.id, schedule=parts, source="page", evidence={}, by="debtor", at=at)
    return case


def disputed() -> Case:
    case, at = invoice(), clock.now()
    said = {"reason": "quality", "text": "Broken.", "amount_minor": None, "source": "page", "evidence": {}}
    found = campaigns.open_dispute(case_id=case.id, **said, by="debtor", at=at)
    campaigns.request_dispute_information(dispute_id=found.id, note="Which half?", by="key:1", at=at)
    return case


def claimed() -> Case:
    case = invoice()
    campaigns.claim_paid(
        case_id=case.id, source="page", evidence={"paid_on": "2026-01-02"}, by="debtor", at=clock.now()
    )
    return case


def paid(case: Case, minor: int, instruction: tuple[tuple[str, int], ...] = ()) -> Payment:
    payment, _ = begun(case, minor, instruction)
    charge = operations.charging.Charge(reference=ids.new("ref"))
    return operations.succeed(payment_id=payment.id, charge=charge, by="debtor", at=clock.now())


def begun(case: Case, minor: int, instruction: tuple[tuple[str, int], ...] = ()) -> tuple[Payment, bool]:
    form = {"method": "card", "nonce": ids.random62(22), "provider": "sandbox", "by": "debtor", "at": clock.now()}
    return operations.start(case=case, amount_minor=minor, instruction=instruction, **form)


def closed(reason: str, **campaign: Any) -> Case:
    at = clock.now()
    case = invoice(status="closed", close_reason=reason, closed_at=at)
    type(case.campaign).objects.filter(id=case.campaign_id).update(**campaign or {"status": "active"})
    return case


def every() -> list[State]:
    return list(_every())


def _every() -> Iterator[State]:
    yield "several", several(), ""
    whole = invoice()
    yield "open", whole, ""
    for act in ("promise", "plan", "paid", "dispute", "forward", "not-me", "stop"):
        yield act, whole, f"/{act}"
    yield "thanks", whole, "/thanks/forward"
    bank = invoice(livemode=True)
    remit_to(bank)
    yield "live_bank", bank, ""
    yield "transfer", bank, "/transfer"
    yield "live_bare", invoice(livemode=True), ""
    yield "promised", promised(), ""
    yield "in_plan", in_plan(), ""
    yield "disputed", disputed(), ""
    yield "claimed", claimed(), ""
    going = invoice()
    begun(going, 1_500_000)
    yield "processing", going, ""
    done = invoice()
    other = beside(done, "INV-2025-0901", 30_000)
    payment = paid(done, 1_510_000, ((done.id, 1_500_000), (other.id, 10_000)))
    yield "paid", done, ""
    yield "receipt", done, f"/payments/{payment.id}"
    for reason in ("recalled", "dispute_upheld", "duplicate", "written_off"):
        yield reason, closed(reason), ""
    yield "expired", closed("uncollectible", status="completed"), ""
    yield "attorney", invoice(status="escalated"), ""
    yield "unknown", whole, "x"
