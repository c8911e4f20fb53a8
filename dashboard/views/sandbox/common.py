"""What the sandbox's pages share."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from dashboard.access import Seat


def test_mode(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Live mode knows no such page: 404. Stands under `page` or `action`."""

    @wraps(view)
    def guarded(request: HttpRequest, seat: Seat, *args: Any, **kwargs: Any) -> HttpResponse:
        if seat.livemode:
            raise Http404
        return view(request, seat, *args, **kwargs)

    return guarded
