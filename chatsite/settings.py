"""All settings, read from the environment. `.env.example` lists every variable.

Without any variable this is a development site: SQLite, the in-memory channel layer, mail to the console. With DEBUG
off, a missing required value stops the start with an error message.
"""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from chatsite.config import branding, files, secret_key, sign_up, vapid_key
from chatsite.config.addresses import hosts_and_ports, network, outbound_proxy, site_url
from chatsite.config.channel_layer import channel_layer
from chatsite.config.database import database
from chatsite.config.environment import BASE_DIR, choice, env, number
from chatsite.server.forwarded import proxies

VAR_DIR = BASE_DIR / "var"

# ---- Development or production

DEBUG: bool = env.bool("DEBUG", default=True)
# Whether clients reach the site over HTTPS. It stays on behind a proxy that terminates TLS.
HTTPS: bool = env.bool("HTTPS", default=not DEBUG)

# Metrics at /metrics, for a Prometheus server that sends the token.
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
# An entry may have a port (`chat.example.org:8443`). Links may then contain it if SITE_URL is not set.
ALLOWED_HOSTS, SITE_PORTS = hosts_and_ports(env.list("ALLOWED_HOSTS", default=[]))
# The base of the links in mails, QR codes and invitations.
SITE_URL: str = site_url(env.str("SITE_URL", default=""), is_https=HTTPS, allowed_hosts=ALLOWED_HOSTS)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# ---- Application

INSTALLED_APPS = [
    # Before staticfiles, so that its `runserver` is used: Daphne's, which also prints the URL. Daphne itself is not an
    # installed app, because it would load Twisted into each worker of uvicorn and each command: 25 MiB and 0.4 s.
    "chat",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_tasks",
]

MIDDLEWARE = [
    # A full room page shrinks to a tenth. Django varies the compressed length against the BREACH attack.
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
    "chat.middleware.pages.DatabaseUnavailable",
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

# ---- Accounts

AUTH_USER_MODEL = "chat.Person"
AUTHENTICATION_BACKENDS = ["chat.auth.authentication.PersonBackend"]
# Django's hashers, in threads of their own.
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
# The table of django.contrib.sessions. That app is not installed, because it has a model of its own for the table.
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
# Seconds for each step of the conversation with the mail server.
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="chat@localhost")
# Minutes between a message and the email about it, for people who have not chosen.
CHAT_MAIL_AFTER: int = number("CHAT_MAIL_AFTER", 15)
if not 1 <= CHAT_MAIL_AFTER <= 1440:
    raise ImproperlyConfigured(f"CHAT_MAIL_AFTER is {CHAT_MAIL_AFTER}. It must be from 1 to 1440 minutes.")
# What emails contain of messages: their text, the names of rooms and authors only, or nothing but their number.
CHAT_MAIL_CONTENT: str = choice("CHAT_MAIL_CONTENT", ("full", "names", "none"))

# ---- Background work

# Which processes run tasks and followers: "web", every web process, or "worker", only those of `manage.py work`.
CHAT_JOBS: str = choice("CHAT_JOBS", ("web", "worker"))
# Guests without activity for this many days are deleted, once a day. 0: never.
CHAT_GUEST_DAYS: int = number("CHAT_GUEST_DAYS", 0)
TASKS = {
    "default": {
        "BACKEND": "chat.actions.jobs.backend.JobBackend",
        "QUEUES": ["default", "mail", "http", "media", "webhooks"],
    }
}
# The proxy through which requests to addresses that people give are sent, such as http://proxy:3128.
CHAT_OUTBOUND_PROXY: str = outbound_proxy(env.str("CHAT_OUTBOUND_PROXY", default=""))
# The key that signs pushes, from `manage.py vapidkey`. Without one, the site offers no push notifications.
CHAT_VAPID_KEY: str = vapid_key.checked(env.str("CHAT_VAPID_KEY", default=""))
if DEBUG and not CHAT_VAPID_KEY:
    CHAT_VAPID_KEY = vapid_key.read_or_create(VAR_DIR / "vapid_key")
