"""`/pay/<slug>/offered-plan`: the instalments that the creditor offers, and the debtor's yes to them."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts import timeline
from agentcollect.kit import ratelimit
from agentcollect.kit.errors import ApiError
from campaigns.models import Case
from payments import operations, queries
from payments.models import Plan
from payments.views.page import agreed, present
from payments.views.page.rendering import render_page
from payments.views.page.speaking import go, of_case
from payments.views.page.wording import words_of

_TRIES_PER_MINUTE = 10


@of_case
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, case: Case) -> HttpResponse:
    """The offer in full (GET, which never acts); a POST that names this very offer agrees to it.

    Back to the invoice when there is none any more: it shows what stands instead.
    """
    plan = queries.agreed(case)[1]
    if plan is None or not agreed.offered(case, plan, timeline.now(case.clock_id)):
        return go(request, "pay", case)
    # Another offer than the one they saw is shown before it is agreed to.
    if request.method != "POST" or request.POST.get("plan") != plan.id:
        return _shown(request, case, plan)
    if not ratelimit.hit(f"pay-later:{case.id}", _TRIES_PER_MINUTE).allowed:
        return _shown(request, case, plan, 429)
    try:
        operations.accept_plan(plan_id=plan.id, by="debtor", at=timeline.act(case.clock_id))
    except ApiError as error:
        if error.status != 409:
            raise
    return go(request, "pay", case)


def _shown(request: HttpRequest, case: Case, plan: Plan, status: int = 200) -> HttpResponse:
    context = present.page(case, queries.page_facts(case)) | {
        "state": "confirm",
        "act": "offered",
        "words": words_of("offered", queries.creditor_of(case)),
        "typed": {"plan": plan.id},
        "said": [],
        "schedule": agreed.schedule(agreed.plan_parts(plan), plan.currency),
    }
    return render_page(request, context, status)
