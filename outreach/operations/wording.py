"""The agent at work: words for a step, and what a reply says. Each run leaves a row, whoever answered.

Called by workers, outside every transaction: a model is waited for here. What stops a model (a switch, the month's
budget, a run of failures) stops it before it is asked; templates and phrase lists then do the work, and the row says
so.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.db.models import Sum

from accounts.models import Organisation
from agentcollect.kit import clock, context, db, http, ids
from agentcollect.kit.prepared import Prepared
from campaigns.models import Case, Contact, Step
from compliance import guards
from outreach import agent, drafting, queries, rendering
from outreach.agent import Endpoint, Interpretation, KnownFacts, interpreter, prompts
from outreach.agent.models import TEMPLATE
from outreach.agent.reports import Report
from outreach.drafting import Draft
from outreach.models import AgentRun, Reply
from outreach.operations import switches
from outreach.operations.gating import Proposal
from outreach.queries.desk import File
from outreach.rendering import Letter

if TYPE_CHECKING:
    from outreach.agent.drafter import Brief

# This many failures in a row (over all processes that share Redis), and the model is left alone for a minute.
BREAKER_FAILURES = 5
BREAKER_SECONDS = 60
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class Words(list[Draft]):
    """Drafts, best first. `reason`: what the guards object to, where nothing passed them. `checked`: variant → what it
    looks like, and what the guards said."""

    def __init__(
        self, drafts: Iterable[Draft] = (), reason: str = "", checked: "Mapping[str, Proposal] | None" = None
    ) -> None:
        super().__init__(drafts)
        self.reason, self.checked = reason, checked or {}


def words(
    *, intent: str, letter: Letter, step: Step, organisation: Organisation, at: datetime, file: File | None = None
) -> Words:
    """Wordings of `intent`: the model's, if one is configured, may be asked and passes the guards; then templates.

    `file`: the debtor's, where it has been read. Where nothing passes, the templates as they are: whoever reserves asks
    the guards again, and hands them to a person.
    Writes one AgentRun; every draft carries its id. Raises RuntimeError inside a transaction when a model would be
    asked, KeyError for an intent without sentences.
    """
    templates = _templates(intent, letter, step, file)
    looked = _Looked(letter)
    first = next((one for one in templates if not looked.objections(one)), None)
    where, why_not = _may_ask(
        step.livemode,
        organisation,
        prompts.DRAFT,
        channel=step.channel,
        step=step,
        on_clock=bool(step.clock_id),
    )
    if where is None:
        report = Report(model=TEMPLATE, output=_output(first), guards=_guard_names(), fallback_reason=why_not)
        drafted = None
    else:
        drafted, report = attempt(where, intent=intent, letter=letter, earlier=step.index, instead=first)
        _count(where, failed=report.failed)
    if drafted is None and first is None:
        report = replace(report, fallback_reason=_refusal(templates, letter))
    run = _keep(
        AgentRun.Purpose.DRAFT, report, organisation, step.livemode, case_id=step.case_id, at=at, step_id=step.id
    )
    ordered = sorted(templates, key=lambda one: one is not first)
    chosen = ([drafted] if drafted else []) + ordered
    reason = "" if drafted or first else report.fallback_reason
    return Words([replace(one, run_id=run) for one in chosen], reason, looked.seen)


def understand(*, reply: Reply, at: datetime) -> Interpretation:
    """What `reply` says. Writes one AgentRun; the reply's own row is the caller's.

    Raises RuntimeError inside a transaction when a model would be asked.
    """
    case = _case.one(id=reply.case_id)
    organisation = case.organisation
    where, why_not = _may_ask(
        reply.livemode,
        organisation,
        prompts.INTERPRET,
        channel=reply.channel,
        step=None,
        on_clock=bool(case.clock_id),
    )
    found, report = interpreter.read(
        text=reply.text,
        subject=reply.subject,
        sender=reply.sender,
        today=at.astimezone(queries.zone_of(organisation)).date(),
        currency=case.currency,
        known=_known(case, reply),
        where=where,
    )
    if where is None:
        report = replace(report, fallback_reason=why_not)
    else:
        _count(where, failed=report.failed)
    _keep(
        AgentRun.Purpose.INTERPRET,
        report,
        organisation,
        reply.livemode,
        case_id=case.id,
        at=at,
        reply_id=reply.id,
    )
    return found


_case = Prepared(lambda id: Case.objects.select_related("debtor", "campaign", "organisation").filter(id=id))


# --- drafts


def _templates(intent: str, letter: Letter, step: Step, file: File | None) -> list[Draft]:
    last = queries.last_variant_of(file) if file else queries.last_variant(step.debtor_id)
    return list(drafting.drafts(intent, language=letter.language, tone=letter.tone, key=letter.key, last_variant=last))


class _Looked:
    """What wordings of one letter look like, and what the guards say to them; each is looked at once."""

    def __init__(self, letter: Letter) -> None:
        self._letter = letter
        self.seen: dict[str, Proposal] = {}

    def objections(self, draft: Draft) -> list[str]:
        try:
            rendered = rendering.render(self._letter, draft)
        except KeyError as missing:
            return [f"{{{missing.args[0]}}} has no fact in this message"]
        findings = rendering.check(self._letter, rendered)
        self.seen[draft.variant] = (self._letter, rendered, draft, findings)
        return [f"{one.guard}: {one.reason}" for one in findings]


def _objections(draft: Draft, letter: Letter) -> list[str]:
    """What the guards say to the rendered message."""
    return _Looked(letter).objections(draft)


def _told(draft: Draft, letter: Letter) -> list[str]:
    """The same for a model's ears: no word of the filled message, save those that the model wrote itself."""
    own = " ".join(draft.sentences).casefold()
    told = []
    for objection in _objections(draft, letter):
        words = re.findall(r'"([^"]+)"', objection)
        known = bool(words) and all(word.casefold() in own for word in words)
        told.append(objection if known or objection.startswith("{") else objection.partition(":")[0])
    return list(dict.fromkeys(told))


