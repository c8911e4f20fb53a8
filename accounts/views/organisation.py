"""`/v1/organisation`: whoami, pause, resume."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import models, operations, schema, serializers
from agentcollect.kit import clock
from agentcollect.kit.api import ApiView, body_object

_EXAMPLE = OpenApiExample("Organisation", value=schema.ORGANISATION_EXAMPLE, response_only=True)
_PAUSED = OpenApiExample("Paused", value=schema.PAUSED_EXAMPLE, response_only=True)


class Whoami(ApiView):
    """A view that answers with the organisation as this credential sees it."""

    def seen(self, row: models.Organisation) -> Response:
        return Response(serializers.organisation(row, self.principal))


class Organisation(Whoami):
    """Whoami: any valid credential may ask what it is."""

    scopes = {"GET": ""}

    @extend_schema(
        operation_id="get_organisation",
        summary="The organisation of this credential, its scopes, limits, and what is still missing",
        description=(
            "`blocking` lists everything that keeps debtors from being contacted, each with the page that says what to "
            "do; it is empty when nothing does. Any credential may ask."
        ),
        tags=["Organisation"],
        responses={200: schema.ORGANISATION},
        examples=[_EXAMPLE],
    )
    def get(self, request: Request) -> Response:
        return self.seen(self.principal.organisation)


class PauseOrganisation(Whoami):
    scopes = {"POST": "organisation:write"}

    @extend_schema(
        operation_id="pause_organisation",
        summary="Pause everything",
        description=(
            "Whatever is not yet in the hands of a provider stops within a second, over all campaigns of the key's "
            "mode; nothing is lost, and `/v1/organisation/resume` goes on where the plan stands. Pausing what is "
            "paused changes nothing."
        ),
        tags=["Organisation"],
        request=None,
        responses={200: schema.ORGANISATION},
        examples=[_PAUSED],
    )
    def post(self, request: Request) -> Response:
        return self.seen(_steer(operations.pause_organisation, request, self.principal))


class ResumeOrganisation(Whoami):
    scopes = {"POST": "organisation:write"}

    @extend_schema(
        operation_id="resume_organisation",
        summary="Resume after a pause",
        description="Everything goes on where the plan stands. Resuming what runs changes nothing.",
        tags=["Organisation"],
        request=None,
        responses={200: schema.ORGANISATION},
        examples=[_EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        return self.seen(_steer(operations.resume_organisation, request, self.principal))


def _steer(operation: Callable[..., models.Organisation], request: Request, who: Any) -> models.Organisation:
    body_object(request, frozenset())
    return operation(organisation_id=who.organisation_id, livemode=who.livemode, by=who.by, at=clock.now())
