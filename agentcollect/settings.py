"""The settings of AgentCollect, in the order: where, secrets, stores, apps, API, work, mail, pages. Beside them: the
services of live mode (`outside.py`), names of the rooms (`rooms.py`), the schedule, the admin's looks.

Each value is read from the environment; what is missing falls back to the embedded default (`embedded.py`), which
runs the whole product on one machine. `docs/operations.md` lists the variables.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from agentcollect import embedded
from agentcollect.kit import storage
from agentcollect.looks import UNFOLD  # noqa: F401
from agentcollect.outside import *  # noqa: F403
from agentcollect.outside import MAIL_FROM, SMTP, flag
from agentcollect.rooms import *  # noqa: F403
from agentcollect.schedule import BEAT_SCHEDULE, TASK_ROUTES

BASE_DIR = embedded.ROOT
VAR_DIR = embedded.VAR
# Embedded = nobody named a database: one machine, state in var/, loopback addresses allowed for trying things out.
EMBEDDED = not os.environ.get("DATABASE_URL")

# --- where we are reached
PUBLIC_URL = os.environ.get("PUBLIC_URL") or embedded.read_json("run.json").get("base_url") or "http://127.0.0.1:8000"
DEBUG = flag("DEBUG", False)
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*" if EMBEDDED else "").split(",")
# Names that creditors have proven are let in beside these, for payment pages only (kit/hosts.py). Who reads them, what
# they serve, and where their DNS must lead: our name, or our addresses, by commas.
PAY_HOSTS = "payments.queries.hosts.pay_hosts"
PAY_URLCONF = "agentcollect.pay_urls"
PAY_TARGET = os.environ.get("PAY_TARGET", "") or urlsplit(PUBLIC_URL).hostname or ""
# Name servers to ask, as address or address:port by commas; empty: those of this machine.
DNS_SERVERS = [part.strip() for part in os.environ.get("DNS_SERVERS", "").split(",") if part.strip()]
# Which machines may ask whether a certificate may be issued (networks by commas); any that shows the token, too.
TLS_ASK_ALLOW = [part.strip() for part in os.environ.get("TLS_ASK_ALLOW", "127.0.0.0/8,::1").split(",") if part.strip()]
TLS_ASK_TOKEN = os.environ.get("TLS_ASK_TOKEN", "")
APPEND_SLASH = False
ROOT_URLCONF = "agentcollect.urls"
WSGI_APPLICATION = "agentcollect.wsgi.application"

# --- secrets: environment, else made once in var/
_SECRETS = embedded.load_or_make_secrets() if EMBEDDED or flag("SECRETS_FROM_VAR", False) else {}


def _secret(name: str) -> str:
    value = os.environ.get(name) or _SECRETS.get(name)
    if not value:
        raise RuntimeError(f"{name} must be set: see docs/operations.md, 'Secrets'.")
    return value


def _versions(name: str, version: str, single: str) -> dict[str, str]:
    """`2:newer,1:older` in the variable `name`; without it the one secret `single`, as `version`."""
    listed = [part.strip().partition(":") for part in os.environ.get(name, "").split(",") if part.strip()]
    if any(not (key and value) for key, _, value in listed):
        raise RuntimeError(f"{name} must read version:secret,version:secret: see docs/operations.md, 'Rotation'.")
    return {key: value for key, _, value in listed} or {version: _secret(single)}


SECRET_KEY = _secret("SECRET_KEY")
# Version → key. The first is used for new values, the others still verify old ones (rotation).
API_KEY_PEPPERS = {int(key): pepper for key, pepper in _versions("API_KEY_PEPPERS", "1", "API_KEY_PEPPER").items()}
JWT_KEYS = _versions("JWT_KEYS", "k1", "JWT_KEY")
LINK_KEYS = {"1": _secret("LINK_KEY")}
CURSOR_KEY = _secret("CURSOR_KEY")
FIELD_KEYS = [key for key in _secret("FIELD_KEY").split(",") if key]

# --- stores
_SQLITE = {
    # IMMEDIATE: a writer waits for its turn instead of failing half-way with "database is locked".
    "transaction_mode": "IMMEDIATE",
    "timeout": 5,
    # The driver keeps this many statements ready: a story asks more than its usual 128, and each costs it to read.
    "cached_statements": 1000,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
}


def _database() -> dict[str, Any]:
    if EMBEDDED:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": embedded.ensure_var() / "agentcollect.sqlite3"}
    named: dict[str, Any] = dict(
        dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=600, conn_health_checks=True)
    )
    ours = {"django.db.backends.postgresql": "agentcollect.kit.postgresql"}
    return named | {"ENGINE": ours.get(str(named["ENGINE"]), named["ENGINE"])}


# A web process (wsgi.py says that it is one) waits this long for one statement, for a lock and for a connection; then
# the answer is a 503 that may be retried, never a hanging request. Workers, migrations and a shell have no limit.
WEB_PROCESS = flag("WEB_PROCESS", False)
API_STATEMENT_TIMEOUT_MS = int(os.environ.get("API_STATEMENT_TIMEOUT_MS", "5000"))
API_LOCK_TIMEOUT_MS = int(os.environ.get("API_LOCK_TIMEOUT_MS", "3000"))


def _web_limits(given: dict[str, Any]) -> dict[str, Any]:
    """libpq's options for a web process; what DATABASE_URL itself says comes last, and wins."""
    limits = {"statement_timeout": API_STATEMENT_TIMEOUT_MS, "lock_timeout": API_LOCK_TIMEOUT_MS}
    asked = [f"-c {name}={milliseconds}" for name, milliseconds in limits.items() if milliseconds]
    # A server that vanished answers neither; found by the kernel, since no statement of ours could end.
    patience = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3}
    return patience | given | {"options": " ".join([*asked, given.get("options", "")]).strip()}


