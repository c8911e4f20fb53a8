"""Addresses of the webhooks room."""

from django.urls import path

from webhooks import views

urlpatterns = [
    path("v1/webhooks", views.Webhooks.as_view()),
    path("v1/webhooks/deliveries/<str:delivery_id>", views.DeliveryDetail.as_view()),
    path("v1/webhooks/deliveries/<str:delivery_id>/replay", views.DeliveryReplay.as_view()),
    path("v1/webhooks/<str:webhook_id>", views.WebhookDetail.as_view()),
    path("v1/webhooks/<str:webhook_id>/test", views.WebhookTest.as_view()),
    path("v1/webhooks/<str:webhook_id>/deliveries", views.WebhookDeliveries.as_view()),
]
