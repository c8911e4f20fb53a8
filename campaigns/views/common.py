"""What the views of this room share."""

from typing import Any

from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from agentcollect.kit.api import ApiView, read_time
from agentcollect.kit.body import read_body
from agentcollect.kit.errors import ApiError
from agentcollect.kit.pagination import page
from campaigns.queries import Tenant

PAGING = frozenset({"cursor", "limit"})
WHEN = frozenset({"created_after", "created_before", "updated_since"})


class RawBody(BaseParser):
    """The body as bytes: `intake` decodes amounts from their text."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        if (media_type or "").startswith("multipart/"):
            raise ApiError("unsupported_media_type", "Send JSON; name a CSV by `csv_url`.")
        return read_body(stream)


class TenantView(ApiView):
    """A view over rows of the caller's organisation and mode."""

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.principal.organisation_id, self.principal.livemode)

    def listing(self, queryset: Any, serialise: Any, *names: str) -> Response:
        """A page of `queryset`, with the time filters every list has and equality on `names`."""
        params = self.request.query_params.dict()
        if after := read_time(params, "created_after"):
            queryset = queryset.filter(created_at__gte=after)
        if before := read_time(params, "created_before"):
            queryset = queryset.filter(created_at__lt=before)
        if since := read_time(params, "updated_since"):
            queryset = queryset.filter(updated_at__gte=since)
        queryset = queryset.filter(**{name: params[name] for name in names if name in params})
        for name, value in params.items():
            if name.startswith("metadata["):
                queryset = queryset.filter(**{f"metadata__{name[9:-1]}": value})
        scope = f"{self.request.path}|{self.tenant}"
        return Response(page(queryset, params, scope=scope, serialise=serialise))