# Values travel apart from the statement, so that PostgreSQL keeps the plan of what is asked the fifth time:
# planning cost it five times what answering did. "0" for a pooler in between that hands each transaction to another
# connection and does not know prepared statements.
PREPARED_STATEMENTS = flag("DATABASE_PREPARED_STATEMENTS", True)
_PREPARED = {"server_side_binding": True, "prepare_threshold": 5} if PREPARED_STATEMENTS else {}

DATABASES: dict[str, Any] = {"default": _database()}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = _SQLITE
else:
    given = _PREPARED | DATABASES["default"].get("OPTIONS", {})
    DATABASES["default"]["OPTIONS"] = _web_limits(given) if WEB_PROCESS else given
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = os.environ.get("REDIS_URL") or embedded.read_json("broker.json").get("url") or "redis://127.0.0.1:6379/0"
CACHES = {
    "default": {
        "BACKEND": "agentcollect.kit.cache.SteadyRedisCache",
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
    # After dashboard, whose templates overrule theirs.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "oauth2_provider",
]
MIDDLEWARE = [
    "agentcollect.kit.middleware.RequestContext",
    # Before everything that believes the Host header.
    "agentcollect.kit.hosts.Hosts",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "agentcollect.kit.pages_only.Session",
    "django.middleware.common.CommonMiddleware",
    "agentcollect.kit.pages_only.Csrf",
    "agentcollect.kit.pages_only.Authentication",
    "agentcollect.kit.pages_only.Messages",
    "allauth.account.middleware.AccountMiddleware",
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
PASSWORD_RESET_TIMEOUT = 86_400

# --- people: sign-up, sign-in, second factors (django-allauth; its pages are ours: dashboard/account_urls.py)
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
SIGNUP_OPEN = flag("SIGNUP_OPEN", True)
# Where the operator's terms stand; named, they must be accepted at sign-up.
TERMS_URL = os.environ.get("TERMS_URL", "")
ADMIN_REQUIRE_MFA = flag("ADMIN_REQUIRE_MFA", False)
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# A code typed into the page that asks for it: it works wherever the mail is read, and no link logs anybody in.
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = 3
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_SIGNUP_REDIRECT_URL = "/dashboard/start"
# Sign-in attempts are counted by dashboard.views.session, exactly; these count wrong passwords over all addresses.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "30/m/ip,20/10m/key", "signup": "20/m/ip"}
MFA_ADAPTER = "accounts.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "AgentCollect"
MFA_RECOVERY_CODE_COUNT = 10
# A browser signs for the origin it sees. http:// passes on this machine only: there it is a secure context.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = PUBLIC_URL.startswith(("http://127.0.0.1", "http://localhost"))

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("BEHIND_PROXY", False) else None
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
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "client": {
                "type": "http",
                "scheme": "basic",
                "description": "OAuth 2.0 client authentication: a key's id as user name, the key as password.",
            }
        }
    },
}
# Where the document's `webhooks` section and its scopes are read from; the frame itself knows no room.
OPENAPI_EVENTS = "events.catalogue.TYPES"
OPENAPI_SCOPES = "accounts.rules.SCOPES"
API_VERSION = "2026-11-01"
API_VERSIONS = (API_VERSION,)  # every version a request may name; a key is pinned to the newest when it is made
API_MAX_BODY_BYTES = 2 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 30 * 1024 * 1024  # the API's own limit answers first, in the API's own shape
RATE_LIMIT_PER_MINUTE = int(os.environ.get("RATE_LIMIT_PER_MINUTE", "1000"))
AUTH_RATE_LIMIT_PER_MINUTE = int(os.environ.get("AUTH_RATE_LIMIT_PER_MINUTE", "60"))
ACCESS_TOKEN_SECONDS = 3600
DOCS_URL = os.environ.get("DOCS_URL", f"{PUBLIC_URL}/docs")
# Answers kept by Idempotency-Key (kit/idempotency.py knows no room: the table is named here).
IDEMPOTENCY_MODEL = "accounts.IdempotentRequest"
# The tenants' request log: on or off, for how long, how much of a body; of a successful read its beginning is enough.
REQUEST_LOG = flag("REQUEST_LOG", True)
REQUEST_LOG_DAYS = int(os.environ.get("REQUEST_LOG_DAYS", "30"))
REQUEST_LOG_BODY_BYTES = int(os.environ.get("REQUEST_LOG_BODY_BYTES", "16384"))
REQUEST_LOG_READ_BYTES = int(os.environ.get("REQUEST_LOG_READ_BYTES", "1024"))
REQUEST_LOG_THREAD = True  # tests write when they say so
REQUEST_RECORDER = "accounts.operations.request_log.record"

