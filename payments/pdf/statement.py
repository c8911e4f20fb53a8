"""A month's statement on paper: what was collected, what of it is charged, and each fee with what it follows from.

It is the operator's paper to the creditor, in English. The same rows are the same bytes.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date

from payments.models import FeeEntry, Statement
from payments.pdf.paper import QUIET, Paper, amount
from payments.rules import DEFAULT_PRIMARY

OPERATOR = "AgentCollect"
# A paper of more lines is read by nobody; the CSV file has them all.
MOST_LINES = 1000
_MOVED = (
    ("collected_by_us", "Collected by us"),
    ("reported_by_you", "Paid to you directly, as you reported it"),
    ("credited", "Credited by you"),
    ("returned", "Returned: refunds, returned debits, chargebacks"),
)
_FEES = (
    ("success", "Success fees"),
    ("card", "Card fees"),
    ("discovery", "Contact discovery"),
    ("given_back", "Given back for payments that went back"),
)
_KINDS = {"success": "Success", "card": "Card", "discovery": "Discovery"}


def statement(row: Statement, entries: Sequence[FeeEntry]) -> bytes:
    """The paper of a statement; `entries` are its lines in order, each with its case and debtor."""
    return _Statement(row, entries).drawn()


class _Statement:
    """One statement: its row, its lines, and the paper."""

    def __init__(self, row: Statement, entries: Sequence[FeeEntry]) -> None:
        self.row, self.entries = row, entries
        self.organisation = row.organisation
        self.zone = ZoneInfo(row.organisation.timezone)
        self.month = format_date(row.month, "MMMM y", locale="en_US")

    def drawn(self) -> bytes:
        name = self.organisation.legal_name or self.organisation.name
        self.paper = Paper(
            title=f"Statement {self.month} ({self.row.currency}): {name}",
            language="en",
            made_at=datetime.fromisoformat(self.row.totals["until"]),
            author=OPERATOR,
            foot=f"{OPERATOR} · {self.organisation.id} · {self.row.month:%Y-%m} {self.row.currency}",
            page_words="Page %(page)s of %(pages)s",
            colour=DEFAULT_PRIMARY,
        )
        self.paper.head(OPERATOR, "Monthly statement", None)
        if not self.row.livemode:
            self.paper.notice("Test mode: computed as in live mode, and charged to nobody.")
        self._net()
        self.paper.pairs(self._facts(name))
        self.paper.ln(8)
        self._sums("What moved", _MOVED)
        self._sums("What is charged", _FEES, ("Net fee", "net"))
        self._lines()
        return self.paper.whole()

    def _net(self) -> None:
        net = self.row.totals["net"]
        words = "Net fee" if net >= 0 else "To your credit: more was given back than earned"
        self.paper.say(f"{words}, {self.month}", 9.5, colour=QUIET)
        self.paper.say(self._money(abs(net)), 24, bold=True, gap=4)

    def _facts(self, name: str) -> list[tuple[str, str]]:
        start, until = (datetime.fromisoformat(self.row.totals[key]) for key in ("from", "until"))
        period = f"{self._moment(start)} to {self._moment(until - timedelta(seconds=1))} ({self.organisation.timezone})"
        facts = [
            ("For", name),
            ("Address", self.organisation.postal_address),
            ("Period", period),
            ("Currency", self.row.currency),
        ]
        return [(label, value) for label, value in facts if value]

    def _sums(self, title: str, figures: Sequence[tuple[str, str]], total: tuple[str, str] | None = None) -> None:
        """Figures under each other; several are one sum only where `total` says so."""
        self.paper.say(title, 12, bold=True, gap=2)
        rows = [(words, self._money(self.row.totals[name])) for name, words in figures]
        sums = [(total[0], self._money(self.row.totals[total[1]]))] if total else []
        self.paper.lines(("", "Amount"), rows, (125, 45), sums=sums)

    def _lines(self) -> None:
        self.paper.say("Each fee", 12, bold=True, gap=2)
        if not self.entries:
            self.paper.say("No fee was earned or given back in this month.", 9.5, colour=QUIET)
            return
        rows = [self._line(entry) for entry in self.entries[:MOST_LINES]]
        heads = ("Date", "Invoice", "Fee", "Age", "Of", "Rate", "Amount")
        self.paper.lines(heads, rows, (21, 53, 20, 14, 26, 14, 24), size=8)
        if len(self.entries) > MOST_LINES:
            words = f"The first {MOST_LINES} of {len(self.entries)} lines; the CSV file has all of them."
            self.paper.say(words, 9.5, colour=QUIET)

    def _line(self, entry: FeeEntry) -> tuple[str, ...]:
        case, shared = entry.case, entry.kind != FeeEntry.Kind.DISCOVERY
        return (
            entry.created_at.astimezone(self.zone).date().isoformat(),
            f"{case.invoice_number or 'no number'}\n{case.debtor.name}",
            _KINDS[entry.kind],
            f"{entry.age_days} d" if shared else "",
            self._money(entry.basis_minor) if shared else "",
            f"{entry.basis_points // 100}.{entry.basis_points % 100:02d}%" if shared else "",
            self._money(entry.amount_minor),
        )

    def _money(self, minor: int) -> str:
        return amount(minor, self.row.currency)

    def _moment(self, at: datetime) -> str:
        return format_date(at.astimezone(self.zone).date(), format="long", locale="en_US")
