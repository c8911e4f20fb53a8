"""`/v1/debtors`, `/v1/contacts`, `/v1/suppressions`: translate, one call down, translate back."""

from datetime import datetime
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from agentcollect.kit.errors import ApiError
from campaigns import listings, operations, queries, schema
from campaigns.queries import Tenant
from campaigns.serializers import party_bodies, people, public
from campaigns.views.common import RawBody, TenantView
from compliance import volume

# A debtor has a handful of people; a page of them is plenty.
_PEOPLE = 100


@schema.debtors
class Debtors(TenantView):
    scopes = {"GET": "campaigns:read"}
    lists = listings.DEBTORS

    def get(self, request: Request) -> Response:
        return self.listing(queries.debtors(self.tenant), people.debtor)


def debtor_detail(tenant: Tenant, debtor_id: str, at: datetime) -> dict[str, Any]:
    """One debtor with its invoices, people and holds, and how much of the week's messages is used."""
    found = queries.debtor(tenant, debtor_id)
    persons = queries.contacts_at(tenant, found.id)
    return people.debtor(found) | {
        "cases": [public.case(row) for row in queries.cases_of(found)],
        "contacts": [people.contact(row) for row in persons],
        "holds": [people.hold(row) for row in queries.holds_about(found)],
        "last_7_days": {
            "outreach": queries.outreach_since(found.id, at - volume.WEEK),
            "limit": volume.PER_WEEK,
        },
    }


@schema.update_debtor
@schema.get_debtor
class DebtorDetail(TenantView):
    scopes = {"GET": "campaigns:read", "PATCH": "campaigns:write"}
    parser_classes = [RawBody]

    def get(self, request: Request, debtor_id: str) -> Response:
        return Response(debtor_detail(self.tenant, debtor_id, self.at))

    def patch(self, request: Request, debtor_id: str) -> Response:
        standing = queries.debtor(self.tenant, debtor_id)
        at = self.at
        changes, reason = party_bodies.debtor(self.raw, standing)
        operations.correct_debtor(debtor_id=debtor_id, changes=changes, reason=reason, by=self.principal.by, at=at)
        return Response(debtor_detail(self.tenant, debtor_id, at))


class _ContactView(TenantView):
    parser_classes = [RawBody]

    def answer(self, contact_id: str, status: int = 200, **headers: str) -> Response:
        shown = people.contact(queries.contact(self.tenant, contact_id))
        return Response(shown, status=status, headers=headers)


@schema.create_contact
@schema.contacts
class Contacts(_ContactView):
    scopes = {"GET": "contacts:read", "POST": "contacts:write"}
    lists = listings.CONTACTS

    def get(self, request: Request) -> Response:
        return self.listing(queries.contacts(self.tenant), people.contact)

    def post(self, request: Request) -> Response:
        debtor_id, facts = party_bodies.contact(self.raw)
        try:
            queries.debtor(self.tenant, debtor_id)
        except ApiError as error:
            raise ApiError("not_found", error.message, param="debtor_id") from error
        added = operations.add_contact(
            debtor_id=debtor_id, facts=facts, by=self.principal.by, at=self.at_of(debtor_id=debtor_id)
        )
        return self.answer(added.id, 201)


@schema.update_contact
@schema.get_contact
class ContactDetail(_ContactView):
    scopes = {"GET": "contacts:read", "PATCH": "contacts:write"}

    def get(self, request: Request, contact_id: str) -> Response:
        return self.answer(contact_id)

    def patch(self, request: Request, contact_id: str) -> Response:
        queries.contact(self.tenant, contact_id)
        changes = party_bodies.correction(self.raw)
        operations.correct_contact(contact_id=contact_id, changes=changes, by=self.principal.by, at=self.at)
        return self.answer(contact_id)


@schema.verify_contact
class VerifyContact(_ContactView):
    scopes = {"POST": "contacts:write"}

    def post(self, request: Request, contact_id: str) -> Response:
        queries.contact(self.tenant, contact_id)
        vouched = party_bodies.verify(self.raw)
        operations.request_check(contact_id=contact_id, vouched=vouched, by=self.principal.by, at=self.at)
        return self.answer(contact_id, 202, Location=f"/v1/contacts/{contact_id}")


@schema.suppress_contact
class SuppressContact(_ContactView):
    scopes = {"POST": "contacts:write"}

    def post(self, request: Request, contact_id: str) -> Response:
        queries.contact(self.tenant, contact_id)
        reason = party_bodies.suppress(self.raw)
        operations.suppress_contact(contact_id=contact_id, reason=reason, by=self.principal.by, at=self.at)
        return self.answer(contact_id)


@schema.suppressions
class Suppressions(TenantView):
    """The debtors' own: read, never removed."""

    scopes = {"GET": "contacts:read"}
    lists = listings.SUPPRESSIONS

    def get(self, request: Request) -> Response:
        return self.listing(queries.suppressions(self.tenant), people.suppression)
