"""`/inbound/mail/<provider>`: what mail providers post to us. Verified, stored, answered; read by a task.

No session, no key: the provider's own signature or the shared secret is what counts.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import View

from agentcollect.kit import clock
from agentcollect.kit.errors import ApiError
from outreach import operations


@method_decorator(csrf_exempt, name="dispatch")
class MailCallback(View):
    """Mails (`/inbound/mail/<provider>`) and news of mails (`/inbound/mail/<provider>/events`)."""

    http_method_names = ["head", "post"]

    def head(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse()  # some providers look whether anybody is there

    def post(self, request: HttpRequest, provider: str) -> HttpResponse:
        try:
            operations.callback(provider=provider, request=request, at=clock.now())
        except ApiError as refused:
            return HttpResponse(f"{refused.message}\n", status=refused.status, content_type="text/plain; charset=utf-8")
        return HttpResponse("Taken.\n", content_type="text/plain; charset=utf-8")