# How much a push says: the text of the message, the names of its author and room, or neither.
CHAT_PUSH_CONTENT: str = choice("CHAT_PUSH_CONTENT", ("full", "names", "none"))

# ---- Security

SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS: int = number("HSTS_SECONDS", 60 * 60 * 24 * 365 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
# The proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted; see chatsite/server/forwarded.py.
TRUSTED_PROXIES = proxies(env.list("TRUSTED_PROXIES", default=[]))
# Only for a proxy that always sets or removes the header. Otherwise any client could claim HTTPS.
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
        "media-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        # Only the HTML of messages may become elements, and only the service worker a script, each in one place. The
        # admin has Django's scripts, so it is exempt.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["message", "worker"],
        "report-uri": ["/csp-report/"],
    }
}

# ---- The site's own look

# Shown in titles, on the first page, in emails and where the site is installed as an app.
SITE_NAME: str = branding.site_name(env.str("SITE_NAME", default="Chat"))
# The line under the name on the first page.
SITE_WELCOME: str = env.str("SITE_WELCOME", default="")
SITE_ACCENT: str = branding.accent_color(env.str("SITE_ACCENT", default=""))
SITE_LOGO: Path | None = branding.logo(env.str("SITE_LOGO", default=""))

# ---- Chat

# Who gets an account: see docs/rooms.md. Guests, who have none, follow CHAT_GUESTS.
CHAT_SIGN_UP: str = choice("CHAT_SIGN_UP", sign_up.MODES)
# The domains of the email addresses that `domain` accepts.
CHAT_EMAIL_DOMAINS: list[str] = sign_up.email_domains(env.list("CHAT_EMAIL_DOMAINS", default=[]), CHAT_SIGN_UP)
# Whether the admin shows the text of messages in private rooms and direct conversations.
CHAT_ADMIN_READS_PRIVATE: bool = env.bool("CHAT_ADMIN_READS_PRIVATE", default=False)
CHAT_GUESTS: bool = env.bool("CHAT_GUESTS", default=DEBUG)
# Connections without a subprotocol send and receive plain text lines. Such a guest's name has no password.
CHAT_PLAIN_CLIENTS: bool = env.bool("CHAT_PLAIN_CLIENTS", default=DEBUG)
# New guests per minute and address. 0: no limit.
CHAT_GUESTS_PER_MINUTE: int = number("CHAT_GUESTS_PER_MINUTE", 20)
# Password attempts per minute and address, right or wrong, with a burst of three times as many. 0: no limit.
CHAT_SIGN_INS_PER_MINUTE: int = number("CHAT_SIGN_INS_PER_MINUTE", 20)
# Wrong passwords in a row for one name from one address. Then it is one attempt a minute. 0: no limit.
CHAT_WRONG_PASSWORDS: int = number("CHAT_WRONG_PASSWORDS", 5)
# Invalid tokens per minute and address. 0: no limit.
CHAT_WRONG_TOKENS_PER_MINUTE: int = number("CHAT_WRONG_TOKENS_PER_MINUTE", 60)
# Searches per minute and person. 0: no limit.
CHAT_SEARCHES_PER_MINUTE: int = number("CHAT_SEARCHES_PER_MINUTE", 60)
# Reports per minute and person. 0: no limit.
CHAT_REPORTS_PER_MINUTE: int = number("CHAT_REPORTS_PER_MINUTE", 10)
# Posts per second and person, over all connections. 0: no limit.
CHAT_POSTS_PER_SECOND: float = number("CHAT_POSTS_PER_SECOND", 5.0, float)
CHAT_POSTS_BURST: int = number("CHAT_POSTS_BURST", 20)
# Posts per second and address, with a burst of ten times as many. 0: no limit.
CHAT_POSTS_PER_ADDRESS: float = number("CHAT_POSTS_PER_ADDRESS", 50.0, float)
# Whether guests may create rooms. A name is enough to be a guest, so limits by person do not bound their rooms.
CHAT_GUESTS_CREATE_ROOMS: bool = env.bool("CHAT_GUESTS_CREATE_ROOMS", default=DEBUG)
# Who may bring new people to the site with an invitation. "staff": those of others work for existing accounts only.
CHAT_INVITES: str = env.str("CHAT_INVITES", default="members")
if CHAT_INVITES not in ("members", "staff"):
    raise ImproperlyConfigured(f"CHAT_INVITES is {CHAT_INVITES!r}. It must be members or staff.")
