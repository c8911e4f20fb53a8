"""Addresses of the accounts room."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("v1/auth", views.Auth.as_view()),
    path("v1/organisation", views.Organisation.as_view()),
]
