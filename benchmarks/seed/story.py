"""What happened to one organisation in two years: campaigns, invoices, letters, money, as rows of every table.

The story keeps the product's own rules: an account adds up, a closed case has nothing planned, a case under a hold
waits, an attorney comes after the playbook. Nothing is due before `QUIET` has passed, so that workers find no
backlog of ours.
"""

import math
import random
from bisect import bisect
from itertools import accumulate

from benchmarks.seed import names
from benchmarks.seed.book import Account, Book, Life, Tenant, amount, metadata
from benchmarks.seed.tables import DAY, NULL, Writer, day, iso, moment
from campaigns.rules import search
from campaigns.rules.identity import debtor_identity, invoice_key
from campaigns.rules.playbook import DEFAULT as PLAYBOOK

HOUR = DAY // 24
YEARS = 730 * DAY
MANDATE = 365 * DAY
QUIET = 8 * HOUR

# What becomes of a case: its share, what it is, the median and the spread (sigma of a log-normal) of its day.
FATES = (
    (0.44, "paid", 12, 1.0),
    (0.03, "settled", 40, 0.6),
    (0.03, "recalled", 30, 0.8),
    (0.01, "dispute_upheld", 24, 0.5),
    (0.01, "bankrupt", 60, 0.7),
    (0.01, "cease", 12, 0.8),
    (0.03, "disputed", 9, 0.7),
    (0.09, "escalated", 32, 0.3),
    (0.01, "escalation_pending", 21, 0.05),
    (0.02, "promise", 11, 0.6),
    (0.06, "partly_paid", 15, 0.8),
    (0.26, "silent", 10_000, 0.1),
)
_FATE_LIMITS = list(accumulate(share for share, *_ in FATES))
_TITLES = {2: ("Controller", "manager"), 3: ("Chief Financial Officer", "executive")}


