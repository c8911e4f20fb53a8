"""Addresses of the sandbox room."""

from django.urls import path

from sandbox import call_views, clock_views, reply_views, views

urlpatterns = [
    path("v1/sandbox/clocks", clock_views.Clocks.as_view()),
    path("v1/sandbox/clocks/<str:clock_id>", clock_views.ClockDetail.as_view()),
    path("v1/sandbox/clocks/<str:clock_id>/advance", clock_views.ClockAdvance.as_view()),
    path("v1/sandbox/payments", views.Payments.as_view()),
    path("v1/sandbox/disputes", views.Disputes.as_view()),
    path("v1/sandbox/calls", call_views.Calls.as_view()),
    path("v1/sandbox/replies", reply_views.Replies.as_view()),
    path("v1/sandbox/bounces", reply_views.Bounces.as_view()),
    path("v1/sandbox/opt_outs", reply_views.OptOuts.as_view()),
]