# --- OAuth 2.0: one grant, over the API keys (docs/decisions/0008-the-api-key-is-the-oauth-client.md)
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "accounts.AccessToken"  # noqa: S105  (the name of a model)
OAUTH2_PROVIDER = {
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
    "OAUTH2_VALIDATOR_CLASS": "accounts.oauth.KeyValidator",
    "ACCESS_TOKEN_GENERATOR": "accounts.oauth.generate_token",
    "ACCESS_TOKEN_EXPIRE_SECONDS": ACCESS_TOKEN_SECONDS,
    "OAUTH2_GRANT_TYPES_SUPPORTED": ["client_credentials"],
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": [],
    "OAUTH2_TOKEN_ENDPOINT_AUTH_METHODS_SUPPORTED": ["client_secret_basic", "client_secret_post"],
    "REFRESH_TOKEN_EXPIRE_SECONDS": ACCESS_TOKEN_SECONDS,  # none is ever issued
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    # RFC 9700, all of it: what is discouraged is off, and no token stands anywhere in clear text.
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}
# The toolkit's refresh tokens point at its access tokens, ours do not point back: no circle, whatever app they are in.
SILENCED_SYSTEM_CHECKS = ["oauth2_provider.W011"]

# --- leaked keys: who may report them, as {"public_keys": [{"key_identifier", "key"}]}, the form that GitHub publishes
SECRET_SCANNING_KEYS = os.environ.get("SECRET_SCANNING_KEYS", "")

# Deliveries and attempts go so many days after they were settled last (webhooks/queries/retention.py).
WEBHOOK_RETENTION_DAYS = int(os.environ.get("WEBHOOK_RETENTION_DAYS", "90"))

# Who may read the figures at /metrics (nobody from outside, unless a token is set).
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")

# --- outgoing HTTP to addresses that customers name
EGRESS_ALLOW_LOOPBACK_HTTP = flag("EGRESS_ALLOW_LOOPBACK_HTTP", EMBEDDED)
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
CELERY_TASK_ROUTES = TASK_ROUTES
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE

# --- mail to people who sign in: codes, resets, invitations. The same relay; embedded without one, a folder
DEFAULT_FROM_EMAIL = os.environ.get("SYSTEM_MAIL_FROM") or MAIL_FROM or "AgentCollect <no-reply@localhost>"
SYSTEM_MAIL = "smtp" if SMTP["host"] else "folder" if EMBEDDED else ""
EMAIL_BACKEND = {
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
    "folder": "agentcollect.kit.mail.FolderBackend",
    "": "agentcollect.kit.mail.NoBackend",
}[SYSTEM_MAIL]
EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS = SMTP["host"], SMTP["port"], SMTP["starttls"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = SMTP["user"], SMTP["password"]
# A person waits for this one.
EMAIL_TIMEOUT = min(SMTP["timeout"], 10.0)
EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""

# --- pages
LANGUAGE_CODE = "en-us"
# Only the payment page speaks to people in their own language (payments.views.page.speaking); no middleware chooses one
# for anything else, so the API, the dashboard and the admin stay English.
USE_I18N = True
LANGUAGES = [("en", "English"), ("fr", "Français"), ("es", "Español"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "payments" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(os.environ.get("STATIC_ROOT") or VAR_DIR / "static")

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": os.environ.get("MEDIA_ROOT") or VAR_DIR / "files"},
    },
    # Documents and exports, outside of every web root. More than one machine: DOCUMENTS_S3_BUCKET.
    "documents": storage.documents(VAR_DIR),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# --- log: one JSON line a fact; configured in kit/logs.py
LOGGING_CONFIG = "agentcollect.kit.logs.configure"
LOGGING = {"level": os.environ.get("LOG_LEVEL", "INFO"), "json": flag("LOG_JSON", True)}
