"""A key that is not that of the database: nothing starts, nothing is changed, and it is said what to do."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import click
import pytest
from flask import Flask
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from portal import serving
from portal.cipher import KEY_FILE, add_key, cipher
from portal.cli import portal_commands
from portal.config import Settings
from portal.extensions import db
from portal.privacy.fitting import SECRET, WrongKeys, marks, settle
from portal.privacy.models import KeyMark
from portal.privacy.rotating import rotate_some
from portal.tickets.citizens import CitizenFacts
from portal.tickets.models import Citizen
from tests.clients import Runner
from tests.conftest import Clock, running
from tests.factories import Province
from tests.portal.world import opened

MISTYPED = "another data key, as if it were mistyped"
STARTS = [("worker",), ("start",), ("migrate",), ("deliver",), ("sweep",), ("backup", "never"), ("keys", "rotate")]
FREE = {"audit prune", "audit seal", "audit verify", "calendar import", "keys accept", "keys status", "migrate",
        "move", "restore", "settings", "start", "worker"}  # fmt: skip
"Those that look for themselves, that need no key, or that help when one is wrong."


@pytest.fixture
def used(session: Session, province: Province, clock: Clock, runner: Runner) -> Session:
    """A database that keys of these settings were used with, and in which a citizen stands."""
    opened(session, province.changyi, province.linjiang, clock.now, citizens=[CitizenFacts("示例", "")])
    session.commit()
    assert runner("portal", "migrate").exit_code == 0
    session.rollback()
    return session


@contextmanager
def with_others(app: Flask, **others: object) -> Iterator[Runner]:
    with running(replace(app.extensions["settings"], **others)) as other:
        made = other.test_cli_runner()
        assert isinstance(made, Runner)
        yield made


def refused(runner: Runner, *words: str) -> str:
    """What an administrator reads."""
    db.session.rollback()
    told = runner("portal", *words)
    assert told.exit_code == 1, (words, told.output)
    return " ".join((told.stdout + told.stderr).split())


def as_it_is(session: Session) -> list[object]:
    session.rollback()
    found = [*marks(session).items(), *session.scalars(select(Citizen.name_cipher))]
    session.rollback()
    return found


def test_a_wrong_data_key_starts_nothing_and_changes_nothing(app: Flask, used: Session) -> None:
    before = as_it_is(used)
    with with_others(app, data_key=MISTYPED) as mistaken:
        for words in STARTS:
            assert "Data key 1 is not the one with which this database is encrypted" in refused(mistaken, *words), words
        assert "PORTAL_DATA_KEY" in refused(mistaken, "worker")
        assert "Data key 1 is not the one" in refused(mistaken, "keys", "accept")
    assert as_it_is(used) == before


def test_another_secret_key_is_refused_until_it_is_accepted(app: Flask, used: Session, runner: Runner) -> None:
    with with_others(app, secret_key="the secret key that came after a leak") as new:
        assert "PORTAL_SECRET_KEY is not the one" in refused(new, "deliver")
        assert new("portal", "keys", "accept").exit_code == 0
        assert new("portal", "deliver").exit_code == 0
    assert "PORTAL_SECRET_KEY is not the one" in refused(runner, "deliver")


def test_where_nothing_is_encrypted_yet_a_corrected_data_key_can_be_accepted(app: Flask, session: Session, runner: Runner) -> None:
    assert runner("portal", "migrate").exit_code == 0
    with with_others(app, data_key=MISTYPED) as corrected:
        assert "portal keys accept takes the key that is set now" in refused(corrected, "worker")
        assert corrected("portal", "keys", "accept").exit_code == 0
        assert corrected("portal", "deliver").exit_code == 0
    assert "Data key 1 is not the one" in refused(runner, "deliver")


def test_a_database_from_before_the_marks_takes_only_the_key_that_opens_it(
    app: Flask, session: Session, province: Province, clock: Clock, runner: Runner
) -> None:
    opened(session, province.changyi, province.linjiang, clock.now, citizens=[CitizenFacts("示例", "")])
    session.commit()
    assert marks(session) == {}
    with with_others(app, data_key=MISTYPED) as mistaken:
        assert "Data key 1 is not the one" in refused(mistaken, "migrate")
    assert as_it_is(session)[:-1] == []
    assert runner("portal", "migrate").exit_code == 0
    session.rollback()
    assert marks(session).items() >= cipher().marks.items()


def test_a_single_damaged_value_keeps_nobody_out(app: Flask, used: Session, province: Province, clock: Clock, runner: Runner) -> None:
    opened(used, province.changyi, province.linjiang, clock.now, citizens=[CitizenFacts("示例", "")])
    used.execute(delete(KeyMark))
    newest = used.scalars(select(Citizen).order_by(Citizen.id.desc()).limit(1)).one()
    newest.name_cipher = newest.name_cipher[:-1] + b"?"
    used.commit()
    assert runner("portal", "deliver").exit_code == 0


# While keys are exchanged


def rotated_half(app: Flask, session: Session, runner: Runner) -> str:
    """Key 2 is there and noted, a value of key 1 is left; answers key 1."""
    settings: Settings = app.extensions["settings"]
    add_key(settings.instance / KEY_FILE, 2)
    assert runner("portal", "deliver").exit_code == 0
    session.rollback()
    assert set(marks(session)) == {SECRET, 1, 2}
    session.rollback()
    return settings.data_key


def test_the_first_start_after_an_upgrade_by_hand_waits_for_nobody_and_notes_the_keys(app: Flask, used: Session) -> None:
    used.execute(delete(KeyMark))
    used.commit()
    with running(app.extensions["settings"]) as other:
        serving._refuse_what_does_not_fit(other)
    assert SECRET in marks(used), "what asks for the schema keeps nobody, not even itself, from writing"


def test_both_keys_are_asked_for_until_the_exchange_is_done(app: Flask, used: Session, runner: Runner) -> None:
    rotated_half(app, used, runner)
    file = app.extensions["settings"].instance / KEY_FILE
    key = file.read_text().split()[1]
    with with_others(app, instance=file.parent / "other", data_key=key, data_key_id=2) as without:
        assert "data key 1, which is not here" in refused(without, "worker")
    with with_others(app, instance=file.parent / "other") as behind:
        assert "data key 2, which is not here" in refused(behind, "worker")
    assert runner("portal", "keys", "rotate").exit_code == 0
    with with_others(app, instance=file.parent / "other", data_key=key, data_key_id=2) as alone:
        assert alone("portal", "deliver").exit_code == 0
    used.rollback()
    assert set(marks(used)) == {SECRET, 2}


def test_a_key_that_is_given_in_two_rounds_keeps_nobody_out_at_any_moment(app: Flask, used: Session) -> None:
    """As docs/security.md says: first to read, everywhere, then to write; each process starts anew when it is its turn."""
    own, key = app.extensions["settings"].data_key, "k" * 40
    first = {"other_keys": {2: key}}
    second = {"data_key": key, "data_key_id": 2, "other_keys": {1: own}}
    last = {"data_key": key, "data_key_id": 2}
    for before, after in (({}, first), (first, second)):
        for given in (before, after, before):
            with with_others(app, **given) as some:
                assert some("portal", "deliver").exit_code == 0
    with with_others(app, **second) as some:
        assert some("portal", "keys", "rotate").exit_code == 0
    for given in (second, last):
        with with_others(app, **given) as some:
            assert some("portal", "deliver").exit_code == 0


def test_a_database_in_the_middle_of_an_exchange_before_the_marks(app: Flask, used: Session, runner: Runner) -> None:
    rotated_half(app, used, runner)
    rotate_some(used, cipher(), 1)
    used.execute(delete(KeyMark))
    used.commit()
    with with_others(app, instance=app.extensions["settings"].instance / "other") as behind:
        assert "data key 2, which is not here" in refused(behind, "deliver")
    assert runner("portal", "deliver").exit_code == 0


def test_two_that_start_at_once_with_different_keys_are_not_both_let_in(app: Flask, used: Session, clock: Clock) -> None:
    settings: Settings = app.extensions["settings"]
    used.execute(delete(KeyMark))
    used.execute(delete(Citizen))
    used.commit()
    settle(used, replace(settings, data_key=MISTYPED), clock.now)
    with pytest.raises(WrongKeys):
        settle(used, settings, clock.now)
    used.rollback()


# What asks, and what is told


def commands(group: click.Group, name: str = "") -> Iterator[tuple[str, click.Command]]:
    for each, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name}{each} ")
        else:
            yield f"{name}{each}", command


def asks(callback: Callable[..., object] | None) -> bool:
    """Whether the decorator stands on it, below those of the command."""
    while callback is not None:
        if callback.__code__.co_qualname.startswith("needs_keys"):
            return True
        callback = getattr(callback, "__wrapped__", None)
    return False


def test_every_command_asks_for_the_keys_or_is_named_here() -> None:
    assert {name for name, command in commands(portal_commands) if not asks(command.callback)} == FREE


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_readiness_tells_of_each_key(app: Flask, used: Session) -> None:
    for others, words in ({"data_key": MISTYPED}, "Data key 1"), ({"secret_key": "s" * 40}, "PORTAL_SECRET_KEY"):
        with running(replace(app.extensions["settings"], **others)) as mistaken:
            told = mistaken.test_client().get("/readyz").json["checks"]["keys"]
            assert (told["ok"], words in told["why"]) == (False, True)


def test_no_key_follows_from_a_mark(app: Flask, used: Session) -> None:
    settings: Settings = app.extensions["settings"]
    for mark in used.scalars(text("SELECT mark FROM key_mark")):
        assert len(mark) == 16
        assert mark not in json.dumps([settings.data_key, settings.secret_key])
