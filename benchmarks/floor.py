"""The floor: Django as `startproject` leaves it, one indexed query, the row as JSON. What our own GET is compared with:
no authentication, no limit, no request id, no log.

granian --interface wsgi … benchmarks.floor:application        (DATABASE_URL as the product's)
"""

import os

import dj_database_url
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="floor",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    USE_TZ=True,
    DATABASES={"default": dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=600, conn_health_checks=True)},
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.forms.models import model_to_dict  # noqa: E402
from django.http import HttpRequest, HttpResponse, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Event(models.Model):
    """All columns, as whoever writes a view without a thought of load reads them."""

    id = models.CharField(max_length=32, primary_key=True)
    organisation_id = models.CharField(max_length=32)
    livemode = models.BooleanField()
    created_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    type = models.CharField(max_length=48)
    sequence = models.PositiveBigIntegerField()
    payload = models.TextField()
    campaign_id = models.CharField(max_length=32)
    case_id = models.CharField(max_length=32)
    debtor_id = models.CharField(max_length=32)
    actor = models.CharField(max_length=80)

    class Meta:
        app_label, managed, db_table = "floor", False, "events_event"


class Payment(models.Model):
    id = models.CharField(max_length=32, primary_key=True)
    organisation_id = models.CharField(max_length=32)
    livemode = models.BooleanField()
    created_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    case_id = models.CharField(max_length=32)
    campaign_id = models.CharField(max_length=32)
    amount_minor = models.BigIntegerField()
    refunded_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method = models.CharField(max_length=16)
    status = models.CharField(max_length=20)
    source = models.CharField(max_length=10)
    reference = models.CharField(max_length=120)
    received_at = models.DateTimeField()
    metadata = models.JSONField()

    class Meta:
        app_label, managed, db_table = "floor", False, "payments_payment"


def event(request: HttpRequest, event_id: str) -> HttpResponse:
    return HttpResponse(Event.objects.get(id=event_id).payload, content_type="application/json")


def payment(request: HttpRequest, payment_id: str) -> HttpResponse:
    return JsonResponse(model_to_dict(Payment.objects.get(id=payment_id)))


urlpatterns = [path("v1/events/<str:event_id>", event), path("v1/payments/<str:payment_id>", payment)]
application = get_wsgi_application()
