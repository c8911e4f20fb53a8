"""Every setting of AgentCollect, in the order: where, secrets, stores, apps, API, work, mail, pages.

Each value is read from the environment; what is missing falls back to the embedded default (`embedded.py`), which
runs the whole product on one machine. `docs/operations.md` lists the variables.
"""

import os
from pathlib import Path
from typing import Any

import dj_database_url

from agentcollect import embedded


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, str(int(default))).strip().lower() in {"1", "true", "yes", "on"}


BASE_DIR = embedded.ROOT
VAR_DIR = embedded.VAR
# Embedded = nobody named a database: one machine, state in var/, loopback addresses allowed for trying things out.
EMBEDDED = not os.environ.get("DATABASE_URL")

# --- where we are reached
PUBLIC_URL = os.environ.get("PUBLIC_URL") or embedded.read_json("run.json").get("base_url") or "http://127.0.0.1:8000"
DEBUG = _flag("DEBUG", False)
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*" if EMBEDDED else "").split(",")
APPEND_SLASH = False
ROOT_URLCONF = "agentcollect.urls"
WSGI_APPLICATION = "agentcollect.wsgi.application"

# --- secrets: environment, else made once in var/
_SECRETS = embedded.load_or_make_secrets() if EMBEDDED or _flag("SECRETS_FROM_VAR", False) else {}


def _secret(name: str) -> str:
    value = os.environ.get(name) or _SECRETS.get(name)
    if not value:
        raise RuntimeError(f"{name} must be set: see docs/operations.md, 'Secrets'.")
    return value


SECRET_KEY = _secret("SECRET_KEY")
# Version → key. The first is used for new values, the others still verify old ones (rotation).
API_KEY_PEPPERS = {1: _secret("API_KEY_PEPPER")}
JWT_KEYS = {"k1": _secret("JWT_KEY")}
LINK_KEYS = {"1": _secret("LINK_KEY")}
CURSOR_KEY = _secret("CURSOR_KEY")
FIELD_KEYS = [key for key in _secret("FIELD_KEY").split(",") if key]

# --- stores
_SQLITE = {
    # IMMEDIATE: a writer waits for its turn instead of failing half-way with "database is locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}


def _database() -> dict[str, Any]:
    if EMBEDDED:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": embedded.ensure_var() / "agentcollect.sqlite3"}
    return dict(dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=600, conn_health_checks=True))


DATABASES: dict[str, Any] = {"default": _database()}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = _SQLITE
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = os.environ.get("REDIS_URL") or embedded.read_json("broker.json").get("url") or "redis://127.0.0.1:6379/0"
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_timeout": 1.0, "socket_connect_timeout": 0.5},
    }
}

# --- apps
INSTALLED_APPS = [
    "agentcollect.apps.AgentCollectConfig",
    "accounts",
    "events",
    "campaigns",
    "payments",
    "outreach",
    "webhooks",
    "sandbox",
    "dashboard",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
]
MIDDLEWARE = [
    "agentcollect.kit.middleware.RequestContext",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "agentcollect.kit.middleware.ContentSecurityPolicy",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context.shell",
            ]
        },
    }
]
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/dashboard/login"
LOGIN_REDIRECT_URL = "/dashboard"
LOGOUT_REDIRECT_URL = "/dashboard/login"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _flag("BEHIND_PROXY", False) else None
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.authentication.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["agentcollect.kit.body.AnyTypeJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["agentcollect.kit.body.OrjsonRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "agentcollect.kit.body.JSONOnly",
    "EXCEPTION_HANDLER": "agentcollect.kit.errors.handle",
    "DEFAULT_SCHEMA_CLASS": "agentcollect.kit.openapi.Schema",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "AgentCollect API",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/v1",
    "SERVERS": [{"url": "/", "description": "Where this document is served"}],
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": ["agentcollect.kit.openapi.finish"],
}
# Where the document's `webhooks` section is read from; the frame itself knows no room.
OPENAPI_EVENTS = "events.catalogue.TYPES"
API_VERSION = "2026-11-01"
API_MAX_BODY_BYTES = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 30 * 1024 * 1024  # the API's own limit answers first, in the API's own shape
RATE_LIMIT_PER_MINUTE = int(os.environ.get("RATE_LIMIT_PER_MINUTE", "1000"))
AUTH_RATE_LIMIT_PER_MINUTE = int(os.environ.get("AUTH_RATE_LIMIT_PER_MINUTE", "60"))
ACCESS_TOKEN_SECONDS = 3600
DOCS_URL = os.environ.get("DOCS_URL", f"{PUBLIC_URL}/docs")

