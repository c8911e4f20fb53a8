"""`/callbacks/<processor>`: what processors post to us. Verified, stored, answered; read by a task.

No session, no key: the processor's own signature is what counts.
"""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from agentcollect.kit import clock
from payments import operations
from payments.operations.callbacks import MOST_BYTES
from payments.providers.stripe.callbacks import RefusedCallback


@csrf_exempt
@require_POST
def stripe(request: HttpRequest) -> HttpResponse:
    """Stripe's callbacks of every connected account."""
    try:
        if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
            raise RefusedCallback("That is too much.", status=413)
        signature = request.headers.get("Stripe-Signature", "")
        operations.receive_callback(body=request.body, signature=signature, at=clock.now())
    except RefusedCallback as refused:
        return HttpResponse(f"{refused}\n", status=refused.status, content_type="text/plain; charset=utf-8")
    return HttpResponse("Taken.\n", content_type="text/plain; charset=utf-8")
