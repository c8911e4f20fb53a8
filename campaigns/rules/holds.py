"""Whose a hold is: who may set it, who may end it, and what it outlives (ENGINE.md, Hold; LAW.md)."""

# The creditor's own: set and lifted at will.
OWN = frozenset({"creditor_pause", "do_not_contact", "balance_unconfirmed", "legal_hold"})
# What a creditor may hear of first and must be able to tell us. From then on it is the debtor's, or the law's.
REPORTED = frozenset({"cease", "attorney_represented", "bankruptcy", "deceased", "hardship"})
SETTABLE = OWN | REPORTED
# These end by what they are about (an answered dispute, a settled payment, a proven domain), never by the creditor's
# word alone.
_ENDS_ITSELF = frozenset(
    {"dispute", "promise", "plan", "offer", "payment_processing", "domain_unverified", "compliance_review"}
)
# What counts for the debtor as a whole, whatever the invoice it was learnt about: it stands when that case is closed.
OUTLIVES_THE_CASE = REPORTED | {"legal_hold", "compliance_review", "identity_doubt"}


def is_creditor(actor: str) -> bool:
    """A key or a member of the organisation, as `by` names them."""
    return actor.startswith(("key:", "member:"))


def creditor_may_release(kind: str, set_by: str) -> bool:
    """Whether the creditor may end a hold of `kind` that `set_by` put there."""
    if kind in REPORTED | _ENDS_ITSELF:
        return False
    if kind == "legal_hold":
        return is_creditor(set_by)
    # What a debtor asked for is theirs; that they say they paid is for the creditor to look up.
    return kind == "paid_claim" or not set_by.startswith("debtor")
