"""Settings, read once from the environment (`PORTAL_*`)."""

import os
import secrets
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.sign_in_settings import BadSettings as BadSettings  # noqa: PLC0414  one error for all settings
from portal.sign_in_settings import OidcSettings, SessionSettings, read_hosts, read_oidc, read_session
from portal.watch_settings import WatchSettings, read_watch
from portal.webhook_settings import WebhookSettings, read_webhooks

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class MailSettings:
    """How mail leaves; without a server it is written into `instance/mail/` as `.eml` files."""

    server: str | None = None
    port: int = 25
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    use_tls: bool = False
    use_ssl: bool = False
    default_sender: str = "duijie@ga.example"
    timeout: float = 15.0
    "seconds that any one exchange with the server may take"
    mailbox: str | None = None
    "the address of the mailbox that the portal reads, for bounces and replies; None: the sender's"
    separator: str = "+"
    "between the mailbox and the token of a mail; empty where the provider knows no sub-addresses"
    imap_url: str | None = field(default=None, repr=False)
    "imaps://user:password@host:993/INBOX, where bounces and replies are fetched"
    replies: bool = False
    "whether a reply by mail becomes a message on the ticket"
    per_recipient: int = 1000
    "mails an hour to one address; what is more waits. 0: any number"
    per_minute: int = 0
    "mails a minute in all, as the provider allows; what is more waits. 0: any number"
    dkim_key: str | None = field(default=None, repr=False)
    "a private RSA key as PEM, with which every mail is signed"
    dkim_selector: str = "duijie"


@dataclass(frozen=True)
class ScanSettings:
    """The virus scanner that sees each file before it is kept; without a command none does."""

    command: tuple[str, ...] = ()
    "gets the file on its standard input; 0: clean, 1: infected, anything else: could not be checked"
    timeout: float = 60.0
    "seconds that it may take for one file"


@dataclass(frozen=True)
class RetentionSettings:
    """How long is kept what must not be kept for ever."""

    cases: timedelta = timedelta(days=180)
    "after closing; then the citizen's data and all texts of a ticket are blanked"
    audit: timedelta = timedelta(days=3 * 365)
    "of the audit log; never less than half a year"


SHORTEST_AUDIT = timedelta(days=183)
"The law on cyber security asks for six months (art. 21)."


@dataclass(frozen=True)
class Settings:
    """Everything that can be set from outside; `docs/operations.md` has the reference."""

    database_url: str
    instance: Path
    secret_key: str = field(repr=False)
    data_key: str = field(repr=False)
    base_url: str = "http://127.0.0.1:8000"
    timezone: ZoneInfo = ZoneInfo("Asia/Shanghai")
    mail: MailSettings = MailSettings()
    scan: ScanSettings = ScanSettings()
    webhooks: WebhookSettings = WebhookSettings()
    retention: RetentionSettings = RetentionSettings()
    data_key_id: int = 1
    other_keys: Mapping[int, str] = field(default_factory=dict, repr=False)
    "keys by id that decipher what is not yet under the data key"
    api_calls: int = 600
    "a minute, of each token of another system; 0: any number"
    draft_days: int = 14
    "after so many days in which nobody touched it, a draft is forgotten"
    session: SessionSettings = SessionSettings()
    oidc: OidcSettings = OidcSettings()
    hosts: frozenset[str] = frozenset()
    "under which the portal answers; none: any"
    proxies: int = 0
    "of our own that stand before the portal, each adding to X-Forwarded-For; what others write there is not believed"
    postgresql_bin: Path | None = None
    "where pg_dump and pg_restore are, for backups; None: on the PATH"
    watch: WatchSettings = WatchSettings()
    testing: bool = False

    @property
    def embedded(self) -> bool:
        """Whether the database is the SQLite file of the instance folder."""
        return self.database_url.startswith("sqlite")


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from `PORTAL_*`; keys not given are made and kept in the instance folder (SQLite only)."""
    instance = Path(environ.get("PORTAL_INSTANCE") or ROOT / "instance").resolve()
    database_url = _database_url(environ.get("PORTAL_DATABASE_URL"), instance)
    embedded = database_url.startswith("sqlite")
    data_key_id, data_key = with_id(_key("PORTAL_DATA_KEY", environ, instance, embedded=embedded))
    base_url = environ.get("PORTAL_BASE_URL", Settings.base_url).rstrip("/")
    return Settings(
        database_url=database_url,
        instance=instance,
        secret_key=_key("PORTAL_SECRET_KEY", environ, instance, embedded=embedded),
        data_key=data_key,
        data_key_id=data_key_id,
        other_keys=dict(with_id(each) for each in environ.get("PORTAL_DATA_KEYS_OTHER", "").split()),
        base_url=base_url,
        timezone=_zone(environ.get("PORTAL_TIMEZONE", "Asia/Shanghai")),
        mail=_mail(environ),
        scan=ScanSettings(_command(environ.get("PORTAL_SCAN_COMMAND", ""))),
        webhooks=read_webhooks(environ),
        retention=_retention(environ),
        api_calls=_count(environ, "PORTAL_API_CALLS", Settings.api_calls),
        draft_days=_days(environ, "PORTAL_DRAFT_DAYS", Settings.draft_days),
        session=read_session(environ),
        oidc=read_oidc(environ),
        hosts=read_hosts(environ, base_url),
        proxies=_count(environ, "PORTAL_PROXIES", Settings.proxies),
        postgresql_bin=_folder(environ, "PORTAL_POSTGRESQL_BIN"),
        watch=read_watch(environ),
    )


def _database_url(given: str | None, instance: Path) -> str:
    if not given:
        return f"sqlite:///{instance / 'duijie.sqlite3'}"
    for prefix in ("postgres://", "postgresql://"):
        if given.startswith(prefix):
            return "postgresql+psycopg://" + given.removeprefix(prefix)
    if given.startswith(("sqlite://", "postgresql+psycopg://")):
        return given
    raise BadSettings("PORTAL_DATABASE_URL must begin with sqlite:// or postgresql://")


def _key(name: str, environ: Mapping[str, str], instance: Path, *, embedded: bool) -> str:
    if given := environ.get(name):
        if len(given) < 32:
            raise BadSettings(f"{name} is too short: give at least 32 characters")
        return given
    if not embedded:
        raise BadSettings(f"{name} must be set when the database is PostgreSQL: all processes share it")
    return _kept_key(instance / name.removeprefix("PORTAL_").lower())


def with_id(key: str) -> tuple[int, str]:
    """`2:…` is key 2; a key without an id is the first. The id is one byte of each ciphertext."""
    number, colon, rest = key.partition(":")
    if not (colon and number.isdecimal()):
        return 1, key
    if not 0 < int(number) < 256 or len(rest) < 32:
        raise BadSettings("a data key is given as 2:key, its id from 1 to 255, with at least 32 characters")
    return int(number), rest


def _kept_key(path: Path) -> str:
    """The key in `path`, made there if it is not; two processes that start at once keep the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    if not path.exists():
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadSettings(f"PORTAL_TIMEZONE: {name!r} is not a time zone, try Asia/Shanghai") from error