def _refusal(templates: list[Draft], letter: Letter) -> str:
    objections = _objections(templates[-1], letter) if templates else ["no wording"]
    return f"no wording passes: {'; '.join(objections)}"[:300]


def attempt(
    where: Endpoint, *, intent: str, letter: Letter, earlier: int = 0, instead: Draft | None
) -> tuple[Draft | None, Report]:
    """The model's draft, or None with the report of why not. `instead`: the template that stands in, for the record."""
    from outreach.agent import drafter

    def made(sentences: tuple[str, ...]) -> Draft:
        return Draft(
            intent,
            # Another text has another name, so that no two messages in a row are the same.
            f"{prompts.DRAFT}/{hashlib.sha256(repr(sentences).encode()).hexdigest()[:12]}",
            sentences,
            drafter=where.model[:40],
            language=letter.language,
            tone=letter.tone,
            prompt=prompts.DRAFT,
        )

    sentences, report = drafter.draft(
        where=where,
        brief=_brief(intent, letter, earlier),
        guards=lambda sentences: _told(made(sentences), letter),
        template=lambda: instead.sentences if instead else None,
    )
    own = sentences is not None and report.model == where.model
    return (made(sentences) if own and sentences else None), report


def _brief(intent: str, letter: Letter, earlier: int) -> "Brief":
    from outreach.agent.drafter import Brief

    wordings = [
        {name for text in one.sentences for name in _PLACEHOLDER.findall(text)}
        for one in drafting.drafts(intent, language=letter.language, tone=letter.tone, key="")
    ]
    allowed = drafting.needs(intent) & rendering.placeholders(letter).keys()
    return Brief(
        intent=intent,
        language=letter.language,
        tone=letter.tone,
        allowed=frozenset(allowed),
        # What every approved wording says, every other one says too.
        required=frozenset(set.intersection(*wordings) & allowed),
        earlier=max(0, earlier),
    )


def first_clean(drafts: Iterable[Draft], letter: Letter) -> Draft | None:
    """The first of `drafts` that no guard objects to."""
    return next((one for one in drafts if not _objections(one, letter)), None)


def _output(draft: Draft | None) -> dict[str, Any]:
    return {"variant": draft.variant} if draft else {}


def _guard_names() -> list[str]:
    return sorted(guards.GUARDS)


# --- may the model be asked


