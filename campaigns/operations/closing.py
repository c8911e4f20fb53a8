"""The creditor takes a case back, changes their mind, or asks for new people to write to."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import Q

from agentcollect.kit import db, errors, jobs
from agentcollect.kit.errors import ApiError, FieldError
from campaigns.models import Campaign, Case, Debtor, Hold, LedgerEntry
from campaigns.operations.cases import CLOSING, close, post, record_case
from campaigns.operations.corrections import refuse_while_paying
from campaigns.operations.create import lost_a_race
from campaigns.operations.disputes import ask_again
from campaigns.operations.facts import whereabouts
from campaigns.operations.planning import resume, show_next_contact
from campaigns.queries.people import usable_contacts
from campaigns.rules import transitions

errors.define("nothing_left", 409, "Nothing is owed on this case any more.")
errors.define("unrecall_too_late", 409, "A recalled case can be taken up again for 7 days.")
errors.define("enrichment_not_allowed", 409, "Nobody is searched for here: it is the debt of a natural person.")
errors.define("duplicate_invoice", 400, "The invoice is in this body twice, or already in an open case (`case_id`).")

# Why a creditor may close a case. Every other end is a payment's, a dispute's or the law's.
REASONS = frozenset({"recalled", "written_off", "uncollectible", "duplicate"})
UNRECALL = timedelta(days=7)
# How long the people at a debtor count as just searched for.
ENRICH_EVERY = timedelta(days=1)


def close_case(*, case_id: str, reason: str, note: str, by: str, at: datetime) -> Case:
    """Close a case at the creditor's word. Closed for that reason already: nothing happens.

    A written-off balance is booked as such. Raises ApiError: illegal_transition, payment_in_progress.
    """
    with db.atomic():
        case = db.locked(Case.objects.select_related("debtor").filter(id=case_id)).get()
        if case.closed_at and case.close_reason == reason:
            return case
        if case.closed_at:
            raise transitions.refused(case.status, f"be closed as {reason}", case.close_reason)
        refuse_while_paying(case)
        if reason == Case.CloseReason.WRITTEN_OFF and case.balance_minor:
            written_off = -case.balance_minor
            post(case=case, kind=LedgerEntry.Kind.WRITE_OFF, amount_minor=written_off, by=by, at=at, reason=note)
            case.save(update_fields=["balance_minor", "updated_at"])
        close(case=case, reason=reason, by=by, at=at, note=note)
        return case


def unrecall(*, case_id: str, by: str, at: datetime) -> Case:
    """Take a recalled case up again within 7 days: its playbook goes on at its step, its holds stand again.

    Open already: nothing happens. Raises ApiError: illegal_transition, unrecall_too_late, nothing_left,
    duplicate_invoice (the invoice was placed anew meanwhile).
    """
    try:
        with db.atomic():
            found = Case.objects.values_list("campaign_id", flat=True).get(id=case_id)
            campaign = db.locked(Campaign.objects.filter(id=found)).get()
            case = db.locked(Case.objects.select_related("debtor").filter(id=case_id)).get()
            if case.closed_at is None:
                return case
            _check_may_reopen(campaign, case, at=at)
            reopen(campaign, case, at=at)
            shown = {"close_reason": {"before": Case.CloseReason.RECALLED.value, "after": None}}
            words = "taken up again"
            record_case(
                "case.updated", case, by=by, at=at, change=words, status=case.status, changes=shown, reason=None
            )
            return case
    except IntegrityError as error:
        if not lost_a_race(error):
            raise
        raise errors.invalid([_placed_again(Case.objects.get(id=case_id), "")]) from error


def _placed_again(case: Case, twin: str) -> FieldError:
    words = f"Invoice {case.invoice_number} was placed again meanwhile."
    return FieldError("invoice_number", "duplicate_invoice", words, {"case_id": twin} if twin else {})


def _check_may_reopen(campaign: Campaign, case: Case, *, at: datetime) -> None:
    if case.close_reason != Case.CloseReason.RECALLED:
        raise transitions.refused(case.status, "be taken up again", case.close_reason)
    if campaign.status not in (Campaign.Status.ACTIVE, Campaign.Status.PAUSED):
        raise transitions.refused(campaign.status, "have its cases taken up again")
    if case.closed_at is None or at > case.closed_at + UNRECALL:
        raise ApiError("unrecall_too_late")
    if case.balance_minor <= 0:
        raise ApiError("nothing_left")
    if twin := placed_again(case):
        raise errors.invalid([_placed_again(case, twin)])


def placed_again(case: Case) -> str:
    """The id of the open case that the same invoice was placed as since this one closed; "" where there is none."""
    same = Case.objects.filter(debtor_id=case.debtor_id, invoice_key=case.invoice_key, closed_at=None)
    return (same.values_list("id", flat=True).first() or "") if case.invoice_key else ""


def reopen(campaign: Campaign, case: Case, *, at: datetime, over: Iterable[str] = ()) -> None:
    """Open a locked case of a locked campaign again, as it was when it closed; holds of the kinds `over` stay ended."""
    closed_at, case.closed_at, case.close_reason = case.closed_at, None, ""
    if case.opened_at and not case.closed_from:
        # It was recalled before a worker came to open it: contacts and first step are still to be made.
        case.opened_at, campaign.unopened = None, campaign.unopened + 1
        campaign.save(update_fields=["unopened"])
    then = Case.Status.ENRICHING if case.opened_at is None else _status_again(case)
    case.status, case.updated_at = then, at
    case.save(update_fields=["status", "close_reason", "closed_at", "opened_at", "updated_at"])
    stand_again = Hold.objects.filter(case=case, released_by=CLOSING, released_at=closed_at).exclude(kind__in=over)
    stand_again.filter(Q(ends_at=None) | Q(ends_at__gt=at)).update(released_at=None, released_by="")
    if case.opened_at is None:
        jobs.enqueue("campaigns.open_cases")
        return
    if case.status == Case.Status.DISPUTED:
        ask_again(case=case, by="engine", at=at)
    resume(case=case, at=at)
    show_next_contact(case=case, at=at)


def _status_again(case: Case) -> str:
    """What it was: with an attorney, in dispute, promised; else as its people allow by now."""
    if case.closed_from in _STAYS:
        return case.closed_from
    if usable_contacts(case.debtor_id).exists():
        return Case.Status.ACTIVE
    return Case.Status.NEEDS_CONTACT if case.debtor.enriched_at else Case.Status.ENRICHING


_STAYS = frozenset(
    {
        Case.Status.PROMISED,
        Case.Status.IN_PLAN,
        Case.Status.DISPUTED,
        Case.Status.ESCALATION_PENDING,
        Case.Status.ESCALATED,
    }
)


def enrich(*, case_id: str, by: str, at: datetime) -> tuple[Case, bool]:
    """Search for people at this case's debtor once more; False when that is under way, or was done within a day.

    Raises ApiError: illegal_transition (closed), enrichment_not_allowed.
    """
    with db.atomic():
        debtor_id = Case.objects.values_list("debtor_id", flat=True).get(id=case_id)
        debtor = db.locked(Debtor.objects.filter(id=debtor_id)).get()
        case = db.locked(Case.objects.select_related("debtor").filter(id=case_id)).get()
        if case.closed_at:
            raise transitions.refused(case.status, "be enriched")
        if whereabouts(debtor).consumer:
            raise ApiError("enrichment_not_allowed")
        if debtor.enriched_at is None or at < debtor.enriched_at + ENRICH_EVERY:
            return case, False
        debtor.enriched_at, debtor.updated_at = None, at
        debtor.save(update_fields=["enriched_at", "updated_at"])
        waiting = Case.objects.filter(debtor=debtor, status=Case.Status.NEEDS_CONTACT, closed_at=None)
        waiting.update(status=Case.Status.ENRICHING, updated_at=at)
        case.refresh_from_db()
        words = "its people are searched for again"
        record_case("case.updated", case, by=by, at=at, change=words, status=case.status, changes={}, reason=None)
        jobs.enqueue("outreach.enrich_due")
        return case, True
