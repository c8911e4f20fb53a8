"""What a debtor says with a paper to prove it: the paper and the word are kept in one transaction, or neither."""

from datetime import datetime
from typing import Any, NamedTuple

from agentcollect.kit import db, errors
from agentcollect.kit.errors import ApiError
from campaigns import operations as campaigns
from campaigns.models import Case, Dispute, Document, Hold
from payments.operations.cases import lock

errors.define("too_many_proofs", 409, "No more files can be added to this invoice from its payment page.")

# Whoever has the link may add files: enough for every paper there can be, too few to fill a storage.
MOST = 10


class Proof(NamedTuple):
    """A checked file (campaigns.rules.documents)."""

    raw: bytes
    media_type: str
    name: str


def claim_paid(*, case_id: str, evidence: dict[str, Any], proof: Proof | None, by: str, at: datetime) -> Hold:
    """The debtor says on their page that they have paid. Raises ApiError: too_many_proofs, illegal_transition."""
    with db.atomic():
        said = evidence | _kept(case_id, proof, by=by, at=at)
        return campaigns.claim_paid(case_id=case_id, source="page", evidence=said, by=by, at=at)


def open_dispute(
    *,
    case_id: str,
    reason: str,
    text: str,
    amount_minor: int | None,
    evidence: dict[str, Any],
    proof: Proof | None,
    by: str,
    at: datetime,
) -> Dispute:
    """The debtor objects on their page. Raises ApiError: too_many_proofs, and as campaigns.open_dispute."""
    with db.atomic():
        said = evidence | _kept(case_id, proof, by=by, at=at)
        named: dict[str, Any] = {"reason": reason, "text": text, "amount_minor": amount_minor}
        return campaigns.open_dispute(case_id=case_id, **named, source="page", evidence=said, by=by, at=at)


def _kept(case_id: str, proof: Proof | None, *, by: str, at: datetime) -> dict[str, Any]:
    """The paper as a document of the case, never shared with anybody; the case is locked before, as ever."""
    if proof is None:
        return {}
    case: Case = lock(case_id)
    if Document.objects.filter(case=case, actor="debtor").count() >= MOST:
        raise ApiError("too_many_proofs", param="proof")
    facts = {"name": proof.name, "kind": Document.Kind.OTHER, "share_with_debtor": False, "metadata": {}}
    added = campaigns.add_document(on=case, raw=proof.raw, media_type=proof.media_type, facts=facts, by=by, at=at)
    return {"documents": [added.document.id]}
