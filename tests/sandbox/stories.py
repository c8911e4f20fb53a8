"""A lawful story in plain rows, and how it is altered: what the checker's tests start from."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.checker import rows
from benchmarks.checker.story import Story, Touch

# A Tuesday, 11:00 in New York.
AT = datetime(2026, 3, 17, 15, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PLACED = AT - 2 * DAY
BRAND = {"name": "Your Company", "legal_name": "Your Company Inc.", "from_email": "ar@yourcompany.com"}
HOST = "https://pay.example"
SCRIPT = (
    "Hello, this is an artificial voice calling on behalf of Your Company, that is Your Company Inc.. This call is "
    "transcribed and recorded. You can call back at +1 202 555 0100.\n\nIt is about invoice A-1: $15,000.00 is open."
)


def text(*, balance: str = "$15,000.00", link: str = "con_1", words: str = "") -> str:
    """A first message, as the product writes it."""
    return f"""Hello,

The records of Your Company still show a balance of {balance} on invoice #A-1 to Acme Corp.
{words}
Balance: {balance}
Pay online: {HOST}/pay/a-1

Statement
Invoice amount: $15,000.00
Balance: {balance}

An automated service writes and sends this message on behalf of Your Company Inc.
Your Company, 1 Main Street

You can opt out of these emails at any time.
{HOST}/optout/{link}
"""


def body(touch: str, written: str, *, to: str = "ap@acme.com", **changes: Any) -> rows.Body:
    links = "".join(f'<a href="{word}">x</a>' for word in written.split() if word.startswith("https://"))
    opt_out = written.rsplit(maxsplit=1)[-1]
    head = {"from": "Your Company <ar@yourcompany.com>", "to": to, "auto-submitted": "auto-generated"}
    head |= {"list-unsubscribe": f"<{opt_out}>", "list-unsubscribe-post": "List-Unsubscribe=One-Click"}
    html = f"<p>{written}</p>{links}"
    made = rows.Body(
        touch=touch, sender="ar@yourcompany.com", subject="Invoice #A-1", text=written, html=html, headers=head
    )
    return replace(made, **changes)


def lawful() -> Story:
    """One debtor in New York with one invoice and two people; one first message on a Tuesday morning."""
    signed = {"mandate_signed_at": PLACED, "mandate_signed_by": "Jo"}
    own = rows.Organisation(id="org_1", legal_name="Your Company Inc.", postal_address="1 Main Street", **signed)
    campaign = rows.Campaign(id="cmp_1", at=PLACED, ends=AT + 365 * DAY, creditor="Your Company Inc.", brand=BRAND)
    debtor = rows.Debtor(id="dbt_1", at=PLACED, name="Acme Corp", region="NY", phone="+1 212 555 0100")
    people = {
        id: rows.Contact(id=id, debtor="dbt_1", at=PLACED, email=f"{local}@acme.com", title="Accounts Payable")
        for id, local in (("con_1", "ap"), ("con_2", "cfo"))
    }
    case = rows.Case(
        id="cas_1",
        campaign="cmp_1",
        debtor="dbt_1",
        at=PLACED,
        invoice_number="A-1",
        due_date=date(2026, 1, 31),
        invoice_minor=1_500_000,
        balance_minor=1_500_000,
    )
    entry = rows.Entry(case="cas_1", kind="principal", minor=1_500_000, at=PLACED, recorded=PLACED)
    empty = Story(
        organisation=own,
        campaigns={"cmp_1": campaign},
        debtors={"dbt_1": debtor},
        cases={"cas_1": case},
        contacts=people,
        entries=(entry,),
    )
    return send(empty)


def send(story: Story, written: str | None = None, *, heads: dict[str, Any] | None = None, **changes: Any) -> Story:
    """One more message (or, with channel="call", call) that an allow stands behind; `heads` alters its body."""
    number = len(story.touches) + 1
    at = changes.pop("at", AT)
    facts: dict[str, Any] = {"id": f"msg_{number}", "at": at, "recorded": at, "made": at, "sent_at": at}
    facts |= {"campaign": "cmp_1", "debtor": "dbt_1", "case": "cas_1", "contact": "con_1", "address": "ap@acme.com"}
    facts |= {"step": f"stp_{number}", "place": (1, number), "decision": f"dec_{number}", "intent": "first_reminder"}
    touch = Touch(**(facts | changes))
    return add(story, touch, written, **(heads or {}))


def call(story: Story, at: datetime, **changes: Any) -> Story:
    """One more call by the sandbox's artificial voice."""
    facts = {"channel": "call", "mode": "ai", "script": SCRIPT, "outcome": "no_answer", "address": "+1 212 555 0100"}
    return send(story, at=at, **(facts | changes))


