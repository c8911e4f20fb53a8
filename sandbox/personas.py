"""The debtors of test mode that react: the one table of them.

The guide's tables (docs/guides/debtors.md) are made from it, and a test plays each of them to the end named here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

DOMAIN = "sandbox.agentcollect.com"
# How long after the message a person answers, and a machine, where the address does not say.
PEOPLE, MACHINES = timedelta(hours=4), timedelta(minutes=1)
# From the word to its day, or to the day somebody is back.
WEEK = timedelta(days=7)
_ADDRESS = re.compile(rf"([a-z_]+)(?:\+([0-9]{{1,3}})([hd]))?@(?:[a-z0-9-]+\.)*{re.escape(DOMAIN)}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One thing that a debtor does (`act`: sandbox.moves), with its `facts`.

    `on`: what calls for it, the kind of our message or the intent of our answer. `later`: beyond the debtor's delay.
    `always`: for each such message; else once per invoice.
    """

    act: str
    facts: dict[str, Any] = field(default_factory=dict)
    on: str = "outreach"
    later: timedelta = timedelta()
    always: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Where an invoice of such a debtor has come to 90 days later, if nobody else steps in: the case's state, what is
    owed (`all`, `half`, `nothing`), and what happened and stands on the way."""

    status: str
    owed: str = "all"
    events: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    task: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A debtor by the local part of their address. `delay`: by default, after the message; for `reverses`, after the
    payment."""

    name: str
    does: str
    ends: str
    end: End
    moves: tuple[Move, ...] = ()
    delay: timedelta = PEOPLE


class Peer(NamedTuple):
    """Who picks up at a test number, by its last seven digits: an outcome of a call, or why none is placed."""

    ending: str
    does: str
    outcome: str = ""
    permanent: bool = False


def _reply(template: str, **more: Any) -> Move:
    return Move(act="reply", facts={"template": template}, **more)


_ESCALATED = "The playbook goes on to its end: `escalated`*."
_YOURS = "Nothing more is sent: it needs you."

PERSONAS = (
    Persona(
        name="pays",
        does="Pays every invoice that the message lists, in full, by bank transfer.",
        ends="`closed`, `paid`.",
        moves=(Move(act="pay", always=True),),
        end=End(status="closed", owed="nothing", events=("payment.received", "case.closed")),
    ),
    Persona(
        name="pays_half",
        does="Pays half of every invoice that the first message lists, and no more.",
        ends=_ESCALATED,
        moves=(Move(act="pay", facts={"half": True}),),
        end=End(status="escalated", owed="half", events=("payment.received", "case.escalated")),
    ),
    Persona(
        name="promises_keeps",
        does="Promises to pay the balance a week later, and does.",
        ends="`promise.kept`, then `closed`, `paid`.",
        moves=(_reply("promise"), Move(act="pay", facts={"own": True}, later=WEEK)),
        end=End(status="closed", owed="nothing", events=("promise.made", "payment.received", "promise.kept")),
    ),
    Persona(
        name="promises_breaks",
        does="Promises to pay the balance a week later, and does not.",
        ends=f"`promise.broken`. {_ESCALATED}",
        moves=(_reply("promise"),),
        end=End(status="escalated", events=("promise.made", "promise.broken", "case.escalated")),
    ),
    Persona(
        name="disputes",
        does="Writes that the goods were never delivered.",
        ends="`disputed`, until you answer.",
        moves=(_reply("dispute"),),
        end=End(status="disputed", events=("dispute.opened",), holds=("dispute",), task="answer_dispute"),
    ),
    Persona(
        name="plan",
        does="Asks for instalments, agrees on the payment page to as many as you grant, and pays each on its day.",
        ends="`plan.finished`, then `closed`, `paid`. Where you grant none, the question needs you.",
        moves=(_reply("plan"), Move(act="start_plan", on="answer_plan_options")),
        end=End(status="closed", owed="nothing", events=("plan.started", "payment.received", "plan.finished")),
    ),
    Persona(
        name="bounces",
        does="The address does not exist: every message comes back.",
        ends=f"The next person at the company is written to. {_ESCALATED}",
        moves=(Move(act="bounce", always=True),),
        delay=MACHINES,
        end=End(status="escalated", events=("message.bounced", "contact.bounced", "case.escalated")),
    ),
    Persona(
        name="complains",
        does="Reports the first message as spam.",
        ends=f"That address is closed; the next person is written to. {_ESCALATED}",
        moves=(Move(act="complain"),),
        end=End(status="escalated", events=("contact.suppressed", "case.escalated")),
    ),
    Persona(
        name="ooo",
        does="A machine answers the first message: out of office for a week.",
        ends=f"Nothing is sent there before that day. {_ESCALATED}",
        moves=(_reply("out_of_office"),),
        delay=MACHINES,
        end=End(status="escalated", events=("reply.received", "case.escalated")),
    ),
    Persona(
        name="wrong_person",
        does="Writes that they have nothing to do with the company.",
        ends=_YOURS,
        moves=(_reply("wrong_person"),),
        end=End(status="active", events=("reply.received",), holds=("compliance_review",), task="review_reply"),
    ),
    Persona(
        name="opts_out",
        does="Wants no more mail, and writes so.",
        ends=f"That address is closed, which is confirmed once; the next person is written to. {_ESCALATED}",
        moves=(_reply("opt_out"),),
        end=End(status="escalated", events=("contact.suppressed", "case.escalated")),
    ),
    Persona(
        name="cease",
        does="Demands that contact stops.",
        ends=f"Hold `cease`. {_YOURS}",
        moves=(_reply("cease"),),
        end=End(status="active", events=("reply.received",), holds=("cease", "compliance_review"), task="decide_cease"),
    ),
    Persona(
        name="attorney",
        does="Writes that an attorney acts for them.",
        ends=f"Hold `attorney_represented`. {_YOURS}",
        moves=(_reply("attorney"),),
        end=End(
            status="active",
            events=("reply.received",),
            holds=("attorney_represented", "compliance_review"),
            task="review_reply",
        ),
    ),
    Persona(
        name="bankrupt",
        does="Writes that they have filed for bankruptcy.",
        ends=f"Hold `bankruptcy`. {_YOURS}",
        moves=(_reply("bankruptcy"),),
        end=End(
            status="active", events=("reply.received",), holds=("bankruptcy", "compliance_review"), task="review_reply"
        ),
    ),
    Persona(
        name="hostile",
        does="Insults you.",
        ends=_YOURS,
        moves=(_reply("hostile"),),
        end=End(status="active", events=("reply.received",), holds=("compliance_review",), task="review_reply"),
    ),
    Persona(
        name="injection",
        does="Gives orders to whatever machine reads the mail: that the invoice be marked as paid.",
        ends=f"The account stays as it is. {_YOURS}",
        moves=(_reply("injection"),),
        end=End(status="active", events=("reply.received",), holds=("compliance_review",), task="review_reply"),
    ),
    Persona(
        name="silent",
        does="Never answers, like every address that is not in this table.",
        ends=_ESCALATED,
        end=End(status="escalated", events=("message.sent", "case.escalated")),
    ),
    Persona(
        name="reverses",
        does="Pays by direct debit like `pays`, once, 4 hours after the message; later the bank takes it back.",
        ends=f"`payment.reversed`, and the case is `active` again. {_ESCALATED}",
        moves=(Move(act="pay", facts={"goes_back": True}),),
        delay=timedelta(days=5),
        end=End(status="escalated", events=("payment.received", "payment.reversed", "case.escalated")),
    ),
)
NAMED = {one.name: one for one in PERSONAS}