def _mail(environ: Mapping[str, str]) -> MailSettings:
    use_ssl = _yes(environ, "PORTAL_MAIL_USE_SSL")
    use_tls = _yes(environ, "PORTAL_MAIL_USE_TLS")
    default_port = "465" if use_ssl else "587" if use_tls else "25"
    port = environ.get("PORTAL_MAIL_PORT") or default_port
    if not port.isdecimal():
        raise BadSettings("PORTAL_MAIL_PORT must be a number")
    return MailSettings(
        server=environ.get("PORTAL_MAIL_SERVER") or None,
        port=int(port),
        username=environ.get("PORTAL_MAIL_USERNAME") or None,
        password=environ.get("PORTAL_MAIL_PASSWORD") or None,
        use_tls=use_tls,
        use_ssl=use_ssl,
        default_sender=environ.get("PORTAL_MAIL_DEFAULT_SENDER") or MailSettings.default_sender,
        mailbox=environ.get("PORTAL_MAIL_MAILBOX") or None,
        separator=environ.get("PORTAL_MAIL_SEPARATOR", MailSettings.separator),
        imap_url=_imap_url(environ.get("PORTAL_IMAP_URL")),
        replies=_yes(environ, "PORTAL_MAIL_REPLIES"),
        per_recipient=_count(environ, "PORTAL_MAIL_PER_RECIPIENT", MailSettings.per_recipient),
        per_minute=_count(environ, "PORTAL_MAIL_PER_MINUTE", MailSettings.per_minute),
        dkim_key=_key_file(environ.get("PORTAL_MAIL_DKIM_KEY")),
        dkim_selector=environ.get("PORTAL_MAIL_DKIM_SELECTOR") or MailSettings.dkim_selector,
    )


def _retention(environ: Mapping[str, str]) -> RetentionSettings:
    usual = RetentionSettings()
    cases = timedelta(days=_count(environ, "PORTAL_PURGE_DAYS", usual.cases.days))
    audit = timedelta(days=_count(environ, "PORTAL_AUDIT_DAYS", usual.audit.days))
    if audit < SHORTEST_AUDIT:
        raise BadSettings(f"PORTAL_AUDIT_DAYS: the audit log is kept for at least {SHORTEST_AUDIT.days} days")
    return RetentionSettings(cases, audit)


def _imap_url(given: str | None) -> str | None:
    if given and not (given.startswith(("imaps://", "imap://")) and urlsplit(given).hostname):
        raise BadSettings("PORTAL_IMAP_URL must be imaps://user:password@host/INBOX")
    return given or None


def _count(environ: Mapping[str, str], name: str, otherwise: int) -> int:
    given = environ.get(name) or str(otherwise)
    if not given.isdecimal():
        raise BadSettings(f"{name} must be a whole number; 0 means any number")
    return int(given)


def _key_file(path: str | None) -> str | None:
    """A key is given as the path of its file, so that no list of processes shows it."""
    if not path:
        return None
    try:
        return Path(path).read_text()
    except OSError as error:
        raise BadSettings(f"PORTAL_MAIL_DKIM_KEY: the file cannot be read: {error}") from error


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    if not (given := environ.get(name)):
        return None
    if not Path(given).is_dir():
        raise BadSettings(f"{name}: {given} is no folder")
    return Path(given)


def _command(given: str) -> tuple[str, ...]:
    """The words of a command as a shell reads them; its program must be there."""
    try:
        words = tuple(shlex.split(given))
    except ValueError as error:
        raise BadSettings(f"PORTAL_SCAN_COMMAND: {given!r} has a quotation mark without its other one") from error
    if words and shutil.which(words[0]) is None:
        raise BadSettings(f"PORTAL_SCAN_COMMAND: no program {words[0]!r} is here; install it, or give its path")
    return words


def _yes(environ: Mapping[str, str], name: str) -> bool:
    return environ.get(name, "").strip().lower() in {"1", "true", "yes", "on"}


def _days(environ: Mapping[str, str], name: str, otherwise: int) -> int:
    given = environ.get(name) or str(otherwise)
    if not given.isdecimal() or not int(given):
        raise BadSettings(f"{name} must be a number of days, 1 or more")
    return int(given)
