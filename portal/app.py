"""create_app(): the only place where the parts are wired together."""

from collections.abc import Callable
from functools import partial
from inspect import iscoroutinefunction
from typing import Any

from flask import Flask

from directory.calendars import TIMEZONE
from directory.edition import EDITION, watch
from portal import logs, static_files
from portal.accounts import agency, choices, factor, own, proving
from portal.accounts import views as accounts
from portal.accounts.signing_in import load_signed_in
from portal.api import docs as api_docs
from portal.api import door as api
from portal.audit import views as audit
from portal.calendars import views as calendars
from portal.cipher import kept_in
from portal.cli import portal_commands
from portal.config import ROOT, Settings, read_settings
from portal.contacts import by_mail, exports, imports
from portal.contacts import views as contacts
from portal.conversation import models as _attachments  # noqa: F401
from portal.conversation import pulse, texts
from portal.conversation import views as conversation
from portal.correspondence import views as correspondence
from portal.desk import views as desk
from portal.directory_commands import directory_commands
from portal.drafts import models as _drafts  # noqa: F401
from portal.escalation import policies, supervision
from portal.extensions import alembic, babel, behave_like_postgresql, csrf, db, gently, login, mail
from portal.feeds import views as feeds
from portal.guide import editing as guide_texts
from portal.guide import views as guide
from portal.health import metrics
from portal.health import views as health
from portal.ladder import models as _policies  # noqa: F401
from portal.letters import views as letters
from portal.linking import views as linking
from portal.lookup import views as lookup
from portal.mail import views as outbox
from portal.postgresql import READING, for_reading, keep_prepared, look_before_use
from portal.procedures import views as procedures
from portal.procedures.queries import CACHE as PROCEDURES
from portal.search import views as search
from portal.staff import leaving, officers_sheet, roles, signed_in, tokens
from portal.staff import views as staff
from portal.statistics import views as statistics
from portal.style import views as style
from portal.terms.indexing import KEYS
from portal.tickets import counted, on_it, openings, rare_moves
from portal.tickets import views as tickets
from portal.web import bar, error_pages, filters, headers, hosts, languages, outage, packing, training
from portal.web import views as web
from portal.web.templating import InLanguages
from portal.webhooks import views as webhooks

__all__ = ["create_app"]

FEATURES = (web, audit, accounts, procedures, calendars, contacts, by_mail, exports, imports, openings, tickets,
            counted, on_it, rare_moves, conversation, pulse, texts, outbox, correspondence, supervision, policies,
            statistics, webhooks, desk, letters, linking, lookup, search, health, api, api_docs, guide,
            guide_texts, feeds, training, style)  # fmt: skip
"The modules whose pages and doors there are, each with its blueprint `bp`."

ENTRANCE = (own, choices, factor, proving, agency, staff, leaving, officers_sheet, roles, signed_in, tokens)
"Those of signing in, accounts and roles."


QUIET: dict[str, object] = {"hide_parameters": True}
"No error tells the values of a statement: they are what somebody typed."
SILENCE = {"connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3,
           "tcp_user_timeout": 30_000}  # fmt: skip
"""How long a database server that says nothing is waited for: a cut network closes no connection, and without a limit
whoever waits for an answer waits for a quarter of an hour. Seconds; the last one milliseconds."""


class Application(Flask):
    """Flask, with a template for each language. No view is asynchronous, and no hook: nothing has to be looked into."""

    jinja_environment = InLanguages

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None) -> Flask:
    """The portal as a Flask application, from `settings` or else from the environment."""
    settings = settings or read_settings()
    app = Application(
        "portal",
        root_path=str(ROOT / "portal"),
        static_folder=str(ROOT / "static"),
        static_url_path=static_files.address(),
        template_folder=str(ROOT / "templates"),
        instance_path=str(settings.instance),
    )
    app.config.from_mapping(flask_config(settings))
    app.extensions["settings"] = settings
    logs.init_app(app)
    _init_extensions(app)
    _init_web(app)
    for feature in (*FEATURES, *ENTRANCE):
        app.register_blueprint(feature.bp)
    metrics.init_app(app)
    app.cli.add_command(portal_commands)
    app.cli.add_command(directory_commands)
    return app