PEERS = (
    Peer("5550100", "Answers, is the person asked for, and listens: `conversation`.", "conversation"),
    Peer("5550101", "A machine picks up, and is left the short message: `voicemail`.", "voicemail"),
    Peer("5550102", "`busy`.", "busy"),
    Peer(
        "5550103", "Answers, and does not want to be recorded: the call ends, `refused_recording`.", "refused_recording"
    ),
    Peer("5550104", "Somebody else's number: `wrong_number`; it is not called again.", "wrong_number"),
    Peer("5550108", "No call can be placed today: it is tried again an hour later, three times."),
    Peer("5550109", "No call can ever be placed: `call.failed`.", permanent=True),
)


def of(address: str) -> tuple[Persona, timedelta] | None:
    """Who that address is, and after how long they react; None for everybody who is silent."""
    found = _ADDRESS.fullmatch(address.strip())
    persona = NAMED.get(found[1].lower()) if found else None
    if found is None or persona is None or not persona.moves:
        return None
    number, unit = found[2], (found[3] or "").lower()
    if not number:
        return persona, persona.delay
    return persona, timedelta(hours=int(number)) if unit == "h" else timedelta(days=int(number))


def peer(number: str) -> Peer | None:
    """Who picks up at a test number; None: nobody does."""
    ending = "".join(c for c in number if c.isdigit())[-7:]
    return next((one for one in PEERS if one.ending == ending), None)


# --- as the guide shows it


def guide() -> str:
    """Both tables, in Markdown, exactly as they stand in the guide."""
    return "\n".join([*_addresses(), "", *_numbers(), ""])


def _addresses() -> Iterator[str]:
    yield f"| address `@{DOMAIN}` | what they do | when | what comes of it |"
    yield "|---|---|---|---|"
    for one in PERSONAS:
        yield f"| `{one.name}` | {one.does} | {_when(one)} | {one.ends} |"


def _when(persona: Persona) -> str:
    if not persona.moves:
        return "never"
    hours, minutes = divmod(int(persona.delay.total_seconds()) // 60, 60)
    days = hours // 24
    if days:
        return f"{days} days after the payment"
    return f"after {hours} hours" if hours else f"after {minutes} minute"


def _numbers() -> Iterator[str]:
    yield "| phone | what happens |"
    yield "|---|---|"
    for one in PEERS:
        yield f"| `+1 … {one.ending[:3]} {one.ending[3:]}` | {one.does} |"
    yield "| any other | Nobody answers: `no_answer`. |"
