"""The commands `flask --app wsgi portal …`; those of the directory are in `directory_commands`."""

import sys
from collections import Counter
from datetime import datetime, timedelta
from typing import BinaryIO

import click
from flask import current_app
from flask.cli import AppGroup

from portal import clock, demo, start
from portal.accounts.actions import LONGEST_TOKEN, add_officer, add_token
from portal.accounts.factors import reset
from portal.accounts.keeping import renew_link
from portal.accounts.links import first_sign_in_url
from portal.accounts.models import Officer
from portal.accounts.queries import officer_named
from portal.audit_commands import audit_commands
from portal.backup_commands import backup_command, move_command, restore_command
from portal.calendar_commands import calendar_commands
from portal.correspondence.mailbox import receive_all, receive_one, report_of
from portal.errors import Refused
from portal.escalation.sweep import sweep
from portal.extensions import db
from portal.mail.actions import send_now
from portal.mail.deliver import deliver
from portal.privacy.fitting import refuse_wrong_keys
from portal.privacy_commands import keys_commands, purge_command
from portal.reporting import NotDone, Report, needs_keys, reports
from portal.schema import refuse_newer
from portal.schema_commands import migrate, migrate_command
from portal.search.rebuilding import index_anew
from portal.serving import settle
from portal.settings_reference import reference
from portal.sweep_report import swept_in_words, swept_with_units
from portal.web.actor import PORTAL
from portal.web.permissions import SCOPES, Permission, Role
from portal.worker import work

portal_commands = AppGroup("portal", help="Run and look after the portal.")
officer_commands = AppGroup("officer", help="Accounts of officers.")
token_commands = AppGroup("token", help="Tokens of other systems.")
portal_commands.add_command(officer_commands)
portal_commands.add_command(token_commands)
portal_commands.add_command(calendar_commands)
portal_commands.add_command(audit_commands)
portal_commands.add_command(keys_commands)
portal_commands.add_command(purge_command)
for command in (migrate_command, backup_command, restore_command, move_command):
    portal_commands.add_command(command)


