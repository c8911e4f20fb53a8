"""Addresses of the webhooks room."""

from django.urls import path

from webhooks.views import deliveries, endpoints, replays

urlpatterns = [
    path("v1/webhooks", endpoints.Webhooks.as_view()),
    path("v1/webhooks/deliveries", deliveries.Deliveries.as_view()),
    path("v1/webhooks/deliveries/<str:delivery_id>", deliveries.DeliveryDetail.as_view()),
    path("v1/webhooks/deliveries/<str:delivery_id>/replay", deliveries.DeliveryReplay.as_view()),
    path("v1/webhooks/replays", replays.Replays.as_view()),
    path("v1/webhooks/replays/<str:replay_id>", replays.ReplayDetail.as_view()),
    path("v1/webhooks/replays/<str:replay_id>/cancel", replays.ReplayCancel.as_view()),
    path("v1/webhooks/<str:webhook_id>", endpoints.WebhookDetail.as_view()),
    path("v1/webhooks/<str:webhook_id>/test", endpoints.WebhookTest.as_view()),
    path("v1/webhooks/<str:webhook_id>/verify", endpoints.WebhookVerify.as_view()),
    path("v1/webhooks/<str:webhook_id>/rotate-secret", endpoints.WebhookSecret.as_view()),
    path("v1/webhooks/<str:webhook_id>/deliveries", deliveries.WebhookDeliveries.as_view()),
]
