"""Django settings. Everything that may differ between installs comes from environment variables;
`manage.py settings_table` prints them for the README."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import dj_database_url
from django.utils.translation import gettext_lazy as _

from studio import env
from studio.lib.secrets import load_or_make_secret

BASE_DIR = Path(__file__).resolve().parent.parent

DATA_DIR = env.folder(
    "DATA_DIR", BASE_DIR / "data", "Where the database, the pictures and the generated keys are kept."
)
HOST = env.read("HOST", "127.0.0.1", "Address the web server listens on.")
PORT = env.integer("PORT", 8000, "Port the web server listens on.")
DEBUG = env.flag("STUDIO_DEBUG", False, "Django's debug pages. Never on a machine that others reach.")
ALLOWED_HOSTS = env.words(
    "STUDIO_ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]", "Host names the studio answers to, separated by commas."
)
CSRF_TRUSTED_ORIGINS = env.words(
    "STUDIO_TRUSTED_ORIGINS", "", "Origins such as https://studio.example.com when a proxy ends TLS."
)
PUBLIC_URL = env.read(
    "STUDIO_PUBLIC_URL",
    "",
    "Where services on the internet reach this studio, to fetch reference pictures and call back.",
).rstrip("/")
SECURE_COOKIES = env.flag("STUDIO_HTTPS", False, "The studio is reached over HTTPS: secure cookies and HSTS.")
SECRET_KEY = env.read("SECRET_KEY", "", "Signs sessions and links. Empty: made once and kept in DATA_DIR.") or (
    load_or_make_secret(DATA_DIR / "secret-key")
)
CREDENTIAL_KEYS = env.words(
    "STUDIO_CREDENTIAL_KEYS",
    "",
    "Fernet keys that encrypt service keys, newest first. Empty: made once and kept in DATA_DIR.",
)
SANDBOX_PORT = env.integer("SANDBOX_PORT", 0, "Port of the sandbox. 0: the web server's port plus one.") or PORT + 1
SANDBOX_URL = env.read(
    "SANDBOX_URL", f"http://127.0.0.1:{SANDBOX_PORT}", "Where services without a key are emulated. “off”: nowhere."
).rstrip("/")
if SANDBOX_URL == "off":
    SANDBOX_URL = ""
SANDBOX_LATENCY = env.read("SANDBOX_LATENCY", "", "Seconds the sandbox takes for a job. Empty: a few seconds.")
WORKERS = env.integer("STUDIO_WORKERS", 2, "Background worker processes.")
STARTING_CREDITS = env.integer("STUDIO_STARTING_CREDITS", 2000, "Credits of a team made by `make run`.")
MAX_UPLOAD_BYTES = env.integer("STUDIO_MAX_UPLOAD_MB", 100, "Largest upload, in MiB.") * 1024 * 1024
MAX_PIXELS = env.integer("STUDIO_MAX_MEGAPIXELS", 50, "Largest picture, in megapixels.") * 1_000_000
ALLOWED_FETCH_HOSTS = env.words(
    "STUDIO_ALLOWED_FETCH_HOSTS", "", "Hosts that may be fetched from although their address is private."
)
KEEP_SUBMIT_UNKNOWN = env.seconds(
    "STUDIO_SUBMIT_UNKNOWN_SECONDS",
    600,
    "How long a job waits to learn whether the service took it, before its credits go back.",
)
TRASH_DAYS = env.integer("STUDIO_TRASH_DAYS", 30, "Days after which what lies in the trash is deleted for good.")
LEASE_SECONDS = env.seconds(
    "STUDIO_LEASE_SECONDS", 30, "How long after a worker's death its jobs are taken over by another."
)
LOG_LEVEL = env.read("LOG_LEVEL", "INFO", "Level of the log.").upper()

ROOT_URLCONF = "studio.urls"
ASGI_APPLICATION = "studio.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:sign-in"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_q",
    "studio.lib",
    "studio.accounts",
    "studio.billing",
    "studio.media",
    "studio.jobs",
    "studio.create",
    "studio.editor",
    "studio.gallery",
    "studio.history",
    "studio.moodboards",
]

MIDDLEWARE = [
    # first, so that a probe is answered whatever host it names
    "studio.lib.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "studio.lib.security_headers.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "studio.lib.security_headers.csp_nonce",
                "studio.create.context.shell",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "studio.lib.templatetags.atelier"],
        },
    }
]

# IMMEDIATE takes the write lock at BEGIN, so that no transaction fails half-way with "database is locked".
SQLITE_OPTIONS: dict[str, Any] = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000; PRAGMA cache_size=-20000; "
        "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY;"
    ),
}
DATABASE_URL = env.read("DATABASE_URL", "", "postgres://… Empty: SQLite in DATA_DIR.")
if DATABASE_URL:
    DATABASES: dict[str, Any] = {"default": dj_database_url.parse(DATABASE_URL)}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "atelier.sqlite3",
            "OPTIONS": SQLITE_OPTIONS,
        }
    }
    DATA_DIR.mkdir(parents=True, exist_ok=True)

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "atelier"}}

# Measured: retry must exceed timeout × (1 + queue_limit / workers), or prefetched tasks run twice.
# A window ends well before it, and may still finish a call of three minutes (ten fine pictures in one reply).
TASK_TIMEOUT = 260
Q_CLUSTER = {
    "name": "atelier",
    "orm": "default",
    "workers": WORKERS,
    "timeout": TASK_TIMEOUT,
    "retry": int(TASK_TIMEOUT * (1 + 2 / max(1, WORKERS))) + 60,
    "queue_limit": 2,
    "bulk": 1,
    "save_limit": -1,
    "ack_failures": True,
    "max_attempts": 3,
    "catch_up": False,
    "poll": 0.5,
    "log_level": "WARNING",
    "label": _("Background tasks"),
}

AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

SESSION_COOKIE_NAME = "atelier_session"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_COOKIES
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_COOKIES else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_COOKIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.read("TIME_ZONE", "UTC", "Time zone of the pages.")

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "studio.lib.staticfiles.HashedStaticFilesStorage"},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # httpx logs every address it asks, signed links included
    "loggers": {"httpx": {"level": "WARNING"}, "httpcore": {"level": "WARNING"}, "django-q": {"level": "WARNING"}},
}
