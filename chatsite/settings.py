"""All settings, read from the environment; `.env.example` lists every variable.

Without any variable this is a development site: SQLite, the in-memory channel layer, mail to the console.
With DEBUG off, what is needed and missing stops the start with a sentence.
"""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from chatsite.config import secret_key
from chatsite.config.addresses import hosts_and_ports, site_url
from chatsite.config.channel_layer import channel_layer
from chatsite.config.database import database
from chatsite.environment import BASE_DIR, env
from chatsite.server.forwarded import proxies

VAR_DIR = BASE_DIR / "var"


def number(name: str, default: float, kind: Callable[[str], Any] = int) -> Any:
    """The number in a variable. What is none stops the start with a sentence."""
    value = env.str(name, default="")
    try:
        return kind(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is {value!r}. It must be a number.") from error


# ---- Development or production

DEBUG: bool = env.bool("DEBUG", default=True)
# Whether people reach the site over https. Behind a proxy that ends TLS, this stays on.
HTTPS: bool = env.bool("HTTPS", default=not DEBUG)

# The numbers of the site at /metrics, for a Prometheus server that sends the token.
CHAT_METRICS: bool = env.bool("CHAT_METRICS", default=False)
CHAT_METRICS_TOKEN: str = env.str("CHAT_METRICS_TOKEN", default="")

if not DEBUG:
    _needed = {
        "SECRET_KEY": "a long random string",
        "ALLOWED_HOSTS": "the host names of the site, such as chat.example.org",
    }
    if CHAT_METRICS:
        _needed |= {"CHAT_METRICS_TOKEN": "a long random string that the Prometheus server sends"}
    if _missing := [f"{name} ({meaning})" for name, meaning in _needed.items() if not env.str(name, default="")]:
        raise ImproperlyConfigured(f"DEBUG is off, so these are required: {', '.join(_missing)}.")

SECRET_KEY: str = env.str("SECRET_KEY", default="") or secret_key.read_or_create(VAR_DIR / "secret_key")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
# A host may stand there with a port, `chat.example.org:8443`: then links may have it where SITE_URL is not set.
ALLOWED_HOSTS, SITE_PORTS = hosts_and_ports(env.list("ALLOWED_HOSTS", default=[]))
# Where people reach the site: what links in mails, QR codes and invitations begin with.
SITE_URL: str = site_url(env.str("SITE_URL", default=""), is_https=HTTPS, allowed_hosts=ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# ---- Application

INSTALLED_APPS = [
    # Before staticfiles: its `runserver` is Daphne's, and says where the chat is. Daphne itself is no application here,
    # which would load Twisted into each worker of uvicorn and each command: 25 MiB and 0.4 s.
    "chat",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
]

MIDDLEWARE = [
    # A full room is a tenth of its size. Django varies the length of what comes out, so that it tells nothing (BREACH).
    "chat.middleware.pages.Compression",
    "chat.middleware.pages.KnownPort",
    "django.middleware.security.SecurityMiddleware",
    "chat.middleware.security_headers.ContentSecurityPolicy",
    "chat.middleware.security_headers.Isolation",
    "chat.middleware.sessions.Sessions",
    "chat.middleware.pages.Common",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chat.middleware.pages.DatabaseAway",
    "chat.middleware.pages.PasswordQueue",
]

ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chat.rendering.theme.theme",
            ],
        },
    }
]

# ---- Database

DATABASES: dict[str, Any] = {
    "default": database(
        env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}"),
        pool_size=number("DATABASE_POOL_SIZE", 16),
        test_name=env.str("TEST_DATABASE", default=str(VAR_DIR / "test.sqlite3")),
    )
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- Channel layer

CHANNEL_LAYERS: dict[str, Any] = {"default": channel_layer(env.str("REDIS_URL", default=""))}

# ---- People

