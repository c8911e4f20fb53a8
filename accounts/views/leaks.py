"""`POST /v1/secret_scanning`: keys found in public places, reported by those who search them."""

import base64
import binascii
import hashlib
import json
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import operations, schema
from accounts.operations.leaks import Report
from accounts.views.tokens import Door
from agentcollect.kit import clock, errors
from agentcollect.kit.body import parse_json, read_body
from agentcollect.kit.errors import ApiError

errors.define("invalid_signature", 403, "The report is not signed by anybody whose reports we take.")

_HEADERS = ("Github-Public-Key-Identifier", "Github-Public-Key-Signature")


class Raw(BaseParser):
    """The body as it came: its signature is over these very bytes."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        return read_body(stream)


class SecretScanning(Door):
    """The alert service of GitHub's secret scanning partner programme, in the form that the programme defines.

    A list of `{token, type, url, source}`, signed with ECDSA (P-256, SHA-256) over the raw body: which key in the
    header `Github-Public-Key-Identifier`, the signature (base64, DER) in `Github-Public-Key-Signature`. The answer is
    the programme's feedback: per match its SHA-256, its type, and `true_positive` or `false_positive`. Whoever else
    scans (GitGuardian, our own jobs) may report in the same form with a key in settings.SECRET_SCANNING_KEYS.

    https://docs.github.com/en/code-security/secret-scanning/secret-scanning-partnership-program/secret-scanning-partner-program
    """

    parser_classes = (Raw,)
    bucket = "scanning"

    @extend_schema(
        operation_id="report_leaked_keys",
        summary="Report API keys found in public",
        description=(
            "For secret scanning services, in the form of GitHub's partner programme. Each key that can still be used "
            "is revoked at once and its owners are told. The label is `true_positive` for every key that we issued, "
            "whether it still worked or not. No credential is asked for: the signature is it."
        ),
        tags=["Secret scanning"],
        auth=[],
        parameters=[OpenApiParameter(name, str, OpenApiParameter.HEADER, required=True) for name in _HEADERS],
        request={"application/json": schema.LEAKS},
        responses={200: schema.LEAK_LABELS},
        examples=[
            OpenApiExample("One match", value=schema.LEAKS_EXAMPLE, request_only=True),
            OpenApiExample("Labels", value=schema.LEAK_LABELS_EXAMPLE, response_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        raw: Any = request.data
        _check_signature(raw, *(request.headers.get(name, "") for name in _HEADERS))
        found = _matches(parse_json(raw))
        reports = [Report(match["token"], match.get("url") or "") for match in found]
        ours = operations.report_leaks(reports=reports, by="secret_scanning", at=clock.now())
        return Response([_label(match, match["token"] in ours) for match in found])


def _matches(body: Any) -> list[dict[str, Any]]:
    """The matches of a report. Fields that the programme may add are left alone."""
    if not isinstance(body, list):
        raise ApiError("invalid_request", "The body must be a list of matches.")
    for number, match in enumerate(body):
        if not isinstance(match, dict) or not isinstance(match.get("token"), str):
            raise ApiError("invalid_request", f"[{number}] must be an object with a token.", param=f"[{number}].token")
        if not all(isinstance(match.get(name), str | None) for name in ("type", "url")):
            raise ApiError("invalid_request", f"[{number}]: type and url are strings.", param=f"[{number}]")
    return body


def _label(match: dict[str, Any], is_ours: bool) -> dict[str, str]:
    return {
        "token_hash": hashlib.sha256(match["token"].encode()).hexdigest(),
        "token_type": match.get("type") or "",
        "label": "true_positive" if is_ours else "false_positive",
    }


def _check_signature(raw: bytes, key_id: str, signature: str) -> None:
    """Raises ApiError(invalid_signature) unless a key of settings.SECRET_SCANNING_KEYS made it over these bytes."""
    key = _keys(settings.SECRET_SCANNING_KEYS).get(key_id)
    if key is None:
        raise ApiError("invalid_signature")
    try:
        key.verify(base64.b64decode(signature, validate=True), raw, ec.ECDSA(SHA256()))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise ApiError("invalid_signature") from error


@lru_cache(maxsize=4)
def _keys(text: str) -> dict[str, ec.EllipticCurvePublicKey]:
    """Identifier → key, from the document as https://api.github.com/meta/public_keys/secret_scanning serves it."""
    listed = json.loads(text)["public_keys"] if text else []
    found = {entry["key_identifier"]: load_pem_public_key(entry["key"].encode()) for entry in listed}
    return {name: key for name, key in found.items() if isinstance(key, ec.EllipticCurvePublicKey)}
