"""Addresses of the payments room."""

from django.urls import path

from payments import callbacks
from payments.page_urls import pages
from payments.views import agreements, api, credit, domains, offers, payouts, refunds, reports, statements

urlpatterns = [
    path("v1/payments", api.Payments.as_view()),
    path("v1/payments/<str:payment_id>", api.OnePayment.as_view()),
    path("v1/payouts", payouts.Payouts.as_view()),
    path("v1/payouts/<str:payout_id>", payouts.OnePayout.as_view()),
    path("v1/payouts/<str:payout_id>/entries", payouts.PayoutEntries.as_view()),
    path("v1/payments/<str:payment_id>/refunds", refunds.Refunds.as_view()),
    path("v1/payments/<str:payment_id>/apply", credit.ApplyCredit.as_view()),
    path("v1/campaigns/<str:campaign_id>/payments", api.CampaignPayments.as_view()),
    path("v1/cases/<str:case_id>/promise", agreements.CasePromise.as_view()),
    path("v1/cases/<str:case_id>/plan", agreements.CasePlan.as_view()),
    path("v1/reports/recovery", reports.RecoveryReport.as_view()),
    path("v1/reports/recovery/rows", reports.RecoveryRows.as_view()),
    path("v1/reports/aging", reports.AgingReport.as_view()),
    path("v1/reports/aging/rows", reports.AgingRows.as_view()),
    path("v1/cases/<str:case_id>/offers", offers.CaseOffers.as_view()),
    path("v1/offers", offers.Offers.as_view()),
    path("v1/offers/<str:offer_id>", offers.OneOffer.as_view()),
    path("v1/offers/<str:offer_id>/approve", offers.ApproveOffer.as_view()),
    path("v1/offers/<str:offer_id>/send", offers.SendOffer.as_view()),
    path("v1/offers/<str:offer_id>/accept", offers.AcceptOffer.as_view()),
    path("v1/offers/<str:offer_id>/decline", offers.DeclineOffer.as_view()),
    path("v1/offers/<str:offer_id>/void", offers.VoidOffer.as_view()),
    path("v1/promises", agreements.Promises.as_view()),
    path("v1/promises/<str:promise_id>", agreements.OnePromise.as_view()),
    path("v1/promises/<str:promise_id>/cancel", agreements.CancelPromise.as_view()),
    path("v1/promises/<str:promise_id>/confirm", agreements.ConfirmPromise.as_view()),
    path("v1/plans", agreements.Plans.as_view()),
    path("v1/plans/<str:plan_id>", agreements.OnePlan.as_view()),
    path("v1/plans/<str:plan_id>/accept", agreements.AcceptPlan.as_view()),
    path("v1/plans/<str:plan_id>/cancel", agreements.CancelPlan.as_view()),
    path("v1/statements", statements.Statements.as_view()),
    path("v1/statements/<str:statement_id>", statements.OneStatement.as_view()),
    path("v1/statements/<str:statement_id>/pdf", statements.StatementPdf.as_view()),
    path("v1/statements/<str:statement_id>/csv", statements.StatementCsv.as_view()),
    path("v1/domains", domains.Domains.as_view()),
    path("v1/domains/<str:domain_id>", domains.OneDomain.as_view()),
    path("v1/domains/<str:domain_id>/verify", domains.VerifyDomain.as_view()),
    path("callbacks/stripe", callbacks.stripe, name="callbacks-stripe"),
    *pages("pay/"),
]
