"""Addresses of the outreach room."""

from django.urls import include, path

from outreach import callbacks
from outreach.views import api, approvals, calls, channels, escalate, playbooks, preview, referrals, replies, reply_path

urlpatterns = [
    path("v1/campaigns/preview", preview.CampaignPreview.as_view()),
    path("v1/campaigns/<str:campaign_id>/messages", api.CampaignMessages.as_view()),
    path("v1/messages/<str:message_id>", api.OneMessage.as_view()),
    path("v1/messages/<str:message_id>/approve", approvals.ApproveMessage.as_view()),
    path("v1/messages/<str:message_id>/reject", approvals.RejectMessage.as_view()),
    path("v1/messages/<str:message_id>/edit", approvals.EditMessage.as_view()),
    path("v1/playbooks/dry_run", playbooks.PlaybookDryRun.as_view()),
    path("v1/calls", calls.Calls.as_view()),
    path("v1/calls/<str:call_id>", calls.OneCall.as_view()),
    path("v1/referrals", referrals.Referrals.as_view()),
    path("v1/referrals/<str:referral_id>", referrals.OneReferral.as_view()),
    path("v1/reports/channels", channels.ChannelsReport.as_view()),
    path("v1/reports/channels/rows", channels.ChannelsRows.as_view()),
    path("v1/approvals", approvals.Approvals.as_view()),
    path("v1/cases/<str:case_id>/escalate", escalate.EscalateCase.as_view()),
    path("v1/cases/<str:case_id>/veto_escalation", escalate.VetoEscalation.as_view()),
    path("v1/cases/<str:case_id>/decisions", api.CaseDecisions.as_view()),
    path("v1/cases/<str:case_id>/replies", replies.CaseReplies.as_view()),
    path("v1/replies", replies.Replies.as_view()),
    path("v1/replies/<str:reply_id>", replies.OneReply.as_view()),
    path("v1/replies/<str:reply_id>/resolve", replies.ResolveReply.as_view()),
    path("v1/organisation/reply_path", reply_path.OrganisationReplyPath.as_view()),
    path("inbound/mail/<str:provider>", callbacks.MailCallback.as_view()),
    path("inbound/mail/<str:provider>/events", callbacks.MailCallback.as_view()),
    path("", include("outreach.optout_urls")),
]
