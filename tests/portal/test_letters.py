"""The liaison letter: what stands in it, that text is never markup, and that what leaves on paper is noted."""

import re
from datetime import UTC, datetime

import pypdfium2
import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.audit.models import AuditRecord
from portal.conversation.actions import send_message
from portal.tickets.citizens import CitizenFacts
from portal.tickets.models import Entry, Ticket
from tests.clients import Client
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.world import opened

pytestmark = pytest.mark.usefixtures("clock")
NUMBER = "220204199003072236"
HOSTILE = (
    '#read("/etc/passwd")', '#import "x.typ"', "$ x $", "*bold* _it_ `raw`", "<label> @label", "= heading", "#{1+1}",
    '"; #panic() //', "]]] ))) }}}", "\\u{41}", "/* */", "#eval(\"1\")",
)  # fmt: skip


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def changyi(session: Session, province: Province, client: Client) -> Client:
    sign_in(client, make_officer(session, province.changyi, "zhang", name="张建"))
    return client


def printed(client: Client, ticket: Ticket, **fields: str) -> str:
    """The words of the letter, without white space, since a line may break anywhere."""
    address = f"/tickets/{ticket.number}/letters"
    response = client.submit(address, {"language": "zh", **fields})
    assert response.status_code == 200, response.text
    assert response.content_type == "application/pdf"
    document = pypdfium2.PdfDocument(response.data)
    return re.sub(r"[\s\u200b]", "", "".join(page.get_textpage().get_text_bounded() for page in document))


def test_a_letter_says_who_asks_what_of_whom_by_when(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), procedure="check-and-sign",
                    subject="照片不清", message="申请人2月19日面试。\n请尽快核验。", reference="SL-77")  # fmt: skip
    text = printed(changyi, ticket)
    for part in ("昌邑区户政大厅", "联系函", ticket.number, "主送：临江市户政大厅（白山市公安局治安警察支队）", "2016年1月4日",
                 "SL-77", "照片不清", "申请人2月19日面试。", "请尽快核验。", "核验签发", "5个工作日", "2016-01-11", "—1—",
                 "张建", "一次性告知"):  # fmt: skip
        assert re.sub(r"\s", "", part) in text, part


def test_what_was_written_to_one_unit_alone_is_in_no_letter(
    changyi: Client, session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), procedure="check-and-sign")
    session.execute(delete(Entry).where(Entry.kind == "message"))  # what was asked is purged, say
    send_message(session, actor_at(province.changyi), ticket, "仅告贵厅", now(), to=province.linjiang.code)
    session.commit()
    assert "仅告贵厅" not in printed(changyi, ticket)


def test_it_can_be_had_in_english(changyi: Client, session: Session, province: Province) -> None:
    text = printed(changyi, opened(session, province.changyi, province.linjiang, now()), language="en")
    for part in ("Letterofliaison", "To:临江市户政大厅", "4January2016", "Stepsandlimits"):
        assert part in text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_what_was_typed_is_text_and_never_markup(
    changyi: Client, session: Session, province: Province, hostile: str
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), subject=hostile, message=f"{hostile}\n{hostile}",
                    reference=hostile[:60])  # fmt: skip
    text = printed(changyi, ticket)
    assert text.count(re.sub(r"\s", "", hostile)) >= 3
    assert "root:" not in text


def test_a_word_without_spaces_does_not_leave_the_page(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), message="https://" + "a" * 400)
    page = pypdfium2.PdfDocument(
        changyi.submit(f"/tickets/{ticket.number}/letters", {"language": "zh"}).data
    )[0]
    texts = page.get_textpage()
    boxes = [texts.get_charbox(place) for place in range(texts.count_chars())]
    assert max(box[2] for box in boxes) <= page.get_width() - 60


def test_citizens_are_masked_unless_a_reason_is_given(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), citizens=[CitizenFacts("李建国", NUMBER)])
    masked = printed(changyi, ticket)
    assert "李*" in masked
    assert "2202**********2236" in masked
    assert NUMBER not in masked
    address = f"/tickets/{ticket.number}/letters"
    refused = changyi.submit(address, {"language": "zh", "in_full": "y", "reason": " "})
    assert refused.status_code == 422
    assert "field__wrong" in refused.text
    in_full = printed(changyi, ticket, in_full="y", reason="存档")
    assert "李建国" in in_full
    assert NUMBER in in_full
    notes = session.execute(select(AuditRecord.action, AuditRecord.detail).order_by(AuditRecord.id)).all()
    assert [tuple(note) for note in notes][-3:] == [
        ("letter.print", {"in_full": False}), ("letter.print", {"in_full": True}), ("citizen.reveal", {"reason": "存档"}),
    ]  # fmt: skip


def test_another_units_ticket_has_no_letter(client: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.chuanying, province.fusong, now())
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    assert client.get(f"/tickets/{ticket.number}/letters").status_code == 404
