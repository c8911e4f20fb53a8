"""Addresses of the webhooks room."""

from django.urls import path

from webhooks.views import deliveries, endpoints

urlpatterns = [
    path("v1/webhooks", endpoints.Webhooks.as_view()),
    path("v1/webhooks/deliveries/<str:delivery_id>", deliveries.DeliveryDetail.as_view()),
    path("v1/webhooks/deliveries/<str:delivery_id>/replay", deliveries.DeliveryReplay.as_view()),
    path("v1/webhooks/<str:webhook_id>", endpoints.WebhookDetail.as_view()),
    path("v1/webhooks/<str:webhook_id>/test", endpoints.WebhookTest.as_view()),
    path("v1/webhooks/<str:webhook_id>/deliveries", deliveries.WebhookDeliveries.as_view()),
]
