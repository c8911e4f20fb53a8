"""What the views of webhooks share: whose rows, who acts, and how an answer is shown in the document."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework.response import Response

from agentcollect.kit import clock
from agentcollect.kit.api import ApiView
from webhooks import serializers
from webhooks.models import Delivery


def shows(value: Any, name: str = "Answer") -> OpenApiExample:
    return OpenApiExample(name, value=value, response_only=True, status_codes=["200", "201", "202"])


class WebhookView(ApiView):
    @property
    def own(self) -> dict[str, Any]:
        """Whose rows this request may touch."""
        return {"organisation_id": self.principal.organisation_id, "livemode": self.principal.livemode}

    @property
    def act(self) -> dict[str, Any]:
        """Whose rows, who acts, and when."""
        return self.own | {"by": self.principal.by, "at": clock.now()}


def sent(delivery: Delivery) -> Response:
    """202: the delivery runs on; `Location` is where its attempts will show."""
    where = {"Location": f"/v1/webhooks/deliveries/{delivery.id}"}
    return Response(serializers.delivery_json(delivery), status=202, headers=where)
