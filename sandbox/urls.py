"""Addresses of the sandbox room."""

from django.urls import path

from sandbox import views

urlpatterns = [path("v1/sandbox/payments", views.Payments.as_view())]
