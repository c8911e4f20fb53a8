"""The commands."""

import itertools
import json
import sys
from collections.abc import Callable
from typing import Any, TextIO

import click

from agentcollect import AgentCollectError, ApiError, Client, __version__
from agentcollect.cli import follow, show, store, triggers

Command = Callable[..., Any]
_as_json = click.option("--json", "as_json", is_flag=True, help="One JSON line per object.")
_limit = click.option("--limit", default=20, show_default=True, help="How many at most.")


@click.group()
@click.version_option(__version__, prog_name="agentcollect")
@click.option("--api-key", envvar="AGENTCOLLECT_API_KEY", help="Instead of the one `login` kept.")
@click.option("--base-url", envvar="AGENTCOLLECT_BASE_URL", help="Where the API is, if not in production.")
@click.pass_context
def cli(context: click.Context, api_key: str | None, base_url: str | None) -> None:
    """AgentCollect from the terminal."""
    context.obj = {"api_key": api_key, "base_url": base_url}


def _client(context: click.Context) -> Client:
    kept, given = store.load(), context.obj
    key = given["api_key"] or kept.get("api_key")
    if not key:
        raise click.ClickException("No API key yet: run `agentcollect login`.")
    return Client(key, base_url=given["base_url"] or kept.get("base_url"))


@cli.command()
@click.option("--api-key", "key", help="Asked for when left out, without showing it.")
@click.pass_context
def login(context: click.Context, key: str | None) -> None:
    """Try an API key and keep it for the other commands."""
    key = key or context.obj["api_key"] or click.prompt("API key (sk_test_… or sk_live_…)", hide_input=True)
    base_url = context.obj["base_url"] or store.load().get("base_url")
    with Client(key, base_url=base_url) as client:
        who = client.organisation.get()
        kept = store.save({"api_key": key, "base_url": client.settings.base_url})
    click.echo(f"Signed in to {who['name']} ({'live' if who['livemode'] else 'test'} mode). Kept in {kept}.")


@cli.command()
@_as_json
@click.pass_context
def whoami(context: click.Context, as_json: bool) -> None:
    """Whose key this is and what it may do."""
    with _client(context) as client:
        who = client.organisation.get()
    show.facts(who, ["id", "name", "livemode", "scopes", "limits", "blocking"], as_json=as_json)


@cli.group()
def campaigns() -> None:
    """Mandates over up to 500 invoices."""


_CAMPAIGN = ["id", "status", "debtors_enrolled", "total_amount", "currency", "first_contact_at", "created_at"]


@campaigns.command("list")
@click.option("--status", help="active, paused, completed, …")
@_limit
@_as_json
@click.pass_context
def list_campaigns(context: click.Context, status: str | None, limit: int, as_json: bool) -> None:
    """The newest campaigns."""
    with _client(context) as client:
        found = client.campaigns.list(status=status, limit=min(limit, 100))
        show.table(itertools.islice(found, limit), _CAMPAIGN, as_json=as_json)


@campaigns.command("get")
@click.argument("campaign_id")
@_as_json
@click.pass_context
def get_campaign(context: click.Context, campaign_id: str, as_json: bool) -> None:
    """One campaign with its figures."""
    with _client(context) as client:
        found = client.campaigns.get(campaign_id)
    names = [*_CAMPAIGN, "amount_collected", "amount_outstanding", "recovery_rate", "cases", "next_contact_at"]
    show.facts(found, names, as_json=as_json)


@campaigns.command("create")
@click.option("--company", help="You; without a debtor's name: the debtor.")
@click.option("--debtor", "debtor", help="The debtor's company name.")
@click.option("--email", help="Whom to write to there.")
@click.option("--amount", help="What is owed, as 15000 or 1999.50.")
@click.option("--invoice", help="The invoice's number.")
@click.option("--invoice-date", help="YYYY-MM-DD.")
@click.option("--file", "source", type=click.File("rb"), help="The request as a JSON file; - is standard input.")
@_as_json
@click.pass_context
def create_campaign(context: click.Context, /, source: Any, as_json: bool, **given: str | None) -> None:
    """Start collecting: one invoice by options, up to 500 by --file."""
    body = _read(source) if source else _one_invoice(given)
    with _client(context) as client:
        made = client.campaigns.create(**body)
    show.facts(made, [*_CAMPAIGN, "debtors_held", "message", "warnings"], as_json=as_json)


