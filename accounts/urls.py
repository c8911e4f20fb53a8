"""Addresses of the accounts room."""

from django.urls import path

from accounts import request_log_views, views

urlpatterns = [
    path("v1/auth", views.Auth.as_view()),
    path("v1/oauth/token", views.OAuthToken.as_view()),
    path("v1/oauth/revoke", views.RevokeToken.as_view()),
    path("v1/oauth/introspect", views.IntrospectToken.as_view()),
    path(".well-known/oauth-authorization-server", views.OAuthMetadata.as_view()),
    path("v1/secret_scanning", views.SecretScanning.as_view()),
    path("v1/organisation", views.Organisation.as_view()),
    path("v1/organisation/pause", views.PauseOrganisation.as_view()),
    path("v1/organisation/resume", views.ResumeOrganisation.as_view()),
    path("v1/request_logs", request_log_views.RequestLogs.as_view()),
    path("v1/request_logs/<str:log_id>", request_log_views.RequestLogDetail.as_view()),
]
