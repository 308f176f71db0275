"""Every setting of the environment, as `docs/settings.md` lists it: its default as the code has it, and what it means.

`portal settings` prints it. A test compares the file with it, and the names with those that the code reads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from portal.config import SHORTEST_AUDIT, Settings

HEAD = """# Settings

Made by `flask --app wsgi portal settings` (`make settings`); a test compares this file with the code. All are read once, at the
start, from the environment. What cannot be used is said at the start, with the name of the setting, and nothing starts.

`PORTAL_DATABASE_URL`, `PORTAL_SECRET_KEY`, `PORTAL_DATA_KEY` and `PORTAL_BASE_URL` must be the same for every web and worker process.
"""
MADE = "made, and kept in the instance folder; on PostgreSQL it must be given"


@dataclass(frozen=True)
class Setting:
    """One variable: where its default stands (`mail.port` of `Settings`), or what it is in words."""

    name: str
    means: str
    default: str = ""
    words: str = ""


GROUPS: Mapping[str, Sequence[Setting]] = {
    "Where everything is": (
        Setting("PORTAL_DATABASE_URL", "the database: `postgresql://user:password@host/name`, or `sqlite:///path`",
                words="SQLite, in the instance folder"),
        Setting("PORTAL_INSTANCE", "the folder for what is no program: keys, the log's seals, mails without a server",
                words="`instance/`"),
        Setting("PORTAL_BASE_URL", "the address under which people reach the portal; links in mails begin with it", "base_url"),
        Setting("PORTAL_TIMEZONE", "the zone of working time and of every instant shown", "timezone"),
        Setting("PORTAL_POSTGRESQL_BIN", "the folder of `pg_dump` and `pg_restore`, for backups", words="those on the `PATH`"),
    ),
    "Keys": (
        Setting("PORTAL_SECRET_KEY", "signs cookies and links; at least 32 characters", words=MADE),
        Setting("PORTAL_DATA_KEY", "encrypts citizens' data, files and drafts; at least 32 characters, `2:key` for the second "
                "one. Without it they cannot be read by anybody, ever", words=MADE),
        Setting("PORTAL_DATA_KEYS_OTHER", "keys with their ids, divided by blanks, that still decipher while `portal keys rotate` "
                "has not finished", "other_keys"),
    ),
    "Sign-in": (
        Setting("PORTAL_SESSION_IDLE_MINUTES", "a session ends after so many minutes without use, 1 to 1440", "session.idle"),
        Setting("PORTAL_SESSION_HOURS", "and after so many hours in any case, 1 to 168", "session.absolute"),
        Setting("PORTAL_ALLOWED_HOSTS", "further names under which the portal answers, by commas; that of `PORTAL_BASE_URL` "
                "always counts", words="none"),
        Setting("PORTAL_PROXIES", "how many proxies of your own stand before the portal; each adds to `X-Forwarded-For`", "proxies"),
        Setting("PORTAL_OIDC_ISSUER", "the agency's own sign-in (OpenID Connect), `https://…`; none: off", "oidc.issuer"),
        Setting("PORTAL_OIDC_CLIENT_ID", "as the provider gave it", "oidc.client_id"),
        Setting("PORTAL_OIDC_CLIENT_SECRET", "as the provider gave it; without one PKCE alone", "oidc.client_secret"),
        Setting("PORTAL_OIDC_CLAIM", "the claim of the id token that holds the username of an account", "oidc.claim"),
        Setting("PORTAL_OIDC_LABEL", "what the button is called", "oidc.label"),
    ),
    "Mail that leaves": (
        Setting("PORTAL_MAIL_SERVER", "the SMTP server; none: `.eml` files in `mail/` of the instance folder", "mail.server"),
        Setting("PORTAL_MAIL_PORT", "its port; 587 with `_USE_TLS`, 465 with `_USE_SSL`", "mail.port"),
        Setting("PORTAL_MAIL_USERNAME", "to sign in there", "mail.username"),
        Setting("PORTAL_MAIL_PASSWORD", "to sign in there", "mail.password"),
        Setting("PORTAL_MAIL_USE_TLS", "STARTTLS; the certificate is checked", "mail.use_tls"),
        Setting("PORTAL_MAIL_USE_SSL", "TLS from the first byte; the certificate is checked", "mail.use_ssl"),
        Setting("PORTAL_MAIL_DEFAULT_SENDER", "`对接 <duijie@…>`", "mail.default_sender"),
        Setting("PORTAL_MAIL_PER_RECIPIENT", "mails an hour to one address, what is more waits; 0: any number", "mail.per_recipient"),
        Setting("PORTAL_MAIL_PER_MINUTE", "mails a minute in all, what is more waits; 0: any number", "mail.per_minute"),
        Setting("PORTAL_MAIL_DKIM_KEY", "the path of a PEM file with which every mail is signed", "mail.dkim_key"),
        Setting("PORTAL_MAIL_DKIM_SELECTOR", "the DNS holds its other half at `SELECTOR._domainkey.DOMAIN`", "mail.dkim_selector"),
    ),
    "Mail that comes back": (
        Setting("PORTAL_IMAP_URL", "the mailbox that is read: `imaps://user:password@host:993/INBOX`", "mail.imap_url"),
        Setting("PORTAL_MAIL_MAILBOX", "its address, where bounces and replies go", words="the sender's"),
        Setting("PORTAL_MAIL_SEPARATOR", "between mailbox and token; empty where the provider knows no sub-addresses",
                "mail.separator"),
        Setting("PORTAL_MAIL_REPLIES", "whether a reply by mail becomes a message on the ticket", "mail.replies"),
    ),
    "Other systems": (
        Setting("PORTAL_API_CALLS", "calls a minute of each token; 0: any number", "api_calls"),
        Setting("PORTAL_WEBHOOK_NETWORKS", "private networks in which receivers stand, by commas: `10.0.0.0/8`; http is taken there "
                "too", "webhooks.networks"),
        Setting("PORTAL_WEBHOOK_CA", "a PEM file of the authorities that are trusted instead of the system's", "webhooks.ca_file"),
        Setting("PORTAL_SCAN_COMMAND", "the virus scanner: gets a file on its standard input; 0 clean, 1 infected, else refused",
                "scan.command"),
    ),
    "Watching": (
        Setting("PORTAL_METRICS_TOKEN", "with which Prometheus reads `/metrics`, at least 24 characters; none: the address is not there", "watch.metrics_token"),
        Setting("PORTAL_LOG", "`text`, for people, or `json`, an object a line", "watch.log"),
    ),
    "What is kept how long": (
        Setting("PORTAL_PURGE_DAYS", "after closing, citizens' data and texts of a ticket are blanked", "retention.cases"),
        Setting("PORTAL_AUDIT_DAYS", f"of the audit log; at least {SHORTEST_AUDIT.days}", "retention.audit"),
        Setting("PORTAL_DRAFT_DAYS", "a draft that nobody touched for so long is forgotten", "draft_days"),
    ),
}  # fmt: skip
UNITS: Mapping[str, timedelta] = {"session.idle": timedelta(minutes=1), "session.absolute": timedelta(hours=1)}
"In what a span is given; in days, where it does not stand here."


def reference() -> str:
    """The whole page, in Markdown."""
    parts = [HEAD]
    for title, settings in GROUPS.items():
        rows = [f"| `{each.name}` | {default_of(each)} | {each.means} |" for each in settings]
        parts.append("\n".join([f"## {title}\n", "| variable | default | meaning |", "|---|---|---|", *rows, ""]))
    return "\n".join(parts)


def default_of(setting: Setting) -> str:
    """As one would write it into the environment; in words where it is not one value."""
    if setting.words:
        return setting.words
    return _shown(_value(setting.default), UNITS.get(setting.default, timedelta(days=1)))


def _value(path: str) -> object:
    """What stands in `Settings` if the environment says nothing."""
    if path == "other_keys":
        return None
    found: object = Settings
    for name in path.split("."):
        found = getattr(found, name)
    return found


def _shown(value: object, unit: timedelta) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, timedelta):
        return f"`{value // unit}`"
    return f"`{value}`" if value or value == 0 else "none"