AUTH_USER_MODEL = "chat.Person"
AUTHENTICATION_BACKENDS = ["chat.auth.authentication.PersonBackend"]
# Django's own, in threads of their own.
PASSWORD_HASHERS = ["chat.auth.password_hashing.PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "chat.auth.password_hashing.MaximumLengthValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "home"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
# The table is that of django.contrib.sessions, which is not installed because it would have its own model for it.
SESSION_ENGINE = "chat.models.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True

_mail: dict[str, Any] = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND: str = _mail["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH: str = _mail["EMAIL_FILE_PATH"]
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="chat@localhost")

# ---- Security

SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS: int = number("HSTS_SECONDS", 60 * 60 * 24 * 365 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
# Those whose X-Forwarded-For and X-Forwarded-Proto are believed; see chatsite/server/forwarded.py.
TRUSTED_PROXIES = proxies(env.list("TRUSTED_PROXIES", default=[]))
# Only where a proxy in front always sets or removes the header; otherwise anybody could claim https.
if env.bool("TRUST_FORWARDED_PROTO", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "chat.views.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        # No text becomes elements but a message's, in one place. The admin, whose scripts are Django's, is without it.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["message"],
        "report-uri": ["/csp-report/"],
    }
}

# ---- The chat's own

CHAT_GUESTS: bool = env.bool("CHAT_GUESTS", default=DEBUG)
# Connections that offer no subprotocol write text and read lines. Such a guest's name has no password.
CHAT_PLAIN_CLIENTS: bool = env.bool("CHAT_PLAIN_CLIENTS", default=DEBUG)
# Guests one address may make in a minute. 0: no limit.
CHAT_GUESTS_PER_MINUTE: int = number("CHAT_GUESTS_PER_MINUTE", 20)
# Passwords tried from one address in a minute, right or wrong, with three times as many at once. 0: no limit.
CHAT_SIGN_INS_PER_MINUTE: int = number("CHAT_SIGN_INS_PER_MINUTE", 20)
# Wrong passwords in a row for one name from one address, before it is one a minute. 0: no limit.
CHAT_WRONG_PASSWORDS: int = number("CHAT_WRONG_PASSWORDS", 5)
# Tokens that are nobody's, from one address. 0: no limit.
CHAT_WRONG_TOKENS_PER_MINUTE: int = number("CHAT_WRONG_TOKENS_PER_MINUTE", 60)
# Searches one person may make in a minute. 0: no limit.
CHAT_SEARCHES_PER_MINUTE: int = number("CHAT_SEARCHES_PER_MINUTE", 60)
# Messages one person may report in a minute. 0: no limit.
CHAT_REPORTS_PER_MINUTE: int = number("CHAT_REPORTS_PER_MINUTE", 10)
# Per person, over all their connections. 0: no limit.
CHAT_POSTS_PER_SECOND: float = number("CHAT_POSTS_PER_SECOND", 5.0, float)
CHAT_POSTS_BURST: int = number("CHAT_POSTS_BURST", 20)
# The same for everybody behind one address, with ten times as many at once. 0: no limit.
CHAT_POSTS_PER_ADDRESS: float = number("CHAT_POSTS_PER_ADDRESS", 50.0, float)
# Whether guests may create rooms. A name is enough to be a guest, so limits by person do not bound their rooms.
CHAT_GUESTS_CREATE_ROOMS: bool = env.bool("CHAT_GUESTS_CREATE_ROOMS", default=DEBUG)
# Rooms that one person may create in an hour. 0: no limit.
CHAT_ROOMS_PER_HOUR: int = number("CHAT_ROOMS_PER_HOUR", 20)
# Rooms that everyone behind one address may create in an hour. 0: no limit.
CHAT_ROOMS_PER_ADDRESS: int = number("CHAT_ROOMS_PER_ADDRESS", 20)
# Commands of every kind, per connection; pings, pongs and parts of messages, per person. 0: no limit.
CHAT_FRAMES_PER_SECOND: float = number("CHAT_FRAMES_PER_SECOND", 50.0, float)
CHAT_FRAMES_BURST: int = number("CHAT_FRAMES_BURST", 250)
# Sockets open at once, over all workers. 0: no limit.
CHAT_CONNECTIONS_PER_PERSON: int = number("CHAT_CONNECTIONS_PER_PERSON", 50)
CHAT_CONNECTIONS_PER_ADDRESS: int = number("CHAT_CONNECTIONS_PER_ADDRESS", 1000)
# The part of each limit per person that guests have: for a new name everybody can come in again. 1: all of it.
CHAT_GUEST_SHARE: float = number("CHAT_GUEST_SHARE", 0.4, float)
if not 0 < CHAT_GUEST_SHARE <= 1:
    raise ImproperlyConfigured(f"CHAT_GUEST_SHARE is {CHAT_GUEST_SHARE}. It must be above 0 and at most 1.")
# Characters of one message.
CHAT_MAX_BODY: int = number("CHAT_MAX_BODY", 8000)
# What becomes of the messages of somebody who deletes their account: "keep", as those of a deleted person, or "erase".
CHAT_DELETED_ACCOUNTS: str = env.str("CHAT_DELETED_ACCOUNTS", default="keep")
if CHAT_DELETED_ACCOUNTS not in ("keep", "erase"):
    raise ImproperlyConfigured(f"CHAT_DELETED_ACCOUNTS is {CHAT_DELETED_ACCOUNTS!r}. It must be keep or erase.")
# Days for which messages are kept where a room says nothing else; `manage.py prune` removes older ones. 0: for ever.
CHAT_KEEP_DAYS: int = number("CHAT_KEEP_DAYS", 0)
# Changes that one resume may catch up on; a client further behind starts afresh.
CHAT_RESUME_LIMIT: int = number("CHAT_RESUME_LIMIT", 1000)

# ---- Language, files, logs

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT: str = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # In development a file is served as it lies there, and nobody has to collect it first.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "chatsite.server.static_files.HashedFiles"
    },
}

LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "chat.telemetry.logs.ConsoleFormatter" if DEBUG else "chat.telemetry.logs.JsonFormatter"}
    },
    "filters": {
        "without_refusals": {"()": "chat.middleware.request_log.WithoutRefusals"},
        "without_connections": {"()": "chat.middleware.request_log.WithoutConnections"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "chat": {"level": LOG_LEVEL},
        # A line per request, for production: in development the page in front of you says as much.
        "chat.access": {"level": "WARNING" if DEBUG else LOG_LEVEL},
        "django": {"level": "INFO", "handlers": ["console"], "propagate": False},
        "django.request": {"filters": ["without_refusals"]},
        # Daphne's line per request: only what went wrong.
        "django.channels.server": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        # uvicorn's own line per request would be a second one, and knows no id.
        "uvicorn": {"level": LOG_LEVEL, "handlers": ["console"], "propagate": False},
        "uvicorn.access": {"handlers": [], "propagate": False},
        "uvicorn.error": {"filters": ["without_connections"]},
        # It says every second of an outage, with a traceback, what the hub says once.
        "channels_redis": {"level": "DEBUG" if LOG_LEVEL == "DEBUG" else "CRITICAL"},
    },
}
