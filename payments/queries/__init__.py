"""Every read of payments worth a name."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Q, QuerySet, Sum
from django.utils.text import slugify

from agentcollect.kit import crypto, db, errors
from agentcollect.kit.errors import ApiError
from agentcollect.kit.hosts import PayHost
from agentcollect.kit.prepared import Prepared, PreparedValues
from campaigns.models import Campaign, Case, Dispute, Hold, LedgerEntry
from campaigns.rules.identity import invoice_key
from payments import rules
from payments.models import Allocation, Offer, Payment, Plan, Promise
from payments.queries import hosts
from payments.queries.banking import bank_reference as bank_reference
from payments.queries.banking import line_totals as line_totals
from payments.queries.banking import remit_to as remit_to
from payments.queries.banking import stripe_account as stripe_account
from payments.queries.link_requests import cases_asked_for as cases_asked_for
from payments.queries.pages import attorney_of as attorney_of
from payments.queries.pages import cases_paid_by as cases_paid_by
from payments.queries.pages import creditor_of as creditor_of
from payments.queries.pages import holds_of as holds_of
from payments.queries.pages import open_cases as open_cases
from payments.queries.pages import page_facts as page_facts
from payments.queries.pages import payment_of_case as payment_of_case
from payments.queries.refunds import on_its_way_back as on_its_way_back
from payments.queries.refunds import refundable as refundable
from payments.queries.refunds import refunds as refunds
from payments.rules import Open, Piece

errors.define("case_not_found", 404, "There is no such case, or it belongs to another organisation or mode.")
errors.define("ambiguous_invoice", 400, "Several cases have that invoice number: name the case_id.")

Agreement = TypeVar("Agreement", Promise, Plan, Offer)
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


def offers(organisation_id: str, livemode: bool) -> QuerySet[Offer]:
    """The settlement offers of one organisation in one mode, with what their public shape reads."""
    rows = Offer.objects.filter(organisation_id=organisation_id, livemode=livemode)
    return rows.select_related("case__debtor", "case__organisation")


def offer(organisation_id: str, livemode: bool, offer_id: str) -> Offer:
    """One settlement offer. Raises ApiError(not_found)."""
    return _named(offers(organisation_id, livemode), offer_id)


def untouched_offer(offer_id: str, case: Case) -> bool:
    """Whether the offer stands as it was sent: nothing has come for it, and nothing else changed what is owed."""
    return Offer.objects.filter(id=offer_id, status=Offer.Status.SENT, balance_minor=case.balance_minor).exists()


def still_paid(payment_id: str) -> bool:
    """Whether something of the payment has come and has not gone back."""
    standing = (Payment.Status.SUCCEEDED, Payment.Status.PARTIALLY_REFUNDED)
    return Payment.objects.filter(id=payment_id, status__in=standing).exists()


def open_offer(case: Case) -> Offer | None:
    """The settlement offer of a case that has not ended, whoever knows of it."""
    return Offer.objects.filter(case_id=case.id, status__in=_OPEN_OFFERS, settled_at=None).first()


_OPEN_OFFERS = (Offer.Status.DRAFT, Offer.Status.APPROVED, Offer.Status.SENT, Offer.Status.ACCEPTED)


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


def standing(payment: Payment) -> list[Piece]:
    """Where a payment's money stands: per case, in the order in which they were paid, and component; nothing that has
    gone back."""
    return [piece for piece in _net(payment) if piece.component != rules.RETURNED]


def credit(payment: Payment) -> int:
    """What of a payment stands unapplied, in minor units."""
    return sum(piece.minor for piece in standing(payment) if piece.component == rules.UNAPPLIED)


def returned(payment: Payment) -> dict[str, int]:
    """What of a payment has gone back from each case."""
    return {piece.case_id: piece.minor for piece in _net(payment) if piece.component == rules.RETURNED}


def _net(payment: Payment) -> list[Piece]:
    sums: dict[tuple[str, str], int] = {}
    rows = list(_allocated(payment_id=payment.id))
    for case_id in dict.fromkeys([*cases_in_order(payment), *(case_id for case_id, _, _ in rows)]):
        for case, component, minor in rows:
            if case == case_id:
                sums[case, component] = sums.get((case, component), 0) + minor
    return [Piece(case_id, component, minor) for (case_id, component), minor in sums.items() if minor]


@PreparedValues
def _allocated(payment_id: str) -> QuerySet[Allocation, Any]:
    rows = Allocation.objects.filter(payment_id=payment_id).order_by("recorded_at", "id")
    return rows.values_list("case_id", "component", "amount_minor")


def last_return(payment: Payment) -> list[Piece]:
    """What the last return of a payment's money (a reversal) took, from where it stood then."""
    rows = Allocation.objects.filter(payment_id=payment.id, cause__startswith="rvs_", amount_minor__lt=0)
    found = list(rows.order_by("recorded_at", "id").values_list("cause", "case_id", "component", "amount_minor"))
    order = cases_in_order(payment)
    last = [row[1:] for row in found if row[0] == found[-1][0]]
    return [Piece(case_id, part, -minor) for case_id, part, minor in sorted(last, key=lambda row: order.index(row[0]))]


