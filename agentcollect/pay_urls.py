"""All that a creditor's pay host serves (kit.hosts): payment pages, the way out of e-mail, and nothing else."""

from django.urls import include, path

from agentcollect import health

handler400 = handler404 = "payments.views.links.not_here"
handler500 = "agentcollect.kit.errors.handler500"

urlpatterns = [
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("", include("outreach.optout_urls")),
    path("", include("payments.pay_urls")),
]
