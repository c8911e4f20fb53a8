"""Every read of payments worth a name."""

from datetime import datetime
from typing import Any, TypeVar

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils.text import slugify

from agentcollect.kit import crypto, db, errors
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared, PreparedValues
from campaigns.models import Campaign, Case, Dispute, Hold, LedgerEntry
from campaigns.rules.identity import invoice_key
from payments import rules
from payments.models import Allocation, Payment, Plan, Promise
from payments.rules import Open

errors.define("case_not_found", 404, "There is no such case, or it belongs to another organisation or mode.")
errors.define("ambiguous_invoice", 400, "Several cases have that invoice number: name the case_id.")

Agreement = TypeVar("Agreement", Promise, Plan)
_PURPOSE, _PREFIX = "pay", "cas"
# sign_id's token: the id's body and its signature; none of its characters is a hyphen.
_TOKEN_LENGTH = 22 + crypto.SIGNATURE_LENGTH


# --- for the API

# All that a payment's public shape is made of: case and debtor have sixty columns more, and spelling them out took
# longer than reading them.
_SHOWN = (
    "livemode",
    "created_at",
    "campaign_id",
    "case",
    "amount_minor",
    "refunded_minor",
    "processor_fee_minor",
    "success_fee_minor",
    "currency",
    "method",
    "status",
    "source",
    "reference",
    "failure",
    "received_at",
    "metadata",
    "case__invoice_number",
    "case__debtor",
    "case__debtor__name",
)


def payments(organisation_id: str, livemode: bool) -> QuerySet[Payment]:
    """The payments of one organisation in one mode, with what their public shape reads."""
    return (
        Payment.objects.filter(organisation_id=organisation_id, livemode=livemode)
        .select_related("case__debtor")
        .only(*_SHOWN)
        .prefetch_related("allocations")
    )


def payment(organisation_id: str, livemode: bool, payment_id: str) -> Payment:
    """One payment. Raises ApiError(not_found)."""
    found = _payment(organisation_id=organisation_id, livemode=livemode, payment_id=_plain(payment_id))
    if not found:
        raise ApiError("not_found")
    return found[0]


@Prepared
def _payment(organisation_id: str, livemode: bool, payment_id: str) -> QuerySet[Payment]:
    return payments(organisation_id, livemode).filter(id=payment_id)


def promises(organisation_id: str, livemode: bool) -> QuerySet[Promise]:
    """The promises of one organisation in one mode, with what their public shape reads."""
    rows = Promise.objects.filter(organisation_id=organisation_id, livemode=livemode)
    return rows.select_related("case__debtor")


def promise(organisation_id: str, livemode: bool, promise_id: str) -> Promise:
    """One promise. Raises ApiError(not_found)."""
    return _named(promises(organisation_id, livemode), promise_id)


def plans(organisation_id: str, livemode: bool) -> QuerySet[Plan]:
    """The plans of one organisation in one mode, with their instalments."""
    rows = Plan.objects.filter(organisation_id=organisation_id, livemode=livemode)
    return rows.select_related("case__debtor").prefetch_related("instalments")


def plan(organisation_id: str, livemode: bool, plan_id: str) -> Plan:
    """One plan. Raises ApiError(not_found)."""
    return _named(plans(organisation_id, livemode), plan_id)


def _named(rows: QuerySet[Agreement], row_id: str) -> Agreement:
    found = rows.filter(id=_plain(row_id)).first()
    if found is None:
        raise ApiError("not_found")
    return found


def agreed(case: Case) -> tuple[Promise | None, Plan | None, Dispute | None, Hold | None]:
    """What is open about a case: the promise, the plan (offered or active), the dispute, the debtor's claim to have
    paid."""
    promise = Promise.objects.filter(case_id=case.id, status=Promise.Status.OPEN).first()
    standing = Plan.objects.filter(case_id=case.id, status__in=[Plan.Status.OFFERED, Plan.Status.ACTIVE])
    dispute = Dispute.objects.filter(case_id=case.id, resolved_at=None).first()
    claim = Hold.objects.filter(case_id=case.id, kind=Hold.Kind.PAID_CLAIM, released_at=None).first()
    return promise, standing.prefetch_related("instalments").first(), dispute, claim


def check_campaign(organisation_id: str, livemode: bool, campaign_id: str) -> None:
    """Raises ApiError(not_found) for a campaign that is not this organisation's in this mode."""
    rows = Campaign.objects.filter(organisation_id=organisation_id, livemode=livemode)
    if not rows.filter(id=_plain(campaign_id)).exists():
        raise ApiError("not_found")


def _plain(text: str) -> str:
    """`text` as a value one may look for: NUL, which PostgreSQL refuses even in a question, finds nothing."""
    return text.replace("\0", "?")


