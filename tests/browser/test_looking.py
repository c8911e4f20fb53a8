"""The looking itself: it finds a fault of each kind, also in what it has seen without one."""

import pytest

from tests.browser.conftest import Watched
from tests.browser.looking import look

PAGE = """<!doctype html><html lang="en"><title>A page</title><style>
:root {{ color-scheme: light dark; color: light-dark(#111, #eee); background: light-dark(#fff, #111) }} {style}
</style><main><h1>A page</h1><p class="said">Words that are read.</p>{more}</main>"""


@pytest.mark.parametrize(
    ("style", "more"),
    [
        ("", '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'),
        ("", '<div style="width: 400px">As wide as no telephone.</div>'),
        (".said { color: light-dark(#111, #444) }", ""),  # in the dark alone
        (".said { color: light-dark(#bbb, #eee) }", ""),
        ("@media (max-width: 400px) { .said { background: #888; color: #777 } }", ""),
        ("main { background: light-dark(#222, #eee) }", ""),
    ],
)
def test_a_fault_is_found(watched: Watched, style: str, more: str) -> None:
    watched.page.set_content(PAGE.format(style="", more=""))
    look(watched.page)
    watched.page.set_content(PAGE.format(style=style, more=more))
    with pytest.raises(AssertionError):
        look(watched.page)
