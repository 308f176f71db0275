"""docs/security.md is whole and true as far as a test can see: every requirement of level 2 once, every file there."""

import re

from tests.conventions.house import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text()
ROW = re.compile(r"^\| ([0-9][0-9., –]*) \| ([^|]+) \| ([^|]+) \| (.+) \|$", re.MULTILINE)
FILE = re.compile(r"`([\w./-]+/[\w.-]+\.(?:py|js|txt|html))`|\]\(([\w./-]+\.md)\)")
REQUIREMENTS = {
    "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1, "3.2": 2, "3.3": 4, "3.4": 6,
    "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 11,
    "6.3": 3, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2,
    "8.2": 3, "8.3": 1, "8.4": 1, "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2,
    "10.7": 3, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4, "13.1": 1,
    "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7, "16.1": 1, "16.2": 5,
    "16.3": 4, "16.4": 3, "16.5": 3,
}  # fmt: skip
"How many of levels 1 and 2 each section of ASVS 5.0 has, numbered from 1; of chapter 17 nothing applies."
BEYOND = {"1.2.10"}
"Asked at level 3, met all the same."


def numbers(cell: str) -> list[str]:
    """`6.2.1–6.2.3, 6.2.5` as single numbers."""
    found = []
    for part in cell.split(","):
        first, _dash, last = part.strip().partition("–")
        section, _dot, begins = first.rpartition(".")
        ends = last.rpartition(".")[2] or begins
        found += [f"{section}.{number}" for number in range(int(begins), int(ends) + 1)] if section else [first]
    return found


def test_every_requirement_of_level_2_stands_there_once() -> None:
    listed = [number for row in ROW.findall(TEXT) for number in numbers(row[0])]
    asked = {f"{section}.{n}" for section, many in REQUIREMENTS.items() for n in range(1, many + 1)}
    assert asked - set(listed) == set()
    assert set(listed) - asked == BEYOND | {"17"}
    assert len(listed) == len(set(listed))


def test_each_is_met_not_met_or_does_not_apply_and_says_where_or_why() -> None:
    for ids, _asks, state, where in ROW.findall(TEXT):
        assert state in {"met", "**not met**", "n/a"}, ids
        assert len(where) > 10, ids


def test_every_file_that_is_named_is_there() -> None:
    named = [path or f"docs/{page}" for path, page in FILE.findall(TEXT)]
    assert len(named) > 100
    assert sorted({path for path in named if not (ROOT / path).is_file()}) == []


def test_what_is_met_names_code_or_a_test_in_most_rows() -> None:
    """A row may speak of what is not there to be named; but they must be few."""
    met = [(ids, where) for ids, _asks, state, where in ROW.findall(TEXT) if state == "met"]
    assert sum(bool(FILE.search(where)) for _ids, where in met) > 0.75 * len(met)
