"""The public documentation: guides, API reference, error codes, event catalogue, and the index for language models."""

import json
from dataclasses import asdict
from http import HTTPStatus
from itertools import groupby
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from agentcollect.kit.errors import REGISTRY, Definition, explanations
from dashboard import prose
from dashboard.queries import catalogue

SHAPE = json.dumps(
    {
        "error": "missing_field",
        "status": 400,
        "message": "debtors[0].invoice_amount is required.",
        "request_id": "req_0UZ8pq1K9xQk4Fw2aBcDeF",
        "doc_url": "https://api.agentcollect.com/docs/errors#missing_field",
        "param": "debtors[0].invoice_amount",
        "errors": [
            {
                "param": "debtors[0].invoice_amount",
                "code": "missing_field",
                "message": "debtors[0].invoice_amount is required.",
            }
        ],
    },
    indent=2,
)
_MARKDOWN = "text/markdown; charset=utf-8"


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/docs/reference.html")


@require_safe
def printed(request: HttpRequest) -> HttpResponse:
    """The whole reference on one page, for printing and for reading in one go."""
    return render(request, "dashboard/docs/print.html")


@require_safe
def guides(request: HttpRequest) -> HttpResponse:
    return _page(request, "dashboard/docs/guides.html")


@require_safe
def guide(request: HttpRequest, name: str) -> HttpResponse:
    found = _guide(name)
    page = prose.page(found.rest)
    shown = {"guide": found, "lead": prose.line(found.lead), "page": page, "headings": page.headings}
    return _page(request, "dashboard/docs/guide.html", **shown)


@require_safe
def guide_source(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(prose.at_home(_guide(name).text), content_type=_MARKDOWN)


def _guide(name: str) -> prose.Guide:
    if name not in prose.guides():
        raise Http404
    return prose.guides()[name]


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Every code of the registry by status, with its cause and its cure."""
    ordered = sorted(REGISTRY.values(), key=lambda definition: (definition.status, definition.code))
    groups = [
        (status, HTTPStatus(status).phrase, [_explained(definition) for definition in found])
        for status, found in groupby(ordered, key=lambda definition: definition.status)
    ]
    headings = [(f"s{status}", f"{status} {phrase}") for status, phrase, _ in groups]
    return _page(request, "dashboard/docs/errors.html", groups=groups, shape=prose.at_home(SHAPE), headings=headings)


def _explained(definition: Definition) -> dict[str, Any]:
    cause, cure = explanations().get(definition.code, ("", ""))
    return {
        "definition": definition,
        "message": prose.line(definition.message),
        "cause": prose.line(cause),
        "cure": prose.line(cure),
    }


@require_safe
def errors_source(request: HttpRequest) -> HttpResponse:
    return HttpResponse(prose.at_home((prose.FOLDER / "errors.md").read_text()), content_type=_MARKDOWN)


@require_safe
def events(request: HttpRequest) -> HttpResponse:
    """Every public event type: when, which facts, the body a receiver gets, and its JSON Schema."""
    found = catalogue.entries()
    headings = [(entry.type.name, entry.type.name) for entry in found]
    return _page(request, "dashboard/docs/events.html", types=found, headings=headings)


@require_safe
def event(request: HttpRequest, name: str) -> HttpResponse:
    """One type, with test vectors for a receiver's own verification."""
    found = catalogue.entry(name)
    if found is None:
        raise Http404
    return _page(request, "dashboard/docs/event.html", one=found, signed=found.vector.headers.items())


@require_safe
def event_schema(request: HttpRequest, name: str) -> HttpResponse:
    """The type's JSON Schema by itself, for code generators and validators."""
    found = catalogue.entry(name)
    if found is None:
        raise Http404
    return HttpResponse(found.schema, content_type="application/schema+json; charset=utf-8")


@require_safe
def event_vectors(request: HttpRequest) -> HttpResponse:
    """The test vectors of all types as JSON, for a receiver's own test suite."""
    return JsonResponse({"vectors": [asdict(entry.vector) for entry in catalogue.entries()]})


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    """The index that https://llmstxt.org asks for: what this is, and where it is written in plain text."""
    text = render(request, "dashboard/docs/llms.txt", {"guides": prose.guides().values()}).content
    return HttpResponse(text, content_type=_MARKDOWN)


def _page(request: HttpRequest, template: str, **shown: Any) -> HttpResponse:
    return render(request, template, shown | {"guides": prose.guides().values()})