def case_named(
    organisation_id: str, livemode: bool, *, case_id: str = "", campaign_id: str = "", invoice_number: str = ""
) -> Case:
    """The case with that id, or with that invoice number in that campaign (an open one before a closed one).

    Raises ApiError: case_not_found, ambiguous_invoice.
    """
    rows = Case.objects.filter(organisation_id=organisation_id, livemode=livemode)
    if case_id:
        found = list(rows.filter(id=_plain(case_id)))
    else:
        rows = rows.filter(campaign_id=_plain(campaign_id), invoice_key=invoice_key(_plain(invoice_number)))
        found = list(rows.filter(closed_at=None)[:2]) or list(rows.order_by("-closed_at")[:1])
    if not found:
        raise ApiError("case_not_found", param="case_id" if case_id else "invoice_number")
    if len(found) > 1:
        raise ApiError("ambiguous_invoice", param="invoice_number")
    return found[0]


# --- for settling


@Prepared
def case_for_money(organisation_id: str, livemode: bool, case_id: str) -> QuerySet[Case]:
    """The case that money came for, locked; nothing where it is not the organisation's. In a transaction."""
    mine = Case.objects.filter(organisation_id=organisation_id, livemode=livemode, id=case_id)
    return db.locked(mine.select_related("debtor", "organisation"))


def open_components(case: Case) -> list[Open]:
    """What `case` owes by component, from its ledger and from what payments were allocated; adds up to its balance."""
    return rules.open_components(case.id, dict(_by_kind(case_id=case.id)), dict(_by_component(case_id=case.id)))


@PreparedValues
def _by_kind(case_id: str) -> QuerySet[LedgerEntry, Any]:
    return LedgerEntry.objects.filter(case_id=case_id).values_list("kind").annotate(Sum("amount_minor"))


@PreparedValues
def _by_component(case_id: str) -> QuerySet[Allocation, Any]:
    return Allocation.objects.filter(case_id=case_id).values_list("component").annotate(Sum("amount_minor"))


def by_reference(organisation_id: str, livemode: bool, provider: str, provider_reference: str) -> Payment | None:
    """The payment that this reference was already recorded as."""
    named = {"organisation_id": organisation_id, "provider": provider, "provider_reference": provider_reference}
    return next(iter(_by_reference(**named, livemode=livemode)), None)


@Prepared
def _by_reference(organisation_id: str, livemode: bool, provider: str, provider_reference: str) -> QuerySet[Payment]:
    return Payment.objects.filter(
        organisation_id=organisation_id, livemode=livemode, provider=provider, provider_reference=provider_reference
    )


def left_processing(before: datetime, limit: int) -> list[Payment]:
    """Payments begun before `before` (wall time) that have no outcome yet, oldest first; not those that the processor
    has acknowledged by its reference: their outcome comes by its callback."""
    rows = Payment.objects.filter(status=Payment.Status.PROCESSING, reference="", recorded_at__lt=before)
    return list(rows.order_by("recorded_at")[:limit])


# --- for the page


def pay_slug(case: Case) -> str:
    """`inv-2025-0847-<token>`: the readable part is courtesy, the token is what opens the page."""
    token = crypto.sign_id(_PURPOSE, case.id)
    readable = slugify(case.invoice_number)
    return f"{readable}-{token}" if readable else token


def pay_url(case: Case) -> str:
    """The absolute address of the page where `case` is paid."""
    return f"{settings.PUBLIC_URL}/pay/{pay_slug(case)}"


def case_of_slug(slug: str) -> Case | None:
    """The case that `slug` opens; None for every other text, without a word to the database."""
    case_id = crypto.read_signed_id(_PURPOSE, _PREFIX, slug[-_TOKEN_LENGTH:])
    if case_id is None or slug[:-_TOKEN_LENGTH][-1:] not in ("", "-"):
        return None
    return Case.objects.select_related("campaign", "debtor", "organisation").filter(id=case_id).first()


def page_facts(case: Case) -> dict[str, Any]:
    """What the page shows beside the case: its ledger, its payments that came, and the one under way."""
    rows = list(Payment.objects.filter(case_id=case.id).order_by("created_at", "id"))
    return {
        "ledger": list(LedgerEntry.objects.filter(case_id=case.id).order_by("created_at", "recorded_at", "id")),
        "received": [row for row in rows if row.status in rules.COLLECTED],
        "under_way": next((row for row in rows if row.status == Payment.Status.PROCESSING), None),
    }


def payment_of_case(case: Case, payment_id: str) -> Payment | None:
    """A payment made for `case`; None for anybody else's."""
    return Payment.objects.prefetch_related("allocations").filter(case_id=case.id, id=payment_id).first()
