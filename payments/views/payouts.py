"""`/v1/payouts`: what the processor sent to your bank, and of which payments it is made."""

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.api import ApiView
from agentcollect.kit.listing import document
from payments import listings
from payments.queries import payouts as queries
from payments.schema import payouts as schema
from payments.serializers import payouts as serializers


@document("list_payouts", "List payouts to your bank", schema.PAYOUT, schema.PAYOUT_EXAMPLE, tag="Payouts")
class Payouts(ApiView):
    """The payouts of the organisation in this mode."""

    scopes = {"GET": "payments:read"}
    lists = listings.PAYOUTS

    def get(self, request: Request) -> Response:
        rows = queries.payouts(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, serializers.payout)


@schema.one_payout
class OnePayout(ApiView):
    """One payout."""

    scopes = {"GET": "payments:read"}

    def get(self, request: Request, payout_id: str) -> Response:
        found = queries.payout(self.principal.organisation_id, self.principal.livemode, payout_id)
        return Response(serializers.payout_with(found, queries.totals(found)))


@document("list_payout_entries", "List what a payout is made of", schema.ENTRY, schema.ENTRY_EXAMPLE, tag="Payouts")
class PayoutEntries(ApiView):
    """The lines of the processor's books that one payout pays out."""

    scopes = {"GET": "payments:read"}
    lists = listings.PAYOUT_ENTRIES

    def get(self, request: Request, payout_id: str) -> Response:
        found = queries.payout(self.principal.organisation_id, self.principal.livemode, payout_id)
        return self.listing(queries.entries(found), serializers.entry)