# --- events: who is told inside the fact's own transaction; each inserts its own rows and does nothing else
EVENT_SUBSCRIBERS = ["webhooks.operations.fan_out"]

# --- outgoing HTTP to addresses that customers name
EGRESS_ALLOW_LOOPBACK_HTTP = _flag("EGRESS_ALLOW_LOOPBACK_HTTP", EMBEDDED)
EGRESS_EXTRA_PORTS: list[int] = [int(p) for p in os.environ.get("EGRESS_EXTRA_PORTS", "").split(",") if p]

# --- work in the background: Celery wakes workers, rows are the promise, so nothing here needs to be kept
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    # One quick try from a request: kombu's own default sleeps 2, 4, 6… seconds while the broker is gone.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"webhooks.*": {"queue": "webhooks"}}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "open-cases": {"task": "campaigns.open_cases", "schedule": 5.0},
    "run-imports": {"task": "campaigns.run_imports", "schedule": 5.0},
    "judge-exhausted": {"task": "campaigns.judge_exhausted", "schedule": 30.0},
    "end-mandates": {"task": "campaigns.end_mandates", "schedule": 60.0},
    "fetch-logos": {"task": "campaigns.fetch_logos", "schedule": 30.0},
    "enrich-due": {"task": "outreach.enrich_due", "schedule": 5.0},
    "send-due": {"task": "outreach.send_due", "schedule": 5.0},
    "sweep-leases": {"task": "outreach.sweep_leases", "schedule": 15.0},
    "escalate-exhausted": {"task": "outreach.escalate_exhausted", "schedule": 30.0},
    "sweep-processing": {"task": "payments.sweep_processing", "schedule": 30.0},
    "sweep-deliveries": {"task": "webhooks.sweep", "schedule": 10.0},
}
# An entry that nobody picked up within its period is dropped: the next one finds the same rows.
for _entry in CELERY_BEAT_SCHEDULE.values():
    _entry["options"] = {"expires": _entry["schedule"] * 2}

# --- mail to debtors (live mode; test mode writes into the sandbox mailbox)
SMTP: dict[str, Any] = {
    "host": os.environ.get("SMTP_HOST", ""),
    "port": int(os.environ.get("SMTP_PORT", "587")),
    "user": os.environ.get("SMTP_USER", ""),
    "password": os.environ.get("SMTP_PASSWORD", ""),
    "starttls": _flag("SMTP_STARTTLS", True),
    "timeout": float(os.environ.get("SMTP_TIMEOUT", "20")),
}

# Who writes where a brand names no `from_email`; empty: such a brand sends nothing in live mode.
MAIL_FROM = os.environ.get("MAIL_FROM", "")

# --- pages
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or VAR_DIR / "static")
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": os.environ.get("MEDIA_ROOT") or VAR_DIR / "files"},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
UNFOLD = {
    "SITE_TITLE": "AgentCollect operations",
    "SITE_HEADER": "AgentCollect",
    "SITE_SUBHEADER": "Operations",
    "SITE_URL": "/dashboard",
    "SITE_SYMBOL": "account_balance",
    "SHOW_HISTORY": False,
    # The dashboard's blue, light to dark.
    "COLORS": {
        "primary": {
            "50": "oklch(97% .014 254.604)",
            "100": "oklch(93.2% .032 255.585)",
            "200": "oklch(88.2% .059 254.128)",
            "300": "oklch(80.9% .105 251.813)",
            "400": "oklch(70.7% .165 254.624)",
            "500": "oklch(62.3% .214 259.815)",
            "600": "oklch(54.6% .245 262.881)",
            "700": "oklch(48.8% .243 264.376)",
            "800": "oklch(42.4% .199 265.638)",
            "900": "oklch(37.9% .146 265.522)",
            "950": "oklch(28.2% .091 267.935)",
        }
    },
    "SIDEBAR": {"show_search": True, "navigation": "dashboard.admin_nav.navigation"},
}

# --- log: one JSON line a fact; configured in kit/logs.py
LOGGING_CONFIG = "agentcollect.kit.logs.configure"
LOGGING = {"level": os.environ.get("LOG_LEVEL", "INFO"), "json": _flag("LOG_JSON", True)}
