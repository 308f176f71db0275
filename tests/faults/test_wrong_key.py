"""One of two web servers, and a worker, are started with a mistyped data key beside one that has the right one."""

from pathlib import Path

import pytest
from sqlalchemy import select

from portal.clock import now
from portal.extensions import db
from portal.privacy.fitting import settle
from portal.privacy.models import KeyMark
from portal.tickets.citizens import CitizenFacts
from portal.tickets.models import Citizen
from tests.conftest import SMALL, Templates, in_utc, running
from tests.factories import load_province
from tests.faults.place import WORKER, Place
from tests.faults.seed import cookie_of
from tests.portal.world import opened

MISTYPED = {"PORTAL_DATA_KEY": "the data key of the faults, and of nothing else!"}


@pytest.mark.xdist_group("faults")
def test_with_a_mistyped_key_nothing_starts_and_the_others_go_on(templates: Templates, tmp_path: Path) -> None:
    with templates.copy("postgresql", SMALL) as url:
        one, other = Place(url, tmp_path), Place(url, tmp_path)
        with running(one.settings()) as app, app.app_context():
            province = load_province(db.session)
            number = opened(db.session, province.changyi, province.linjiang, in_utc("2026-01-05 09:00"),
                            citizens=[CitizenFacts("示例", "")]).number  # fmt: skip
            cookie = cookie_of(app, province, 0)
            db.session.commit()
            settle(db.session, one.settings(), now())
            db.session.commit()
            before = kept()
            with other.begun(other.gunicorn, **MISTYPED) as web, other.begun(WORKER, **MISTYPED) as worker, one.serving():
                for started in (web, worker):
                    _told, words = started.communicate(timeout=60)
                    assert started.returncode == 1, words
                    assert "Data key 1 is not the one with which this database is encrypted" in words
                    assert "Set PORTAL_DATA_KEY" in words
                    assert "Traceback" not in words
                assert kept() == before
                assert "示*" in one.caller(cookie).get(f"/tickets/{number}"), "the other server goes on"


def kept() -> list[object]:
    """The marks, one of each key, and the citizen."""
    db.session.rollback()
    found = [*db.session.execute(select(KeyMark.key_id, KeyMark.mark).order_by(KeyMark.key_id)), *db.session.scalars(select(Citizen.name_cipher))]
    db.session.rollback()
    assert len(found) == 3
    return found
