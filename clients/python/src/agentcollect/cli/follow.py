"""Following the events of an organisation: on the screen, or on to a receiver on this machine."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterator

import click
import httpx

from agentcollect import AgentCollectError, ApiError, Client, _core, webhooks
from agentcollect.types import Event

POLL_SECONDS = 1.0


def events(client: Client, *, types: str | None, after: str | None = None) -> Iterator[Event]:
    """Events in their order, for ever; a lost connection is waited out, and nothing between is missed.

    `after`: an event id or cursor; None = what comes from now on.
    """
    position = after or "latest"
    while True:
        try:
            page = client.events.page(after=position, types=types)
        except ApiError as error:
            if error.status < 500 and error.status != 429:
                raise
            _say_and_wait(error)
            continue
        except AgentCollectError as error:
            _say_and_wait(error)
            continue
        yield from page["data"]
        position = page["next_cursor"] or position
        if not page["has_more"]:
            time.sleep(POLL_SECONDS)


def _say_and_wait(error: AgentCollectError) -> None:
    click.echo(f"{error} Trying again.", err=True)
    time.sleep(POLL_SECONDS * 3)


def told(event: Event) -> str:
    """One line about an event."""
    data = event["data"]
    about = [str(data[name]) for name in ("debtor", "invoice_number", "amount_collected", "currency") if data.get(name)]
    return f"{event['created_at']}  {event['event']:<22} {event['id']}  {' · '.join(about)}".rstrip()


def forward(client: Client, *, url: str, secret: str | None, types: str | None) -> None:
    """POST every event to `url`, signed like a real delivery."""
    secret = secret or new_secret()
    click.echo(f"Forwarding to {url}. Signing secret: {secret}")
    with httpx.Client(timeout=10, trust_env=False) as http:
        for event in events(client, types=types):
            body = _core.encode(event)
            try:
                answer = http.post(url, content=body, headers=headers(event["id"], body, secret))
                outcome = str(answer.status_code)
            except httpx.HTTPError as error:
                outcome = f"not delivered: {error or type(error).__name__}"
            click.echo(f"{told(event)}  → {outcome}")


def new_secret() -> str:
    """A signing secret of the shape the API makes: letters and digits only, base64 of 33 bytes."""
    while True:
        body = base64.b64encode(secrets.token_bytes(33)).decode()
        if body.isalnum():
            return f"whsec_{body}"


def headers(event_id: str, body: bytes, secret: str) -> dict[str, str]:
    """What a real delivery carries: both signature families over these bytes."""
    stamp = int(time.time())
    signed = b"%b.%d.%b" % (event_id.encode(), stamp, body)
    key = base64.b64decode(secret.removeprefix("whsec_") + "==")
    standard = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": f"AgentCollect-CLI/{_core.VERSION}",
        webhooks.HEADER: webhooks.sign(body, secret, at=stamp),
        "X-AgentCollect-Attempt": "1",
        "webhook-id": event_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": f"v1,{standard}",
    }
