"""What every agreement asks about its case: its lock, its policy, what its ledger took in."""

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet, Sum

from agentcollect.kit import db
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import Prepared
from campaigns.models import Case, LedgerEntry
from campaigns.operations.cases import record_case
from campaigns.rules import offers

_MONEY = (LedgerEntry.Kind.PAYMENT, LedgerEntry.Kind.REFUND, LedgerEntry.Kind.REVERSAL)


def lock(case_id: str) -> Case:
    """The case, locked, with its debtor, campaign and organisation. Before any agreement about it."""
    return _case.one(id=case_id)


@Prepared
def _case(id: str) -> QuerySet[Case]:
    return db.locked(Case.objects.select_related("debtor", "campaign", "organisation").filter(id=id))


def policy_of(case: Case) -> offers.Policy:
    """What its creditor grants."""
    return offers.policy(case.campaign.offer_policy, case.organisation.offer_policy)


def check_amount(case: Case, amount_minor: int) -> None:
    """Raises ApiError(amount_above_balance)."""
    if not 0 < amount_minor <= case.balance_minor:
        raise ApiError("amount_above_balance", param="amount")


class Account(NamedTuple):
    """A case's ledger as an agreement sees it: what came since it was made, and what would be owed without what came
    too late. Credit counts whenever it was given: nobody breaks their word by what they did not owe."""

    received_minor: int
    balance_minor: int


def account(case: Case, *, since: datetime, until: datetime | None = None) -> Account:
    """`since` is when the agreement was made; `until` the moment it is judged at, where that has passed."""
    rows = LedgerEntry.objects.filter(case=case, kind__in=_MONEY, created_at__gte=since)
    late = Q(created_at__gte=until) if until else Q(pk__in=[])
    sums = rows.aggregate(
        moved=Sum("amount_minor", filter=~late, default=0), late=Sum("amount_minor", filter=late, default=0)
    )
    return Account(max(0, -sums["moved"]), case.balance_minor - sums["late"])


def tell(type: str, case: Case, *, by: str, at: datetime, cause: str, **data: Any) -> None:
    """An event about what was agreed on `case`, with how the case then stands."""
    record_case(type, case, by=by, at=at, cause=cause, case_status=case.status, **data)
