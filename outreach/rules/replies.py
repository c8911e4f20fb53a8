"""What follows from a debtor's message: what was understood and how the case stands in, acts out. Pure.

What debtors write is data (LAW.md). A stop is believed at once, from anybody and however unsure the reading; what would
change an account or tell somebody something needs a known sender, agreement of both readings, and words quoted from
the text. Whatever is left over is for a person.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Protocol

from compliance import replies, wishes
from outreach.rules.objections import dispute_reason

Quoted = tuple[str, ...]


class Heard(Protocol):
    """What an interpreter made of a text (outreach.agent's Interpretation, or a `Kept` one)."""

    @property
    def label(self) -> str: ...
    @property
    def confidence(self) -> float: ...
    @property
    def amounts(self) -> tuple[tuple[int, str, str], ...]: ...
    @property
    def dates(self) -> tuple[tuple[date, str], ...]: ...
    @property
    def quotes(self) -> Quoted: ...
    @property
    def contact(self) -> Mapping[str, Any] | None: ...
    @property
    def lexicon(self) -> str: ...
    @property
    def agrees(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An interpretation as a row keeps it, or as a person corrected it."""

    label: str
    confidence: float = 1.0
    amounts: tuple[tuple[int, str, str], ...] = ()
    dates: tuple[tuple[date, str], ...] = ()
    quotes: Quoted = ()
    contact: Mapping[str, Any] | None = None
    lexicon: str = ""
    agrees: bool = True


NOT_UNDERSTOOD = Kept(label="other", confidence=0.0, agrees=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """How the case stands when a reply is acted on. `person`: somebody has read it and chose the label themselves.

    `phone`: the sender's number on record, "" none.
    """

    text: str
    identity: str
    balance_minor: int
    currency: str
    today: date
    company_domains: frozenset[str]
    automatic: bool = False
    hidden: bool = False
    closed: bool = False
    consumer: bool = False
    person: bool = False
    has_contact: bool = True
    plans: bool = False
    max_promise_days: int = 0
    documents: Quoted = ()
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do; `do` names it, `facts` are its arguments."""

    do: str
    facts: dict[str, Any] = field(default_factory=dict)


LABELS = (
    "promise_to_pay paid_claim dispute request_info payment_plan hardship wrong_person refer_to_contact out_of_office "
    "unsubscribe cease legal_threat attorney_represented bankruptcy deceased hostile inconvenient_time "
    "channel_preference asks_if_human vulnerable vendor_portal bounce other"
).split()
# Label → the hold it puts on the debtor, strongest first. Believed from anybody: a stop that was forged is lifted by a
# person in a minute, one that was missed is a breach (15 USC 1692c(a)(2), (c); 11 USC 362).
_HOLDS = {
    "bankruptcy": "bankruptcy",
    "deceased": "deceased",
    "attorney_represented": "attorney_represented",
    "cease": "cease",
    "legal_threat": "compliance_review",
    "hardship": "hardship",
    "vulnerable": "hardship",
}
STOPS = (*_HOLDS, "unsubscribe")
_MIN_CONFIDENCE = 0.7
_WHY_A_PERSON = {
    "hostile": "They are angry; a person should read it.",
    "vendor_portal": "They ask for the invoice in their supplier portal.",
    "inconvenient_time": "They say when they do not want to be contacted.",
    "channel_preference": "They say how they want to be contacted.",
    "legal_threat": "They speak of lawyers or courts; nothing is sent until you decide.",
    "vulnerable": "They describe a difficult situation; nothing is sent until you decide.",
    "hardship": "They say that they cannot pay; nothing is sent until you decide.",
    "attorney_represented": "They say that an attorney acts for them; nothing more is sent to them.",
    "bankruptcy": "They speak of insolvency; nothing more is sent to them.",
    "deceased": "They say that the person has died; nothing more is sent.",
    "other": "It is not clear what they want.",
    "bounce": "It reads like a delivery failure, but no mail server sent it.",
}


def reduce(heard: Heard, now: Situation) -> list[Act]:
    """What to do about one reply, in order: stops first, then what they asked for, or a task that says why not."""
    stops = _stops(heard, now)
    if now.automatic:
        # Never answered (RFC 3834): two machines would write to each other for ever.
        return stops or _away(heard, now)
    doubt = "" if stops else _doubt(heard, now)
    wished = _wished(now, sure=not stops and not doubt)
    if stops or doubt:
        return [*wished, *(stops or [_review(doubt)])]
    return [*wished, *_asked(heard, now)]


# --- what suits them


def _wished(now: Situation, *, sure: bool) -> list[Act]:
    """Times and media that do not suit (12 CFR 1006.6(b)(1)), whatever else they write; and what they agree to.

    Read from the words by code alone, whoever read the rest. What only limits us counts from anybody whom we know;
    a consent opens something, so it takes a contact of record and a message without any doubt.
    """
    if now.identity == "unknown" or now.hidden or _orders(now.text):
        return []
    found = _read_wishes(now)
    acts = [Act("inconvenient", {"windows": found.windows})] if found.windows else []
    allowed = found.consents if sure and now.identity == "known" else ()
    return [*acts, *(_consent(one, now) for one in allowed)]


def _consent(agreed: wishes.Consented, now: Situation) -> Act:
    """A consent is for one number: where another is on record, somebody asks them which of the two."""
    if now.phone and _last_digits(now.phone) != _last_digits(agreed.phone):
        return _review(f"They agree to be reached on {agreed.phone}, and another number of theirs is on record.")
    return Act("consent", {"channel": agreed.channel, "phone": agreed.phone, "quote": agreed.quote})


def _last_digits(phone: str) -> str:
    """Ten of them: with or without a country's code, it is the same number."""
    return "".join(letter for letter in phone if letter.isdigit())[-10:]


def _read_wishes(now: Situation) -> wishes.Wishes:
    return wishes.read(replies.sentences(replies.visible(now.text)))


def _suits(heard: Heard, now: Situation) -> list[Act]:
    """What could not be read of it is for a person; what was read is written down already (`_wished`)."""
    found = _read_wishes(now)
    read = found.windows or (found.consents and now.identity == "known")
    if now.person or (read and not found.unclear):
        return [] if read else [Act("ignore")]
    return [_review(_WHY_A_PERSON[heard.label])]


def stops_only(acts: list[Act]) -> list[Act]:
    """Those of `acts` that end or delay contact: what still stands when the rest could not be done."""
    return [act for act in acts if act.do in ("hold", "suppress", "close_contact", "cease_task", "inconvenient")]


def _review(why: str) -> Act:
    return Act("task", {"kind": "review_reply", "reason": why})


def _answer(intent: str, **facts: Any) -> Act:
    return Act("answer", {"intent": intent, "kind": "answer", "confirms": "", "facts": facts})


def _notice(intent: str, confirms: str) -> Act:
    return Act("answer", {"intent": intent, "kind": "notice", "confirms": confirms, "facts": {}})


# --- stops


def _stops(heard: Heard, now: Situation) -> list[Act]:
    """What ends contact. Either reading is enough; a person's own label replaces both."""
    said = {heard.label} if now.person else {heard.label, heard.lexicon}
    found = [label for label in STOPS if label in said]
    if not found:
        return []
    known = now.identity != "unknown"
    acts = [Act("hold", {"kind": _HOLDS[label], "label": label}) for label in found if label in _HOLDS]
    if "unsubscribe" in found:
        acts.append(Act("suppress", {"channel": "email"}))
    answered = known and not now.automatic
    if "cease" in found:
        acts.append(Act("cease_task"))
        acts += [_notice("notice_cease", "cease")] if answered and len(acts) == 2 else []
    elif found == ["unsubscribe"]:
        if answered and now.has_contact:
            acts.append(_notice("notice_opt_out", "opt_out"))
        elif not known and not now.person:
            acts.append(
                _review("Somebody we do not know asks not to be written to; the address we wrote to is closed.")
            )
    elif not now.person:
        acts.append(_review(_WHY_A_PERSON[found[0]]))
    if heard.label not in (*STOPS, "other", "out_of_office") and not now.automatic and not _reviewed(acts):
        acts.append(_review("They ask for a stop, and for something else besides."))
    return acts


def _reviewed(acts: list[Act]) -> bool:
    return any(act.do == "task" for act in acts)


def _away(heard: Heard, now: Situation) -> list[Act]:
    """Out of office: whoever it is about is left alone until the day they name."""
    days = [day for day, _ in heard.dates if now.today < day <= now.today + timedelta(days=60)]
    return [Act("defer", {"until": max(days)})] if days else [Act("ignore")]


# --- doubts


def _doubt(heard: Heard, now: Situation) -> str:
    """Why a person must read it before anything follows from it; empty when nothing speaks against acting."""
    if now.person:
        return ""
    if now.identity == "unknown":
        return "The sender is not known to be of this debtor; nothing is told to them."
    if _orders(now.text):
        return "It gives orders to a machine instead of answering you."
    if now.hidden:
        return "The message holds words that a reader does not see."
    if heard.lexicon and heard.lexicon != heard.label and heard.lexicon in LABELS:
        return "Two readings of it disagree."
    if not heard.agrees:
        return "It could not be understood with certainty."
    if heard.confidence < _MIN_CONFIDENCE:
        return "It is not clear what they want."
    if not _quoted(heard, now.text):
        return "What was understood cannot be found in the words of the message."
    if now.closed and heard.label not in ("asks_if_human", "wrong_person", "request_info"):
        return "The case is closed, and they write about it."
    return ""


# Orders to whatever reads the mail: no debtor writes so to a creditor. What they are after is never done (a claim of
# payment moves no ledger), and a person sees the attempt.
_ORDERS = re.compile(
    r"(?:ignore|disregard|forget|override)\b.{0,60}\b(?:instructions?|prompts?|rules|guidelines)"
    r"|\byou are (?:now|no longer)\b|\bsystem (?:prompt|message|override)\b|\bas an ai\b|\b(?:jail ?break|dan mode)\b"
    r"|\bmark\b.{0,40}\bas (?:paid|settled|closed|resolved)\b|\bset\b.{0,40}\bbalance\b.{0,20}\b(?:zero|0)\b"
    r"|ignor(?:ez|e|a|ad|iere|ieren sie|are)\b.{0,60}(?:instruc|instruk|anweisung|istruzion|consignes)"
    r"|(?:als|marquez|marcar?|markiere).{0,60}(?:bezahlt markier|comme pay|como pagad)",
    re.IGNORECASE | re.DOTALL,
)


def _orders(text: str) -> bool:
    return _ORDERS.search(text) is not None


def _quoted(heard: Heard, text: str) -> bool:
    """Every quote stands in the text, spaces and case apart."""
    plain = _fold(text)
    quotes = [*heard.quotes, *(quote for _, _, quote in heard.amounts), *(quote for _, quote in heard.dates)]
    return all(_fold(quote) in plain for quote in quotes)


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


# --- what they asked for


def _asked(heard: Heard, now: Situation) -> list[Act]:
    act = _BY_LABEL.get(heard.label)
    if act is not None:
        return act(heard, now)
    if now.person:
        return [Act("ignore")]
    return [_review(_WHY_A_PERSON.get(heard.label, _WHY_A_PERSON["other"]))]


def _promise(heard: Heard, now: Situation) -> list[Act]:
    """A promise opens on one explicit amount and one explicit day, both quoted (LAW.md); less is only a question."""
    days = {day for day, _ in heard.dates}
    amounts = {minor for minor, _, _ in heard.amounts}
    if any(currency != now.currency for _, currency, _ in heard.amounts):
        return [_review("They name an amount in another currency.")]
    if len(days) != 1 or len(amounts) != 1:
        return [_review("They say that they will pay, but not exactly how much and on which day.")]
    day, minor = days.pop(), amounts.pop()
    if not now.today <= day <= now.today + timedelta(days=now.max_promise_days):
        return [_review(f"They would pay on {day.isoformat()}, which is outside of what you allow.")]
    if not 0 < minor <= now.balance_minor:
        return [_review("They name an amount that is not owed.")]
    facts = {"amount_minor": minor, "due_on": day}
    said = _answer("answer_promise", promise_amount_minor=minor, promise_on=day.isoformat())
    return [Act("promise", facts), said]


def _dispute(heard: Heard, now: Situation) -> list[Act]:
    """Any dispute stops outreach for that invoice, whoever of theirs raised it (12 CFR 1006.38)."""
    parts = {
        minor for minor, currency, _ in heard.amounts if currency == now.currency and 0 < minor < now.balance_minor
    }
    facts = {"reason": dispute_reason(now.text), "amount_minor": parts.pop() if len(parts) == 1 else None}
    return [Act("dispute", facts), _notice("notice_dispute", "dispute")]


def _plan(heard: Heard, now: Situation) -> list[Act]:
    if not now.plans:
        return [_review("They ask to pay in instalments, and your policy offers no plan.")]
    return [_answer("answer_plan_options")]


def _paid(heard: Heard, now: Situation) -> list[Act]:
    """They say it is paid: asked for proof, nothing more is asked meanwhile, and the ledger stays as it is."""
    return [Act("claim_paid"), _answer("answer_paid_claim")]


def _information(heard: Heard, now: Situation) -> list[Act]:
    if now.documents:
        return [_answer("answer_invoice_copy", documents=", ".join(now.documents)[:300])]
    why = "They ask for a copy of the invoice, and none is shared with them."
    return [Act("document_needed", {"reason": why}), _answer("answer_copy_coming")]


def _wrong_person(heard: Heard, now: Situation) -> list[Act]:
    """R-39: nothing more to them, and nobody else is tried before somebody has looked who is."""
    why = "They say they are the wrong person: check who is responsible before anyone else is written to."
    return [Act("close_contact"), _review(why)]


def _referral(heard: Heard, now: Situation) -> list[Act]:
    """Another contact of the same company, named in the text. Anybody else would be a third party (R-06)."""
    named = dict(heard.contact or {})
    email = str(named.get("email") or "").strip()
    domain = email.rpartition("@")[2].lower()
    if not email or now.consumer or domain not in now.company_domains or _fold(email) not in _fold(now.text):
        return [_review("They name somebody else to write to; check who that is.")]
    person = {"name": str(named.get("name") or "")[:120], "email": email, "phone": str(named.get("phone") or "")[:32]}
    return [Act("referral", person), _answer("answer_referral", contact_name=person["name"] or email)]


def _who(heard: Heard, now: Situation) -> list[Act]:
    return [_answer("answer_who_writes")]


def _out(heard: Heard, now: Situation) -> list[Act]:
    return _away(heard, now)


_BY_LABEL = {
    "promise_to_pay": _promise,
    "dispute": _dispute,
    "payment_plan": _plan,
    "paid_claim": _paid,
    "request_info": _information,
    "wrong_person": _wrong_person,
    "refer_to_contact": _referral,
    "asks_if_human": _who,
    "out_of_office": _out,
    "inconvenient_time": _suits,
    "channel_preference": _suits,
}
