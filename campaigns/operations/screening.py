"""Sanctions (LAW.md, R-36): lists are loaded by operations, and every live debtor's name is compared with the youngest.

Screening never asks the network, so it stays in the transaction that writes what it found.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime

import structlog

from agentcollect.kit import db, ids
from campaigns.models import Debtor, Hold, SanctionedName, SanctionsList
from campaigns.operations import holds
from campaigns.operations.tasks import open_task
from campaigns.rules import screening as rules

log = structlog.get_logger()

_BATCH = 500


def load_sanctions(*, lines: Iterable[str], source: str, by: str, at: datetime) -> SanctionsList:
    """Put a list in force; debtors are screened anew by the worker. The same list in force already: nothing happens.

    `lines`: CSV with a header. Raises ValueError for one without names.
    """
    names = sorted(set(rules.read(lines)))
    if not names:
        raise ValueError("the list holds no name")
    digest = hashlib.sha256(repr(names).encode()).hexdigest()
    with db.atomic():
        youngest = SanctionsList.objects.order_by("-id").first()
        if youngest and youngest.digest == digest:
            return youngest
        made = SanctionsList.objects.create(
            id=ids.new("sdn"),
            source=source[:200],
            digest=digest,
            entries=len(names),
            loaded_at=at,
            loaded_by=by,
        )
        rows = [SanctionedName(list=made, name=n, folded=rules.folded(n), entry=entry) for n, entry in names]
        SanctionedName.objects.bulk_create(rows, batch_size=1000)
    return made


def screen_debtors(*, at: datetime, limit: int = 20_000) -> int:
    """Compare the live debtors whom the list in force has not seen; returns how many were screened.

    Who meets an entry is held for a person (`compliance_review`), with a task. Without a list nobody is screened, and
    the gate lets nobody be contacted in live mode.
    """
    youngest = SanctionsList.objects.order_by("-id").values_list("id", flat=True).first()
    done = 0
    while youngest and done < limit and (batch := _screen_batch(youngest, at=at)):
        done += batch
    return done


def _screen_batch(list_id: str, *, at: datetime) -> int:
    with db.atomic():
        # An id grows with time: whoever saw no list ("") or an older one sorts before this one.
        waiting = Debtor.objects.filter(livemode=True, screened_list__lt=list_id).order_by("screened_list", "id")
        batch = list(db.claimable(waiting)[:_BATCH])
        folded = {debtor.id: rules.folded(debtor.name) for debtor in batch}
        known = SanctionedName.objects.filter(list_id=list_id, folded__in=set(folded.values()) - {""})
        entries = {row.folded: f"{row.name} {row.entry}".strip() for row in known.order_by("-id")}
        for debtor in batch:
            debtor.screened_at, debtor.screened_list = at, list_id
            debtor.screening_hit = entries.get(folded[debtor.id], "")[:300]
            if debtor.screening_hit:
                _hold(debtor, list_id, at=at)
        Debtor.objects.bulk_update(batch, ["screened_at", "screened_list", "screening_hit"])
        return len(batch)


def _hold(debtor: Debtor, list_id: str, *, at: datetime) -> None:
    """A person decides; the name may be somebody else's."""
    reason = f"the name meets an entry of a sanctions list: {debtor.screening_hit}"
    evidence = {"rule": "R-36", "list": list_id, "entry": debtor.screening_hit, "reason": reason}
    holds.hold(kind=Hold.Kind.COMPLIANCE_REVIEW, on=debtor, by="engine", at=at, evidence=evidence)
    open_task(
        kind="resolve_doubt",
        debtor=debtor,
        cause=debtor.id,
        reason=reason[:300],
        facts={"rule": "R-36"},
        due_at=at,
        by="engine",
        at=at,
    )
    log.warning("sanctions_hit", debtor=debtor.id, list=list_id)


def clear_screening(*, debtor_id: str, reason: str, by: str, at: datetime) -> Debtor:
    """A person of operations found that the debtor is not the one on the list: what held it for that is released."""
    with db.atomic():
        debtor = db.locked(Debtor.objects.filter(id=debtor_id)).get()
        debtor.screening_hit = ""
        debtor.save(update_fields=["screening_hit"])
        standing = Hold.objects.filter(debtor=debtor, kind=Hold.Kind.COMPLIANCE_REVIEW, released_at=None)
        for hold in standing.order_by("id"):
            if hold.evidence.get("rule") == "R-36":
                Hold.objects.filter(id=hold.id).update(evidence=hold.evidence | {"cleared": reason[:300]})
                holds.release(hold=hold, by=by, at=at)
    return debtor