# Whether guests may become members of private rooms.
CHAT_GUESTS_IN_PRIVATE: bool = env.bool("CHAT_GUESTS_IN_PRIVATE", default=False)
# Invitations that a person may make per day, people added by name included; and as many requests to join. 0: no limit.
CHAT_INVITES_PER_DAY: int = number("CHAT_INVITES_PER_DAY", 20)
# Rooms that a person may create per hour. 0: no limit.
CHAT_ROOMS_PER_HOUR: int = number("CHAT_ROOMS_PER_HOUR", 20)
# Rooms that all people behind one address may create per hour. 0: no limit.
CHAT_ROOMS_PER_ADDRESS: int = number("CHAT_ROOMS_PER_ADDRESS", 20)
# Who may create bots: members, the site's staff, or no one.
CHAT_BOTS: str = choice("CHAT_BOTS", ("members", "staff", "off"))
# Who may open direct conversations: "everyone", "members" (no guests), "staff", or nobody ("off").
CHAT_DIRECT: str = choice("CHAT_DIRECT", ("everyone", "members", "staff", "off"))
# The most people in a direct conversation. The column for their ids has room for 13.
CHAT_DIRECT_MAX: int = number("CHAT_DIRECT_MAX", 10)
if not 2 <= CHAT_DIRECT_MAX <= 13:
    raise ImproperlyConfigured(f"CHAT_DIRECT_MAX is {CHAT_DIRECT_MAX}. It must be from 2 to 13.")
# New direct conversations per hour and person. 0: no limit, also none for guests and first contacts.
CHAT_DIRECT_PER_HOUR: int = number("CHAT_DIRECT_PER_HOUR", 20)
# Commands of every kind, per connection. Pings, pongs and message fragments, per person. 0: no limit.
CHAT_FRAMES_PER_SECOND: float = number("CHAT_FRAMES_PER_SECOND", 50.0, float)
CHAT_FRAMES_BURST: int = number("CHAT_FRAMES_BURST", 250)
# Open sockets over all workers. 0: no limit.
CHAT_CONNECTIONS_PER_PERSON: int = number("CHAT_CONNECTIONS_PER_PERSON", 50)
CHAT_CONNECTIONS_PER_ADDRESS: int = number("CHAT_CONNECTIONS_PER_ADDRESS", 1000)
# The share of each person's limit that a guest has, because anyone can join again under a new name. 1: all of it.
CHAT_GUEST_SHARE: float = number("CHAT_GUEST_SHARE", 0.4, float)
if not 0 < CHAT_GUEST_SHARE <= 1:
    raise ImproperlyConfigured(f"CHAT_GUEST_SHARE is {CHAT_GUEST_SHARE}. It must be above 0 and at most 1.")
