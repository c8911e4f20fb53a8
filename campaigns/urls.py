"""Addresses of the campaigns room."""

from django.urls import path

from campaigns import views

urlpatterns = [
    path("v1/campaigns", views.Campaigns.as_view()),
    path("v1/campaigns/<str:campaign_id>", views.CampaignDetail.as_view()),
    path("v1/campaigns/<str:campaign_id>/pause", views.CampaignAction.as_view(action="pause")),
    path("v1/campaigns/<str:campaign_id>/resume", views.CampaignAction.as_view(action="resume")),
    path("v1/campaigns/<str:campaign_id>/cancel", views.CampaignAction.as_view(action="cancel")),
    path("v1/campaigns/<str:campaign_id>/timeline", views.CampaignTimeline.as_view()),
    path("v1/campaigns/<str:campaign_id>/contacts", views.CampaignContacts.as_view()),
    path("v1/campaigns/<str:campaign_id>/cases", views.CampaignCases.as_view()),
    path("v1/cases", views.Cases.as_view()),
    path("v1/cases/<str:case_id>", views.CaseDetail.as_view()),
]
