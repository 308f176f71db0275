"""The commands of the directory."""

import json

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from directory.models import LookupTerm
from tests.clients import Runner
from tests.factories import Province

pytestmark = pytest.mark.usefixtures("clock")

SHAPE = {"code", "name", "kind", "path", "parent", "phones", "email", "supervisors", "open_now", "freshness", "matched",
         "service", "in_service_from"}  # fmt: skip


def test_find_answers_units_in_their_shape(runner: Runner, province: Province) -> None:
    (found,) = json.loads(runner("directory", "find", "--json", "linjiang", "hall").stdout)
    assert found.keys() == SHAPE
    assert found["code"] == province.linjiang.code
    assert found["parent"].keys() == {"code", "name", "kind", "path"}
    assert found["parent"]["code"] == province.baishan.code
    assert found["path"][-1] == found["name"]
    assert (found["supervisors"], found["open_now"], found["freshness"]) == (1, True, "confirmed")
    assert found["matched"] == "pinyin"


@pytest.mark.usefixtures("province")
def test_index_writes_the_terms_anew(runner: Runner, session: Session) -> None:
    def terms() -> set[tuple[str, str, int]]:
        listed = select(LookupTerm.term, LookupTerm.unit_code, LookupTerm.weight)
        return {(term, code, weight) for term, code, weight in session.execute(listed)}

    before = terms()
    session.execute(delete(LookupTerm))
    session.commit()
    assert json.loads(runner("directory", "index", "--json").stdout) == {"units": 11}
    session.rollback()
    assert terms() == before
