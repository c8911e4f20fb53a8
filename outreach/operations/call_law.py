"""What the law says to a call: a machine's where it may call, else a person's, by the same script."""

from dataclasses import replace
from datetime import datetime

from agentcollect.kit import money
from campaigns.models import Campaign, Case, Contact, Step
from compliance import gate
from compliance.facts import Carries
from outreach import queries
from outreach.models import Call
from outreach.operations import approvals, gating
from outreach.operations.letters import Stationery
from outreach.operations.readiness import Rows
from outreach.providers import phone
from outreach.providers.phone import Phone
from outreach.rules import calls, law
from outreach.rules.calls import Script

# Where one of these objects to an artificial voice, a person may dial (LAW.md, R-23 and R-24).
_ABOUT_MACHINES = frozenset({"R-23", "R-24"})


def number(rows: Rows, contact: Contact) -> str:
    """The number that reaches `contact`: their own, else the company's; "" is none."""
    return contact.phone or rows.debtor.phone


def judge(
    rows: Rows, contact: Contact, paper: Stationery, line: Phone | None, *, at: datetime
) -> tuple[gating.Judged, bool]:
    """The law's word on a machine's call, else on a person's; and whether it is a machine's."""
    if line is not None and not _a_person_decides(rows):
        # The line's type is known to who dials it; what is on record counts first.
        contact.line_type = contact.line_type or line.line_type(number(rows, contact))
        judged = _decide(rows, contact, carries(rows.campaign, paper, artificial=True), at=at)
        objecting = {one.rule for one in judged.verdict.verdicts if one.outcome != "allow"}
        if not objecting & _ABOUT_MACHINES:
            return judged, True
    return _decide(rows, contact, carries(rows.campaign, paper, artificial=False), at=at), False


def _a_person_decides(rows: Rows) -> bool:
    """Where every message waits for a person's word, no machine speaks by itself."""
    return approvals.policy(rows.campaign, rows.organisation) == Campaign.Approval.ALWAYS


def _decide(rows: Rows, contact: Contact, message: Carries, *, at: datetime) -> gating.Judged:
    return gating.decide(
        debtor=rows.debtor,
        campaign=rows.campaign,
        organisation=rows.organisation,
        case=rows.case,
        step=rows.step,
        contact=contact,
        opt_out=(False, False),
        message=message,
        at=at,
        file=rows.file,
    )


def carries(campaign: Campaign, paper: Stationery, *, artificial: bool) -> Carries:
    """What the script says, as the law asks for it. A person's call is neither recorded nor transcribed."""
    return replace(
        law.carried(campaign),
        artificial=artificial,
        recorded=artificial,
        says_artificial=artificial,
        says_recorded=artificial,
        says_brand=bool(paper.brand.name),
        says_legal_name=bool(paper.brand.legal_name),
        callback=_callback(paper),
        local_presence=False,
        voicemail="limited",
    )


def _callback(paper: Stationery) -> str:
    return paper.brand.phone or ("" if paper.livemode else phone.SANDBOX_CALLBACK)


def script(rows: Rows, contact: Contact, paper: Stationery, *, artificial: bool) -> Script:
    """The words of a call about `rows.case`, as the ledger has it now."""
    case = rows.case
    return calls.script(
        brand=paper.brand.name,
        legal_name=paper.brand.legal_name,
        callback=_callback(paper),
        number=number(rows, contact),
        person=contact.name,
        company=rows.debtor.name,
        invoice=case.invoice_number,
        amount=money.display(case.balance_minor, case.currency, "en"),
        due=case.due_date,
        artificial=artificial,
    )


def judge_again(case: Case, call: Call, step: Step, paper: Stationery, *, at: datetime) -> gate.Decision:
    """The law's word on a call that is reserved, which does not count against itself. Call with the debtor locked."""
    campaign = Campaign.objects.select_related("organisation").get(id=case.campaign_id)
    contact = Contact.objects.get(id=call.contact_id or "")
    artificial = call.mode == Call.Mode.AI
    line = phone.phone(livemode=step.livemode)
    if artificial and line is not None:
        contact.line_type = contact.line_type or line.line_type(call.phone)
    facts = queries.facts(
        debtor=case.debtor,
        campaign=campaign,
        organisation=campaign.organisation,
        contact=contact,
        at=at,
        opt_out=(False, False),
        case=case,
        channel="call",
        message=carries(campaign, paper, artificial=artificial),
        without_call=call.id,
    )
    return gate.decide(facts, channel="call", kind=step.kind, at=at, case_id=case.id)
