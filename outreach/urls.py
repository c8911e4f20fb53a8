"""Addresses of the outreach room."""

from django.urls import path

from outreach.views import api, escalate, page, preview

urlpatterns = [
    path("v1/campaigns/preview", preview.CampaignPreview.as_view()),
    path("v1/campaigns/<str:campaign_id>/messages", api.CampaignMessages.as_view()),
    path("v1/messages/<str:message_id>", api.OneMessage.as_view()),
    path("v1/cases/<str:case_id>/escalate", escalate.EscalateCase.as_view()),
    path("v1/cases/<str:case_id>/decisions", api.CaseDecisions.as_view()),
    path("optout/<str:token>", page.opt_out, name="opt-out"),
]
