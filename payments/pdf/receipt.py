"""A payment's receipt on paper: what came, which invoices got it, what went back since. Read from the rows alone."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from zoneinfo import ZoneInfo

from babel.dates import format_date
from django.core.files.storage import default_storage
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Case
from payments import queries, rules
from payments.models import Allocation, Payment
from payments.pdf.paper import QUIET, Paper, amount, brand_colour

_LOCALES = {"en": "en_US", "fr": "fr_FR", "es": "es_ES", "de": "de_DE"}
_METHODS = {
    "card": gettext_lazy("Card"),
    "bank_transfer": gettext_lazy("Bank transfer"),
    "ach_debit": gettext_lazy("Bank debit (ACH)"),
    "check": gettext_lazy("Check"),
    "cash": gettext_lazy("Cash"),
    "other": gettext_lazy("Other"),
}
_PARTS = {
    rules.PRINCIPAL: gettext_lazy("Principal"),
    rules.INTEREST: gettext_lazy("Interest"),
    rules.FEES: gettext_lazy("Fees"),
    rules.UNAPPLIED: gettext_lazy("Not applied to an invoice (credit)"),
    rules.RETURNED: gettext_lazy("Gone back to you"),
}
_WIDTHS = (44, 29, 29, 38, 30)
# Where a part belongs to no invoice.
_NOBODYS = (rules.UNAPPLIED, rules.RETURNED)


def receipt(payment: Payment, case: Case, language: str) -> bytes:
    """The receipt of `payment`, as the debtor of `case` gets it, in `language` (en, fr, es, de).

    The same rows are the same bytes. Raises ValueError for a payment that never came.
    """
    if payment.status not in rules.COLLECTED:
        raise ValueError("there is no receipt for money that never came")
    with translation.override(language):
        return _Receipt(payment, case, language).drawn()


class _Receipt:
    """One receipt: its rows, read once, and the paper."""

    def __init__(self, payment: Payment, case: Case, language: str) -> None:
        self.payment, self.case, self.language = payment, case, language
        self.zone = ZoneInfo(case.organisation.timezone)
        rows = Allocation.objects.filter(payment=payment).select_related("case")
        self.parts = list(rows.order_by("created_at", "recorded_at", "id"))
        self.brand, self.creditor = case.campaign.brand, queries.creditor_of(case)
        self.came_at = payment.received_at or payment.created_at

    def drawn(self) -> bytes:
        title = _("Receipt: %(amount)s to %(creditor)s") % {"amount": self._money(), "creditor": self.creditor}
        self.paper = Paper(
            title=title,
            language=self.language,
            # When the last thing happened that it tells of, not when somebody asked for it.
            made_at=max([self.came_at, *(part.created_at for part in self.parts)]),
            author=self.creditor,
            foot=self._foot(),
            page_words=_("Page %(page)s of %(pages)s"),
            colour=brand_colour(self.brand.get("colors")),
        )
        self.paper.head(self.creditor, _("Receipt"), _logo(self.case))
        self._notices()
        self._facts()
        self._parts(_("What it paid"), [part for part in self.parts if not part.cause], _("Amount received"))
        self._since()
        return self.paper.whole()

    def _foot(self) -> str:
        reach = self.brand.get("reply_to") or self.brand.get("from_email") or ""
        return " · ".join(part for part in (self.creditor, reach, self.payment.id) if part)

    def _notices(self) -> None:
        if not self.payment.livemode:
            self.paper.notice(_("Test mode: no money moved."))
        if self.payment.status == Payment.Status.REVERSED:
            self.paper.notice(_("This payment was returned. It pays nothing any more."))

    def _facts(self) -> None:
        self.paper.say(_("Amount received"), 9.5, colour=QUIET)
        self.paper.say(self._money(), 24, bold=True, gap=4)
        brand = self.brand
        legal = brand.get("legal_name") or self.case.organisation.legal_name
        paid_to = [self.creditor, legal if legal.casefold() != self.creditor.casefold() else ""]
        pairs = [
            (_("Received on"), self._day(self.came_at)),
            (_("Paid by"), self.case.debtor.name),
            (_("Paid to"), "\n".join(part for part in paid_to if part)),
            (_("Address"), brand.get("address") or ""),
            (_("Method"), str(_METHODS[self.payment.method])),
            (_("Payment"), self.payment.id),
            (_("Reference"), self.payment.reference),
        ]
        self.paper.pairs([(name, value) for name, value in pairs if value])
        self.paper.ln(8)

    def _parts(self, title: str, parts: Sequence[Allocation], sum_words: str) -> None:
        """What each invoice has of the payment; credit that no invoice took is said openly."""
        found: dict[tuple[str, str], tuple[Allocation, int]] = {}
        for part in parts:
            place = ("" if part.component in _NOBODYS else part.case_id, part.component)
            found[place] = (part, found.get(place, (part, 0))[1] + part.amount_minor)
        # What belongs to no invoice comes last.
        order = sorted(found.values(), key=lambda one: one[0].component in _NOBODYS)
        rows = [
            (*self._invoice(part), str(_PARTS[part.component]), self._money(minor)) for part, minor in order if minor
        ]
        heads = (_("Invoice"), _("Invoice date"), _("Due date"), _("Part"), _("Amount"))
        sums = [(sum_words, "", "", "", self._money())]
        self.paper.say(title, 12, bold=True, gap=2)
        self.paper.lines(heads, rows, _WIDTHS, sums=sums)

    def _invoice(self, part: Allocation) -> Sequence[str]:
        if part.component in _NOBODYS:
            return "–", "", ""
        case = part.case
        number = case.invoice_number + (f"\n{_('Purchase order')} {case.po_number}" if case.po_number else "")
        return number or "–", self._date(case.invoice_date), self._date(case.due_date)

    def _since(self) -> None:
        """What became of the money later, each step of it, and where it stands now."""
        moved = [part for part in self.parts if part.cause]
        if not moved:
            return
        steps = [self._step(cause, list(parts)) for cause, parts in groupby(moved, key=lambda part: part.cause)]
        self.paper.say(_("What happened since"), 12, bold=True, gap=2)
        self.paper.lines((_("Date"), _("What happened"), _("Amount")), steps, (45, 85, 40))
        self._parts(_("Where it stands now"), self.parts, _("Amount received"))

    def _step(self, cause: str, parts: Sequence[Allocation]) -> tuple[str, str, str]:
        went = sum(part.amount_minor for part in parts if part.component == rules.RETURNED)
        day = self._day(parts[0].created_at)
        if went > 0:
            refund = cause.startswith("rfd_")
            return day, _("Refund to you") if refund else _("Returned by the bank"), self._money(-went)
        if went < 0:
            return day, _("Came again"), self._money(-went)
        used = sum(part.amount_minor for part in parts if part.amount_minor > 0)
        return day, _("Credit used for an invoice"), self._money(used)

    def _money(self, minor: int | None = None) -> str:
        return amount(self.payment.amount_minor if minor is None else minor, self.payment.currency, self.language)

    def _day(self, moment: datetime) -> str:
        return self._date(moment.astimezone(self.zone).date())

    def _date(self, on: date | None) -> str:
        written = format_date(on, format="long", locale=_LOCALES.get(self.language, "en_US")) if on else ""
        # Babel knows no French ordinal: the first of a month has one.
        return re.sub(r"^1 ", "1er ", written) if self.language == "fr" else written


def _logo(case: Case) -> bytes | None:
    """The creditor's logo from our own store (campaigns.operations.logos drew it anew as PNG), where there is one."""
    campaign = case.campaign
    if campaign.logo_state != "ready" or not default_storage.exists(campaign.logo_file):
        return None
    with default_storage.open(campaign.logo_file) as file:
        return bytes(file.read())
