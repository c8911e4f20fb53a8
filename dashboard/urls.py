"""Addresses of the dashboard and of the pages around it."""

from django.urls import path

from dashboard.views import campaigns, cases, developers, docs, events, home, mailbox, payments, session, webhooks

app_name = "dashboard"

urlpatterns = [
    path("", session.root, name="root"),
    path("docs", docs.reference, name="docs-reference"),
    path("docs/errors", docs.errors, name="docs-errors"),
    path("docs/events", docs.events, name="docs-events"),
    path("dashboard/login", session.SignIn.as_view(), name="login"),
    path("dashboard/logout", session.SignOut.as_view(), name="logout"),
    path("dashboard/organisation", session.choose_organisation, name="choose-organisation"),
    path("dashboard/mode", session.choose_mode, name="choose-mode"),
    path("dashboard", home.home, name="home"),
    path("dashboard/campaigns", campaigns.index, name="campaigns"),
    path("dashboard/campaigns/<str:campaign_id>", campaigns.detail, name="campaigns-detail"),
    path("dashboard/campaigns/<str:campaign_id>/news", campaigns.news, name="campaigns-news"),
    path("dashboard/campaigns/<str:campaign_id>/pause", campaigns.pause, name="campaigns-pause"),
    path("dashboard/campaigns/<str:campaign_id>/resume", campaigns.resume, name="campaigns-resume"),
    path("dashboard/campaigns/<str:campaign_id>/cancel", campaigns.cancel, name="campaigns-cancel"),
    path("dashboard/campaigns/<str:campaign_id>/send-next", campaigns.send_next, name="campaigns-send-next"),
    path("dashboard/cases/<str:case_id>", cases.detail, name="campaigns-case"),
    path("dashboard/cases/<str:case_id>/news", cases.news, name="campaigns-case-news"),
    path("dashboard/cases/<str:case_id>/send-next", cases.send_next, name="campaigns-case-send-next"),
    path("dashboard/payments", payments.index, name="payments"),
    path("dashboard/mailbox", mailbox.index, name="mailbox"),
    path("dashboard/mailbox/<int:item_id>", mailbox.detail, name="mailbox-detail"),
    path("dashboard/mailbox/<int:item_id>/html", mailbox.html, name="mailbox-html"),
    path("dashboard/webhooks", webhooks.endpoints, name="webhooks"),
    path("dashboard/webhooks/deliveries", webhooks.deliveries, name="webhooks-deliveries"),
    path("dashboard/webhooks/replay", webhooks.replay, name="webhooks-replay"),
    path("dashboard/webhooks/deliveries/<str:delivery_id>", webhooks.delivery, name="webhooks-delivery"),
    path("dashboard/events", events.index, name="events"),
    path("dashboard/events/<str:event_id>", events.detail, name="events-detail"),
    path("dashboard/keys", developers.keys, name="keys"),
    path("dashboard/keys/create", developers.create_key, name="keys-create"),
    path("dashboard/keys/<str:key_id>/revoke", developers.revoke_key, name="keys-revoke"),
]
