"""Open the cases of new campaigns, in batches small enough that nobody waits for them."""

import contextlib
from datetime import datetime

import structlog

from agentcollect.kit import clock, db, ids, jobs
from campaigns import queries
from campaigns.models import Campaign, Case, Contact, Debtor, Step
from campaigns.operations.contacts import ask_for_contacts, record_needs_contact
from campaigns.operations.duplicates import ask_about_namesakes
from campaigns.operations.exclusions import enforce
from campaigns.operations.facts import about, amount, case_data, whereabouts
from campaigns.operations.planning import began
from campaigns.queries import conversations
from campaigns.rules import search
from campaigns.rules.moments import first_moment
from campaigns.rules.playbook import earliest_start, following
from compliance.hours import NeverPermitted
from events.operations import record

log = structlog.get_logger()

BATCH = 50  # a slice stays under 100 ms on SQLite, whose one writer everybody else waits for


def open_cases(*, at: datetime, clock_id: str = "") -> int:
    """Open every case of one timeline that waits for it; returns how many. Safe anywhere, any number of times."""
    opened = 0
    waiting = Campaign.objects.filter(unopened__gt=0, status="active", clock_id=clock_id).order_by("id")
    for campaign_id in waiting.values_list("id", flat=True)[:100]:
        try:
            opened += open_campaign(campaign_id=campaign_id, at=at)
        except Exception:
            # Logged and met again at the next run; the others go on.
            log.exception("campaign_not_opened", campaign=campaign_id)
    return opened


def open_campaign(*, campaign_id: str, at: datetime) -> int:
    """Open the cases of one campaign; returns how many."""
    opened = 0
    while batch := _open_batch(campaign_id, at=at):
        opened += batch
    return opened


def _open_batch(campaign_id: str, *, at: datetime) -> int:
    with db.atomic():
        campaign = (
            db.claimable(Campaign.objects.select_related("organisation"))
            .filter(id=campaign_id, unopened__gt=0, status="active")
            .first()
        )
        if campaign is None:
            return 0  # another worker has it, or has done it
        # Locked: a payment that came before us may be closing one of them.
        batch = list(db.locked(Case.objects.filter(campaign_id=campaign_id, opened_at=None)).order_by("id")[:BATCH])
        cases = [case for case in batch if case.closed_at is None]
        debtors = Debtor.objects.in_bulk({case.debtor_id for case in batch})
        for case in batch:
            case.search = search.text(debtors[case.debtor_id].name, case.invoice_number)
        levels = _insert_contacts(cases, at=at)
        held = queries.held_among(cases)
        speaking = _speaking(campaign, cases, held, at=at)
        place = {case.id: campaign.debtors_enrolled - campaign.unopened + n for n, case in enumerate(batch)}
        steps, by_id, lacking = [], {case.id: case for case in cases}, []
        for case in cases:
            debtor = debtors[case.debtor_id]
            case.updated_at = at
            if levels.get(case.debtor_id):
                case.status = Case.Status.ACTIVE
                if case.id in speaking or case.id in held:
                    steps += _first_step(campaign, case, debtor, place[case.id], at=at)
            _record_opened(case, debtor, at=at)
            if debtor.enriched_at and case.status == Case.Status.ENRICHING:
                # Searched before, and nobody was found: nothing will look for this debtor's people again.
                case.status = Case.Status.NEEDS_CONTACT
                record_needs_contact(case, debtor, at=at)
                lacking.append((case, debtor))
        ask_for_contacts(lacking, at=at)
        ask_about_namesakes(cases, debtors, at=at)
        for waiting in held:
            by_id[waiting].next_contact_at = None  # its step is planned, and waits; nobody is promised when
        db.bulk_insert(Step, steps)
        for case in batch:
            case.opened_at = at  # what was closed before it was opened (paid at once) only stops waiting
        Case.objects.bulk_update(batch, ["opened_at", "updated_at", "status", "next_contact_at", "search"])
        campaign.unopened -= len(batch)
        campaign.save(update_fields=["unopened"])
        jobs.enqueue("outreach.enrich_due")
        return len(batch)


