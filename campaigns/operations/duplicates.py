"""Two debtors of one name: perhaps one company under two domains. A person says; until then they count together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from agentcollect.kit import db
from campaigns.models import Case, Debtor
from campaigns.operations.tasks import Wanted, open_tasks
from campaigns.rules.identity import fold


def ask_about_namesakes(cases: Iterable[Case], debtors: Mapping[str, Debtor], *, at: datetime) -> None:
    """For the debtors of newly opened `cases`: who else has that name, folded, under another identity?

    Each is asked about once, when its first case opens: two statements then, none later. Debtors that both carry the
    creditor's own `external_id` are two by the creditor's word.
    """
    first = {case.debtor_id: case for case in reversed(list(cases)) if not debtors[case.debtor_id].name_key}
    fresh = [debtors[debtor_id] for debtor_id in sorted(first)]
    for debtor in fresh:
        debtor.name_key = fold(debtor.name)[:200]
    if not fresh:
        return
    Debtor.objects.bulk_update(fresh, ["name_key"])
    met: dict[str, list[Debtor]] = defaultdict(list)
    wanted = []
    for other in _named_alike(fresh):
        if other.id not in first:
            met[other.name_key].append(other)
    for debtor in fresh:
        if others := [one for one in met[debtor.name_key] if not (debtor.external_id and one.external_id)]:
            wanted.append(_question(debtor, others, first[debtor.id], at))
        met[debtor.name_key].append(debtor)  # of two that came together, the later one asks
    open_tasks(wanted, by="engine", at=at)


def _named_alike(fresh: list[Debtor]) -> list[Debtor]:
    mine = Debtor.objects.filter(organisation_id=fresh[0].organisation_id, livemode=fresh[0].livemode)
    keys = {debtor.name_key for debtor in fresh} - {""}
    return list(mine.filter(db.among("name_key", keys)).exclude(name_key="").order_by("id"))


def _question(debtor: Debtor, others: list[Debtor], case: Case, at: datetime) -> Wanted:
    shown = [{"debtor_id": one.id, "debtor": one.name, "domain": one.email_domain or None} for one in others[:20]]
    why = f"{debtor.name} has the name of a debtor you have already, and another address. Is it the same company?"
    return Wanted(
        kind="possible_duplicate",
        debtor=debtor,
        cause=debtor.id,
        reason=why,
        due_at=at,
        facts={"domain": debtor.email_domain or None, "others": shown, "case_id": case.id},
    )
