"""Builders shared by the tests of the law."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from compliance.facts import ContactFact, Facts, HoldFact, Recipient
from compliance.gate import Decision, decide
from compliance.verdicts import RuleVerdict

# A Wednesday, 11:00 in New York, 10:00 in Chicago, 08:00 in Los Angeles.
NOON = datetime(2026, 3, 18, 15, tzinfo=UTC)
JANE = Recipient(contact_id="con_jane", address="jane@debtor.example")

NEW_YORK_COMPANY = Facts(
    debt_class="commercial",
    attested_class="commercial",
    debtor_type="company",
    consumer_enabled=False,
    livemode=True,
    country="US",
    region="NY",
    recipient=JANE,
    opt_out_line=True,
    opt_out_link=True,
)
NEW_YORK_PERSON = replace(NEW_YORK_COMPANY, debt_class="consumer", debtor_type="individual", consumer_enabled=True)


def facts(**changes: Any) -> Facts:
    return replace(NEW_YORK_COMPANY, **changes)


def person(**changes: Any) -> Facts:
    return replace(NEW_YORK_PERSON, **changes)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def hold(kind: str, scope: str = "debtor", **changes: Any) -> HoldFact:
    return HoldFact(kind=kind, scope=scope, since=utc("2026-03-16T12:00:00+00:00"), **changes)


def contact(at: datetime, **changes: Any) -> ContactFact:
    return ContactFact(at=at, **{"channel": "email", "contact_id": "con_jane", **changes})


def ask(given: Facts, *, at: datetime = NOON, channel: str = "email", kind: str = "outreach", **more: Any) -> Decision:
    return decide(given, channel=channel, kind=kind, at=at, **more)


def verdict(decision: Decision, rule: str) -> RuleVerdict:
    return next(one for one in decision.verdicts if one.rule == rule)
