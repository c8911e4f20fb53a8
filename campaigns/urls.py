"""Addresses of the campaigns room."""

from django.urls import path

from campaigns.views import campaigns, cases, documents, exclusions, exports, holds, people

urlpatterns = [
    path("v1/campaigns", campaigns.Campaigns.as_view()),
    path("v1/campaigns/<str:campaign_id>", campaigns.CampaignDetail.as_view()),
    path("v1/campaigns/<str:campaign_id>/pause", campaigns.CampaignAction.as_view(action="pause")),
    path("v1/campaigns/<str:campaign_id>/resume", campaigns.CampaignAction.as_view(action="resume")),
    path("v1/campaigns/<str:campaign_id>/complete", campaigns.CampaignAction.as_view(action="complete")),
    path("v1/campaigns/<str:campaign_id>/cancel", campaigns.CampaignAction.as_view(action="cancel")),
    path("v1/campaigns/<str:campaign_id>/debtors", campaigns.CampaignDebtors.as_view()),
    path("v1/campaigns/<str:campaign_id>/timeline", campaigns.CampaignTimeline.as_view()),
    path("v1/campaigns/<str:campaign_id>/contacts", campaigns.CampaignContacts.as_view()),
    path("v1/campaigns/<str:campaign_id>/cases", campaigns.CampaignCases.as_view()),
    path("v1/cases", cases.Cases.as_view()),
    path("v1/cases/<str:case_id>", cases.CaseDetail.as_view()),
    path("v1/cases/<str:case_id>/hold", holds.HoldCase.as_view()),
    path("v1/cases/<str:case_id>/release", holds.ReleaseCase.as_view()),
    path("v1/cases/<str:case_id>/close", cases.CloseCase.as_view()),
    path("v1/cases/<str:case_id>/unrecall", cases.UnrecallCase.as_view()),
    path("v1/cases/<str:case_id>/credits", cases.CaseCredits.as_view()),
    path("v1/cases/<str:case_id>/enrich", cases.EnrichCase.as_view()),
    path("v1/cases/<str:case_id>/documents", documents.CaseDocuments.as_view()),
    path("v1/debtors", people.Debtors.as_view()),
    path("v1/debtors/<str:debtor_id>", people.DebtorDetail.as_view()),
    path("v1/contacts", people.Contacts.as_view()),
    path("v1/contacts/<str:contact_id>", people.ContactDetail.as_view()),
    path("v1/contacts/<str:contact_id>/verify", people.VerifyContact.as_view()),
    path("v1/contacts/<str:contact_id>/suppress", people.SuppressContact.as_view()),
    path("v1/suppressions", people.Suppressions.as_view()),
    path("v1/exclusions", exclusions.Exclusions.as_view()),
    path("v1/exclusions/<str:exclusion_id>", exclusions.ExclusionDetail.as_view()),
    path("v1/documents", documents.Documents.as_view()),
    path("v1/documents/<str:document_id>", documents.DocumentDetail.as_view()),
    path("v1/documents/<str:document_id>/content", documents.DocumentContent.as_view()),
    path("v1/exports", exports.Exports.as_view()),
    path("v1/exports/<str:export_id>", exports.ExportDetail.as_view()),
    path("v1/exports/<str:export_id>/content", exports.ExportContent.as_view()),
]
