"""What the current unit of work is called: the request id, and who acts; read by errors, events and the log."""

from contextvars import ContextVar

from agentcollect.kit import ids

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_acting: ContextVar[str] = ContextVar("acting_organisation_id", default="")


def begin(given: str = "") -> str:
    """Name this unit of work (a request, a task run) and return its id; `given` is taken when it is plain text."""
    value = (
        given
        if 8 <= len(given) <= 64 and given.isascii() and given.replace("-", "_").isidentifier()
        else ids.new("req")
    )
    _request_id.set(value)
    _acting.set("")
    return value


def request_id() -> str:
    """The id of the present unit of work, or an empty string outside any."""
    return _request_id.get()


def act_for(organisation_id: str) -> None:
    """Say that a platform acts for the organisation whose rows are touched; empty for nobody."""
    _acting.set(organisation_id)


def acting_organisation_id() -> str:
    """The platform that acts in this unit of work, for the audit of every fact it records; empty for none."""
    return _acting.get()


def end() -> None:
    _request_id.set("")
    _acting.set("")
