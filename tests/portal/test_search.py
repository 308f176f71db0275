"""Search over tickets: what is found, in which words, and that nobody finds what is not for him to see."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit.models import AuditRecord
from portal.conversation.actions import send_message
from portal.search import finding, queries
from portal.search.finding import find_tickets
from portal.search.found import Hit
from portal.search.marking import _flat
from portal.search.queries import candidates
from portal.search.question import Word, asked
from portal.terms.indexing import forget
from portal.terms.models import TicketTerm
from portal.tickets.citizens import CitizenFacts
from portal.tickets.merging import move_open_work
from portal.tickets.moves import Answer, answer
from portal.web.actor import Actor
from portal.web.pagination import Page
from portal.web.permissions import Role
from tests.clients import Client, Runner
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.pages import statements, words
from tests.portal.plans import plan_of, read_from_end_to_end
from tests.portal.world import opened, task_of

pytestmark = pytest.mark.usefixtures("clock")
NUMBER = "220204199003072236"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def changyi(session: Session, province: Province, client: Client) -> Client:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    return client


def found(client: Client, typed: str) -> list[str]:
    """The subjects that a search answers with, in order."""
    page = client.submit("/search", {"q": typed}, page="/search", follow_redirects=True).text
    links = re.findall(r'class="work__title"[^>]*>(.*?)</a>', page)
    return [re.sub("<[^>]+>", "", link) for link in links]


def open_three(session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, now(), subject="身份证丢失补领", message="底档照片不清。")
    opened(session, province.changyi, province.fusong, now(), subject="身份证换领", message="请核对迁移证。")
    opened(session, province.changyi, province.linjiang, now(), subject="户口核实", message="曾用名有误。")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("身份证", ["身份证换领", "身份证丢失补领"]),
        ("丢失", ["身份证丢失补领"]),
        ("身份证 临江", ["身份证丢失补领"]),
        ("临江 身份证", ["身份证丢失补领"]),
        ("临江身份证", ["户口核实", "身份证丢失补领"]),  # as the look-up reads it: Linjiang, whose cases are of identity cards
        ("照片", ["身份证丢失补领"]),
        ("抚松", ["身份证换领"]),
        ("白山", ["户口核实", "身份证换领", "身份证丢失补领"]),
        ("linjiang", ["户口核实", "身份证丢失补领"]),
        ("临江大厅 曾用名", ["户口核实"]),
        ("份证丢", ["身份证丢失补领"]),
        ("没有的", []),
        ("身", []),
    ],
)
def test_words_are_found_in_any_order_wherever_they_stand(
    changyi: Client, session: Session, province: Province, typed: str, expected: list[str]
) -> None:
    open_three(session, province)
    assert found(changyi, typed) == expected


def test_two_pairs_that_do_not_stand_together_are_no_word(
    changyi: Client, session: Session, province: Province
) -> None:
    opened(session, province.changyi, province.linjiang, now(), subject="北京 京都", message="已阅。")
    assert found(changyi, "北京都") == []


def test_what_is_written_later_is_found_too(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), subject="一件")
    send_message(session, actor_at(province.linjiang), ticket, "申请人已到场，见户籍底册。", now())
    registrar = actor_at(province.linjiang)
    answer(session, registrar, task_of(session, registrar, ticket), Answer(text="核验一致"), now())
    assert found(changyi, "底册") == found(changyi, "核验") == ["一件"]


def test_nobody_finds_what_is_not_for_him_to_see(client: Client, session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, now(), subject="身份证丢失补领", reference="SL-77")
    for unit, role, seen in (
        (province.chuanying, Role.OFFICER, False), (province.chuanying, Role.SUPERVISOR, False),
        (province.jilin, Role.OFFICER, False), (province.jilin, Role.SUPERVISOR, True),
        (province.corps, Role.SUPERVISOR, True), (province.linjiang, Role.OFFICER, True),
    ):  # fmt: skip
        sign_in(client, make_officer(session, unit, f"{unit.code}-{role}", role))
        for typed in ("身份证", "XB2016-000001", "1", "SL-77", "临江", NUMBER):
            answered = client.submit("/search", {"q": typed}, page="/search", follow_redirects=True).text
            answered = re.sub("</?mark>", "", answered)
            assert ("身份证丢失补领" in answered) is (seen and typed != NUMBER), (unit.name, role, typed)


def test_a_frequent_word_is_asked_of_the_unit_and_finds_the_same(
    changyi: Client, session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_three(session, province)
    monkeypatch.setattr(queries, "RARE", 1)
    assert found(changyi, "身份证 临江") == ["身份证丢失补领"]
    assert found(changyi, "身份证") == ["身份证换领", "身份证丢失补领"]


def test_what_is_found_is_shown_as_it_was_written_with_the_words_marked(
    changyi: Client, session: Session, province: Province
) -> None:
    """A line is drawn once for its ticket: what is marked in it differs from search to search, and is escaped."""
    opened(session, province.changyi, province.linjiang, now(), subject="<b>身份证</b> <!--snippets-->", message="请核对 & 底档")
    marked = changyi.get("/search?q=身份证").text
    assert "&lt;b&gt;<mark>身份证</mark>&lt;/b&gt; &lt;!--snippets--&gt;</a>" in marked
    other = changyi.get("/search?q=底档").text
    assert "&lt;b&gt;身份证&lt;/b&gt;" in other
    assert '<p class="found-ticket__text">请核对 &amp; <mark>底档</mark></p>' in other
    assert "<!--title-->" not in other
    assert "<!--snippets-->" not in other


@given(st.text(st.characters(codec="utf-8"), max_size=30), st.text(st.sampled_from("ﬃ①Ⅳ身ß份İa\u0301"), max_size=12))
def test_a_text_is_compared_character_by_character(text: str, odd: str) -> None:
    """Whatever a character is compared as (none, one or several), each of these stands where it came from."""
    for each in (text, odd, text + odd):
        flat, places = _flat(each)
        plain = [unicodedata.normalize("NFKC", character).casefold() for character in each]
        assert flat == "".join(plain)
        assert list(places) == [place for place, one in enumerate(plain) for _character in one]


def test_pages_follow_one_another_also_over_what_was_no_hit(
    changyi: Client, session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "PAGE", 2)
    for place in range(5):
        opened(session, province.changyi, province.linjiang, now(), subject=f"北京都{place}")
        opened(session, province.changyi, province.linjiang, now(), subject="北京 京都")
    address: str | None = "/search?q=北京都"
    seen: list[str] = []
    while address:
        page = changyi.get(address).text
        seen += re.findall(r"北京都</mark>(\d)", page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == ["4", "3", "2", "1", "0"]


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_a_whole_number_leads_to_its_ticket(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    answered = changyi.get(f"/search?q={ticket.number.lower().replace('-', ' ')}")
    assert answered.location == f"/tickets/{ticket.number}"


@pytest.mark.parametrize("typed", ["1", "000001", "2016-1", "2016 000001", "xb2016000001", "XB2016-000001-3"])
def test_a_number_in_part_or_with_a_slip_is_suggested(
    changyi: Client, session: Session, province: Province, typed: str
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    assert not ticket.number.endswith("3")
    page = changyi.get("/search", query_string={"q": typed}).text
    assert "这个编号" in page
    assert ticket.number in page


def test_the_number_in_the_acceptance_system_leads_to_the_ticket(
    changyi: Client, session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), reference="SL2016/7788")
    assert changyi.get("/search?q=SL2016/7788").location == f"/tickets/{ticket.number}"


# --- citizens --------------------------------------------------------------------------------------------------------


def test_an_id_number_finds_its_tickets_and_stands_nowhere(
    changyi: Client, session: Session, province: Province, caplog: pytest.LogCaptureFixture
) -> None:
    citizens = [CitizenFacts("李建国", NUMBER)]
    opened(session, province.changyi, province.linjiang, now(), subject="他的", citizens=citizens)
    opened(session, province.chuanying, province.fusong, now(), subject="别处的", citizens=citizens)
    answered = changyi.submit("/search", {"q": f" {NUMBER[:6]} {NUMBER[6:]} "}, page="/search")
    assert answered.status_code == 200  # answered at once: no address holds it
    assert "他的" in answered.text
    assert "别处的" not in answered.text
    assert "2202**********2236" in answered.text
    assert NUMBER not in answered.text
    assert NUMBER not in caplog.text
    (noted,) = session.scalars(select(AuditRecord).where(AuditRecord.action == "citizen.search"))
    assert noted.detail == {"tickets": 1}


def test_an_id_number_in_an_address_is_cut_out(changyi: Client) -> None:
    answered = changyi.get(f"/search?q={NUMBER}")
    assert answered.location == "/search?cut=1"
    assert "身份号码" in words(changyi.get(answered.location).text)
    assert changyi.get(f"/search/suggestions?q={NUMBER}").json == {"items": [], "cut": True}


def test_a_mistyped_id_number_is_told_and_not_repeated(changyi: Client) -> None:
    wrong = NUMBER[:-1] + "5"
    answered = changyi.submit("/search", {"q": wrong}, page="/search")
    assert answered.status_code == 422
    assert "field__wrong" in answered.text
    assert wrong not in answered.text


# --- the box, the terms ----------------------------------------------------------------------------------------------


def test_the_box_in_the_header_is_answered_as_json(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), subject="身份证丢失补领")
    (item,) = changyi.get("/search/suggestions?q=丢失").json["items"]
    assert item == {"number": ticket.number, "subject": "身份证丢失补领", "procedure": "enquiry", "state": "open",
                    "url": f"/tickets/{ticket.number}"}  # fmt: skip


def test_the_database_holds_no_word_of_a_message_among_the_terms(session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, now(), message="绝密")
    tokens = session.scalars(select(TicketTerm.token)).all()
    assert len(tokens) > 10
    assert int.from_bytes("绝密".encode()[:8], "big") not in tokens
    assert len(str(min(map(abs, tokens)))) > 10  # hashes, not codes of characters


def test_what_was_forgotten_is_found_no_more_until_it_is_indexed_anew(
    changyi: Client, session: Session, province: Province, runner: Runner
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), subject="身份证丢失补领")
    before = session.scalar(select(func.count()).select_from(TicketTerm))
    forget(session, [ticket.id])
    assert found(changyi, "丢失") == []
    assert runner("portal", "index", "--json").exit_code == 0
    assert found(changyi, "丢失") == ["身份证丢失补领"]
    session.rollback()
    assert session.scalar(select(func.count()).select_from(TicketTerm)) == before


def test_what_nobody_wrote_is_looked_for_once_more_only_if_it_may_mean_a_unit(
    session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, looked_for = finding._found, []

    def noted(session: Session, actor: Actor, words: Sequence[Word], before: int | None) -> Page[Hit]:
        looked_for.append([word.text for word in words])
        return found(session, actor, words, before)

    monkeypatch.setattr(finding, "_found", noted)
    changyi = actor_at(province.changyi)
    assert not find_tickets(session, changyi, "无此 词语").items
    assert looked_for == [["无此", "词语"]]
    assert not find_tickets(session, changyi, "临江").items
    assert looked_for == [["无此", "词语"], ["临江"], ["临江"]]


def test_more_hits_ask_no_more_of_the_database(changyi: Client, session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, now(), subject="身份证")
    changyi.get("/search?q=身份证")
    with statements() as of_one:
        changyi.get("/search?q=身份证")
    for place in (province.linjiang, province.fusong, province.dahu, province.jianguo):
        opened(session, province.changyi, place, now(), subject="身份证")
    changyi.get("/search?q=身份证")  # reads what these units are called, once for an edition
    with statements() as of_five:
        changyi.get("/search?q=身份证")
    assert of_five() <= of_one()


@pytest.mark.parametrize("rarest", [1, queries.RARE])
def test_a_search_walks_indexes(session: Session, province: Province, rarest: int) -> None:
    for unit, roles in ((province.changyi, [Role.OFFICER]), (province.corps, [Role.SUPERVISOR])):
        groups = [group for word in asked(session, actor_at(unit), "身份证 临江") for group in word.groups]
        plan = plan_of(session, candidates(actor_at(unit, roles), groups, rarest, 900, 21))
        assert not read_from_end_to_end(plan, ("ticket_term", "party", "ticket")), plan


def test_a_unit_that_takes_over_another_is_found_on_its_tickets(
    changyi: Client, session: Session, province: Province
) -> None:
    opened(session, province.changyi, province.linjiang, now(), subject="身份证")
    move_open_work(session, actor_at(province.baishan), province.linjiang.code, province.fusong.code, [], now())
    assert found(changyi, "抚松") == ["身份证"]
