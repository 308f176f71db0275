"""`flask directory import` and `export`: reports and exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.imports import ImportRecord
from directory.models import Contact, Unit
from portal.audit.models import AuditRecord
from tests.clients import Runner
from tests.factories import Province
from tests.sheets import csv_of, xlsx_of

pytestmark = pytest.mark.usefixtures("clock", "province")
CHANGYI = "220202000000"
HEADER = ["单位名称", "联系人", "联系电话"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "统计表.csv"
    file.write_bytes(csv_of([HEADER, ["站前派出所", "张三", "80001234"], ["通江派出所", "李四", "80001235"]]))
    return file


def report(runner: Runner, *words: str, exit_code: int = 0) -> dict[str, Any]:
    ran = runner("directory", *words, "--json")
    assert ran.exit_code == exit_code, ran.output
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def test_an_unknown_name_under_a_unit_is_new_with_a_provisional_code(
    runner: Runner, session: Session, table: Path
) -> None:
    told = report(runner, "import", str(table), "--under", CHANGYI)
    assert (told["rows"], told["new"], told["changed"], told["same"], told["refused"]) == (2, 2, 0, 0, [])
    assert session.get_one(Unit, "220202P00001").name == "通江派出所"
    again = report(runner, "import", str(table), "--under", CHANGYI)
    assert (again["new"], again["same"]) == (0, 2)


def test_a_dry_run_changes_nothing(runner: Runner, session: Session, table: Path) -> None:
    told = report(runner, "import", str(table), "--under", CHANGYI, "--dry-run")
    assert (told["new"], told["applied"]) == (2, False)
    assert session.scalar(select(ImportRecord)) is None
    assert session.get(Unit, "220202P00001") is None


def test_a_refused_row_stops_all_of_it_and_ends_with_1(runner: Runner, session: Session, table: Path) -> None:
    told = report(runner, "import", str(table), exit_code=1)
    assert [(one["row"], one["column"]) for one in told["refused"]] == [(3, "A")]
    assert "通江派出所" in told["refused"][0]["reason"]
    assert told["rows"] == told["new"] + told["changed"] + told["same"] + len(told["refused"]) + len(told["asked"])
    assert session.scalar(select(Contact).where(Contact.name == "张三")) is None


def test_the_rest_is_applied_where_refused_rows_are_skipped(runner: Runner, session: Session, table: Path) -> None:
    told = report(runner, "import", str(table), "--skip-refused")
    assert (told["new"], len(told["refused"])) == (1, 1)
    assert session.scalar(select(Contact).where(Contact.name == "张三")) is not None


def test_what_changes_is_told_field_by_field(runner: Runner, tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    file.write_bytes(xlsx_of([["机构代码", "联系人", "职务"], ["220202510000", "站前派出所desk", "内勤"]]))
    (change,) = report(runner, "import", str(file))["changes"]
    assert {name: change[name] for name in ("row", "unit", "field", "before", "after")} == {
        "row": 2, "unit": "220202510000", "field": "post", "before": "", "after": "内勤",
    }  # fmt: skip


def test_what_is_asked_is_told_with_its_candidates_and_left_out(
    runner: Runner, session: Session, province: Province, tmp_path: Path
) -> None:
    province.jianguo.name = "站前派出所"
    file = tmp_path / "t.csv"
    file.write_bytes(csv_of([HEADER, ["站前派出所", "张三", "80001234"]]))
    told = report(runner, "import", str(file))
    (asked,) = told["asked"]
    assert asked["row"] == 2
    assert {one["code"] for one in asked["candidates"]} >= {"220202510000", "220681510000"}
    assert session.scalar(select(Contact).where(Contact.name == "张三")) is None


def test_what_is_no_sheet_ends_with_1_and_says_why(runner: Runner, tmp_path: Path) -> None:
    file = tmp_path / "t.xlsx"
    file.write_bytes(b"%PDF-1.7")
    ran = runner("directory", "import", str(file))
    assert ran.exit_code == 1
    assert "no sheet" in ran.stderr
    assert ran.stdout == ""


@pytest.mark.parametrize(
    "words", [["import", "nowhere.csv"], ["import"], ["export", "t.docx"], ["export", "t.csv", "--under", "x"]]
)
def test_wrong_use_ends_with_2(runner: Runner, words: list[str]) -> None:
    assert runner("directory", *words).exit_code == 2


def test_an_import_is_in_the_audit_log(runner: Runner, session: Session, table: Path) -> None:
    report(runner, "import", str(table), "--under", CHANGYI)
    noted = session.scalars(select(AuditRecord).where(AuditRecord.action == "import.apply")).one()
    assert noted.detail["new"] == 2


@pytest.mark.parametrize(
    ("ending", "begins"), [("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf"), ("vcf", b"BEGIN:VCARD"), ("pdf", b"%PDF")]
)
def test_the_ending_says_how_the_table_is_written(runner: Runner, tmp_path: Path, ending: str, begins: bytes) -> None:
    file = tmp_path / f"t.{ending}"
    assert report(runner, "export", str(file))["bytes"] == file.stat().st_size
    assert file.read_bytes().startswith(begins)


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_what_goes_out_comes_in_the_same(runner: Runner, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"t.{ending}"
    report(runner, "export", str(file), "--under", CHANGYI)
    told = report(runner, "import", str(file))
    assert told["rows"] == told["same"] == 12