def add(story: Story, touch: Touch, written: str | None, **heads: Any) -> Story:
    told = touch.kind, touch.livemode
    asked = rows.Decision(
        id=touch.decision,
        at=touch.at,
        case=touch.case,
        contact=touch.contact,
        step=touch.step,
        channel=touch.channel,
        kind=told[0],
        outcome="allow",
        livemode=told[1],
    )
    standard = text(link=touch.contact, words=f"This is message {touch.id}.")
    bodies = tuple(story.bodies())
    if touch.channel == "email":
        bodies += (body(touch.id, standard if written is None else written, to=touch.address, **heads),)
    touches = tuple(sorted((*story.touches, touch), key=lambda one: (one.debtor, one.at, one.recorded)))
    decisions = story.decisions | ({touch.decision: asked} if touch.decision else {})
    return replace(story, touches=touches, decisions=decisions, bodies=lambda: bodies)


def change(story: Story, **changes: Any) -> Story:
    """The same story with a change of each of these: `case`, `debtor`, `campaign`, `contact` (dicts of fields),
    `touch`, `organisation`; or with more rows of a list (`holds`, `entries`…)."""
    ids = {"case": ("cases", "cas_1"), "debtor": ("debtors", "dbt_1"), "campaign": ("campaigns", "cmp_1")}
    ids |= {"contact": ("contacts", "con_1"), "other": ("contacts", "con_2")}
    for name, fields in changes.items():
        if name in ids:
            table, id = ids[name]
            found = getattr(story, table)
            story = replace(story, **{table: found | {id: replace(found[id], **fields)}})
        elif name == "touch":
            story = replace(story, touches=(replace(story.touches[0], **fields), *story.touches[1:]))
        elif name == "organisation":
            story = replace(story, organisation=replace(story.organisation, **fields))
        else:
            story = replace(story, **{name: (*getattr(story, name), *fields)})
    return story


def hold(kind: str, scope: str = "debtor", on: str = "dbt_1", *, since: datetime = AT - HOUR, **more: Any) -> rows.Hold:
    return rows.Hold(id="hld_1", kind=kind, scope=scope, on=on, at=since, recorded=since, **more)


def agreed(what: str, *amounts: int, since: datetime = AT - HOUR) -> rows.Agreement:
    return rows.Agreement(id="agr_1", what=what, case="cas_1", at=since, recorded=since, amounts=amounts)


def entry(kind: str, minor: int, at: datetime = AT - HOUR, **more: Any) -> rows.Entry:
    return rows.Entry(case="cas_1", kind=kind, minor=minor, at=at, recorded=at, **more)


def closed(address: str, contact: str, *, reason: str = "opt_out", since: datetime = AT - HOUR) -> rows.Suppression:
    return rows.Suppression(address=address, channel="email", at=since, recorded=since, contact=contact, reason=reason)


def reply(label: str, *, contact: str = "con_1", since: datetime = AT - HOUR) -> rows.Reply:
    return rows.Reply(
        id="rpy_1",
        at=since,
        recorded=since,
        debtor="dbt_1",
        case="cas_1",
        contact=contact,
        label=label,
        handled_at=since,
    )


def moment(type: str, of: str, since: datetime = AT - HOUR) -> rows.Moment:
    return rows.Moment(type=type, of=of, at=since, recorded=since)