def _read(source: TextIO) -> dict[str, Any]:
    try:
        body = json.loads(source.read())
    except ValueError as error:
        raise click.ClickException(f"The file is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise click.ClickException("The file must hold one JSON object.")
    return body


def _one_invoice(given: dict[str, str | None]) -> dict[str, Any]:
    if not given["company"] or not given["amount"]:
        raise click.UsageError("Name --company and --amount, or a --file.")
    try:
        amount = json.loads(given["amount"])
    except ValueError as error:
        raise click.UsageError("--amount reads 15000 or 1999.50.") from error
    invoice = {
        "invoice_amount": amount,
        "contact_email": given["email"],
        "invoice_number": given["invoice"],
        "invoice_date": given["invoice_date"],
    }
    said = {name: value for name, value in invoice.items() if value is not None}
    if given["debtor"]:
        return {"company": given["company"], "debtors": [{"company_name": given["debtor"]} | said]}
    return {"company": given["company"]} | said


@cli.group()
def payments() -> None:
    """Money that came in."""


@payments.command("list")
@click.option("--campaign", "campaign_id", help="Of one campaign only.")
@_limit
@_as_json
@click.pass_context
def list_payments(context: click.Context, campaign_id: str | None, limit: int, as_json: bool) -> None:
    """The newest payments."""
    columns = ["id", "status", "debtor", "invoice_number", "amount", "currency", "method", "received_at"]
    with _client(context) as client:
        asked = client.payments.list if campaign_id is None else _payments_of(client, campaign_id)
        found = asked(limit=min(limit, 100))
        show.table(itertools.islice(found, limit), columns, as_json=as_json)


def _payments_of(client: Client, campaign_id: str) -> Callable[..., Any]:
    return lambda **filters: client.campaigns.payments(campaign_id, **filters)


@cli.group()
def events() -> None:
    """What happened."""


_types = click.option("--events", "types", help="Only these types, separated by commas.")


@events.command("tail")
@_types
@click.option("--after", help="Begin after this event; left out: with the next one.")
@_as_json
@click.pass_context
def tail(context: click.Context, types: str | None, after: str | None, as_json: bool) -> None:
    """Print events as they happen; Ctrl-C ends it."""
    with _client(context) as client:
        for event in follow.events(client, types=types, after=after):
            if as_json:
                show.line(event)
            else:
                click.echo(follow.told(event))


@cli.command()
@click.option("--forward-to", "url", required=True, help="Your receiver, as http://localhost:4242/webhooks.")
@click.option("--secret", envvar="AGENTCOLLECT_WEBHOOK_SECRET", help="Sign with this; left out: a new one is printed.")
@_types
@click.pass_context
def listen(context: click.Context, url: str, secret: str | None, types: str | None) -> None:
    """Send events to a receiver on your machine as they happen, signed like real webhooks; Ctrl-C ends it."""
    with _client(context) as client:
        follow.forward(client, url=url, secret=secret, types=types)


@cli.command()
@click.argument("event", type=click.Choice(triggers.NAMES))
@click.option("--case", "case_id", help="An invoice of yours; left out: a new one for a made-up debtor.")
@_as_json
@click.pass_context
def trigger(context: click.Context, event: str, case_id: str | None, as_json: bool) -> None:
    """Make an event happen in test mode, by doing what causes it."""
    with _client(context) as client:
        if client.organisation.get()["livemode"]:
            raise click.ClickException("Only with a test key: in live mode events have real causes.")
        done = triggers.run(client, event, case_id=case_id)
    show.facts(done, list(done), as_json=as_json)


def main() -> None:
    """Run; what goes wrong is one sentence on standard error and exit code 1."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ApiError as error:
        click.echo(f"Error: {error.message}", err=True)
        for fault in error.errors:
            click.echo(f"  {fault.get('param')}: {fault.get('message')}", err=True)
        click.echo(f"  {error.code} · request {error.request_id} · {error.doc_url or ''}".rstrip(" ·"), err=True)
        sys.exit(1)
    except AgentCollectError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
