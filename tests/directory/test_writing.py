"""The table as a file: the round trip is without a difference, and no cell is ever a formula."""

import csv
import io
import re
import zipfile
from datetime import date
from time import process_time

import pypdfium2
import pytest
import vobject
from sqlalchemy.orm import Session

from directory import importing
from directory.importing import Giver
from directory.models import ContactRole, Phone, Unit
from directory.province import CONTACTS, UNITS
from directory.sheets.gathering import gather, gather_subtree
from directory.sheets.phone_book import write_pdf
from directory.sheets.plan import Outcome
from directory.sheets.planning import plan
from directory.sheets.reading import read_sheets
from directory.sheets.recognising import recognise
from directory.sheets.state import Terms
from directory.sheets.vcards import write_vcards
from directory.sheets.writing import WRITERS, write_csv, write_xlsx
from tests.conftest import in_utc
from tests.factories import Province, make_contact, make_unit
from tests.sheets import csv_of

AT = in_utc("2016-01-04 09:00")
EVIL = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "'=1",
    '=HYPERLINK("http://x")',
    "\t=1",
    "#let x = 1",
    "$x$ *y*",
]


def counts(content: bytes, session: Session) -> dict[str, int]:
    made = plan(recognise(read_sheets(content, "table")), gather(session), Terms())
    return {outcome.value: count for outcome, count in made.counts.items() if count}


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_whole_province_goes_out_and_comes_in_without_a_difference(jilin: Session, kind: str) -> None:
    content = WRITERS[kind](gather_subtree(jilin, None), None, None)
    assert counts(content, jilin) == {"same": CONTACTS}


def test_a_subtree_goes_out_and_comes_in_without_a_difference(jilin: Session) -> None:
    content = write_xlsx(gather_subtree(jilin, "220202000000"), "220202000000")
    assert set(counts(content, jilin)) == {"same"}
    assert len({row.cell(2) for row in read_sheets(content, "")[0].rows[2:]}) < UNITS / 10


@pytest.mark.parametrize("kind", list(WRITERS))
def test_the_same_table_is_the_same_bytes(session: Session, province: Province, kind: str) -> None:
    first, second = (WRITERS[kind](gather_subtree(session, None), None, date(2016, 1, 4)) for _ in range(2))
    assert first == second


@pytest.fixture
def evil(session: Session, province: Province) -> Unit:
    """A unit all of whose texts begin like formulas, or like markup of whatever writes them."""
    unit = make_unit(session, "220202590000", province.zhanqian.kind, province.changyi, EVIL[0], address=EVIL[4])
    for number, text in enumerate(EVIL):
        contact = make_contact(
            session,
            unit,
            ContactRole.DESK,
            name=text,
            post=text,
            remark=text,
            email=f"a{number}@ga.example",
            rank=number + 1,
        )
        contact.phones = [Phone(number="+1+1", digits="11", position=1, remark=text)]
    return unit


def test_no_cell_of_a_workbook_is_a_formula(session: Session, evil: Unit) -> None:
    content = write_xlsx(gather_subtree(session, None))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
        styles = archive.read("xl/styles.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert 'quotePrefix="1"' in styles
    texts = {text for row in read_sheets(content, "")[0].rows for text in row.cells}
    assert {text.strip() for text in EVIL} <= texts


def test_no_field_of_a_text_file_is_taken_for_a_formula(session: Session, evil: Unit) -> None:
    content = write_csv(gather_subtree(session, None))
    assert content.startswith(b"\xef\xbb\xbf")
    fields = [text for line in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for text in line]
    assert not [text for text in fields if text.startswith(("=", "+", "-", "@", "\t", "\r"))]
    texts = {text for row in read_sheets(content, "")[0].rows for text in row.cells}
    assert {text.strip() for text in EVIL} <= texts


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_looks_like_a_formula_comes_in_without_a_difference(session: Session, evil: Unit, kind: str) -> None:
    content = WRITERS[kind](gather_subtree(session, None), None, None)
    assert set(counts(content, session)) == {"same"}


def test_cards_are_what_a_strict_reader_takes(session: Session, evil: Unit, province: Province) -> None:
    make_contact(
        session,
        province.zhanqian,
        ContactRole.LEADER,
        name="张三；李四,\n王五\\",
        phone="0432-80001234",
        remark="很长的备注" * 40,
    )
    content = write_vcards(gather_subtree(session, None))
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    cards = list(vobject.readComponents(content.decode(), allowQP=False))
    listed = gather_subtree(session, None)
    assert len(cards) == sum(map(len, listed.contacts.values()))
    for card in cards:
        card.validate(raiseException=True)
    card = next(card for card in cards if card.n.value.family.startswith("张三"))
    assert card.n.value.family == "张三；李四,\n王五\\"
    assert card.org.value == ["吉林省公安厅治安警察总队", "吉林市公安局治安警察支队", "昌邑区户政大厅", "站前派出所"]
    assert card.tel.value == "0432-80001234"
    assert card.note.value == "很长的备注" * 40
    assert {text.strip() for text in EVIL} <= {each.title.value.strip() for each in cards if "title" in each.contents}


def test_the_book_holds_every_contact_by_prefecture_and_county(session: Session, evil: Unit) -> None:
    book = pypdfium2.PdfDocument(write_pdf(gather_subtree(session, None), None, date(2016, 1, 4)))
    text = re.sub(r"\s", "", "".join(page.get_textpage().get_text_range() for page in book))
    for expected in (
        "吉林市",
        "昌邑区",
        "临江市",
        "2016年1月4日",
        "站前派出所",
        "linjiang.desk",
        "$x$*y*",
        "#letx=1",
        "=cmd|",
    ):
        assert expected in text
    assert text.index("吉林市公安局治安警察支队") < text.index("昌邑区户政大厅") < text.index("站前派出所")


def test_the_head_of_each_page_tells_its_counties(session: Session, province: Province) -> None:
    for unit in (province.changyi, province.chuanying, province.linjiang, province.fusong):
        unit.locality.parent_code = unit.locality_code[:4]
    book = pypdfium2.PdfDocument(write_pdf(gather_subtree(session, None), None, date(2016, 1, 4)))
    heads = [page.get_textpage().get_text_range().splitlines()[0] for page in book]
    told = [head.rsplit("日", 1)[-1].strip() for head in heads[2:]]
    assert told == ["省级", "吉林市 昌邑区 – 船营区", "白山市 抚松县 – 临江市"]


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite"])
def test_fifty_thousand_units_come_in_within_a_minute(session: Session, province: Province, full_size: bool) -> None:
    """At full size 50,000 units: in under 60 s of work; what comes out of them comes in without a difference."""
    size = 50_000 if full_size else 1_000
    halls = [province.changyi, province.chuanying, province.linjiang, province.fusong]
    lines = [
        [
            f"{hall.code[:6]}{number:05}X",
            f"第{number}号试验派出所",
            hall.code,
            f"试验路{number}号",
            "窗口",
            f"8{number:07}",
            f"desk.{number}@ga.example",
        ]
        for number in range(size)
        for hall in [halls[number % len(halls)]]
    ]
    content = csv_of([["单位代码", "单位名称", "上级单位代码", "地址", "联系人", "联系电话", "电子邮箱"], *lines])
    began = process_time()
    record = importing.receive(session, content, "table", Giver("吴示例"), AT)
    made = importing.draw_up(session, record)
    importing.apply(session, record, "吴示例", AT, made=made)
    session.commit()
    took = process_time() - began
    assert made.counts[Outcome.NEW] == size
    assert not full_size or took < 60
    assert set(counts(write_xlsx(gather_subtree(session, None)), session)) == {"same"}
