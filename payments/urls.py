"""Addresses of the payments room."""

from django.urls import path

from payments.views import agreements, api, later, offered, page, papers

urlpatterns = [
    path("v1/payments", api.Payments.as_view()),
    path("v1/payments/<str:payment_id>", api.OnePayment.as_view()),
    path("v1/campaigns/<str:campaign_id>/payments", api.CampaignPayments.as_view()),
    path("v1/cases/<str:case_id>/promise", agreements.CasePromise.as_view()),
    path("v1/cases/<str:case_id>/plan", agreements.CasePlan.as_view()),
    path("v1/promises", agreements.Promises.as_view()),
    path("v1/promises/<str:promise_id>", agreements.OnePromise.as_view()),
    path("v1/promises/<str:promise_id>/cancel", agreements.CancelPromise.as_view()),
    path("v1/promises/<str:promise_id>/confirm", agreements.ConfirmPromise.as_view()),
    path("v1/plans", agreements.Plans.as_view()),
    path("v1/plans/<str:plan_id>", agreements.OnePlan.as_view()),
    path("v1/plans/<str:plan_id>/accept", agreements.AcceptPlan.as_view()),
    path("v1/plans/<str:plan_id>/cancel", agreements.CancelPlan.as_view()),
    path("pay/<str:slug>", page.show, name="pay"),
    path("pay/<str:slug>/thanks", later.thanks, name="pay-thanks"),
    *(path(f"pay/<str:slug>/{act}", later.later, {"act": act}, name=f"pay-{act}") for act in later.ACTS),
    path("pay/<str:slug>/offered-plan", offered.accept, name="pay-offered"),
    path("pay/<str:slug>/documents/<str:document_id>", papers.document, name="pay-document"),
    path("pay/<str:slug>/logo", page.logo, name="pay-logo"),
    path("pay/<str:slug>/payments/<str:payment_id>", page.outcome, name="pay-outcome"),
]
