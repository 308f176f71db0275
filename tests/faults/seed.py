"""What is in the database before the load: the small province, whose units never sleep, and tickets that nobody answers."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from portal import clock
from portal.accounts.actions import add_token, begin_session
from portal.config import Settings
from portal.escalation.sweep import sweep
from portal.extensions import alembic, db
from portal.web.actor import PORTAL
from tests.conftest import make_settings, running
from tests.factories import Province, make_officer, make_province
from tests.faults.plant import KEYS, Plant
from tests.portal.world import opened

Rung = tuple[str, int | None, str, int]
"Ticket, task, clock, rung."
DAY_AND_NIGHT = ";".join(["00:00-24:00"] * 8)
FIRST_RUNGS = (180, 240)
"Working minutes after which the first two rungs of signing for are due."


@dataclass(frozen=True)
class Seeded:
    """Who may call, and what the sweep must have climbed at the end."""

    token: str
    sessions: list[str]
    "cookies of officers"
    registry: str
    silent: set[str]
    "numbers of the tickets that nobody answers"
    due: set[Rung]
    until: datetime
    "by which they are due"


def settings_of(plant: Plant) -> Settings:
    return make_settings(plant.database_url, plant.instance, secret_key=KEYS["PORTAL_SECRET_KEY"], data_key=KEYS["PORTAL_DATA_KEY"])


STARTS_WITHIN = timedelta(seconds=5)
"From here until the load begins."


def seed(plant: Plant, dice: random.Random, tickets: int, lasts: timedelta) -> Seeded:
    """Half of the tickets have been silent for days; the first rungs of the others fall due while it lasts."""
    with running(settings_of(plant)) as app, app.app_context():
        alembic.upgrade()
        province = make_province(db.session)
        for unit in (province.changyi, province.linjiang, province.jilin, province.baishan, province.corps):
            unit.hours = DAY_AND_NIGHT
        _token, token = add_token(db.session, PORTAL, province.changyi.code, "受理系统", clock.now())
        sessions = [cookie_of(app, province, number) for number in range(4)]
        db.session.commit()
        now = clock.now() + STARTS_WITHIN
        silent = {opened(db.session, province.changyi, province.linjiang, _when(dice, now, lasts)).number for _ in range(tickets)}
        end = now + lasts
        report = sweep(db.sessionmaker, end, dry_run=True)
        due = {(each.ticket, each.task, each.clock, each.rung) for each in report.climbed}
        return Seeded(token, sessions, province.linjiang.code, silent, due, end)


def cookie_of(app: Flask, province: Province, number: int) -> str:
    """The cookie of somebody who has typed a password already: hashing it is not what is measured."""
    officer = make_officer(db.session, province.changyi, f"officer{number}")
    db.session.flush()
    token = begin_session(db.session, officer, clock.now(), "127.0.0.1", "faults")
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return str(signer.dumps({"_user_id": token, "_fresh": True}))


def _when(dice: random.Random, now: datetime, lasts: timedelta) -> datetime:
    if dice.random() < 0.5:
        return now - timedelta(minutes=dice.randint(250, 2400))
    return now - timedelta(minutes=dice.choice(FIRST_RUNGS)) + lasts * dice.random()
