"""Whether the keys of the settings are those of the database, which keeps a mark of each.

With another key nothing that is there can be read, and what would be written the right key could not open, so nobody
starts. A database from before there were marks is known by what is encrypted in it.
"""

import hashlib
import hmac
import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import delete, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.cipher import Cipher, Undecipherable, cipher_of
from portal.config import Settings
from portal.errors import Refused
from portal.extensions import db
from portal.privacy.encrypted import ENCRYPTED, Encrypted
from portal.privacy.models import KeyMark, unfinished
from portal.upserting import inserting
from portal.web.actor import Actor

SECRET = 0
"The secret key among the marks: no data key has this id."
NOT_THE_ONE = (
    "Data key %d is not the one with which this database is encrypted: nobody could read a citizen's name. Nothing was "
    "changed. Set PORTAL_DATA_KEY (and PORTAL_DATA_KEYS_OTHER) as they were; without the variables, put the files "
    "data_key and data_keys of the former instance folder back."
)
NOT_HERE = (
    "This database is encrypted with data key %d, which is not here. Nothing was changed. Give it as "
    "PORTAL_DATA_KEYS_OTHER=%d:… until portal keys rotate has brought everything under another."
)
NOTHING_YET = " Nothing is encrypted in it yet: portal keys accept takes the key that is set now."
OTHER_SIGNING_KEY = (
    "PORTAL_SECRET_KEY is not the one with which this database is used: sign-ins, links in mails and recovery codes "
    "would be void. Nothing was changed. Set it as it was; was it lost, or exchanged on purpose, run portal keys "
    "accept once and start every process with the new one."
)

log = logging.getLogger(__name__)


class WrongKeys(Refused):
    """A key of the settings is not that of the database; the text says what to do."""


def refuse_wrong_keys(settings: Settings, at: datetime) -> None:
    """WrongKeys; keys that are new here are noted. A database that does not answer yet may be asked later."""
    try:
        with closing(db.sessionmaker()) as session:
            session.connection(execution_options={"read_only": True})  # whoever writes meanwhile keeps nobody waiting
            new = _new(session, settings)
        if new:
            settle(db.session, settings, at)
            db.session.commit()
    except SQLAlchemyError:
        db.session.rollback()
        log.warning("the database does not answer, so nobody knows yet whether the keys fit it")


def settle(session: Session, settings: Settings, at: datetime) -> None:
    """Note each key that is in use here and has no mark yet; WrongKeys where one does not fit."""
    if new := _new(session, settings):
        _note(session, new, at)
        _refuse(misfit(session, settings))  # another process may have noted its own meanwhile


def misfit(session: Session, settings: Settings) -> str:
    """Which key does not fit and what to do, for an administrator; empty where none is known to be wrong."""
    if not _kept_here(session):
        return ""
    here, known = cipher_of(settings).marks, marks(session)
    secret = known.pop(SECRET, None)
    for key_id, mark in known.items():
        if key_id in here and here[key_id] != mark:
            return NOT_THE_ONE % key_id + ("" if _samples_of_all(session) else NOTHING_YET)
        if key_id not in here:
            return NOT_HERE % (key_id, key_id)
    return OTHER_SIGNING_KEY if secret not in {None, _mark_of(settings.secret_key)} else ""


def accept(session: Session, actor: Actor, settings: Settings, at: datetime) -> None:
    """Take the secret key that is set for the right one; where nothing is encrypted yet the data key too. WrongKeys."""
    everything = KeyMark.key_id >= SECRET
    session.execute(delete(KeyMark).where(KeyMark.key_id == SECRET if _samples_of_all(session) else everything))
    settle(session, settings, at)
    audit(session, actor, "key.accept", at=at)


def forget_former(session: Session, current: int) -> None:
    """Nothing is under another data key any more: a process without them may start."""
    session.execute(delete(KeyMark).where(KeyMark.key_id.not_in([SECRET, current])))


def marks(session: Session) -> dict[int, str]:
    return dict(session.execute(select(KeyMark.key_id, KeyMark.mark)).all())


def _new(session: Session, settings: Settings) -> dict[int, str]:
    """The marks that are to be noted. WrongKeys."""
    if not _kept_here(session):
        return {}
    _refuse(misfit(session, settings))
    ring, known = cipher_of(settings), marks(session)
    mine = {SECRET: _mark_of(settings.secret_key), **ring.marks}
    wanted = {SECRET, ring.key_id} | (set() if known.keys() - {SECRET} else _opening(session, ring))
    return {key_id: mine[key_id] for key_id in wanted - known.keys()}


def _kept_here(session: Session) -> bool:
    """Not in the database of an older version, which is brought up first."""
    return inspect(session.connection()).has_table(KeyMark.__tablename__)


def _refuse(words: str) -> None:
    if words:
        raise WrongKeys(words)


def _opening(session: Session, ring: Cipher) -> set[int]:
    """The keys that something in the database is under, as far as its oldest and newest values tell. WrongKeys.

    While keys are exchanged all that are here are in use.
    """
    opened: dict[int, bool] = {}
    for one, row in _samples_of_all(session):
        key_id = row[1][0]
        opened[key_id] = opened.get(key_id, False) or _opens(ring, one, row)
    for key_id, does in opened.items():
        if not does:
            raise WrongKeys(NOT_THE_ONE % key_id if key_id in ring.key_ids else NOT_HERE % (key_id, key_id))
    return set(opened) | (set(ring.key_ids) if session.scalar(unfinished()) else set())


def _samples_of_all(session: Session) -> list[tuple[Encrypted, Any]]:
    return [(one, row) for one in ENCRYPTED for row in _samples(session, one)]


def _samples(session: Session, one: Encrypted) -> Iterator[Any]:
    """The oldest and the newest row; what is purged is empty."""
    for order in (one.key.asc(), one.key.desc()):
        there = one.column.is_not(None), one.column != b""
        yield from session.execute(select(one.key, one.column, *one.facts).where(*there).order_by(order).limit(1))


def _opens(ring: Cipher, one: Encrypted, row: Any) -> bool:
    try:
        ring.decrypt_bytes(row[1], one.purpose(row))
    except Undecipherable:
        return False
    return True


def _note(session: Session, new: dict[int, str], at: datetime) -> None:
    rows = [{"key_id": key_id, "mark": mark, "noted_at": at} for key_id, mark in new.items()]
    session.execute(inserting(session.get_bind().dialect.name, KeyMark.__table__).on_conflict_do_nothing(), rows)


def _mark_of(secret: str) -> str:
    return hmac.new(secret.encode(), b"mark of the secret key", hashlib.sha256).hexdigest()[:16]
