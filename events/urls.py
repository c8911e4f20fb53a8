"""Addresses of the events room."""

from django.urls import path

from events import views

urlpatterns = [
    path("v1/events", views.Events.as_view()),
    path("v1/events/<str:event_id>", views.EventDetail.as_view()),
]
