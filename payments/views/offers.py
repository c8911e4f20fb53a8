"""`/v1/offers` and `/v1/cases/{id}/offers`: settlements for less than what is owed."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.api import ApiView
from payments import listings, operations, queries, serializers
from payments.models import Offer
from payments.models.agreements import Source
from payments.schema import offers as schema
from payments.views.agreements import Action, CaseView, nothing


@schema.make_offer
class CaseOffers(CaseView):
    """The creditor drafts a settlement of one case."""

    def post(self, request: Request, case_id: str) -> Response:
        case = self.case(case_id)
        given = serializers.read_offer(request, case)
        drafted = operations.draft_offer(
            case_id=case.id,
            amount_minor=given.amount_minor,
            percent=given.percent,
            valid_until=given.valid_until,
            conditions=given.conditions,
            reason=given.reason,
            source=Source.CREDITOR,
            evidence=self.evidence,
            by=self.principal.by,
            at=self.at,
        )
        return Response(serializers.offer(_offer(self, drafted.id)), status=201)


def _offer(view: ApiView, offer_id: str) -> Offer:
    return queries.offer(view.principal.organisation_id, view.principal.livemode, offer_id)


@schema.offers
class Offers(ApiView):
    scopes = {"GET": "payments:read"}
    lists = listings.OFFERS

    def get(self, request: Request) -> Response:
        rows = queries.offers(self.principal.organisation_id, self.principal.livemode)
        return self.listing(rows, serializers.offer)


@schema.offer
class OneOffer(ApiView):
    scopes = {"GET": "payments:read"}

    def get(self, request: Request, offer_id: str) -> Response:
        return Response(serializers.offer(_offer(self, offer_id)))


class _OfferAction(Action):
    """One act on an offer; the answer is the offer after it."""

    def act(self, offer_id: str, who: dict[str, Any]) -> None:
        raise NotImplementedError

    def post(self, request: Request, offer_id: str) -> Response:
        nothing(request)
        self.act(_offer(self, offer_id).id, self.who)
        return Response(serializers.offer(_offer(self, offer_id)))


@schema.approve_offer
class ApproveOffer(_OfferAction):
    def act(self, offer_id: str, who: dict[str, Any]) -> None:
        operations.approve_offer(offer_id=offer_id, **who)


@schema.send_offer
class SendOffer(_OfferAction):
    def act(self, offer_id: str, who: dict[str, Any]) -> None:
        operations.send_offer(offer_id=offer_id, **who)


@schema.accept_offer
class AcceptOffer(_OfferAction):
    """The debtor said yes to the creditor themselves."""

    def act(self, offer_id: str, who: dict[str, Any]) -> None:
        evidence = {"recorded_by": self.principal.by}
        operations.accept_offer(offer_id=offer_id, evidence=evidence, **who)


@schema.decline_offer
class DeclineOffer(_OfferAction):
    def act(self, offer_id: str, who: dict[str, Any]) -> None:
        operations.decline_offer(offer_id=offer_id, **who)


@schema.void_offer
class VoidOffer(_OfferAction):
    def act(self, offer_id: str, who: dict[str, Any]) -> None:
        operations.void_offer(offer_id=offer_id, **who)