def flask_config(settings: Settings) -> dict[str, object]:
    """Our settings in the words of Flask and its extensions."""
    secure = settings.base_url.startswith("https://")
    return {
        "SECRET_KEY": settings.secret_key,
        "TESTING": settings.testing,
        "SQLALCHEMY_ENGINES": {"default": {"url": settings.database_url, **engine_options(settings)}},
        "ALEMBIC": {"script_location": "migrations"},
        "ALEMBIC_CONTEXT": {"render_as_batch": True, "compare_type": True, "user_module_prefix": "types.",
                            "transaction_per_migration": True},  # fmt: skip  so no lock is held longer than it must
        "BABEL_DEFAULT_LOCALE": "zh_Hans_CN",
        "BABEL_DEFAULT_TIMEZONE": str(settings.timezone),
        "SESSION_COOKIE_NAME": "__Host-duijie" if secure else "duijie",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": secure,
        "MAX_CONTENT_LENGTH": 16 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 16 * 1024 * 1024,
        "MAIL_SERVER": settings.mail.server or "127.0.0.1",
        "MAIL_PORT": settings.mail.port,
        "MAIL_USERNAME": settings.mail.username,
        "MAIL_PASSWORD": settings.mail.password,
        "MAIL_USE_TLS": settings.mail.use_tls,
        "MAIL_USE_SSL": settings.mail.use_ssl,
        "MAIL_DEFAULT_SENDER": settings.mail.default_sender,
        "MAIL_SUPPRESS_SEND": False,
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
    }


def engine_options(settings: Settings) -> dict[str, object]:
    """The connection pool; `portal.postgresql` looks at its connections before they are used.

    The connection given back last is the next that is taken: what it has read and prepared is at hand, and those that
    only a rush needs stay small.
    """
    if settings.embedded:
        return {**QUIET, "pool_use_lifo": True}
    pool = {"pool_size": 5, "max_overflow": 10, "pool_timeout": 10, "pool_use_lifo": True}
    return {**QUIET, **pool, "connect_args": SILENCE}


def _init_extensions(app: Flask) -> None:
    app.extensions["settings"].instance.mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    # there is no asynchronous session: closing none would start an event loop at the end of every request
    ends = [done for done in app.teardown_appcontext_funcs if not iscoroutinefunction(done)]
    app.teardown_appcontext_funcs[:] = [gently(done) for done in ends]
    with app.app_context():
        behave_like_postgresql(db.engine)
        keep_prepared(db.engine)
        look_before_use(db.engine)
        watch(db.engine)
        settings = app.extensions["settings"]
        kept: dict[str, dict[str, object]] = {PROCEDURES: {}, EDITION: {}}
        known = {TIMEZONE: settings.timezone, KEYS: partial(kept_in, app.extensions), **kept,
                 READING: for_reading(db.engine)}  # fmt: skip
        db.sessionmaker.configure(info=known)
    alembic.init_app(app)
    babel.init_app(app, locale_selector=languages.current_locale)
    babel.domain_instance = languages.DOMAIN
    csrf.init_app(app)
    csrf.exempt(api.bp)
    csrf.exempt(pulse.presence)  # said by a page that is left, perhaps after its session; of its reader alone
    login.init_app(app)
    login.user_loader(load_signed_in)
    login.login_view = "accounts.sign_in"
    login.login_message = None
    login.session_protection = None  # it only marks a session as not fresh; ours says itself when it was proved
    login.needs_refresh_handler(proving.ask)
    mail.init_app(app)


def _init_web(app: Flask) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    filters.init_app(app)
    bar.init_app(app)
    packing.init_app(app)
    headers.init_app(app)
    static_files.init_app(app, headers.ALWAYS)
    hosts.init_app(app)
    error_pages.init_app(app)
    outage.init_app(app)
    languages.init_app(app)
