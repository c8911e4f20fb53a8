"""In which language the page speaks."""

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

from campaigns.models import Case
from payments.views.page.words import LOCALES


def language_of(request: HttpRequest, case: Case | None) -> str:
    """What a link chose (`?lang=fr`), else the debtor's own, else what the browser asks for, else English."""
    chosen = request.GET.get("lang", "")
    if chosen in LOCALES:
        request.chosen_language = chosen  # type: ignore[attr-defined]
        return chosen
    if case is not None and case.debtor.language in LOCALES:
        return case.debtor.language
    asked = (code[:2] for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500]))
    return next((code for code in asked if code in LOCALES), "en")
