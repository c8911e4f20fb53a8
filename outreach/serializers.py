"""The public shapes of outreach."""

from datetime import datetime
from typing import Any

from agentcollect.kit import clock, money
from campaigns.rules.playbook import Steps
from campaigns.serializers.playbooks import step as playbook_step
from outreach import explaining
from outreach.models import Call, Decision, Message, Referral, Reply, ReplyPath
from outreach.plans import Act, Course, DryRun, Planned, Preview


def message(row: Message) -> dict[str, Any]:
    """A message as a list shows it."""
    return {
        "id": row.id,
        "campaign_id": row.campaign_id,
        "case_id": row.case_id,
        "debtor_id": row.debtor_id,
        "contact_id": row.contact_id,
        "channel": row.channel,
        "kind": row.kind,
        "intent": row.intent,
        "status": row.status,
        "from": row.sender,
        "to": row.recipient,
        "subject": row.subject,
        "sent_at": clock.iso(row.sent_at) if row.sent_at else None,
        "error": row.error or None,
        "created_at": clock.iso(row.created_at),
        "livemode": row.livemode,
    }


def message_detail(row: Message) -> dict[str, Any]:
    """The same with what was sent, who wrote it, and which guards it passed."""
    return message(row) | {
        "text": row.text,
        "html": row.html,
        "message_id_header": row.rfc_message_id,
        "references": row.references.split(),
        "drafter": row.drafter,
        "variant": row.variant or None,
        "language": row.language,
        "paragraphs": row.paragraphs,
        "approved_by": row.approved_by or None,
        "approved_at": clock.iso(row.approved_at) if row.approved_at else None,
        "guards": row.guards,
        "decision_id": row.decision_id or None,
        "step_id": row.step_id or None,
    }


def call(row: Call) -> dict[str, Any]:
    """A call as a list shows it."""
    return {
        "id": row.id,
        "campaign_id": row.campaign_id,
        "case_id": row.case_id,
        "debtor_id": row.debtor_id,
        "contact_id": row.contact_id,
        "mode": row.mode,
        "status": row.status,
        "outcome": row.outcome or None,
        "phone": row.phone,
        "note": row.note or None,
        "error": row.error or None,
        "called_at": clock.iso(row.handed_over_at) if row.handed_over_at else None,
        "ended_at": clock.iso(row.ended_at) if row.ended_at else None,
        "created_at": clock.iso(row.created_at),
        "livemode": row.livemode,
    }


def call_detail(row: Call) -> dict[str, Any]:
    """The same with the script and what was said."""
    return call(row) | {
        "script": row.script,
        "transcript": row.transcript,
        "decision_id": row.decision_id or None,
        "step_id": row.step_id or None,
    }


def referral(row: Referral) -> dict[str, Any]:
    """A case on its way to an attorney, or with one (its `case` and `attorney` loaded)."""
    one = row.attorney
    named = (
        {"name": one.name, "firm": one.firm, "bar_state": one.bar_state, "bar_number": one.bar_number} if one else None
    )
    return {
        "id": row.id,
        "campaign_id": row.case.campaign_id,
        "case_id": row.case_id,
        "debtor_id": row.case.debtor_id,
        "status": row.status,
        "attorney": named,
        "offer_at": clock.iso(row.offer_at) if row.offer_at else None,
        "offered_at": clock.iso(row.offered_at) if row.offered_at else None,
        "accepted_at": clock.iso(row.accepted_at) if row.accepted_at else None,
        "reason": row.reason or None,
        "created_at": clock.iso(row.created_at),
        "updated_at": clock.iso(row.updated_at),
        "livemode": row.livemode,
    }


def decision(row: Decision) -> dict[str, Any]:
    """One answer of the gate, with every rule's verdict and evidence."""
    return {
        "id": row.id,
        "case_id": row.case_id,
        "debtor_id": row.debtor_id,
        "contact_id": row.contact_id or None,
        "step_id": row.step_id or None,
        "channel": row.channel,
        "kind": row.kind,
        "outcome": row.outcome,
        "rule": row.rule or None,
        "reason": row.reason,
        "explanation": explaining.decision(
            outcome=row.outcome,
            rule=row.rule,
            reason=row.reason,
            until=row.until,
            channel=row.channel,
            kind=row.kind,
            verdicts=row.verdicts,
        ),
        "until": clock.iso(row.until) if row.until else None,
        "verdicts": row.verdicts,
        "created_at": clock.iso(row.created_at),
        "livemode": row.livemode,
    }


def reply(row: Reply) -> dict[str, Any]:
    """A reply as a list shows it."""
    return {
        "id": row.id,
        "campaign_id": row.campaign_id,
        "case_id": row.case_id,
        "debtor_id": row.debtor_id,
        "contact_id": row.contact_id,
        "message_id": row.message_id or None,
        "channel": row.channel,
        "from": row.sender,
        "subject": row.subject,
        "text": row.text,
        "attachments": row.attachments,
        "identity": row.identity,
        "status": row.status,
        "label": row.label or None,
        "confidence": round(row.confidence, 4) if row.confidence is not None else None,
        "outcome": row.outcome or None,
        "handled_at": clock.iso(row.handled_at) if row.handled_at else None,
        "handled_by": row.handled_by or None,
        "created_at": clock.iso(row.created_at),
        "livemode": row.livemode,
    }


