"""The public documentation: API reference, error codes, event catalogue."""

import json
from http import HTTPStatus
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from agentcollect.kit.errors import REGISTRY
from events.catalogue import PUBLIC, TYPES

SHAPE = json.dumps(
    {
        "error": "missing_field",
        "status": 400,
        "message": "invoice_amount is required.",
        "request_id": "req_0UZ8pq1K9xQk4Fw2aBcDeF",
        "doc_url": "https://api.agentcollect.com/docs/errors#missing_field",
        "param": "debtors[0].invoice_amount",
        "errors": [
            {
                "param": "debtors[0].invoice_amount",
                "code": "missing_field",
                "message": "invoice_amount is required.",
            }
        ],
    },
    indent=2,
)


def reference(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/docs/reference.html")


def errors(request: HttpRequest) -> HttpResponse:
    """Every code of the registry, by status."""
    ordered = sorted(REGISTRY.values(), key=lambda definition: (definition.status, definition.code))
    groups = [
        (status, HTTPStatus(status).phrase, list(found))
        for status, found in groupby(ordered, key=lambda definition: definition.status)
    ]
    return render(request, "dashboard/docs/errors.html", {"groups": groups, "shape": SHAPE})


def events(request: HttpRequest) -> HttpResponse:
    """Every public event type with the body a receiver gets."""
    shown = []
    for name in sorted(PUBLIC):
        envelope = {"event": name, "id": "evt_0UZ8pq1KKp2mZxQ8aBcDeF", "created_at": "2026-03-17T14:22:00Z"}
        body = json.dumps(envelope | {"data": TYPES[name].example}, indent=2, ensure_ascii=False)
        shown.append((TYPES[name], body))
    return render(request, "dashboard/docs/events.html", {"types": shown})
