"""The last touches on the drawn document: introduction, components, security, names of models, webhooks."""

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from agentcollect.kit.openapi import answers, parameters, webhooks
from agentcollect.kit.openapi.models import name_models
from agentcollect.kit.openapi.words import INTRODUCTION, TAGS


def finish(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """drf-spectacular's hook: the document as it is published."""
    result["info"]["description"] = INTRODUCTION
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(Error=answers.SCHEMA, FieldError=answers.FIELD_SCHEMA)
    components["responses"] = answers.components()
    components["parameters"] = parameters.shared()
    components["headers"] = parameters.headers()
    result["webhooks"] = webhooks.section()
    _secure(result)
    name_models(result)
    result["tags"] = _tags(result)
    return result


def _secure(document: dict[str, Any]) -> None:
    """Wherever a bearer works, a token of the standard OAuth 2.0 flow does."""
    schemes = document["components"].setdefault("securitySchemes", {})
    schemes["oauth2"] = {
        "type": "oauth2",
        "description": "OAuth 2.0 client credentials (RFC 6749, 4.4): the id of an API key and the key itself.",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "/v1/oauth/token",
                "scopes": dict(import_string(settings.OPENAPI_SCOPES)),
            }
        },
    }
    for methods in document["paths"].values():
        for operation in methods.values():
            scopes = [requirement["bearer"] for requirement in operation["security"] if "bearer" in requirement]
            if scopes and not any("oauth2" in requirement for requirement in operation["security"]):
                operation["security"].append({"oauth2": scopes[0]})


def _tags(document: dict[str, Any]) -> list[dict[str, str]]:
    used = {
        tag
        for section in ("paths", "webhooks")
        for methods in document[section].values()
        for operation in methods.values()
        for tag in operation["tags"]
    }
    return [{"name": name, "description": text} for name, text in TAGS.items() if name in used] + [
        {"name": name} for name in sorted(used - TAGS.keys())
    ]
