"""All addresses, by room. No trailing slashes: with one, an address is a flat 404."""

from django.contrib import admin
from django.urls import include, path

from agentcollect import health, openapi, tls
from agentcollect.kit import metrics

handler400 = "agentcollect.kit.errors.handler400"
handler404 = "agentcollect.kit.errors.handler404"
handler500 = "agentcollect.kit.errors.handler500"
# Asked for by django-allauth, whose limits guard the pages of people.
handler429 = "dashboard.views.session.too_many"

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.view),
    path("tls/ask", tls.ask),
    path("", include("accounts.urls")),
    path("", include("sandbox.urls")),
    path("", include("payments.urls")),
    path("", include("events.urls")),
    path("", include("webhooks.urls")),
    # Before campaigns, whose `<campaign_id>` would take `preview` for one.
    path("", include("outreach.urls")),
    path("", include("campaigns.urls")),
    path("v1/openapi.json", openapi.document),
    path("", include("accounts.unknown")),
    path("", include("dashboard.account_urls")),
    path("", include("dashboard.urls")),
    path("admin/", admin.site.urls),
]
