"""Where a debtor closes e-mail: on our own host, and on every creditor's pay host."""

from django.urls import path

from outreach.views import page

urlpatterns = [path("optout/<str:token>", page.opt_out, name="opt-out")]
