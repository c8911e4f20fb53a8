"""What the creditor's exclusions say."""

from collections import defaultdict
from typing import Any

from django.db.models import Q, QuerySet

from agentcollect.kit import db
from agentcollect.kit.errors import ApiError
from agentcollect.kit.prepared import PreparedValues
from campaigns.models import Contact, Debtor, Exclusion
from campaigns.queries.tenant import Tenant
from campaigns.rules.exclusions import Key, address_keys, debtor_keys


def exclusions(tenant: Tenant) -> QuerySet[Exclusion]:
    """The creditor's rules that hold; a removed one exists no more."""
    mine = Exclusion.objects.filter(organisation_id=tenant.organisation_id, livemode=tenant.livemode)
    return mine.filter(removed_at=None)


def any_rule(tenant: Tenant) -> bool:
    """Whether the creditor has any rule at all."""
    return bool(_any_rule(organisation_id=tenant.organisation_id, livemode=tenant.livemode))


@PreparedValues
def _any_rule(organisation_id: str, livemode: bool) -> QuerySet[Exclusion, Any]:
    return exclusions(Tenant(organisation_id, livemode)).values_list("id")[:1]


def exclusion(tenant: Tenant, exclusion_id: str) -> Exclusion:
    """One rule. Raises ApiError(not_found)."""
    found = exclusions(tenant).filter(id=exclusion_id).first()
    if found is None:
        raise ApiError("not_found", f"There is no exclusion {exclusion_id}.")
    return found


def exclusions_naming(tenant: Tenant, keys: set[Key]) -> list[Exclusion]:
    """The rules that name one of `keys`."""
    by_match: dict[str, list[str]] = defaultdict(list)
    for match, key in sorted(keys):
        by_match[match].append(key)
    named = Q(pk__in=[])
    for match, texts in by_match.items():
        named |= Q(match=match) & Q(db.among("key", texts))
    return list(exclusions(tenant).filter(named).order_by("id"))


def keys_of(debtor: Debtor) -> set[Key]:
    """What the company itself answers to."""
    return debtor_keys(name=debtor.name, external_id=debtor.external_id, domain=debtor.email_domain, phone=debtor.phone)


def effects_on(debtor: Debtor) -> frozenset[str]:
    """Everything the creditor's rules say about this debtor or one of its people."""
    tenant = Tenant(debtor.organisation_id, debtor.livemode)
    if not any_rule(tenant):
        return frozenset()
    keys = keys_of(debtor)
    for email, phone in Contact.objects.filter(debtor_id=debtor.id).values_list("email", "phone"):
        keys |= address_keys(email=email, phone=phone)
    return frozenset(rule.effect for rule in exclusions_naming(tenant, keys))
