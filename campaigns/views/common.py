"""What the views of this room share."""

from typing import Any, cast

from rest_framework.parsers import BaseParser

from accounts.story import StoryView
from agentcollect.kit.body import read_body
from agentcollect.kit.errors import ApiError
from campaigns.queries import Tenant


class RawBody(BaseParser):
    """The body as bytes: `intake` decodes amounts from their text."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        if (media_type or "").startswith("multipart/"):
            raise ApiError("unsupported_media_type", "Send JSON; name a CSV by `csv_url`.")
        return read_body(stream)


class TenantView(StoryView):
    """A view over rows of the caller's organisation and mode."""

    @property
    def tenant(self) -> Tenant:
        return Tenant(self.principal.organisation_id, self.principal.livemode)

    @property
    def raw(self) -> bytes:
        """The body as `RawBody` left it; an empty one is an empty object."""
        return cast(bytes, self.request.data) or b"{}"