def reply_detail(row: Reply, currency: str) -> dict[str, Any]:
    """The same with what they quoted and what was read in it, each with the words it was read in."""
    read = row.interpretation
    return reply(row) | {
        "quoted": row.quoted,
        "message_id_header": row.rfc_message_id or None,
        "lexicon": row.lexicon or None,
        "automatic": bool(read.get("automatic")),
        "hidden_text": bool(read.get("hidden")),
        "amounts": [
            {"amount": money.to_json(one["minor"], currency), "currency": one["currency"], "quote": one["quote"]}
            for one in read.get("amounts", [])
        ],
        "dates": [{"on": one["on"], "quote": one["quote"]} for one in read.get("dates", [])],
        "quotes": read.get("quotes", []),
        "agent_run_id": row.agent_run_id or None,
    }


def reply_path(row: ReplyPath | None, *, livemode: bool, host: str) -> dict[str, Any]:
    """How answers come back. The password is never shown; `has_secret` says whether one is kept."""
    path = row or ReplyPath(kind=ReplyPath.Kind.INBOUND_HOST, livemode=livemode)
    mailbox = path.kind == ReplyPath.Kind.MAILBOX
    return {
        "kind": path.kind,
        "address": path.address if mailbox else (f"r+…@{host}" if host else None),
        "host": path.host if mailbox else None,
        "port": path.port if mailbox else None,
        "user": path.user if mailbox else None,
        "folder": path.folder if mailbox else None,
        "has_secret": bool(path.secret),
        "status": path.status,
        "proven_at": clock.iso(path.proven_at) if path.proven_at else None,
        "probe_sent_at": clock.iso(path.probe_sent_at) if path.probe_sent_at else None,
        "error": path.error or None,
        "livemode": livemode,
    }


def preview(shown: Preview) -> dict[str, Any]:
    """What a campaign would do: the create's figures without its ids, planned contacts, blocked rows, first message."""
    campaign, message = shown.campaign, shown.message
    planned = [row for row in shown.rows if row.at is not None]
    return {
        "creditor": campaign.creditor,
        "debtors_enrolled": campaign.debtors_enrolled,
        "debtors_unique": campaign.debtors_unique,
        "debtors_held": campaign.debtors_held,
        "total_amount": money.to_json(campaign.total_minor, campaign.currency),
        "currency": campaign.currency,
        "first_contact_at": clock.iso(campaign.first_contact_at) if campaign.first_contact_at else None,
        "warnings": campaign.warnings,
        "planned": [
            _invoice(row) | {"to": row.contact.email if row.contact else None, "at": clock.iso(row.at)}
            for row in planned
            if row.at
        ],
        "blocked": [
            _invoice(row) | {"outcome": row.outcome, "rule": row.rule or None, "reason": row.reason}
            for row in shown.rows
            if row.at is None
        ],
        "first_message": {"subject": message.subject, "text": message.text, "html": message.html} if message else None,
        "livemode": campaign.livemode,
    }


def _invoice(row: Planned) -> dict[str, Any]:
    return {
        "debtor": row.case.debtor.name,
        "invoice_number": row.case.invoice_number or None,
        "amount": money.to_json(row.case.balance_minor, row.case.currency),
    }


def dry_run(found: DryRun) -> dict[str, Any]:
    """What a playbook would do to a campaign's debtors, and to how many of them each step would happen."""
    rows = []
    for n, step in enumerate(found.steps):
        acts = [course.acts[n] for course in found.courses]
        going = [act for act in acts if act.outcome == "allow"]
        first = min((act.at for act in going if act.at), default=None)
        counted = {"planned": len(going), "blocked": len(acts) - len(going)}
        rows.append(playbook_step(step) | {"first_at": clock.iso(first) if first else None} | counted)
    return {"steps": rows, "debtors": [_course(course) for course in found.courses], "has_more": found.more}


def dates(steps: Steps, found: list[datetime | None]) -> dict[str, Any]:
    """The days of a playbook alone."""
    rows = [
        playbook_step(step) | {"first_at": clock.iso(at) if at else None, "planned": 0, "blocked": 0}
        for step, at in zip(steps, found, strict=True)
    ]
    return {"steps": rows, "debtors": [], "has_more": False}


def _course(course: Course) -> dict[str, Any]:
    case = course.case
    return {
        "debtor_id": case.debtor_id,
        "debtor": case.debtor.name,
        "case_id": case.id,
        "invoice_number": case.invoice_number or None,
        "steps": [_act(n, act, case.debtor.phone) for n, act in enumerate(course.acts)],
    }


def _act(place: int, act: Act, company_phone: str) -> dict[str, Any]:
    to = None
    if act.contact is not None:
        to = (act.contact.phone or company_phone) if act.step.channel == "call" else act.contact.email
    return {
        "step": place,
        "at": clock.iso(act.at) if act.at else None,
        "to": to or None,
        "outcome": act.outcome,
        "rule": act.rule or None,
        "reason": act.reason or None,
    }
