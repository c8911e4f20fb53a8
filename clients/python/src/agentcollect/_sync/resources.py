"""The resources of the API: one small class each, one method an operation."""

from collections.abc import Iterator
from typing import Any

from agentcollect import types
from agentcollect._sync.base import Json, Resource

DebtorsIn = list[types.DebtorIn]


class Organisation(Resource):
    """Who you are here."""

    def get(self) -> types.Organisation:
        """Name, mode, scopes, limits, and what still blocks live mode."""
        return self._get("/v1/organisation")  # type: ignore[no-any-return]

    def pause(self, *, idempotency_key: str | None = None) -> types.Organisation:
        """Stop everything that has not been handed to a provider."""
        return self._post("/v1/organisation/pause", key=idempotency_key)  # type: ignore[no-any-return]

    def resume(self, *, idempotency_key: str | None = None) -> types.Organisation:
        """Go on."""
        return self._post("/v1/organisation/resume", key=idempotency_key)  # type: ignore[no-any-return]


class Campaigns(Resource):
    """Mandates over at most 500 invoices."""

    def create(
        self,
        *,
        company: str,
        debtors: DebtorsIn | None = None,
        brand: types.Brand | None = None,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> types.CampaignCreated:
        """Start collecting. With `debtors`, `company` is you; without them it is the debtor (`invoice_amount=…`).

        `fields`: the other fields of the reference, as `currency`, `name`, `metadata`, `source` and `csv_url`.
        """
        named = {"company": company, "debtors": debtors, "brand": brand} | fields
        body = {name: value for name, value in named.items() if value is not None}
        return self._post("/v1/campaigns", body, key=idempotency_key)  # type: ignore[no-any-return]

    def preview(self, *, company: str, **fields: Any) -> Json:
        """What `create` would do, with nothing written: planned moments, blocked rows, the first message."""
        return self._post("/v1/campaigns/preview", {"company": company} | fields)  # type: ignore[no-any-return]

    def get(self, campaign_id: str) -> types.Campaign:
        """One campaign with its figures and the latest of its timeline."""
        return self._get(f"/v1/campaigns/{campaign_id}")  # type: ignore[no-any-return]

    def update(self, campaign_id: str, **changes: Any) -> types.Campaign:
        """Change name, metadata and what else the reference lists; None clears."""
        return self._patch(f"/v1/campaigns/{campaign_id}", changes)  # type: ignore[no-any-return]

    def list(self, **filters: Any) -> Iterator[types.Campaign]:
        """All campaigns, newest first (`status`, `created_after`, `metadata={…}`, `limit` = page size, …)."""
        return self._client.iterate("/v1/campaigns", filters)

    def add_debtors(self, campaign_id: str, debtors: DebtorsIn, *, idempotency_key: str | None = None) -> Json:
        """More invoices for a running campaign, never past 500."""
        path = f"/v1/campaigns/{campaign_id}/debtors"
        return self._post(path, {"debtors": debtors}, key=idempotency_key)  # type: ignore[no-any-return]

    def pause(self, campaign_id: str, *, idempotency_key: str | None = None) -> types.Campaign:
        """Send nothing more until `resume`."""
        return self._act(campaign_id, "pause", idempotency_key)

    def resume(self, campaign_id: str, *, idempotency_key: str | None = None) -> types.Campaign:
        """Go on; what was missed is caught up once."""
        return self._act(campaign_id, "resume", idempotency_key)

    def cancel(self, campaign_id: str, *, idempotency_key: str | None = None) -> types.Campaign:
        """End the mandate: open cases are recalled."""
        return self._act(campaign_id, "cancel", idempotency_key)

    def complete(self, campaign_id: str, *, idempotency_key: str | None = None) -> types.Campaign:
        """End the mandate early, with its summary."""
        return self._act(campaign_id, "complete", idempotency_key)

    def timeline(self, campaign_id: str, **filters: Any) -> Iterator[types.TimelineEntry]:
        """Everything that happened, newest first."""
        return self._client.iterate(f"/v1/campaigns/{campaign_id}/timeline", filters)

    def contacts(self, campaign_id: str, **filters: Any) -> Iterator[Json]:
        """The people found or given for each debtor."""
        return self._client.iterate(f"/v1/campaigns/{campaign_id}/contacts", filters)

    def cases(self, campaign_id: str, **filters: Any) -> Iterator[types.Case]:
        """Its invoices."""
        return self._client.iterate(f"/v1/campaigns/{campaign_id}/cases", filters)

    def payments(self, campaign_id: str, **filters: Any) -> Iterator[types.Payment]:
        """What was paid on it."""
        return self._client.iterate(f"/v1/campaigns/{campaign_id}/payments", filters)

    def messages(self, campaign_id: str, **filters: Any) -> Iterator[Json]:
        """What was written to debtors."""
        return self._client.iterate(f"/v1/campaigns/{campaign_id}/messages", filters)

    def _act(self, campaign_id: str, action: str, key: str | None) -> types.Campaign:
        return self._post(f"/v1/campaigns/{campaign_id}/{action}", key=key)  # type: ignore[no-any-return]


class Cases(Resource):
    """Invoices in collection."""

    def get(self, case_id: str) -> types.Case:
        """One case with its timeline."""
        return self._get(f"/v1/cases/{case_id}")  # type: ignore[no-any-return]

    def list(self, **filters: Any) -> Iterator[types.Case]:
        """Search across campaigns: `q` (company or invoice number), `status`, `hold`, `external_id`, …"""
        return self._client.iterate("/v1/cases", filters)

    def update(self, case_id: str, **changes: Any) -> types.Case:
        """Correct the amount, the invoice's facts or metadata while it runs."""
        return self._patch(f"/v1/cases/{case_id}", changes)  # type: ignore[no-any-return]

    def act(self, case_id: str, action: str, *, idempotency_key: str | None = None, **fields: Any) -> types.Case:
        """`hold`, `release`, `close`, `unrecall`, `credits` or `enrich`, with the fields the reference names."""
        return self._post(f"/v1/cases/{case_id}/{action}", fields, key=idempotency_key)  # type: ignore[no-any-return]

    def decisions(self, case_id: str, **filters: Any) -> Iterator[Json]:
        """Why the debtor was or was not contacted: every rule with its evidence."""
        return self._client.iterate(f"/v1/cases/{case_id}/decisions", filters)

    def documents(self, case_id: str, **filters: Any) -> Iterator[Json]:
        """The papers of the case."""
        return self._client.iterate(f"/v1/cases/{case_id}/documents", filters)


class Debtors(Resource):
    """Companies that owe."""

    def get(self, debtor_id: str) -> Json:
        """One debtor."""
        return self._get(f"/v1/debtors/{debtor_id}")  # type: ignore[no-any-return]

    def list(self, **filters: Any) -> Iterator[Json]:
        """All debtors, newest first."""
        return self._client.iterate("/v1/debtors", filters)

    def update(self, debtor_id: str, **changes: Any) -> Json:
        """Correct what is known of them."""
        return self._patch(f"/v1/debtors/{debtor_id}", changes)  # type: ignore[no-any-return]


class Contacts(Resource):
    """People at debtors."""

    def create(self, *, debtor_id: str, idempotency_key: str | None = None, **fields: Any) -> Json:
        """Somebody to write to."""
        return self._post("/v1/contacts", {"debtor_id": debtor_id} | fields, key=idempotency_key)  # type: ignore[no-any-return]

    def update(self, contact_id: str, **changes: Any) -> Json:
        """Correct a person; it counts from the next step on."""
        return self._patch(f"/v1/contacts/{contact_id}", changes)  # type: ignore[no-any-return]

    def suppress(self, contact_id: str, *, idempotency_key: str | None = None, **fields: Any) -> Json:
        """Never write to this address again."""
        return self._post(f"/v1/contacts/{contact_id}/suppress", fields, key=idempotency_key)  # type: ignore[no-any-return]


class Exclusions(Resource):
    """Whom you do not want contacted."""

    def create(self, *, idempotency_key: str | None = None, **fields: Any) -> Json:
        """By company, domain, email, phone or external_id."""
        return self._post("/v1/exclusions", fields, key=idempotency_key)  # type: ignore[no-any-return]

    def list(self, **filters: Any) -> Iterator[Json]:
        """All exclusions."""
        return self._client.iterate("/v1/exclusions", filters)

    def delete(self, exclusion_id: str) -> Json:
        """Take it back; the holds it made end."""
        return self._client.request("DELETE", f"/v1/exclusions/{exclusion_id}")  # type: ignore[no-any-return]


class Suppressions(Resource):
    """What debtors closed to us; theirs, and not to be removed."""

    def list(self, **filters: Any) -> Iterator[Json]:
        """All suppressions."""
        return self._client.iterate("/v1/suppressions", filters)


class Documents(Resource):
    """Papers about a case or debtor."""

    def upload(self, *, name: str, content: bytes, **fields: str) -> Json:
        """Store a file (at most 25 MB) with `case_id`, `kind`, `share_with_debtor`, …"""
        return self._client.upload("/v1/documents", file=(name, content), fields=fields)  # type: ignore[no-any-return]

    def get(self, document_id: str) -> Json:
        """What is known of it."""
        return self._get(f"/v1/documents/{document_id}")  # type: ignore[no-any-return]

    def list(self, **filters: Any) -> Iterator[Json]:
        """All documents."""
        return self._client.iterate("/v1/documents", filters)


class Messages(Resource):
    """What was written to debtors."""

    def get(self, message_id: str) -> Json:
        """One message as it was sent, with what wrote and checked it."""
        return self._get(f"/v1/messages/{message_id}")  # type: ignore[no-any-return]


class Payments(Resource):
    """Money."""

    def get(self, payment_id: str) -> types.Payment:
        """One payment with its breakdown."""
        return self._get(f"/v1/payments/{payment_id}")  # type: ignore[no-any-return]

    def list(self, **filters: Any) -> Iterator[types.Payment]:
        """All payments across campaigns, newest first."""
        return self._client.iterate("/v1/payments", filters)

    def report(
        self, *, amount: types.Amount | float, method: str, idempotency_key: str | None = None, **fields: Any
    ) -> types.Payment:
        """Money you received directly: with `case_id`, or `campaign_id` and `invoice_number`."""
        body = {"amount": amount, "method": method} | fields
        return self._post("/v1/payments", body, key=idempotency_key)  # type: ignore[no-any-return]


class Offers(Resource):
    """Settlements for less than what is owed."""

    def draft(self, case_id: str, *, idempotency_key: str | None = None, **fields: Any) -> Json:
        """A settlement with `amount` or `discount_percent`; nobody is told of it before it is sent."""
        return self._post(f"/v1/cases/{case_id}/offers", fields, key=idempotency_key)  # type: ignore[no-any-return]

    def get(self, offer_id: str) -> Json:
        """One offer, and how it stands."""
        return self._get(f"/v1/offers/{offer_id}")  # type: ignore[no-any-return]

    def list(self, **filters: Any) -> Iterator[Json]:
        """All offers, newest first."""
        return self._client.iterate("/v1/offers", filters)

    def approve(self, offer_id: str) -> Json:
        """It may be sent."""
        return self._post(f"/v1/offers/{offer_id}/approve")  # type: ignore[no-any-return]

    def send(self, offer_id: str) -> Json:
        """The payment page shows it, and a mail tells of it."""
        return self._post(f"/v1/offers/{offer_id}/send")  # type: ignore[no-any-return]

    def accept(self, offer_id: str) -> Json:
        """The debtor said yes to you."""
        return self._post(f"/v1/offers/{offer_id}/accept")  # type: ignore[no-any-return]

    def decline(self, offer_id: str) -> Json:
        """The debtor said no to you."""
        return self._post(f"/v1/offers/{offer_id}/decline")  # type: ignore[no-any-return]

    def void(self, offer_id: str) -> Json:
        """Take it back, before it is accepted."""
        return self._post(f"/v1/offers/{offer_id}/void")  # type: ignore[no-any-return]


class Webhooks(Resource):
    """Where we tell you."""

    def create(
        self, *, url: str, events: list[str] | None = None, idempotency_key: str | None = None, **fields: Any
    ) -> types.Webhook:
        """Register an endpoint. Its `secret` is in this answer and in no other."""
        named = {"url": url, "events": events} | fields
        body = {name: value for name, value in named.items() if value is not None}
        return self._post("/v1/webhooks", body, key=idempotency_key)  # type: ignore[no-any-return]

    def get(self, webhook_id: str) -> types.Webhook:
        """One endpoint."""
        return self._get(f"/v1/webhooks/{webhook_id}")  # type: ignore[no-any-return]

    def list(self, **filters: Any) -> Iterator[types.Webhook]:
        """All endpoints."""
        return self._client.iterate("/v1/webhooks", filters)

    def update(self, webhook_id: str, **changes: Any) -> types.Webhook:
        """Change url, events, description, status or metadata."""
        return self._patch(f"/v1/webhooks/{webhook_id}", changes)  # type: ignore[no-any-return]

    def delete(self, webhook_id: str) -> Json:
        """Send nothing more there."""
        return self._client.request("DELETE", f"/v1/webhooks/{webhook_id}")  # type: ignore[no-any-return]

    def test(self, webhook_id: str, *, idempotency_key: str | None = None) -> Json:
        """Send it a `webhook.test`."""
        return self._post(f"/v1/webhooks/{webhook_id}/test", key=idempotency_key)  # type: ignore[no-any-return]

    def deliveries(self, webhook_id: str, **filters: Any) -> Iterator[Json]:
        """What was sent there, newest first."""
        return self._client.iterate(f"/v1/webhooks/{webhook_id}/deliveries", filters)

    def replay(self, delivery_id: str, *, idempotency_key: str | None = None) -> Json:
        """Send a delivery again."""
        return self._post(f"/v1/webhooks/deliveries/{delivery_id}/replay", key=idempotency_key)  # type: ignore[no-any-return]


class Events(Resource):
    """Everything that happened, in order."""

    def get(self, event_id: str) -> types.Event:
        """One event."""
        return self._get(f"/v1/events/{event_id}")  # type: ignore[no-any-return]

    def page(self, *, after: str | None = None, **filters: Any) -> types.Page[types.Event]:
        """One page after an event or cursor, ascending; `next_cursor` is never null: keep it, and ask again later."""
        return self._get("/v1/events", after=after, **filters)  # type: ignore[no-any-return]

    def list(self, *, after: str | None = None, **filters: Any) -> Iterator[types.Event]:
        """All events after `after`, in the order they were committed, until there are no more for now."""
        while True:
            page = self.page(after=after, **filters)
            for event in page["data"]:
                yield event
            if not page["has_more"]:
                return
            after = page["next_cursor"]


class Exports(Resource):
    """Files made of lists."""

    def create(self, *, kind: str, idempotency_key: str | None = None, **fields: Any) -> Json:
        """Begin one; poll `get` until it is ready."""
        return self._post("/v1/exports", {"kind": kind} | fields, key=idempotency_key)  # type: ignore[no-any-return]

    def get(self, export_id: str) -> Json:
        """How far it is, and where the file is."""
        return self._get(f"/v1/exports/{export_id}")  # type: ignore[no-any-return]

    def list(self, **filters: Any) -> Iterator[Json]:
        """All exports."""
        return self._client.iterate("/v1/exports", filters)


class Reports(Resource):
    """Figures with their numerators, denominators and formulas, and the rows behind them.

    `name` is recovery, aging or channels. `placed_from` and `placed_to` are the days the API calls `from` and `to`.
    """

    def get(self, name: str, *, placed_from: str = "", placed_to: str = "", **filters: Any) -> Json:
        """The report, narrowed by campaign_id, currency, test_clock, as_of."""
        return self._get(f"/v1/reports/{name}", **_placed(placed_from, placed_to), **filters)  # type: ignore[no-any-return]

    def rows(self, name: str, *, placed_from: str = "", placed_to: str = "", **filters: Any) -> Iterator[Json]:
        """The rows behind it."""
        return self._client.iterate(f"/v1/reports/{name}/rows", _placed(placed_from, placed_to) | filters)


def _placed(first: str, last: str) -> dict[str, str]:
    return {name: day for name, day in (("from", first), ("to", last)) if day}


class RequestLogs(Resource):
    """Your calls of the last 30 days."""

    def list(self, **filters: Any) -> Iterator[Json]:
        """By `status`, `path`, `key_id`, `request_id`, …"""
        return self._client.iterate("/v1/request_logs", filters)

    def get(self, log_id: str) -> Json:
        """One call with its redacted bodies."""
        return self._get(f"/v1/request_logs/{log_id}")  # type: ignore[no-any-return]