class Story:
    """Tells one tenant's two years up to `now` into `writer`."""

    def __init__(self, tenant: Tenant, writer: Writer, *, seed: str, now: int, api_version: str) -> None:
        self.tenant, self.now, self.rng = tenant, now, random.Random(seed)
        self.book = Book(tenant, writer, self.rng, now=now, api_version=api_version)
        self.companies = names.companies(self.rng)
        self.pool: list[Account] = []
        self.invoices = 0

    def tell(self) -> None:
        """Campaign after campaign, in the order of their beginning."""
        for began, size in self._campaigns():
            self._campaign(began, size)
            self.book.out.settle(began)
        self.book.out.finish()

    def _campaigns(self) -> list[tuple[int, int]]:
        """(began, cases) of each: more of late than long ago, in office hours, from one invoice to 500."""
        left, found = self.tenant.cases, []
        while left:
            size = min(left, 500, max(1, int(self.rng.lognormvariate(math.log(130), 1.0))))
            began = self.now - int(YEARS * self.rng.random() ** 2.2) - HOUR
            office = began // DAY * DAY + 14 * HOUR + int(self.rng.random() * 8 * HOUR)
            found.append((min(office, began), size))
            left -= size
        return sorted(found)

    # --- a campaign

    def _campaign(self, began: int, size: int) -> None:
        rng, campaign_id = self.rng, self.book.ids.new("cmp", began)
        ends = (began + MANDATE) // DAY * DAY + DAY + 4 * HOUR
        escalation = rng.choices(("auto", "ask", "never"), (50, 40, 10))[0]
        status, over = "active", 0
        if ends < self.now:
            status, over = "completed", ends
        elif rng.random() < 0.02 and self.now - began > 40 * DAY:
            status, over = "cancelled", began + int(40 * DAY * rng.random()) + DAY
        elif rng.random() < 0.03:
            status = "paused"
        lives = [self._case(campaign_id, began, over, status, escalation) for _ in range(size)]
        first = began + int((1 + 3 * rng.random()) * HOUR)
        total = sum(life.placed for life in lives)
        self._campaign_events(campaign_id, began, over, status, lives, total, first)
        stamp = moment(began)
        row = [campaign_id, f"Receivables {day(began)}", status, escalation, str(size)]
        row += [str(len({life.debtor.id for life in lives})), str(total), moment(first), moment(ends)]
        row += [moment(over) if status == "completed" else NULL, metadata(rng), moment(over or began), stamp, stamp]
        self.book.out.add(self.book.campaigns, began, row)

    def _campaign_events(
        self, campaign_id: str, began: int, over: int, status: str, lives: list[Life], total: int, first: int
    ) -> None:
        facts = f'"campaign_id":"{campaign_id}","currency":"USD","metadata":{{}}'
        started = (
            f'{facts},"company":"{self.tenant.name}","debtors_enrolled":{len(lives)},"total_amount":{amount(total)},'
            f'"first_contact_at":"{iso(first)}"'
        )
        self.book.event("campaign.started", began, started, (campaign_id, "", ""), actor="key:seed")
        if status == "completed":
            collected = sum(life.collected for life in lives)
            summary = (
                f'{facts},"reason":"mandate_ended","placed":{amount(total)},"collected":{amount(collected)},'
                f'"recovery_rate":{collected / total:.4f},"cases":{len(lives)},"timeline":[]'
            )
            self.book.event("campaign.completed", over, summary, (campaign_id, "", ""))
        elif over:
            self.book.event("campaign.cancelled", over, facts, (campaign_id, "", ""), actor="key:seed")
        if status == "paused":
            at = began + (self.now - began) // 2
            self.book.event("campaign.paused", at, facts, (campaign_id, "", ""), actor="key:seed")

    # --- a debtor

    def _debtor(self, began: int) -> Account:
        """A new one, or (two in five) one that owes already."""
        rng = self.rng
        if self.pool and rng.random() < 0.4:
            return self.pool[int(len(self.pool) * rng.random() ** 0.5)]
        name, domain = next(self.companies)
        silent = rng.random() < 0.015  # nobody known there to write to
        domain = "" if silent else domain
        account = Account(self.book.ids.new("dbt", began), name, domain, [])
        external = f"C-{len(self.pool) + 10_001}" if rng.random() < 0.5 else ""
        email = f"ap@{domain}" if domain else ""
        identity = debtor_identity(external_id=external, email=email, name=name, country="US")
        stamp, own = moment(began), metadata(rng)
        row = [account.id, name, identity, external, domain, names.state(rng), own, stamp, stamp, stamp, stamp]
        self.book.out.add(self.book.debtors, began, row)
        if email:
            self.book.contact(account, 1, began, ("", "", ""), email)
        for level, share in ((2, 0.35), (3, 0.12)) if email else ():
            if rng.random() < share:
                person = names.person(rng)
                address = f"{person.lower().replace(' ', '.')}@{domain}"
                if all(address != known for _, known, _ in account.contacts):
                    self.book.contact(account, level, began + 60_000, (person, *_TITLES[level]), address)
        self.pool.append(account)
        return account

    # --- a case

    def _case(self, campaign_id: str, began: int, over: int, campaign_status: str, escalation: str) -> Life:
        rng = self.rng
        debtor = self._debtor(began)
        self.invoices += 1
        overdue = int(rng.lognormvariate(math.log(45), 0.6)) * DAY
        invoiced = began - overdue - 30 * DAY
        number = f"INV-{day(invoiced)[:4]}-{self.invoices:06}"
        placed = min(90_000_000, max(2_500, int(rng.lognormvariate(math.log(240_000), 1.1))))
        placed -= placed % rng.choice((1, 100, 100, 500))
        life = Life(self.book.ids.new("cas", began), campaign_id, debtor, number, placed, began, updated=began)
        own = metadata(rng)
        life.facts = (
            f'"campaign_id":"{campaign_id}","case_id":"{life.id}","debtor_id":"{debtor.id}","debtor":"{debtor.name}",'
            f'"invoice_number":"{number}","currency":"USD","metadata":{own}'
        )
        opened = began + 2_000
        self.book.entry(life, "principal", placed, began, reason="balance placed", actor="key:seed")
        self.book.case_event("case.opened", life, opened, f'"balance":{amount(placed)}')
        self._live(life, over, campaign_status, escalation)
        self.book.open_holds(life)
        stamp, closed = moment(began), moment(life.closed) if life.closed else NULL
        row = [life.id, campaign_id, debtor.id, life.status, life.reason, number, invoice_key(number), day(invoiced)]
        row += [day(invoiced + 30 * DAY), str(placed), str(placed), str(life.balance), str(life.collected)]
        row += [f"ERP-{self.invoices:07}" if rng.random() < 0.6 else "", f"PO-{rng.randint(1000, 99999)}"]
        given = f'[{{"name":"","email":"ap@{debtor.domain}","phone":"","title":"","level":1}}]'
        row += [given if debtor.contacts else "[]", own]
        row += [moment(opened), closed, "active" if life.closed else ""]
        row += [moment(life.next_contact) if life.next_contact else NULL]
        row += [search.text(debtor.name, number), moment(life.updated), stamp, stamp]
        self.book.out.add(self.book.cases, began, row)
        return life

    def _live(self, life: Life, over: int, campaign_status: str, escalation: str) -> None:
        """Letters until something happens, then what happens; what has not happened by now is left out."""
        rng, life.end = self.rng, over or self.now
        _, fate, median, spread = FATES[min(bisect(_FATE_LIMITS, rng.random()), len(FATES) - 1)]
        at = life.began + int(DAY * rng.lognormvariate(math.log(median), spread)) + HOUR
        if not life.debtor.contacts:
            life.status, fate = "needs_contact", "silent"
        elif fate.startswith("escalat") and (escalation == "never" or at - life.began < 20 * DAY):
            fate = "silent"
        # Only one that waits for the creditor's word: workers would move every other one on at once.
        waits = escalation == "ask" and campaign_status == "active"
        fate = "silent" if fate == "escalation_pending" and not waits else fate
        happened = fate != "silent" and at < life.end
        letters = self._letters(life, at if happened and fate != "partly_paid" else life.end)
        if happened:
            getattr(self, f"_{fate}")(life, at)
        if over and not life.closed and life.status != "escalated":
            self._close(life, over, "recalled" if campaign_status == "cancelled" else "uncollectible")
        if life.status in ("active", "disputed"):
            self._plan(life, letters)

    def _letters(self, life: Life, end: int) -> int:
        """The playbook's letters that left before `end`; how many."""
        if not life.debtor.contacts:
            return 0
        first = life.began + int((2 + 70 * self.rng.random()) * HOUR)
        for step in PLAYBOOK:
            at = first + step.day * DAY + self.rng.randrange(HOUR)
            if at >= end:
                return step.index
            if step.channel == "email":
                self.book.letter(life, step, at)
        return len(PLAYBOOK) - 1

    def _plan(self, life: Life, letters: int) -> None:
        """What comes next: the next letter, an attorney's step refused, or a look again under a hold."""
        step, held = PLAYBOOK[letters], bool(life.holds)
        due = life.began + step.day * DAY + int((2 + 70 * self.rng.random()) * HOUR)
        if step.channel != "email" and due < self.now:
            self.book.step(life, step, "denied", due, "no attorney: a person decides")
            return
        soonest = self.now + QUIET + self.rng.randrange(30 * HOUR)
        due = soonest if held else max(due, soonest)
        self.book.step(life, step, "planned", due, "a hold is open" if held else "")
        life.next_contact = 0 if held or step.channel != "email" else due

    # --- what may happen

    def _paid(self, life: Life, at: int) -> None:
        parts = self.rng.choices((1, 2, 3), (80, 15, 5))[0]
        for number in range(parts, 0, -1):
            due = life.balance if number == 1 else max(1, life.balance // number)
            if due:
                self.book.payment(life, min(life.end, at + (parts - number) * 5 * DAY), due)
        self._close(life, life.updated, "paid")

    def _partly_paid(self, life: Life, at: int) -> None:
        self.book.payment(life, at, max(1, int(life.balance * (0.2 + 0.5 * self.rng.random()))))

    def _settled(self, life: Life, at: int) -> None:
        self.book.payment(life, at, max(1, life.balance * 4 // 5))
        self._write_off(life, at, "settled by agreement")
        self._close(life, at, "settled")

    def _dispute_upheld(self, life: Life, at: int) -> None:
        self._hold(life, "dispute", max(life.began, at - DAY))
        life.written += (rest := life.balance)
        self.book.entry(life, "credit_note", -rest, at, reason="dispute upheld", actor="key:seed")
        self._close(life, at, "dispute_upheld")

    def _recalled(self, life: Life, at: int) -> None:
        self._close(life, at, "recalled")

    def _bankrupt(self, life: Life, at: int) -> None:
        self._hold(life, "bankruptcy", at)
        self._close(life, at, "bankrupt")

    def _cease(self, life: Life, at: int) -> None:
        self._close(life, at, "cease")

    def _disputed(self, life: Life, at: int) -> None:
        life.status, life.updated = "disputed", at
        self._hold(life, "dispute", at)

    def _promise(self, life: Life, at: int) -> None:
        life.updated = at
        self._hold(life, "promise", at, ends=self.now + 5 * DAY)

    def _escalation_pending(self, life: Life, at: int) -> None:
        life.status, life.updated = "escalation_pending", at
        self.book.referral(life, at, "proposed")

    def _escalated(self, life: Life, at: int) -> None:
        life.status, life.updated = "escalated", at
        referral, attorney = self.book.referral(life, at, "accepted")
        said = (
            f'"balance":{amount(life.balance)},"reason":"non_responsive","contacts_made":4,"attorney":{{"name":'
            f'"{attorney[1]}","bar_state":"{attorney[2]}","bar_number":"{attorney[3]}"}},"referral_id":"{referral}"'
        )
        self.book.case_event("case.escalated", life, at, said)

    def _close(self, life: Life, at: int, reason: str) -> None:
        life.status, life.reason, life.closed, life.updated = "closed", reason, at, at
        self.book.case_event("case.closed", life, at, f'"reason":"{reason}","balance":{amount(life.balance)}')

    def _write_off(self, life: Life, at: int, reason: str) -> None:
        if rest := life.balance:
            life.written += rest
            self.book.entry(life, "write_off", -rest, at, reason=reason, actor="key:seed")

    def _hold(self, life: Life, kind: str, at: int, *, ends: int = 0) -> None:
        hold_id = self.book.ids.new("hld", at)
        life.holds.append((hold_id, kind, at, ends))
        self.book.case_event("case.held", life, at, f'"hold":"{kind}","hold_id":"{hold_id}"')

    # --- money

    # --- what is told
