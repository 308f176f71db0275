"""django-helpdesk as its documentation sets it up, in production mode; read by its own interpreter, never by ours."""

import os
from urllib.parse import urlsplit

URL = urlsplit(os.environ["PEER_DATABASE"])
SECRET_KEY = "of a bench"
DEBUG = False
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.sites", "django.contrib.humanize",
    "bootstrap5form", "rest_framework", "helpdesk",
]  # fmt: skip
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware",
]  # fmt: skip
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]  # fmt: skip
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": URL.path[1:], "HOST": URL.hostname, "PORT": URL.port,
    "USER": URL.username, "PASSWORD": URL.password or "", "CONN_MAX_AGE": 600,
} if URL.scheme.startswith("postgresql") else {
    "ENGINE": "django.db.backends.sqlite3", "NAME": URL.path[1:],
    "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", "transaction_mode": "IMMEDIATE"},
}}  # fmt: skip
ROOT_URLCONF = "site_urls"
STATIC_URL = "/static/"
MEDIA_ROOT = os.environ["PEER_FOLDER"]
LANGUAGE_CODE = "en"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
SITE_ID = 1
HELPDESK_TEAMS_MODE_ENABLED = False
LOGIN_URL = "/login/"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(os.environ["PEER_SMTP"])
DEFAULT_FROM_EMAIL = "helpdesk@ga.example"
LOGGING = {"version": 1, "disable_existing_loggers": True}
