"""Addresses of `/v1` that no route knows: asked last of all."""

from typing import Any

from django.urls import path
from rest_framework.request import Request

from agentcollect.kit.api import ApiView
from agentcollect.kit.errors import ApiError


class UnknownAddress(ApiView):
    """404 for everybody; a request with a known key counts, and its answer carries the limit as every other does."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        try:
            self.perform_authentication(request)
        except ApiError as error:
            if error.code == "rate_limit_exceeded":
                raise
        raise ApiError("not_found", f"There is nothing at {request.path}.")


urlpatterns = [path("v1/<path:rest>", UnknownAddress.as_view())]
