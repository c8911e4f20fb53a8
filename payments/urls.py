"""Addresses of the payments room."""

from django.urls import path

from payments.views import api, page

urlpatterns = [
    path("v1/payments", api.Payments.as_view()),
    path("v1/payments/<str:payment_id>", api.OnePayment.as_view()),
    path("v1/campaigns/<str:campaign_id>/payments", api.CampaignPayments.as_view()),
    path("pay/<str:slug>", page.show, name="pay"),
    path("pay/<str:slug>/logo", page.logo, name="pay-logo"),
    path("pay/<str:slug>/payments/<str:payment_id>", page.outcome, name="pay-outcome"),
]
