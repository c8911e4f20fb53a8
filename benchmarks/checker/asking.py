"""What was asked for, and whether it was owed: R-17, R-18, R-20, and the engine's money rules."""

from collections.abc import Iterator
from datetime import date

from benchmarks.checker import places, reading
from benchmarks.checker.checks import Found, Look, check, reads, wrong
from benchmarks.checker.story import Body, Story, Touch, before
from benchmarks.checker.tables import EXTINGUISHED


def _asking(story: Story) -> Iterator[Touch]:
    return (touch for touch in story.touches if touch.asks)


@check("nothing_owed", "R-18", "nothing asked for once the account is even", citation="12 CFR 1006.22(b)")
def nothing_owed(story: Story, look: Look) -> Iterator[Found]:
    for touch in _asking(story):
        for case in touch.cases:
            look()
            if case in story.account and story.balance(case, touch) <= 0:
                yield wrong(touch, "nothing was open on it any more", on=case, balance=story.balance(case, touch))


@check("closed", "R-18", "nothing asked for on a closed case", citation="LAW.md R-18")
def closed(story: Story, look: Look) -> Iterator[Found]:
    for touch in _asking(story):
        for case in touch.cases:
            look()
            found = story.cases.get(case)
            if found is not None and found.closed_at is not None and found.closed_at < touch.at:
                yield wrong(touch, "the case was closed", on=case, closed=found.closed_at.isoformat())


@check("escalated", "R-33", "our own outreach ends with the escalation", citation="LAW.md R-33")
def escalated(story: Story, look: Look) -> Iterator[Found]:
    for touch in _asking(story):
        for case in touch.cases:
            for turn in (one for one in story.told.get(case, ()) if one.type == "case.escalated"):
                look()
                if before(turn, touch):
                    yield wrong(touch, "the case was with an attorney", on=case, since=turn.at.isoformat())


def _while(story: Story, look: Look, what: str, words: str) -> Iterator[Found]:
    """What we began about an invoice while an agreement about it ran."""
    for touch in _asking(story):
        for case in touch.cases:
            for one in (one for one in story.agreed.get(case, ()) if one.what == what):
                look()
                if before(one, touch) and (one.until is None or touch.at < one.until):
                    yield wrong(touch, words, on=case, **{what: one.id})


@check("dispute_asked", "R-17", "a disputed amount is never asked for", citation="12 CFR 1006.38(d)")
def dispute_asked(story: Story, look: Look) -> Iterator[Found]:
    yield from _while(story, look, "dispute", "the dispute was not answered yet")


@check("promise_waits", "R-17", "nobody is asked while their promise runs", citation="docs/guides/agreements.md")
def promise_waits(story: Story, look: Look) -> Iterator[Found]:
    yield from _while(story, look, "promise", "their promise was still open")


@check("plan_waits", "R-17", "nobody is asked while their plan runs", citation="docs/guides/agreements.md")
def plan_waits(story: Story, look: Look) -> Iterator[Found]:
    yield from _while(story, look, "plan", "their plan was still running")


@check(
    "clauses", "R-18", "interest and fees name the clause they rest on", citation="12 CFR 1006.22(b); 15 USC 1692f(1)"
)
def clauses(story: Story, look: Look) -> Iterator[Found]:
    for touch in _asking(story):
        for case in touch.cases:
            extra = [entry for entry in story.account.get(case, ()) if entry.kind in ("interest", "fee")]
            for entry in (entry for entry in extra if entry.minor > 0 and before(entry, touch)):
                look()
                if not entry.clause:
                    yield wrong(touch, f"{entry.kind} without a clause was asked for", on=case, minor=entry.minor)


@check("extinguished", "R-20", "no debt that its state's law has ended", citation="12 CFR 1006.26(b)")
def extinguished(story: Story, look: Look) -> Iterator[Found]:
    for touch in story.touches:
        case, debtor = story.cases.get(touch.case), story.debtors.get(touch.debtor)
        since = (case.due_date or case.invoice_date) if case else None
        if debtor is None or since is None:
            continue
        years = EXTINGUISHED.get(debtor.region.upper().removeprefix("US-")) if debtor.country == "US" else None
        if years is None:
            continue
        look()
        today = max(local.date() for _, local in places.clocks(debtor, touch.at))
        if today >= _later(since, years):
            yield wrong(touch, "the debt was extinguished", since=since.isoformat(), years=years)


def _later(day: date, years: int) -> date:
    return day.replace(year=day.year + years, day=min(day.day, 28) if day.month == 2 else day.day)


@check("account", "R-18", "every balance is the sum of its account", citation="LAW.md R-18")
def account(story: Story, look: Look) -> Iterator[Found]:
    for case in story.cases.values():
        look()
        total = sum(entry.minor for entry in story.account.get(case.id, ()))
        if total != case.balance_minor:
            words = f"the balance {case.balance_minor} is not the account's sum {total}"
            yield Found(case=case.id, debtor=case.debtor, at=case.at, words=words, evidence={})


def _allowed(story: Story, touch: Touch) -> set[int]:
    """Every sum that a message about these invoices may name, without its sign."""
    balances = {case: story.balance(case, touch) for case in touch.cases}
    found = {sum(balances.values()), *balances.values()}
    currencies: dict[str, int] = {}
    for case, balance in balances.items():
        row = story.cases.get(case)
        lines = [entry for entry in story.account.get(case, ()) if before(entry, touch)]
        placed = sum(entry.minor for entry in lines if entry.kind in ("principal", "adjustment"))
        found |= {entry.minor for entry in lines} | {placed}
        if row is not None:
            found |= {row.invoice_minor, placed - row.invoice_minor}
            currencies[row.currency] = currencies.get(row.currency, 0) + balance
        for one in story.agreed.get(case, ()):
            found |= {*one.amounts, sum(one.amounts)}
    return {abs(minor) for minor in (*found, *currencies.values())}


def _currency(story: Story, touch: Touch) -> str:
    row = story.cases.get(touch.case)
    return row.currency if row else "USD"


@reads("amounts", "R-18", "every sum in a message is one of the account's, to the cent", citation="12 CFR 1006.22(b)")
def amounts(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    look()
    currency, allowed = _currency(story, touch), _allowed(story, touch)
    parts = {"subject": body.subject, "text": body.text, "html": reading.visible(body.html)}
    for part, text in parts.items():
        if alien := sorted(reading.sums(reading.without_links(text), currency) - allowed):
            yield wrong(touch, "a sum that is not of its account", part=part, sums=alien, known=sorted(allowed))
            return


@reads("asked_sum", "R-18", "what a message asks for is what the ledger has open", citation="LAW.md R-18")
def asked_sum(story: Story, touch: Touch, body: Body, look: Look) -> Iterator[Found]:
    currencies = {row.currency for case in touch.cases if (row := story.cases.get(case))}
    if not touch.asks or len(currencies) != 1:
        return
    look()
    line = reading.asked_line(body.text, story.organisation.pay_hosts)
    open_minor = sum(story.balance(case, touch) for case in touch.cases)
    shown = reading.sums(line, currencies.pop())
    if shown != {open_minor}:
        yield wrong(touch, "it does not ask for what is open", line=line, open=open_minor)