def _insert_contacts(cases: list[Case], *, at: datetime) -> dict[str, set[int]]:
    """Insert the creditor's contacts that are new; returns which levels each debtor can now be written to on."""
    debtor_ids = {case.debtor_id for case in cases}
    known = Contact.objects.filter(debtor_id__in=debtor_ids).exclude(email="")
    seen = {(debtor, email): level for debtor, email, level in known.values_list("debtor_id", "email", "level")}
    fresh: list[Contact] = []
    for case in cases:
        for given in case.given_contacts:
            key = (case.debtor_id, given["email"])
            if not given["email"] or key in seen:
                continue
            seen[key] = given["level"]
            fresh.append(_contact(case, given, at=at))
    db.bulk_insert(Contact, fresh)
    if fresh:
        named = {"organisation_id": fresh[0].organisation_id, "livemode": fresh[0].livemode}
        enforce(**named, debtor_ids=debtor_ids, at=at)
    levels: dict[str, set[int]] = {}
    for (debtor_id, _), level in seen.items():
        levels.setdefault(debtor_id, set()).add(level)
    return levels


def _contact(case: Case, given: dict[str, str], *, at: datetime) -> Contact:
    return Contact(
        id=ids.new("con"),
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        clock_id=case.clock_id,
        created_at=at,
        recorded_at=clock.now(),
        updated_at=at,
        debtor_id=case.debtor_id,
        name=given["name"],
        title=given["title"],
        email=given["email"],
        phone=given["phone"],
        level=given["level"],
        source=Contact.Source.CREDITOR,
        basis="creditor_supplied",
        confidence=100,
        sources=["creditor"],
    )


def _speaking(campaign: Campaign, cases: list[Case], held: set[str], *, at: datetime) -> set[str]:
    """Which of these new invoices carries its debtor's conversation (ids): the oldest that nothing holds, unless one
    that was opened before carries it already (queries.conversations)."""
    carried = conversations.spoken_for(campaign.id, {case.debtor_id for case in cases}, at=at)
    first: dict[str, Case] = {}
    for case in sorted(cases, key=conversations.age):
        if case.id not in held and case.debtor_id not in carried:
            first.setdefault(case.debtor_id, case)
    return {case.id for case in first.values()}


def _first_step(campaign: Campaign, case: Case, debtor: Debtor, place: int, *, at: datetime) -> list[Step]:
    """The playbook's first step, at the first permitted moment and its place after it. Where no hour is lawful it is
    due at once all the same: the gate says why it must wait, and a correction of the debtor wakes it."""
    begin = max(earliest_start(case.due_date, campaign.organisation.timezone, began(campaign)), at)
    due, shown = begin, None
    with contextlib.suppress(NeverPermitted):
        due = shown = first_moment(whereabouts(debtor), begin=begin, place=place)
    step = following(queries.playbook_steps(campaign), None)
    if step is None:
        return []
    case.next_contact_at = shown
    return [
        Step(
            id=ids.new("stp"),
            organisation_id=case.organisation_id,
            livemode=case.livemode,
            clock_id=case.clock_id,
            created_at=at,
            recorded_at=clock.now(),
            campaign_id=campaign.id,
            debtor_id=debtor.id,
            case_id=case.id,
            version=campaign.playbook_version,
            index=step.index,
            channel=step.channel,
            intent=step.intent,
            level=step.level,
            due_at=due,
        )
    ]


def _record_opened(case: Case, debtor: Debtor, *, at: datetime) -> None:
    record(
        type="case.opened",
        organisation_id=case.organisation_id,
        livemode=case.livemode,
        data=case_data(case, debtor.name, balance=amount(case, case.balance_minor)),
        by="engine",
        at=at,
        about=about(case),
    )
