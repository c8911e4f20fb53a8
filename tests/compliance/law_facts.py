"""Builders shared by the tests of the law."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from compliance.facts import (
    Carries,
    Collector,
    Consent,
    ContactFact,
    Facts,
    HoldFact,
    Licence,
    Mandate,
    Recipient,
    Screening,
)
from compliance.gate import Decision, decide
from compliance.verdicts import RuleVerdict

# A Wednesday, 11:00 in New York, 10:00 in Chicago, 08:00 in Los Angeles.
NOON = datetime(2026, 3, 18, 15, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 5, 12, tzinfo=UTC)
JANE = Recipient(contact_id="con_jane", address="jane@debtor.example")
CREDITOR = "Acme Supplies"
COLLECTOR = Collector(
    legal_name="Honest Collectors LLC", licences=(Licence(region="NY", number="1"), Licence(region="NJ", number="2"))
)
# A human call and an email that lack nothing; a person is written to by the collector, with what it must say.
MESSAGE = Carries(
    itemised=True,
    source_notice=True,
    sender=CREDITOR,
    from_aligned=True,
    artificial=False,
    recorded=False,
    says_brand=True,
    says_legal_name=True,
    callback="+12125550199",
    local_presence=False,
    voicemail="limited",
)
TO_A_PERSON = replace(
    MESSAGE,
    sender=f"{COLLECTOR.legal_name}, a debt collector, on behalf of {CREDITOR}",
    disclosure="first",
    validation=True,
    language="en",
)

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
    enabled_countries=frozenset({"US", "GB", "AU", "CA"}),
    brand_names=frozenset({CREDITOR}),
    postal_address="1 Main Street, Springfield",
    first_party=True,
    mandate=Mandate(signed_at=LONG_AGO, signed_by="Kim Lee", due=True, owned=True, nowhere_else=True),
    sanctions_list="sdn_1",
    screening=Screening(at=LONG_AGO, list_id="sdn_1"),
    owed_since=date(2026, 1, 31),
    amounts_authorised=True,
    ledger_agrees=True,
    message=MESSAGE,
)
# Across the river: New York asks for words of its own to consumers, which are not written.
NEW_JERSEY_PERSON = replace(
    NEW_YORK_COMPANY,
    region="NJ",
    debt_class="consumer",
    debtor_type="individual",
    consumer_enabled=True,
    recipient=Recipient(
        contact_id="con_jane",
        address="jane@gmail.com",
        basis="debtor_used",
        consents=(Consent(channel="email", kind="esign", since=LONG_AGO),),
    ),
    first_party=False,
    collector=COLLECTOR,
    message=TO_A_PERSON,
)


def facts(**changes: Any) -> Facts:
    return replace(NEW_YORK_COMPANY, **changes)


def person(**changes: Any) -> Facts:
    return replace(NEW_JERSEY_PERSON, **changes)


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