def left_by(payment: Payment, cause: str) -> list[str]:
    """The cases that `cause` took money of a payment from."""
    rows = Allocation.objects.filter(payment_id=payment.id, cause=cause, component=rules.RETURNED)
    return list(rows.order_by("recorded_at", "id").values_list("case_id", flat=True))


def cases_in_order(payment: Payment) -> list[str]:
    """The cases that a payment is for, as instructed; then those that credit of it was used for."""
    named = [case_id for case_id, _ in payment.instruction] or [payment.case_id]
    return list(dict.fromkeys([*named, payment.case_id, *(row[0] for row in _allocated(payment_id=payment.id))]))


def cases_of(payment: Payment) -> list[str]:
    """The same by id, as they are locked."""
    return sorted(cases_in_order(payment))


def campaigns_of(case_ids: Iterable[str]) -> list[str]:
    """The campaigns of these cases, by id."""
    found = Case.objects.filter(id__in=list(case_ids)).values_list("campaign_id", flat=True)
    return sorted(set(found))


def unapplied(debtor_id: str) -> list[tuple[Payment, int]]:
    """The credit of a debtor: each payment with what of it stands unapplied, the oldest first."""
    rows = Payment.objects.filter(case__debtor_id=debtor_id, status__in=rules.COLLECTED)
    credit = Sum("allocations__amount_minor", filter=Q(allocations__component=rules.UNAPPLIED), default=0)
    found = rows.annotate(credit_minor=credit).filter(credit_minor__gt=0).order_by("created_at", "id")
    return [(payment, payment.credit_minor) for payment in found]


def oldest_first(debtor_id: str, currency: str, amount_minor: int) -> rules.Instruction:
    """What each open invoice of a debtor gets of money that names none, by `rules.oldest_first`; a disputed one, or one
    that is held for what they say of it, gets none by itself. It may come to less than the amount."""
    cases = Case.objects.filter(debtor_id=debtor_id, currency=currency, closed_at=None, balance_minor__gt=0)
    held = Hold.objects.filter(case__in=cases, kind__in=_WAITS, released_at=None).values_list("case_id", flat=True)
    waiting = set(held)
    owing = [
        rules.Owing(
            case_id=case.id,
            minor=case.balance_minor,
            due_on=case.due_date,
            invoiced_on=case.invoice_date,
            waits=case.id in waiting or case.status == Case.Status.DISPUTED,
        )
        for case in cases
    ]
    return rules.oldest_first(amount_minor, owing)


# An invoice that is held for one of these is paid where somebody names it, never by itself.
_WAITS = (
    Hold.Kind.DISPUTE,
    Hold.Kind.PAID_CLAIM,
    Hold.Kind.PAYMENT_PROCESSING,
    Hold.Kind.IDENTITY_DOUBT,
    Hold.Kind.LEGAL_HOLD,
    Hold.Kind.BANKRUPTCY,
)


def under_way(debtor_id: str) -> dict[str, Payment]:
    """The payments of a debtor that have no outcome yet, by each case that they are for."""
    rows = _under_way(debtor_id=debtor_id)
    return {case_id: row for row in rows for case_id in [row.case_id, *(one for one, _ in row.instruction)]}


@Prepared
def _under_way(debtor_id: str) -> QuerySet[Payment]:
    return Payment.objects.filter(case__debtor_id=debtor_id, status=Payment.Status.PROCESSING)


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
    return list(rows.select_related("case").order_by("recorded_at")[:limit])


def left_at_checkout(*, begun: datetime, quiet: datetime, limit: int) -> list[Payment]:
    """Payments on a processor's own page without an outcome: those begun before `begun` (wall time) whose page nobody
    has noted, and those that nothing was heard of since `quiet`; the longest quiet first."""
    rows = Payment.objects.filter(status=Payment.Status.PROCESSING).exclude(account="")
    unknown = Q(reference="", recorded_at__lt=begun)
    return list(rows.filter(unknown | Q(updated_at__lt=quiet)).order_by("updated_at")[:limit])


# --- for the page


def pay_slug(case: Case) -> str:
    """`inv-2025-0847-<token>`: the readable part is courtesy, the token is what opens the page."""
    token = crypto.sign_id(_PURPOSE, case.id)
    readable = slugify(case.invoice_number)
    return f"{readable}-{token}" if readable else token


def pay_url(case: Case, brand: Mapping[str, Any] | None = None) -> str:
    """The absolute address of the page where `case` is paid. `brand`: its campaign's, where that is at hand."""
    shown = hosts.brand_of(case) if brand is None else brand
    return hosts.page_address(pay_slug(case), organisation_id=case.organisation_id, livemode=case.livemode, brand=shown)


def is_of(slug: str, here: PayHost) -> bool:
    """Does `slug` open a page that is served at `here`? One question, whatever `slug` is."""
    return hosts.is_theirs(_case_id(slug), here)


def case_of_slug(slug: str) -> Case | None:
    """The case that `slug` opens; None for every other text, without a word to the database."""
    case_id = _case_id(slug)
    if case_id is None:
        return None
    return Case.objects.select_related("campaign", "debtor", "organisation").filter(id=case_id).first()


def _case_id(slug: str) -> str | None:
    case_id = crypto.read_signed_id(_PURPOSE, _PREFIX, slug[-_TOKEN_LENGTH:])
    return case_id if slug[:-_TOKEN_LENGTH][-1:] in ("", "-") else None
