"""The rows of one tenant's story: a method for each kind of thing that happened, in the columns of its tables."""

import random
from dataclasses import dataclass, field
from typing import Any

import orjson

from benchmarks.seed.tables import DAY, NULL, SEQUENCE, Ids, Writer, iso, moment
from campaigns.models import Campaign, Case, Contact, Debtor, Hold, LedgerEntry, Step, Suppression
from compliance.rules import RULES
from events.models import Event
from outreach.models import Decision, Message, Referral
from payments.models import Allocation, Payment
from webhooks.models import Attempt, Delivery

DELIVERIES_KEPT = 3 * DAY
_METHODS = ("bank_transfer",) * 5 + ("card",) * 3 + ("ach_debit",) * 2 + ("check",)


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organisation as it stands before its story is told; all of it in one mode."""

    id: str
    name: str
    sender: str
    livemode: bool
    cases: int
    endpoints: tuple[str, ...]
    attorneys: tuple[tuple[str, str, str, str], ...]  # id, name, bar state, bar number
    last_sequence: int


@dataclass(slots=True)
class Account:
    """A debtor of the pool."""

    id: str
    name: str
    domain: str
    contacts: list[tuple[str, str, int]]  # id, address, level


@dataclass(slots=True)
class Life:
    """One case while it is being told. Money in minor units, times in milliseconds."""

    id: str
    campaign: str
    debtor: Account
    number: str
    placed: int
    began: int
    facts: str = ""
    collected: int = 0
    written: int = 0
    status: str = "active"
    reason: str = ""
    closed: int = 0
    next_contact: int = 0
    updated: int = 0
    end: int = 0  # nothing more happens after it: now, or the campaign's own end
    holds: list[tuple[str, str, int, int]] = field(default_factory=list)  # id, kind, since, until

    @property
    def balance(self) -> int:
        return self.placed - self.collected - self.written


class Book:
    """One tenant's tables, and what is written into them."""

    def __init__(self, tenant: Tenant, writer: Writer, rng: random.Random, *, now: int, api_version: str) -> None:
        self.tenant, self.out, self.rng, self.now = tenant, writer, rng, now
        self.ids = Ids(rng)
        self.end_of_envelope = f',"livemode":{str(tenant.livemode).lower()},"api_version":"{api_version}","sequence":'
        allow = {"outcome": "allow", "reason": "nothing stands against it", "evidence": {}, "until": None}
        self.verdicts = orjson.dumps([{"rule": rule.id, "version": rule.version} | allow for rule in RULES]).decode()
        self._tables()

    def _tables(self) -> None:
        mine = {"organisation_id": self.tenant.id, "livemode": self.tenant.livemode}
        money = mine | {"currency": "USD"}
        table = self.out.table
        when = "created_at recorded_at"
        self.campaigns = table(
            Campaign,
            "id name status escalation debtors_enrolled debtors_unique total_minor first_contact_at mandate_ends_at "
            f"completed_at metadata updated_at {when}",
            **money,
            creditor=self.tenant.name,
            brand={"name": self.tenant.name, "from_email": self.tenant.sender},
            created_by="key:seed",
        )
        self.debtors = table(
            Debtor,
            f"id name identity external_id email_domain region metadata enriched_at updated_at {when}",
            **mine,
            country="US",
        )
        self.contacts = table(
            Contact,
            "id debtor_id name title seniority email email_status phone level source basis confidence sources "
            f"verified_at updated_at {when}",
            **mine,
        )
        self.suppressions = table(
            Suppression, f"id address contact_id {when}", **mine, channel="email", reason="opt_out", evidence={}
        )
        self.cases = table(
            Case,
            "id campaign_id debtor_id status close_reason invoice_number invoice_key invoice_date due_date "
            "invoice_minor placed_minor balance_minor collected_minor external_id po_number given_contacts metadata "
            f"opened_at closed_at closed_from next_contact_at search updated_at {when}",
            **money,
        )
        self.ledger = table(LedgerEntry, f"id case_id kind amount_minor payment_id reason actor {when}", **money)
        self.holds = table(Hold, f"id case_id kind released_at ends_at actor {when}", **mine)
        self.steps = table(
            Step,
            "id campaign_id debtor_id case_id contact_id index channel intent level status due_at reason decision_id "
            f"handed_over_at resolved_at {when}",
            **mine,
        )
        self.decisions = table(
            Decision,
            f"id case_id debtor_id contact_id step_id verdicts {when}",
            **mine,
            channel="email",
            kind="outreach",
            outcome="allow",
        )
        self.messages = table(
            Message,
            "id campaign_id debtor_id case_id contact_id step_id decision_id intent recipient subject text html "
            f"rfc_message_id handed_over_at sent_at {when}",
            **mine,
            channel="email",
            kind="outreach",
            status="sent",
            sender=self.tenant.sender,
            drafter="template",
        )
        self.referrals = table(Referral, f"id case_id attorney_id status accepted_at actor updated_at {when}", **mine)
        self.payments = table(
            Payment,
            "id campaign_id case_id amount_minor method source provider provider_reference reference received_at actor "
            f"updated_at {when}",
            **money,
            status="succeeded",
        )
        self.allocations = table(
            Allocation, f"id payment_id case_id amount_minor {when}", **money, component="principal"
        )
        self.events = table(
            Event, f"id type sequence payload campaign_id case_id debtor_id actor cause request_id {when}", **mine
        )
        self.deliveries = table(
            Delivery,
            "id endpoint_id event_id event_type status attempts_made failures_in_row settled_at last_status_code "
            f"last_error {when}",
            **mine,
        )
        self.attempts = table(
            Attempt,
            f"id delivery_id number status_code error timings {when}",
            **mine,
            request_headers={"content-type": "application/json", "user-agent": "AgentCollect-Webhooks/1.0"},
            response_headers={"content-length": "0"},
        )

    def letter(self, life: Life, step: Any, at: int) -> None:
        new, debtor = self.ids.new, life.debtor
        contact_id, address, level = min(debtor.contacts, key=lambda contact: abs(contact[2] - step.level))
        step_id, message_id, decision_id = new("stp", life.began), new("msg", at), new("dec", at)
        stamp, planned = moment(at), moment(at - 3 * DAY)
        about = [life.campaign, debtor.id, life.id, contact_id]
        row = [step_id, *about, str(step.index), "email", step.intent, str(level), "sent", stamp, "", decision_id]
        self.out.add(self.steps, at, [*row, stamp, stamp, planned, planned])
        if self.rng.random() < 0.2:  # the longest rows by far: a part of them shows the shape
            row = [decision_id, life.id, debtor.id, contact_id, step_id, self.verdicts, stamp, stamp]
            self.out.add(self.decisions, at, row)
        subject = f"Invoice #{life.number[4:]} — {self.tenant.name}"
        text = _LETTER.format(debtor=debtor.name, number=life.number, amount=shown(life.balance), us=self.tenant.name)
        row = [message_id, *about, step_id, decision_id, step.intent, address, subject, text, _html(text)]
        self.out.add(self.messages, at, [*row, f"<{message_id}@{self.tenant.sender.partition('@')[2]}>", *[stamp] * 4])
        said = f'"message_id":"{message_id}","contact_id":"{contact_id}","channel":"email"'
        said += f',"intent":"{step.intent}","subject":"{subject}"'
        self.case_event("message.sent", life, at, said, cause=decision_id)

    def step(self, life: Life, step: Any, status: str, due: int, reason: str) -> None:
        planned = moment(life.updated)
        row = [self.ids.new("stp", life.updated), life.campaign, life.debtor.id, life.id, NULL, str(step.index)]
        row += [step.channel, step.intent, str(step.level), status, moment(due), reason, "", NULL]
        row += [NULL if status == "planned" else moment(due), planned, planned]
        self.out.add(self.steps, life.updated, row)

    def referral(self, life: Life, at: int, status: str) -> tuple[str, tuple[str, str, str, str]]:
        attorney, stamp = self.rng.choice(self.tenant.attorneys), moment(at)
        referral = self.ids.new("rfl", at)
        accepted = stamp if status == "accepted" else NULL
        row = [referral, life.id, attorney[0], status, accepted, "engine", stamp, stamp, stamp]
        self.out.add(self.referrals, at, row)
        return referral, attorney

    def open_holds(self, life: Life) -> None:
        """Once it is known whether the case closed: a closed one has no open hold."""
        for hold_id, kind, at, ends in life.holds:
            until = [moment(life.closed) if life.closed else NULL, moment(ends) if ends else NULL]
            stamp = moment(at)
            self.out.add(self.holds, at, [hold_id, life.id, kind, *until, "engine", stamp, stamp])

    def payment(self, life: Life, at: int, minor: int) -> None:
        new, stamp = self.ids.new, moment(at)
        payment_id, method = new("pay", at), self.rng.choice(_METHODS)
        page = method != "check"
        life.collected += minor
        life.updated = at
        source = ["page", "sandbox"] if page else ["reported", "reported"]
        row = [payment_id, life.campaign, life.id, str(minor), method, *source, new("ref", at)]
        row += [f"TRX{self.rng.randrange(10**9):09}", stamp, "debtor" if page else "key:seed", stamp, stamp, stamp]
        self.out.add(self.payments, at, row)
        row = [new("alc", at), payment_id, life.id, str(minor), stamp, stamp]
        self.out.add(self.allocations, at, row)
        self.entry(life, "payment", -minor, at, payment_id=payment_id, actor="debtor" if page else "key:seed")
        value = amount(minor)
        said = (
            f'"amount_collected":{value},"method":"{method}","days_to_collect":{(at - life.began) // DAY},"timestamp":'
            f'"{iso(at)}","payment_id":"{payment_id}","balance":{amount(life.balance)},"breakdown":{{"principal":{value},'
            f'"interest":0,"fees":0,"unapplied":0,"processor_fee":0,"success_fee":0,"net":{value}}},"source":"{source[0]}"'
        )
        self.case_event("payment.received", life, at, said)

    def entry(
        self, life: Life, kind: str, minor: int, at: int, *, actor: str, reason: str = "", payment_id: str = ""
    ) -> None:
        stamp = moment(at)
        row = [self.ids.new("led", at), life.id, kind, str(minor), payment_id, reason, actor, stamp, stamp]
        self.out.add(self.ledger, at, row)

    def case_event(self, kind: str, life: Life, at: int, said: str, cause: str = "") -> None:
        self.event(kind, at, f"{life.facts},{said}", (life.campaign, life.id, life.debtor.id), cause=cause)

    def event(
        self, kind: str, at: int, data: str, about: tuple[str, str, str], *, actor: str = "engine", cause: str = ""
    ) -> None:
        event_id, stamp = self.ids.new("evt", at), moment(at)
        payload = (
            f'{{"event":"{kind}","id":"{event_id}","created_at":"{iso(at)}","data":{{{data}}}{self.end_of_envelope}'
        )
        row = [event_id, kind, SEQUENCE, f"{payload}{SEQUENCE}}}", *about, actor, cause, "", stamp, stamp]
        self.out.add(self.events, at, row)
        if at > self.now - DELIVERIES_KEPT:
            for endpoint in self.tenant.endpoints:
                self._delivery(endpoint, event_id, kind, at)

    def _delivery(self, endpoint: str, event_id: str, kind: str, at: int) -> None:
        """Delivered at the first attempt, but for one in seventy, whose endpoint was broken for its four."""
        delivery_id, failed = self.ids.new("whd", at), self.rng.random() < 0.014
        tries = 4 if failed else 1
        stamp, settled = moment(at), moment(at + (36_000 if failed else 40))
        outcome = ["failed", "4", "4", settled, "503", "503 Service Unavailable"]
        row = outcome if failed else ["succeeded", "1", "0", settled, "204", ""]
        self.out.add(self.deliveries, at, [delivery_id, endpoint, event_id, kind, *row, stamp, stamp])
        for number in range(1, tries + 1):
            result = ["503", "503 Service Unavailable"] if failed else ["204", ""]
            took = f'{{"total_ms":{self.rng.randint(8, 220)}}}'
            row = [self.ids.new("att", at), delivery_id, str(number), *result, took, stamp, stamp]
            self.out.add(self.attempts, at, row)

    def contact(self, account: Account, level: int, ms: int, who: tuple[str, str, str], address: str) -> None:
        contact_id, stamp, given = self.ids.new("con", ms), moment(ms), level == 1
        account.contacts.append((contact_id, address, level))
        source = ("creditor", "creditor_supplied", "100", '["creditor"]', NULL)
        found = ("enrichment", "public_business", str(self.rng.randint(70, 98)), '["directory","site"]', stamp)
        origin = source if given else found
        row = [contact_id, account.id, *who, address, "unknown" if given else "valid", "", str(level), *origin]
        self.out.add(self.contacts, ms, [*row, stamp, stamp, stamp])
        if self.rng.random() < 0.003:
            closed = moment(min(self.now, ms + int(30 * DAY * self.rng.random())))
            self.out.add(self.suppressions, ms, [self.ids.new("sup", ms), address, contact_id, closed, closed])


_LETTER = (
    "Hello,\\n\\nThis is about invoice {number} of {us} to {debtor}.\\n\\nBalance: {amount}\\n\\n"
    "Please pay it on the page below, or answer this letter with a date or with what is wrong about it.\\n\\n"
    "https://pay.example/{number}\\n\\nIf you do not want letters about it: https://pay.example/optout\\n\\n"
    "{us}, 548 Market Street, San Francisco, CA 94104, USA"
)
_GAP = "\\n\\n"  # as COPY writes two line ends


def _html(text: str) -> str:
    return f"<html><body><p>{text.replace(_GAP, '</p><p>')}</p></body></html>"


def shown(minor: int) -> str:
    return f"${minor / 100:,.2f}"


def amount(minor: int) -> str:
    """The JSON number that kit.money prints."""
    return str(minor // 100) if minor % 100 == 0 else repr(minor / 100)


def metadata(rng: random.Random) -> str:
    return f'{{"customer":"C{rng.randrange(100_000):05}"}}' if rng.random() < 0.4 else "{}"
