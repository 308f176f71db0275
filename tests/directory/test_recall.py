"""Officers find the unit they mean, whatever they type: measured over the whole province, on both databases."""

from collections import Counter

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory import matching
from directory.divisions import divisions
from directory.lookup import find
from directory.models import LocalityLevel, Unit, UnitKind
from tests.directory.asked import Asked, asked

QUERIES_AT_LEAST = 250
FIRST_AT_LEAST = 0.95
OF_A_PREFECTURE_AT_LEAST, OF_A_KIND_AT_LEAST = 15, 5
"Of each prefecture and of each kind there are so many queries."

ASKED = list(asked())


def place(session: Session, query: Asked, limit: int = 5) -> int:
    """At which place the unit meant is found; `limit` if it is not."""
    codes = [hit.unit_code for hit in find(session, query.typed, limit, query.near)]
    return codes.index(query.meant) if query.meant in codes else limit


def test_the_queries_are_many_and_of_all_prefectures_and_kinds(jilin: Session) -> None:
    kinds = dict(jilin.execute(select(Unit.code, Unit.kind)).all())
    assert len({(query.typed, query.near) for query in ASKED}) == len(ASKED) >= QUERIES_AT_LEAST
    of_prefecture = Counter(query.meant[:4] for query in ASKED)
    of_kind = Counter(kinds[query.meant] for query in ASKED)
    prefectures = [code for code, one in divisions().items() if one.level is LocalityLevel.PREFECTURE]
    assert min(of_prefecture[code] for code in prefectures) >= OF_A_PREFECTURE_AT_LEAST, of_prefecture
    assert min(of_kind[kind] for kind in UnitKind) >= OF_A_KIND_AT_LEAST, of_kind


def test_what_was_meant_is_first_nearly_always_and_among_the_first_five_always(jilin: Session) -> None:
    places = {query: place(jilin, query) for query in ASKED}
    missed = [query for query, at in places.items() if at >= 5]
    first = sum(at == 0 for at in places.values())
    assert not missed
    assert first >= len(ASKED) * FIRST_AT_LEAST, [query for query, at in places.items() if at]


def test_what_is_looked_at_is_bounded_and_nothing_is_missed_by_it(
    jilin: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [query for query in ASKED if query.near is None][::5]
    found = [find(jilin, query.typed, 5) for query in some]
    for bound in ("TERMS_AT_MOST", "TERMS_AT_MOST_OF_SEVERAL"):
        monkeypatch.setattr(matching, bound, 3)
    assert [find(jilin, query.typed, 5) for query in some] == found


@pytest.mark.parametrize("typed", ["0", "80", "800", "示例 所长", "新 派出所 内勤"])
def test_of_what_very_many_have_the_near_ones_come_first(
    jilin: Session, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    for bound in ("TERMS_AT_MOST", "TERMS_AT_MOST_OF_SEVERAL"):
        monkeypatch.setattr(matching, bound, 30)
    asker = "220581104000"
    hits = find(jilin, typed, 10, near=asker)
    assert len(hits) == 10
    assert hits[0].unit_code.startswith("2205")
