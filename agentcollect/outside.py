"""The services that live mode talks to, each by environment variables: model, processor, mail out, mail in.

Settings of their own; `agentcollect.settings` takes them in. `docs/operations.md` lists the variables.
"""

import os
from typing import Any


def flag(name: str, default: bool) -> bool:
    """A variable that says yes or no."""
    return os.environ.get(name, str(int(default))).strip().lower() in {"1", "true", "yes", "on"}


# --- the writing and reading model: any server that speaks OpenAI's chat completions (docs/guides/agent.md). Without
# address and name nothing is asked: templates write, phrase lists read. Prices in US dollars per million tokens.
AGENT: dict[str, Any] = {
    "base_url": os.environ.get("AGENT_BASE_URL", ""),
    "api_key": os.environ.get("AGENT_API_KEY", ""),
    "model": os.environ.get("AGENT_MODEL", ""),
    "price_in": float(os.environ.get("AGENT_PRICE_IN") or 0),
    "price_out": float(os.environ.get("AGENT_PRICE_OUT") or 0),
    "timeout": float(os.environ.get("AGENT_TIMEOUT") or 30),
}

# --- Stripe (docs/operations.md): the platform's key, the secrets that sign its callbacks (several by
# commas while they are rotated), and how long a debtor may wait for it.
STRIPE: dict[str, Any] = {
    "secret_key": os.environ.get("STRIPE_SECRET_KEY", "").strip(),
    "webhook_secret": [one.strip() for one in os.environ.get("STRIPE_WEBHOOK_SECRET", "").split(",") if one.strip()],
    "api_base": os.environ.get("STRIPE_API_BASE", "").strip(),
    "timeout": float(os.environ.get("STRIPE_TIMEOUT") or 5),
}

# --- mail to debtors (live mode; test mode writes into the sandbox mailbox)
SMTP: dict[str, Any] = {
    "host": os.environ.get("SMTP_HOST", ""),
    "port": int(os.environ.get("SMTP_PORT", "587")),
    "user": os.environ.get("SMTP_USER", ""),
    "password": os.environ.get("SMTP_PASSWORD", ""),
    "starttls": flag("SMTP_STARTTLS", True),
    "timeout": float(os.environ.get("SMTP_TIMEOUT", "20")),
}

# Who writes where a brand names no `from_email`; empty: such a brand sends nothing in live mode.
MAIL_FROM = os.environ.get("MAIL_FROM", "")

# --- mail from debtors: where answers are addressed to (`r+<token>@host`), and the keys that providers sign with. The
# names are django-anymail's; WEBHOOK_SECRET ("user:password", several by commas) is the basic auth of every provider.
INBOUND_HOST = os.environ.get("INBOUND_HOST", "").strip().lower()
_ANYMAIL_KEYS = ("MAILGUN_API_KEY", "MAILGUN_WEBHOOK_SIGNING_KEY", "MAILERSEND_INBOUND_SECRET")
ANYMAIL: dict[str, Any] = {
    name: os.environ[name] for name in (*_ANYMAIL_KEYS, "MAILERSEND_SIGNING_SECRET") if os.environ.get(name)
}
if os.environ.get("INBOUND_WEBHOOK_SECRET"):
    ANYMAIL["WEBHOOK_SECRET"] = os.environ["INBOUND_WEBHOOK_SECRET"].split(",")