def _instant(_context: click.Context, _parameter: click.Parameter, text: str | None) -> datetime | None:
    """`--at`: ISO 8601, perhaps without an offset."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter("give an instant as ISO 8601, such as 2016-01-06T09:00+08:00") from error


@portal_commands.command("start")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--demo/--no-demo", "with_demo", default=None, help="Load the demonstration province into an empty database."
)
def start_command(host: str, port: int, with_demo: bool | None) -> None:
    """Migrate, load the demonstration province into an empty database, run web and worker."""
    settings = current_app.extensions["settings"]
    try:
        migrate()
    except Refused as refusal:
        raise click.ClickException(str(refusal.message)) from None
    wanted = settings.embedded if with_demo is None else with_demo
    if wanted and demo.is_empty(db.session):
        click.echo("Loading the demonstration province …", err=True)
        _load_demo()
    db.session.close()
    db.engine.dispose()
    try:
        code = start.run(host, port, lambda address: click.echo(_welcome(address)))
    except start.NotStarted as error:
        click.echo(str(error), err=True)
        code = 1
    sys.exit(code)


def _welcome(address: str) -> str:
    settings = current_app.extensions["settings"]
    lines = [f"\nDuijie 对接 is running. Open {address}/"]
    if (settings.instance / demo.PASSWORD_FILE).exists():
        lines += [
            f"Sign in with the password  {demo.kept_password(settings.instance)}  as one of",
            *(f"  {officer.username:<10} {officer.name} · {', '.join(officer.roles)}" for officer in demo.OFFICERS),
        ]
    else:
        lines.append("Make an account: flask --app wsgi portal officer add NAME --unit CODE --role officer")
    if settings.mail.server is None:
        lines.append(f"No mail server is set: mails are written into {settings.instance / 'mail'}")
    return "\n".join([*lines, "Ctrl-C ends it."])


@portal_commands.command("demo")
@reports
@needs_keys
def demo_command() -> tuple[Report, str]:
    """Load the demonstration province into an empty database."""
    loaded = demo.is_empty(db.session)
    if loaded:
        _load_demo()
    return {
        "loaded": loaded
    }, "The demonstration province is loaded." if loaded else "There are units already: nothing was done."


def _load_demo() -> None:
    demo.load_demonstration(db.session, demo.kept_password(current_app.extensions["settings"].instance), clock.now())
    db.session.commit()


@portal_commands.command("settings")
def settings_command() -> None:
    """Print every setting with its default and what it means, as docs/settings.md has it."""
    click.echo(reference(), nl=False)


@portal_commands.command("index")
@reports
@needs_keys
def index_command() -> tuple[Report, str]:
    """Write the terms by which tickets are found anew: once for a database made before, and after a change of key."""
    after, done = 0, 0
    while batch := index_anew(db.session, after):
        db.session.commit()
        after, done = batch[-1], done + len(batch)
    return {"tickets": done}, f"{done} tickets can be found."


@portal_commands.command("sweep")
@click.option("--at", callback=_instant, help="Ask about another time, ISO 8601.")
@click.option("--dry-run", is_flag=True, help="Show who would be mailed, and change nothing.")
@reports
@needs_keys
def sweep_command(at: datetime | None, dry_run: bool) -> tuple[Report, str]:
    """Climb every rung that is due, once; its mails can be delivered at once, also those of an instant to come."""
    if at and at.tzinfo is None:
        at = at.replace(tzinfo=current_app.extensions["settings"].timezone)
    report = sweep(db.sessionmaker, at or clock.now(), dry_run=dry_run)
    if at and not dry_run:
        send_now(db.session, at, clock.now())
        db.session.commit()
    told, words = swept_with_units(report), swept_in_words(report)
    if report.failed:
        click.echo(f"{len(report.failed)} tickets were passed over, the log says why: {report.failed}", err=True)
        raise NotDone(told, words)
    return told, words


@portal_commands.command("deliver")
@click.option("--limit", type=click.IntRange(1), help="At most so many mails.")
@reports
@needs_keys
def deliver_command(limit: int | None) -> tuple[Report, str]:
    """One round of delivery."""
    report = deliver(db.session, current_app.extensions["settings"], clock.now(), limit).to_dict()
    return report, ", ".join(f"{count} {what}" for what, count in report.items())


@portal_commands.command("receive")
@click.option("--eml", type=click.File("rb"), help="One message from a file, instead of the mailbox.")
@reports
@needs_keys
def receive_command(eml: BinaryIO | None) -> tuple[Report, str]:
    """Read the mailbox once: bounces, replies, machine mail."""
    settings = current_app.extensions["settings"]
    if eml is not None:
        report = report_of(Counter([receive_one(db.session, eml.read(), settings, clock.now())]))
    elif settings.mail.imap_url is None:
        raise Refused("no mailbox is set: give PORTAL_IMAP_URL, or --eml FILE")
    else:
        report = receive_all(db.session, settings, clock.now())
    return report.to_dict(), ", ".join(f"{count} {what}" for what, count in report.to_dict().items())


@portal_commands.command("worker")
@click.option("--pause", default=10.0, show_default=True, help="Seconds between two rounds.")
def worker_command(pause: float) -> None:
    """Sweep, deliver and seal the log for ever."""
    try:
        refuse_newer()
        refuse_wrong_keys(current_app.extensions["settings"], clock.now())
    except Refused as refusal:
        raise click.ClickException(str(refusal.message)) from None
    db.session.close()
    db.engine.dispose()
    settle()
    work(current_app._get_current_object(), pause)  # type: ignore[attr-defined]


@officer_commands.command("add")
@click.argument("name")
@click.option("--unit", required=True, help="The unit's code.")
@click.option("--role", "roles", multiple=True, type=click.Choice([role.value for role in Role]), default=["officer"])
@click.option("--username", help="To sign in with; made from the name or the code if not given.")
@click.option("--email")
@reports
@needs_keys
def officer_add_command(
    name: str, unit: str, roles: tuple[str, ...], username: str | None, email: str | None
) -> tuple[Report, str]:
    """Add an officer; prints the link of the first sign-in, where the officer chooses a password."""
    officer = add_officer(db.session, PORTAL, name, unit, [Role(role) for role in roles],
                          username=username, email=email, at=clock.now())  # fmt: skip
    db.session.commit()
    url = first_sign_in_url(officer)
    return {
        "username": officer.username,
        "sign_in_url": url,
    }, f"{officer.username} signs in for the first time at {url}"


@officer_commands.command("link")
@click.argument("username")
@reports
@needs_keys
def officer_link_command(username: str) -> tuple[Report, str]:
    """A new link with which the officer chooses a password; those before it are void."""
    officer = _officer(username)
    renew_link(db.session, PORTAL, officer, clock.now())
    db.session.commit()
    url = first_sign_in_url(officer)
    return {"username": officer.username, "sign_in_url": url}, f"{officer.username} chooses a password at {url}"


@officer_commands.command("reset-factor")
@click.argument("username")
@click.option("--why", required=True, help="How it was made sure that the officer asks; kept in the audit log.")
@reports
@needs_keys
def officer_reset_factor_command(username: str, why: str) -> tuple[Report, str]:
    """Forget the second factor of an officer, who sets a new one up at the next sign-in."""
    officer = _officer(username)
    reset(db.session, PORTAL, officer, clock.now(), why)
    db.session.commit()
    return {"username": officer.username}, f"{officer.username} sets up a new second factor at the next sign-in."


def _officer(username: str) -> Officer:
    officer = db.session.scalar(officer_named(username))
    if officer is None:
        raise Refused(f"there is no officer with the username {username!r}")
    return officer


@token_commands.command("add")
@click.option("--unit", required=True, help="The unit's code.")
@click.option("--label", default="", help="Which system it is for.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice([*SCOPES]), help="What it may do; all, if none.")
@click.option("--days", default=365, type=click.IntRange(1, LONGEST_TOKEN.days), help="How long it is good; 365.")
@reports
@needs_keys
def token_add_command(unit: str, label: str, scopes: tuple[str, ...], days: int) -> tuple[Report, str]:
    """Make a token for another system of a unit; it is shown this once."""
    at, chosen = clock.now(), [Permission(scope) for scope in scopes] or SCOPES
    _token, plaintext = add_token(db.session, PORTAL, unit, label, at, scopes=chosen, expires_at=at + timedelta(days))
    db.session.commit()
    return {"token": plaintext}, plaintext
