"""Addresses of the campaigns room."""

from django.urls import path

from campaigns.views import campaigns, cases

urlpatterns = [
    path("v1/campaigns", campaigns.Campaigns.as_view()),
    path("v1/campaigns/<str:campaign_id>", campaigns.CampaignDetail.as_view()),
    path("v1/campaigns/<str:campaign_id>/pause", campaigns.CampaignAction.as_view(action="pause")),
    path("v1/campaigns/<str:campaign_id>/resume", campaigns.CampaignAction.as_view(action="resume")),
    path("v1/campaigns/<str:campaign_id>/cancel", campaigns.CampaignAction.as_view(action="cancel")),
    path("v1/campaigns/<str:campaign_id>/timeline", campaigns.CampaignTimeline.as_view()),
    path("v1/campaigns/<str:campaign_id>/contacts", campaigns.CampaignContacts.as_view()),
    path("v1/campaigns/<str:campaign_id>/cases", campaigns.CampaignCases.as_view()),
    path("v1/cases", cases.Cases.as_view()),
    path("v1/cases/<str:case_id>", cases.CaseDetail.as_view()),
]
