"""The commands `flask --app wsgi portal keys …` and `portal purge`: exchanging the data key, forgetting what is due."""

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext
from flask_babel import lazy_gettext as _

from portal import clock
from portal.cipher import KEY_FILE, add_key, cipher, cipher_of
from portal.config import Settings
from portal.errors import Refused
from portal.extensions import db
from portal.privacy.fitting import accept, refuse_wrong_keys
from portal.privacy.models import unfinished
from portal.privacy.purging import purge_all
from portal.privacy.rotating import begin, rotate_all, rows_by_key, terms_left
from portal.reporting import Report, needs_keys, reports
from portal.web.actor import PORTAL

keys_commands = AppGroup("keys", help="The key with which citizens' data are encrypted.")


@keys_commands.command("rotate")
@reports
@needs_keys
def rotate_command() -> tuple[Report, str]:
    """Make a new key, and bring everything under it while everybody works. Called again, it goes on where it was.

    With PostgreSQL the new key is given first, on every machine: PORTAL_DATA_KEY=2:… , the former one in
    PORTAL_DATA_KEYS_OTHER=1:…
    """
    settings: Settings = current_app.extensions["settings"]
    if db.session.scalar(unfinished()) is None and not _left():
        _make(settings)
        refuse_wrong_keys(settings, clock.now())  # notes the new one
    key_id = cipher_of(settings).key_id
    begin(db.session, PORTAL, key_id, clock.now())
    db.session.commit()
    rows = rotate_all(db.sessionmaker, cipher_of(settings), clock.now())
    return {"key": key_id, "rows": rows, "left": _left()}, f"{rows} values brought under key {key_id}; {_left()} left."


@keys_commands.command("status")
@reports
def status_command() -> tuple[Report, str]:
    """Which keys there are, and how many values are under each."""
    ring, rows = cipher(), rows_by_key(db.session)
    report = {
        "current": ring.key_id,
        "known": ring.key_ids,
        "rows": {str(key_id): rows[key_id] for key_id in sorted(rows)},
        "unreadable": sum(count for key_id, count in rows.items() if key_id not in ring.key_ids),
        "terms_left": terms_left(db.session, ring),
        "rotating": db.session.scalar(unfinished()) is not None,
    }
    lines = [f"key {key_id}: {rows.get(key_id, 0)} values{', current' if key_id == ring.key_id else ''}"
             f"{'' if rows.get(key_id) or key_id == ring.key_id else ', needed for old backups alone'}"
             for key_id in ring.key_ids]  # fmt: skip
    return report, "\n".join(lines)


@keys_commands.command("accept")
@reports
def accept_command() -> tuple[Report, str]:
    """Take the keys that are set now for the right ones: once, after PORTAL_SECRET_KEY was exchanged on purpose.

    Everybody signs in anew then; links in mails and recovery codes are void. A data key is only taken where nothing is
    encrypted yet: later another one comes by `portal keys rotate`.
    """
    settings: Settings = current_app.extensions["settings"]
    accept(db.session, PORTAL, settings, clock.now())
    db.session.commit()
    return {"accepted": True}, "From now on these keys are the right ones: start every process with them."


@click.command("purge")
@with_appcontext
@reports
@needs_keys
def purge_command() -> tuple[Report, str]:
    """Blank the citizens' data and all texts of tickets that ended PORTAL_PURGE_DAYS ago; their moves stay."""
    settings: Settings = current_app.extensions["settings"]
    purged = purge_all(db.sessionmaker, settings.retention.cases, clock.now())
    return {"purged": purged}, f"{purged} tickets purged; texts are kept for {settings.retention.cases.days} days."


def _left() -> int:
    rows = rows_by_key(db.session)
    values = sum(count for key_id, count in rows.items() if key_id != cipher().key_id)
    return values + terms_left(db.session, cipher())


def _make(settings: Settings) -> None:
    """The next key; where the keys are given from outside, the new one must be given as well."""
    key_ids = cipher().key_ids
    if settings.embedded:
        add_key(settings.instance / KEY_FILE, max(key_ids) + 1)
    elif len(key_ids) == 1:
        raise Refused(_("Give the new key first, to every process: PORTAL_DATA_KEY=%(next)s:…, and the former one as "
                        "PORTAL_DATA_KEYS_OTHER=%(former)s:…", next=key_ids[0] + 1, former=key_ids[0]))  # fmt: skip
