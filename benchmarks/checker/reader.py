"""Reading one organisation, or one of its test clocks: a few whole-table questions, no object of the engine's."""

import sys
from collections.abc import Iterator
from datetime import date
from email import message_from_string
from itertools import islice
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, Substr

from accounts.models import Organisation as OrganisationRow
from benchmarks.checker import story as told
from benchmarks.checker.story import Body, Story, Touch
from campaigns.models import (
    Campaign,
    Case,
    Contact,
    Debtor,
    Dispute,
    Exclusion,
    Hold,
    LedgerEntry,
    Step,
    Suppression,
    Task,
)
from events.models import Event
from outreach.models import Call, Decision, MailboxItem, Message, Referral, Reply
from payments.models import Allocation, Instalment, PayDomain, Payment, Plan, Promise

# Whatever stands in none of these may have reached somebody.
_STAYED = ("draft", "rejected", "reserved", "failed", "cancelled")
_CHUNK = 500
# Longer than every header of a message.
_HEADERS = 6000
_TURNS = ("campaign.paused", "campaign.resumed", "campaign.cancelled", "campaign.completed")


def read(organisation_id: str, clock_id: str | None) -> Story:
    """See `benchmarks.checker.load`."""
    return _Reader(organisation_id, clock_id).story()


class _Reader:
    def __init__(self, organisation_id: str, clock_id: str | None) -> None:
        self.organisation_id, self.clock_id = organisation_id, clock_id

    def mine(self, model: Any, path: str = "") -> QuerySet[Any]:
        """The rows of `model`; `path` leads to the row that bears the clock."""
        rows = model.objects.filter(organisation_id=self.organisation_id)
        return rows if self.clock_id is None else rows.filter(**{f"{path}clock_id": self.clock_id})

    def story(self) -> Story:
        return Story(
            organisation=self._organisation(),
            campaigns={row.id: row for row in self._campaigns()},
            debtors={row.id: row for row in self._debtors()},
            cases={row.id: row for row in self._cases()},
            contacts={row.id: row for row in self._contacts()},
            touches=tuple(sorted(self._touches(), key=lambda touch: (touch.debtor, touch.at, touch.recorded))),
            decisions={row.id: row for row in self._decisions()},
            replies=tuple(self._replies()),
            holds=tuple(self._holds()),
            suppressions=tuple(self._suppressions()),
            agreements=(*self._disputes(), *self._promises(), *self._plans(), *self._payments()),
            entries=tuple(self._entries()),
            exclusions=tuple(self._exclusions()),
            referrals=tuple(self._referrals()),
            moments=tuple(self._moments()),
            doubts=frozenset(self.mine(Task, "debtor__").filter(kind="resolve_doubt").values_list("cause", flat=True)),
            bodies=self.bodies,
        )

    def _organisation(self) -> told.Organisation:
        row = OrganisationRow.objects.select_related("collector").filter(id=self.organisation_id).first()
        if row is None:
            raise LookupError(f"there is no organisation {self.organisation_id}")
        return told.Organisation(
            id=row.id,
            name=row.name,
            legal_name=row.legal_name,
            postal_address=row.postal_address,
            country=row.country,
            timezone=row.timezone,
            countries=tuple(row.enabled_countries or [row.country]),
            attested_class=row.attested_class,
            consumer_enabled=row.consumer_enabled,
            live_approved=row.live_approved,
            approval=row.approval,
            mandate_signed_at=row.mandate_signed_at,
            mandate_signed_by=row.mandate_signed_by,
            first_party=row.first_party,
            licences=tuple(_licence(one) for one in (row.collector.licences if row.collector else ())),
            collector=row.collector.legal_name if row.collector else "",
            collector_address=row.collector.address if row.collector else "",
            # A link that left was right when it left: what was proven once.
            pay_hosts=tuple(
                PayDomain.objects.filter(organisation_id=row.id, verified_at__isnull=False).values_list(
                    "host", flat=True
                )
            ),
        )

    def _campaigns(self) -> Iterator[told.Campaign]:
        names = ("id", "created_at", "mandate_ends_at", "livemode", "clock_id", "creditor", "brand", "approval")
        for id, at, ends, live, clock, creditor, brand, approval, escalation in self.mine(Campaign).values_list(
            *names, "escalation"
        ):
            yield told.Campaign(
                id=id,
                at=at,
                ends=ends,
                livemode=live,
                clock=clock,
                creditor=creditor,
                brand=brand,
                approval=approval,
                escalation=escalation,
            )

    def _debtors(self) -> Iterator[told.Debtor]:
        same = ("id", "name", "livemode", "country", "region", "timezone", "phone", "external_id", "address")
        same += ("email_domain", "debt_class", "debtor_type", "screened_at", "screening_hit")
        for row in _each(self.mine(Debtor), *same, at="created_at", clock="clock_id", inconvenient="inconvenient"):
            row["inconvenient"] = tuple(row["inconvenient"] or ())
            yield told.Debtor(**row)

    def _cases(self) -> Iterator[told.Case]:
        same = ("id", "livemode", "status", "currency", "invoice_number", "invoice_date", "due_date", "invoice_minor")
        same += ("balance_minor", "credit_kind", "closed_at")
        rows = self.mine(Case, "debtor__")
        for row in _each(rows, *same, at="created_at", campaign="campaign_id", debtor="debtor_id"):
            yield told.Case(**row)

    def _contacts(self) -> Iterator[told.Contact]:
        same = ("id", "livemode", "name", "title", "email", "phone", "source", "basis", "line_type", "sources")
        same += ("consents",)
        renamed = {"at": "created_at", "debtor": "debtor_id", "updated": "updated_at"}
        for row in _each(self.mine(Contact, "debtor__"), *same, **renamed, one="verified_at", other="vouched_at"):
            row["proven"] = tuple(at for at in (row.pop("one"), row.pop("other")) if at)
            row["sources"], row["consents"] = len(row["sources"] or ()), tuple(row["consents"] or ())
            yield told.Contact(**row)

    def _touches(self) -> Iterator[Touch]:
        steps = self._steps()
        shared = {"made": "created_at", "recorded": "recorded_at", "campaign": "campaign_id", "debtor": "debtor_id"}
        shared |= {"case": "case_id", "contact": "contact_id", "step": "step_id", "decision": "decision_id"}
        shared |= {"at": "seen_at"}
        left = ~Q(status__in=_STAYED)
        seen = Coalesce("handed_over_at", "created_at")
        same = ("id", "kind", "status", "livemode")
        mails = self.mine(Message, "debtor__").filter(left).annotate(seen_at=seen)
        names = (*same, "channel", "intent", "drafter", "approved_at", "approved_by", "sent_at")
        for row in _each(mails, *names, **shared, address="recipient"):
            yield Touch(**(row | _step(steps, row["step"])))
        calls = self.mine(Call, "debtor__").filter(left).annotate(seen_at=seen)
        for row in _each(
            calls, *same, "mode", "outcome", "script", "transcript", **shared, address="phone", sent_at="ended_at"
        ):
            said = row.pop("transcript") or ()
            row["heard"] = tuple(str(line.get("text", "")) for line in said if line.get("who") == "us")
            row |= {"channel": "call", "contact": row["contact"] or ""}
            yield Touch(**(row | _step(steps, row["step"])))

    def _steps(self) -> dict[str, dict[str, Any]]:
        """What a touch takes from its step."""
        found = {}
        rows = self.mine(Step).filter(handed_over_at__isnull=False)
        for id, version, index, facts, clock in rows.values_list(
            "id", "version", "index", "facts", "clock_id"
        ).iterator(chunk_size=5000):
            others, confirms = tuple(facts.get("others") or ()), facts.get("confirms") or ""
            found[id] = {"place": (version, index), "others": others, "confirms": confirms, "clock": clock}
        return found

    def bodies(self) -> Iterator[Body]:
        """Every message that left, one after another, with its headers where the test mailbox has them."""
        rows = self.mine(Message, "debtor__").exclude(status__in=_STAYED).filter(channel="email")
        rows = rows.order_by("id").values_list("id", "sender", "subject", "text", "html", "language")
        stream = rows.iterator(chunk_size=_CHUNK)
        while some := list(islice(stream, _CHUNK)):
            heads = self._headers([row[0] for row in some])
            for id, sender, subject, text, html, language in some:
                yield Body(
                    touch=id,
                    sender=sender,
                    subject=subject,
                    text=text,
                    html=html,
                    language=language,
                    headers=heads.get(id, {}),
                )

    def _headers(self, ids: list[str]) -> dict[str, dict[str, str]]:
        items = MailboxItem.objects.filter(organisation_id=self.organisation_id, message_id__in=ids)
        rows = items.annotate(head=Substr("raw", 1, _HEADERS)).values_list("message_id", "head")
        return {id: _parsed(head) for id, head in rows}

    def _decisions(self) -> Iterator[told.Decision]:
        same = ("id", "channel", "kind", "outcome", "livemode")
        renamed = {"at": "created_at", "case": "case_id", "contact": "contact_id", "step": "step_id"}
        for row in _each(self.mine(Decision, "case__debtor__").filter(outcome="allow"), *same, **renamed):
            yield told.Decision(**row)

    def _replies(self) -> Iterator[told.Reply]:
        same = ("id", "livemode", "channel", "label", "identity", "handled_at")
        renamed = {"at": "created_at", "recorded": "recorded_at", "debtor": "debtor_id", "case": "case_id"}
        for row in _each(self.mine(Reply, "debtor__"), *same, **renamed, contact="contact_id"):
            yield told.Reply(**(row | {"contact": row["contact"] or ""}))

    def _holds(self) -> Iterator[told.Hold]:
        names = ("id", "kind", "created_at", "recorded_at", "livemode", "clock_id", "ends_at", "released_at")
        for *row, campaign, debtor, case, contact in (
            self.mine(Hold)
            .values_list(*names, "campaign_id", "debtor_id", "case_id", "contact_id")
            .iterator(chunk_size=5000)
        ):
            id, kind, at, recorded, live, clock, ends, released = row
            on = {"campaign": campaign, "debtor": debtor, "case": case, "contact": contact}
            scope, of = next((scope, of) for scope, of in on.items() if of)
            until = min((one for one in (ends, released) if one), default=None)
            yield told.Hold(
                id=id,
                kind=kind,
                scope=scope,
                on=of,
                at=at,
                recorded=recorded,
                livemode=live,
                clock=clock,
                until=until,
            )

    def _suppressions(self) -> Iterator[told.Suppression]:
        renamed = {"at": "created_at", "recorded": "recorded_at", "clock": "clock_id", "contact": "contact_id"}
        for row in _each(self.mine(Suppression), "address", "channel", "livemode", "reason", **renamed):
            yield told.Suppression(**(row | {"contact": row["contact"] or ""}))

    def _disputes(self) -> Iterator[told.Agreement]:
        rows = self.mine(Dispute, "debtor__").annotate(until=Coalesce("answered_at", "resolved_at"))
        renamed = {"at": "created_at", "recorded": "recorded_at", "case": "case_id", "until": "until"}
        for row in _each(rows, "id", "amount_minor", **renamed):
            minor = row.pop("amount_minor")
            yield told.Agreement(what="dispute", amounts=(minor,) if minor else (), **row)

    def _promises(self) -> Iterator[told.Agreement]:
        rows = self.mine(Promise, "debtor__").exclude(status="proposed")
        for row in _each(
            rows,
            *("id", "amount_minor", "judged_after", "ended_at"),
            at="created_at",
            recorded="recorded_at",
            case="case_id",
        ):
            minor, judged, ended = row.pop("amount_minor"), row.pop("judged_after"), row.pop("ended_at")
            until = min(one for one in (judged, ended) if one)
            yield told.Agreement(what="promise", amounts=(minor,), until=until, **row)

    def _plans(self) -> Iterator[told.Agreement]:
        parts: dict[str, list[int]] = {}
        for plan, minor in self.mine(Instalment).values_list("plan_id", "amount_minor"):
            parts.setdefault(plan, []).append(minor)
        rows = self.mine(Plan, "debtor__").filter(started_at__isnull=False)
        renamed = {"at": "started_at", "recorded": "recorded_at", "case": "case_id", "until": "ended_at"}
        for row in _each(rows, "id", "total_minor", **renamed):
            total = row.pop("total_minor")
            yield told.Agreement(what="plan", amounts=(total, *parts.get(row["id"], ())), **row)

    def _payments(self) -> Iterator[told.Agreement]:
        """What a receipt may name beside the account: the whole payment, and what of it no invoice took."""
        credit: dict[str, int] = {}
        parts = self.mine(Allocation, "case__debtor__").filter(cause="")
        cases = {(payment, case) for payment, case in parts.values_list("payment_id", "case_id")}
        for payment, minor in parts.filter(component="unapplied").values_list("payment_id", "amount_minor"):
            credit[payment] = credit.get(payment, 0) + minor
        rows = {row.id: row for row in self.mine(Payment, "case__debtor__").filter(received_at__isnull=False)}
        for payment, case in sorted(cases):
            if row := rows.get(payment):
                named = {"id": row.id, "case": case, "at": row.created_at, "recorded": row.recorded_at}
                yield told.Agreement(what="payment", amounts=(row.amount_minor, credit.get(payment, 0)), **named)

    def _entries(self) -> Iterator[told.Entry]:
        rows = self.mine(LedgerEntry, "case__debtor__").order_by("created_at", "recorded_at", "id")
        renamed = {"case": "case_id", "minor": "amount_minor", "at": "created_at", "recorded": "recorded_at"}
        for row in _each(rows, "kind", "clause", **renamed):
            yield told.Entry(**row)

    def _exclusions(self) -> Iterator[told.Exclusion]:
        rows = Exclusion.objects.filter(organisation_id=self.organisation_id)
        renamed = {"at": "created_at", "recorded": "recorded_at", "until": "removed_at"}
        for row in _each(rows, "match", "value", "effect", "livemode", **renamed):
            yield told.Exclusion(**row)

    def _referrals(self) -> Iterator[told.Referral]:
        renamed = {"at": "created_at", "case": "case_id", "bar_state": "attorney__bar_state"}
        for row in _each(self.mine(Referral, "case__debtor__"), "id", "status", "accepted_at", **renamed):
            yield told.Referral(**row)

    def _moments(self) -> Iterator[told.Moment]:
        """Turns of campaigns, cases handed over, and addresses that turned out to be none."""
        rows = Event.objects.filter(organisation_id=self.organisation_id)
        turns = rows.filter(type__in=_TURNS).annotate(of=F("campaign_id"))
        back = rows.filter(type="contact.bounced").annotate(of=F("cause"))
        handed = rows.filter(type="case.escalated").annotate(of=F("case_id"))
        for some in (turns, back, handed):
            for row in _each(some, "type", "of", at="created_at", recorded="recorded_at"):
                yield told.Moment(**row)


def _each(rows: QuerySet[Any], *same: str, **renamed: str) -> Iterator[dict[str, Any]]:
    """Each row as a dict: columns under their own names, and others under the names given."""
    names = (*same, *renamed)
    # Statuses and ids repeat a hundred thousand times; one copy of each is enough.
    for row in rows.values_list(*same, *renamed.values()).iterator(chunk_size=5000):
        yield {name: _shared(value) for name, value in zip(names, row, strict=True)}


def _shared(value: Any) -> Any:
    return sys.intern(value) if type(value) is str and len(value) < 40 else value


def _step(steps: dict[str, dict[str, Any]], step: str) -> dict[str, Any]:
    return steps.get(step, {})


def _licence(row: dict[str, Any]) -> tuple[str, date | None]:
    ends = row.get("expires_on")
    return str(row.get("region", "")).upper(), date.fromisoformat(ends) if ends else None


def _parsed(head: str) -> dict[str, str]:
    parsed = message_from_string(head.replace("\r\n", "\n").partition("\n\n")[0] + "\n\n")
    return {name.casefold(): str(value) for name, value in parsed.items()}