def _may_ask(
    livemode: bool, organisation: Organisation, prompt: str, *, channel: str, step: Step | None, on_clock: bool
) -> tuple[Endpoint | None, str]:
    """(the model, "") or (None, why it is not asked). None configured is no reason: nothing fell back."""
    where = agent.endpoint()
    if where is None:
        return None, ""
    if step is not None and step.kind == "offer":
        return None, "a settlement offer keeps to the approved words"
    if on_clock:
        return None, "on a test clock nobody waits for a model"
    http.refuse_in_transaction()
    if context.request_id():
        return None, "a web request never waits for a model"
    stopped = switches.why_stopped(
        livemode=livemode,
        channel=channel,
        provider="",
        organisation_id=organisation.id,
        campaign_id=step.campaign_id if step else "",
        playbook="",
        prompt=prompt,
        model=where.model,
    )
    if stopped:
        return None, stopped
    if cache.get(_open_key(where)):
        return None, f"the model failed {BREAKER_FAILURES} times in a row and is left alone for a minute"
    if spent_micros(organisation) >= organisation.agent_budget_micros:
        return None, "the month's budget for the model is used up"
    return where, ""


def spent_micros(organisation: Organisation) -> int:
    """What the model has cost this organisation since its month began, in millionths of a US dollar, in both modes.

    By the wall clock, whatever a test clock shows: the money is real.
    """
    begin = (
        clock.now().astimezone(queries.zone_of(organisation)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    )
    runs = AgentRun.objects.filter(organisation_id=organisation.id, livemode__in=[True, False], recorded_at__gte=begin)
    return int(runs.aggregate(spent=Sum("cost_micros"))["spent"] or 0)


def _count(where: Endpoint, *, failed: bool) -> None:
    """The breaker: failures in a row are counted, the last of them opens it, one good answer forgets them."""
    if not failed:
        cache.delete(_failures_key(where))
        return
    cache.add(_failures_key(where), 0, timeout=3600)
    try:
        failures = cache.incr(_failures_key(where))
    except ValueError:  # forgotten in between
        return
    if failures >= BREAKER_FAILURES:
        cache.set(_open_key(where), 1, timeout=BREAKER_SECONDS)
        cache.delete(_failures_key(where))


def _failures_key(where: Endpoint) -> str:
    return f"agent-failures:{_named(where)}"


def _open_key(where: Endpoint) -> str:
    return f"agent-open:{_named(where)}"


def _named(where: Endpoint) -> str:
    return hashlib.sha256(f"{where.base_url} {where.model}".encode()).hexdigest()[:24]


# --- what is kept


def _known(case: Case, reply: Reply) -> KnownFacts:
    return KnownFacts(
        balance_minor=case.balance_minor,
        identifiers=frozenset({case.invoice_number} - {""}),
        own=_own_addresses(case, reply),
        language=case.debtor.language,
    )


def _own_addresses(case: Case, reply: Reply) -> frozenset[str]:
    """Addresses and phones that name nobody new: the sender's, the brand's, and those of contacts already known."""
    contacts = Contact.objects.filter(debtor_id=case.debtor_id).values_list("email", "phone")
    brand = case.campaign.brand
    ours = (brand.get(name) or "" for name in ("from_email", "reply_to", "phone"))
    return frozenset({reply.sender, *ours, *(one for pair in contacts for one in pair)} - {""})


def _keep(
    purpose: str,
    report: Report,
    organisation: Organisation,
    livemode: bool,
    *,
    case_id: str,
    at: datetime,
    step_id: str = "",
    reply_id: str = "",
) -> str:
    """Write the run's row, in a transaction of its own or at the end of the present one; its id."""
    row = {
        "id": ids.new("run"),
        "organisation_id": organisation.id,
        "livemode": livemode,
        "created_at": at,
        "recorded_at": clock.now(),
        "purpose": purpose,
        "case_id": case_id,
        "step_id": step_id,
        "reply_id": reply_id,
        "prompt": report.prompt,
        "prompt_hash": report.prompt_hash,
        "model": report.model[:80],
        "messages": report.messages,
        "output": report.output,
        "guards": report.guards,
        "input_tokens": report.input_tokens,
        "output_tokens": report.output_tokens,
        "cost_micros": report.cost_micros,
        "latency_ms": report.latency_ms,
        "fallback_reason": report.fallback_reason[:300],
    }
    db.keep(_write, row)
    return str(row["id"])


def _write(rows: list[dict[str, Any]]) -> None:
    db.insert_rows(AgentRun, rows)