# The largest message, in characters.
CHAT_MAX_BODY: int = number("CHAT_MAX_BODY", 8000)
# The messages of a deleted account: "keep" shows them as a deleted person's, "erase" erases them.
CHAT_DELETED_ACCOUNTS: str = choice("CHAT_DELETED_ACCOUNTS", ("keep", "erase"))
# Whether people can upload files. Those that are there stay.
CHAT_FILES: bool = env.bool("CHAT_FILES", default=True)
# The largest file of members and of guests, in MB.
CHAT_FILE_MB: int = number("CHAT_FILE_MB", 25)
CHAT_GUEST_FILE_MB: int = number("CHAT_GUEST_FILE_MB", 5)
# All files of a member, of a guest, and of the site, in MB. 0: no limit.
CHAT_FILES_MB: int = number("CHAT_FILES_MB", 500)
CHAT_GUEST_FILES_MB: int = number("CHAT_GUEST_FILES_MB", 50)
CHAT_SITE_FILES_MB: int = number("CHAT_SITE_FILES_MB", 0)
# Files that a person may upload per hour, and at the same time. 0: no limit.
CHAT_FILES_PER_HOUR: int = number("CHAT_FILES_PER_HOUR", 60)
# A command that scans each uploaded file, such as `clamdscan --fdpass {}`. Exit code 0: clean, 1: refused.
CHAT_SCAN_COMMAND: list[str] = files.scan_command(env.str("CHAT_SCAN_COMMAND", default=""))
CHAT_UPLOADS_AT_ONCE: int = number("CHAT_UPLOADS_AT_ONCE", 3)
# Where the proxy serves files itself, after this site has checked access: the beginning of the address that it gets in
# X-Accel-Redirect, such as /protected-files/.
CHAT_FILES_ACCEL: str = env.str("CHAT_FILES_ACCEL", default="")
# Networks of the operator's own to which outgoing webhooks may go, with any port and without TLS.
CHAT_WEBHOOK_NETWORKS = [network("CHAT_WEBHOOK_NETWORKS", it) for it in env.list("CHAT_WEBHOOK_NETWORKS", default=[])]
# Whether files come from the storage, by an address that it signs for a minute after this site has checked access.
CHAT_FILES_REDIRECT: bool = env.bool("CHAT_FILES_REDIRECT", default=False)
# Another host name of this site, which serves files and nothing else. Here it is an origin, or empty.
CHAT_FILES_HOST: str = files.host(env.str("CHAT_FILES_HOST", default=""), is_https=HTTPS, site_url=SITE_URL)
# Rooms whose links get previews: "off", "public", or "everywhere", which includes private rooms and direct messages.
CHAT_LINK_PREVIEWS: str = choice("CHAT_LINK_PREVIEWS", ("off", "public", "everywhere"))
# The default retention of messages in days; `manage.py prune` deletes older ones. 0: forever.
CHAT_KEEP_DAYS: int = number("CHAT_KEEP_DAYS", 0)
# The most changes that one resume may deliver. A client further behind starts over.
CHAT_RESUME_LIMIT: int = number("CHAT_RESUME_LIMIT", 1000)

# ---- Language, files, logs

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT: str = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
# Pages name only the files with a hash in their names. To compress the others takes as long again.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # In development files are served from the source tree, without collecting them first.
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "chatsite.server.static_files.HashedFiles"
    },
    # What people upload: a folder, s3://bucket/folder, or the path of a storage class.
    "files": files.storage(
        env.str("FILES_STORAGE", default=""), VAR_DIR / "files", is_read_by_proxy=bool(CHAT_FILES_ACCEL)
    ),
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
        # One line per request in production. In development the browser shows the page.
        "chat.access": {"level": "WARNING" if DEBUG else LOG_LEVEL},
        "django": {"level": "INFO", "handlers": ["console"], "propagate": False},
        "django.request": {"filters": ["without_refusals"]},
        # Daphne's line per request: only errors.
        "django.channels.server": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        # uvicorn's line per request would duplicate ours and has no request id.
        "uvicorn": {"level": LOG_LEVEL, "handlers": ["console"], "propagate": False},
        "uvicorn.access": {"handlers": [], "propagate": False},
        "uvicorn.error": {"filters": ["without_connections"]},
        # They log host names and certificates that people choose. `chat.outbound` says what went wrong.
        "requests_hardened": {"level": "ERROR"},
        "urllib3": {"level": "ERROR"},
        # It logs every second of an outage with a traceback. The hub logs an outage once.
        "channels_redis": {"level": "DEBUG" if LOG_LEVEL == "DEBUG" else "CRITICAL"},
    },
}
