"""What was said to debtors, and what the gate said to us."""

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.api import ApiView
from agentcollect.kit.described import described
from agentcollect.kit.listing import document
from outreach import listings, queries, schema, serializers


@document(
    "list_campaign_messages", "List the messages of a campaign", schema.MESSAGE_ITEM, schema.EXAMPLE, tag="Messages"
)
class CampaignMessages(ApiView):
    """The messages of one campaign, newest first."""

    scopes = {"GET": "messages:read"}
    lists = listings.CAMPAIGN_MESSAGES

    def get(self, request: Request, campaign_id: str) -> Response:
        rows = queries.campaign_messages(self.principal.organisation_id, self.principal.livemode, campaign_id)
        return self.listing(rows, serializers.message)


@described(
    "get_message",
    "Get a message as it was sent",
    schema.MESSAGE,
    schema.DETAIL_EXAMPLE,
    tag="Messages",
    called="Message",
)
class OneMessage(ApiView):
    """A message exactly as it left."""

    scopes = {"GET": "messages:read"}

    def get(self, request: Request, message_id: str) -> Response:
        found = queries.message(self.principal.organisation_id, self.principal.livemode, message_id)
        return Response(serializers.message_detail(found))


@document(
    "list_case_decisions",
    "List the decisions of the rule engine about a case",
    schema.DECISION,
    schema.DECISION_EXAMPLE,
    tag="Cases",
)
class CaseDecisions(ApiView):
    """Why a debtor was contacted, or was not: every evaluation with every rule's verdict, newest first."""

    scopes = {"GET": "campaigns:read"}
    lists = listings.CASE_DECISIONS

    def get(self, request: Request, case_id: str) -> Response:
        rows = queries.case_decisions(self.principal.organisation_id, self.principal.livemode, case_id)
        return self.listing(rows, serializers.decision)
