"""What an address says of itself."""

# Mailboxes of a function, not of a person.
_ROLES = frozenset(
    "accounting accounts accountspayable admin ap ar billing contact finance hello help info invoice invoices "
    "invoicing mail office payable payables payment payments purchasing sales service support treasury".split()
)


def is_role(email: str) -> bool:
    """`ap@`, `billing@`, `accounts.payable@`: somebody reads it, nobody knows who."""
    local = email.partition("@")[0].casefold().partition("+")[0]
    return "".join(letter for letter in local if letter.isalpha()) in _ROLES


def status_after_check(*, before: str, mx: bool | None, vouched: bool, role: bool) -> str:
    """What is known of an address once its domain was asked. A domain that takes mail proves no single mailbox."""
    if mx is False:
        return "invalid"
    if mx is None:
        return before
    if vouched:
        return "valid"
    if before in {"valid", "accept_all", "risky", "disposable"}:
        return before  # who found it looked closer than we do
    return "role" if role else "unknown"
