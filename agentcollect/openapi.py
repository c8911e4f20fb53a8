"""The OpenAPI document: built from the views by `manage.py openapi`, committed, and served as the file it is."""

import json
from functools import cache
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator

from agentcollect.kit import errors

PATH = Path(__file__).parent / "openapi.json"


def build() -> str:
    """The document drawn from the code as it stands, as the text of the file."""
    drawn = SchemaGenerator().get_schema(request=None, public=True)
    return json.dumps(drawn, indent=1, ensure_ascii=False) + "\n"


@errors.get_only
def document(_request: HttpRequest) -> HttpResponse:
    """`GET /v1/openapi.json`: no credential, no limit, the same for everybody."""
    return HttpResponse(_served(), content_type="application/json", headers={"Cache-Control": "public, max-age=300"})


@cache
def _served() -> bytes:
    return PATH.read_bytes()
