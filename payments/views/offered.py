"""`/pay/<slug>/offered-plan`: the instalments that the creditor offers, and the debtor's yes to them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accounts import timeline
from agentcollect.kit import ratelimit
from agentcollect.kit.errors import ApiError
from agentcollect.kit.pages import debtor_page
from campaigns.models import Case
from payments import operations, queries
from payments.models import Plan
from payments.views import agreed, present
from payments.views.page import render_page, unknown_page

_TRIES_PER_MINUTE = 10


@debtor_page
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, slug: str) -> HttpResponse:
    """The offer in full (GET, which never acts); a POST that names this very offer agrees to it.

    Back to the invoice when there is none any more: it shows what stands instead.
    """
    case = queries.case_of_slug(slug)
    if case is None:
        return unknown_page(request)
    plan = queries.agreed(case)[1]
    if plan is None or not agreed.offered(case, plan, timeline.now(case.clock_id)):
        return redirect("pay", slug=slug)
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
    return redirect("pay", slug=slug)


def _shown(request: HttpRequest, case: Case, plan: Plan, status: int = 200) -> HttpResponse:
    context = present.page(case, queries.page_facts(case)) | {
        "state": "confirm",
        "act": "offered",
        "typed": {"plan": plan.id},
        "said": [],
        "schedule": agreed.schedule(agreed.plan_parts(plan), plan.currency),
    }
    return render_page(request, context, status)
