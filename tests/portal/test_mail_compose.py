"""What mails say: all that a reader needs, in their language, and nothing of a citizen's or of anybody's words."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from time_machine import travel

from directory.reach import Recipient
from portal.config import MailSettings
from portal.mail.compose import headers, post, post_instead, render, render_whole, thread_root
from portal.mail.letter import KINDS, Item, Letter, Notice, Why, packed, unpacked
from portal.mail.message import Mailbox, message_of
from portal.mail.models import MailState
from portal.mail.rendering import BY_FORM, LISTED, one_line, until, when
from portal.web.languages import in_language
from portal.web.links import Purpose, read
from tests.conftest import make_settings, running
from tests.portal.mail_servers import parsed

CHINA = ZoneInfo("Asia/Shanghai")
NUMBER = "XB2016-000123-7"
NOTICE: Notice = {
    "unit": "白山市公安局治安警察支队",
    "contacts": 7,
    "code": "123456",
    "standing_count": 3,
    "system": "受理系统",
    "since": datetime(2016, 1, 5, 9, tzinfo=CHINA),
    "words": "拒绝连接",
    "waiting": 12,
    "silent": [{"unit": "临江市户政大厅", "rung": "supervisors", "ladders": 4}],
    "silent_count": 2,
    "skipped": [{"number": "XB2016-000123-7", "unit": "临江市户政大厅", "at": datetime(2016, 1, 5, 9, tzinfo=CHINA)}],
}
WANG = Recipient("wang@ga.example", "王小明", "zh", "220600000000", None)
SMITH = replace(WANG, address="smith@ga.example", name="Smith", language="en")
UNIT = "白山市公安局治安警察支队"
WHY = f"You get this mail because you are a supervisor of {UNIT} in the directory."
FULL_OF_DATA = "李四 220602199001011234 请核对底档 身份证过期 <script>alert(1)</script>"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2016, 1, day, hour, minute, tzinfo=CHINA)


def item(**others: Any) -> dict[str, Any]:
    """One limit of one task, as the features above give it."""
    return {
        "number": NUMBER,
        "url": f"https://duijie.example/tickets/{NUMBER}",
        "procedure_zh": "异地受理核验签发",
        "procedure_en": "Off-site application: check, sign, make, hand over",
        "step_zh": "核验签发",
        "step_en": "check and sign",
        "opener": "昌邑区户政大厅",
        "owing": "临江市户政大厅",
        "clock": "answer",
        "sent_at": at(4, 9),
        "due_at": at(6, 9),
        "provisional": False,
        "rung": 2,
        "next_unit": "吉林省公安厅治安警察总队",
        "next_at": at(8, 9),
        **others,
    }


def letter(
    kind: str, recipient: Recipient = WANG, *items: dict[str, Any], copy: bool = False, **context: Any
) -> Letter:
    shown = list(items) or [item()]
    number = None if kind in {"digest", "confirmation"} else NUMBER
    given = {"url": shown[0]["url"], **context}
    return Letter(kind, recipient, shown, number, copy=copy, why=Why.SUPERVISOR, unit=UNIT, notice=NOTICE, **given)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application whose database nobody asks."""
    folder = tmp_path_factory.mktemp("mails")
    mail = MailSettings(default_sender="Duijie, Portal <duijie@ga.example>")
    with running(make_settings(f"sqlite:///{folder / 'duijie.sqlite3'}", folder, mail=mail)) as app:
        yield app


@pytest.fixture
def mails(house: Flask) -> Iterator[Flask]:
    """Its context, without a request, as the sweep has it."""
    with house.app_context():
        yield house


# --- what is said -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("kind", sorted(BY_FORM | LISTED))
def test_by_its_form_a_letter_says_what_the_templates_say_of_it(kind: str) -> None:
    """Twice each: when its form is made and when it is filled in again; with names that HTML and forms must not take
    for their own."""
    odd = {"opener": "<b>昌邑 & \ue000.url\ue001</b>", "owing": "O'Brien \"户政\"", "due_at": at(6, 0),
           "number": "XB&1"}  # fmt: skip
    mailed = [{"unit": "临江 <1>", "at": at(6, 9)}, {"unit": "白山", "at": at(7, 0)}]
    whole = {"outcome": "refused", "answered_at": at(5, 9), "returned_at": at(5, 0), "returned_by": "某 <所>",
             "sign_for_due_at": at(4, 15), "left_minutes": 195, "mailed": mailed}  # fmt: skip
    bare = {"sent_at": None, "next_unit": None, "next_at": None, "rung": None, "clock": "overall"}
    for recipient, copy, others in product((WANG, replace(SMITH, contact_id=7)), (False, True), (odd, whole, bare)):
        for told in (item(**others), item(**others, urgent=True, drill=True, provisional=True), item(rung=1, **odd)):
            given = letter(kind, recipient, told, item(clock="sign_for"), copy=copy)
            with travel(at(6, 9), tick=False):  # a link has the second in it
                assert render(given) == render(given) == render_whole(given)


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("kind", sorted({*BY_FORM, "digest", "standing", "ping-pong"}))
def test_a_name_is_no_markup_wherever_a_mail_puts_it(kind: str) -> None:
    names = {"owing": "<i>临江</i>", "step_zh": "<i>核验</i>", "next_unit": "<i>总队</i>"}
    told = render(letter(kind, WANG, item(**names, mailed=[{"unit": "<i>白山</i>", "at": at(6, 9)}])))
    assert "<i>" in told.plain
    assert "<i>" not in told.html


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize(
    ("kind", "others", "chinese", "english"),
    [
        ("arrival", {}, "新任务", "New task: check and sign, limit Wed 6 Jan 2016, 09:00"),
        ("urge", {}, "催办", "Reminder: answer limit Wed 6 Jan 2016, 09:00"),
        ("escalation", {}, "督办", "Escalation 2: 临江市户政大厅 has not answered “check and sign” within the limit"),
        (
            "escalation",
            {"clock": "sign_for"},
            "签收",
            "Escalation 2: 临江市户政大厅 has not signed for “check and sign” within the limit",
        ),
        (
            "escalation",
            {"clock": "overall"},
            "办结",
            "Escalation 2: 昌邑区户政大厅 has not brought the ticket to its end within the limit",
        ),
        ("answered", {"outcome": "done"}, "已答复", "Answered by 临江市户政大厅: check and sign"),
        ("answered", {"outcome": "refused"}, "不予办理", "Refused by 临江市户政大厅: check and sign"),
        ("returned", {}, "退回", "Returned: check and sign, send again by Wed 6 Jan 2016, 09:00"),
    ],
)
def test_a_subject_begins_with_the_ticket_and_says_what_happened(
    kind: str, others: dict[str, Any], chinese: str, english: str
) -> None:
    assert render(letter(kind, SMITH, item(**others))).subject == f"[{NUMBER}] {english}"
    told = render(letter(kind, WANG, item(**others))).subject
    assert told.startswith(f"[{NUMBER}] ")
    assert chinese in told


@pytest.mark.usefixtures("mails")
def test_an_escalation_says_who_owes_what_since_when_who_was_and_who_is_next_mailed_and_what_stops_it() -> None:
    before = [{"unit": "临江市户政大厅", "at": at(6, 9)}]
    told = render(letter("escalation", SMITH, item(mailed=before, provisional=True, urgent=True)))
    expected = f"""\
A limit has passed at a unit under your command.

临江市户政大厅 has not answered “check and sign” within the limit
Ticket: {NUMBER}
Procedure: Off-site application: check, sign, make, hand over
Step: check and sign
Opened by: 昌邑区户政大厅
Owed by: 临江市户政大厅
Since: Mon 4 Jan 2016, 09:00
Urgency: Urgent
Limit passed: Wed 6 Jan 2016, 09:00 (provisional)
Rung: 2
Mailed before: 临江市户政大厅 (Wed 6 Jan 2016, 09:00)
Mailed next: 吉林省公安厅治安警察总队, on Fri 8 Jan 2016, 09:00
The escalation stops when the unit answers the task or returns it; a message does not stop it.

Please see to it that the unit deals with it.

Go to the ticket
https://duijie.example/tickets/{NUMBER}

I am on it: wait before the next rung
{on_it(told.plain)}

----------
{WHY}
This mail was sent automatically. A reply to it moves no task: please act in the portal.
"""
    assert told.plain == expected


@pytest.mark.usefixtures("mails")
def test_the_last_rung_says_that_nobody_is_next() -> None:
    assert "Mailed next: nobody" in render(letter("escalation", SMITH, item(next_unit=None, next_at=None))).plain


@pytest.mark.usefixtures("mails")
def test_a_copy_says_that_it_is_one_and_asks_the_desk_to_act() -> None:
    told = render(letter("escalation", SMITH, item(rung=1), copy=True))
    assert told.subject.startswith(f"[{NUMBER}] Copy: Escalation 1: ")
    assert "For your information: the supervisors have been mailed" in told.plain
    assert "Please deal with it now." in told.plain


@pytest.mark.usefixtures("mails")
def test_several_limits_of_a_ticket_are_one_mail_led_by_the_highest_rung() -> None:
    told = render(letter("escalation", SMITH, item(rung=1, clock="sign_for"), item(rung=3), item(rung=2)))
    assert told.subject.startswith(f"[{NUMBER}] Escalation 3: ")
    assert told.subject.endswith(" (and 2 more)")
    assert re.findall(r"Rung: (\d)", told.plain) == ["3", "2", "1"]


@pytest.mark.usefixtures("mails")
def test_a_digest_lists_tickets_and_leads_to_the_work_list() -> None:
    items = [item(number=f"XB2016-00012{n}-0", url=f"https://duijie.example/tickets/{n}") for n in range(5)]
    told = render(letter("digest", SMITH, *items, url="https://duijie.example/desk"))
    assert told.subject == "[Duijie] Escalations: 5 limits have passed"
    assert all(f"{place}. [{shown['number']}]" in told.plain for place, shown in enumerate(items, 1))
    assert re.findall(r"https?://\S+", told.plain) == ["https://duijie.example/desk"]
    assert "Escalations: 1 limit has passed" in render(letter("digest", SMITH)).subject


@pytest.mark.usefixtures("mails")
def test_an_urge_says_how_much_working_time_is_left() -> None:
    assert "Working time left: 3 h 15 min" in render(letter("urge", SMITH, item(left_minutes=195))).plain


@pytest.mark.usefixtures("mails")
def test_a_drill_says_so() -> None:
    told = render(letter("arrival", SMITH, item(drill=True)))
    assert all("This is a drill." in text for text in (told.plain, told.html))
    assert told.subject.startswith("[Drill] ")
    assert not render(letter("arrival", SMITH, item())).subject.startswith("[Drill]")


@pytest.mark.parametrize(
    ("instant", "chinese", "english"),
    [
        (at(6, 9), "2016年1月6日（周三）09:00", "Wed 6 Jan 2016, 09:00"),
        (at(6, 1).astimezone(ZoneInfo("UTC")), "2016年1月6日（周三）01:00", "Wed 6 Jan 2016, 01:00"),
        (at(7, 0), "2016年1月6日（周三）24:00", "Wed 6 Jan 2016, 24:00"),
    ],
)
def test_a_limit_is_said_on_chinas_clock_and_midnight_is_the_days_end(
    mails: Flask, instant: datetime, chinese: str, english: str
) -> None:
    with in_language("zh"):
        assert until(instant) == chinese
    with in_language("en"):
        assert until(instant) == english
        assert when(at(7, 0)) == "Thu 7 Jan 2016, 00:00"


# --- in whose language ------------------------------------------------------------------------------------------------


def test_the_language_is_the_recipients_within_a_request_of_another_reader(mails: Flask) -> None:
    with mails.test_request_context(headers={"Accept-Language": "zh"}):
        assert "New task" in render(letter("arrival", SMITH)).subject
        assert "新任务" in render(letter("arrival", WANG)).subject


@pytest.mark.usefixtures("mails")
def test_every_mail_is_all_chinese_for_a_chinese_reader() -> None:
    for kind in KINDS:
        told = render(letter(kind, WANG, item(outcome="done", left_minutes=1, urgent=True)))
        text = re.sub(
            r"https?://\S+|XB\S+",
            "",
            told.subject + told.plain + re.sub(r"<style>.*</style>|<[^>]+>", "", told.html, flags=re.S),
        )
        assert not re.findall(r"[A-Za-z]{2,}", text), kind


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("why", list(Why))
def test_why_is_told_in_the_recipients_language(why: Why) -> None:
    told = replace(letter("arrival"), why=why)
    assert f"在通讯录中您是{UNIT}" in render(told).plain.replace(" ", "") or UNIT in render(told).plain
    assert "You get this mail because" not in render(told).plain
    assert "You get this mail because" in render(replace(told, recipient=SMITH)).plain


def test_an_unknown_language_is_chinese_and_an_unknown_kind_is_an_error(mails: Flask) -> None:
    assert "新任务" in render(letter("arrival", replace(WANG, language="fr"))).subject
    with pytest.raises(ValueError, match="no mail of the kind"):
        render(letter("../tickets"))


# --- what is never said -----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize(("kind", "recipient", "copy"), list(product(KINDS, (WANG, SMITH), (False, True))))
def test_no_mail_ever_holds_a_citizens_data_or_anybodys_words(kind: str, recipient: Recipient, copy: bool) -> None:
    """Planted under every name that a careless caller or template could use."""
    names = ("citizen", "citizens", "name", "citizen_name", "id_number", "subject", "message", "text", "explanation", "reason",
             "grounds", "ground", "contact", "reference", "body", "ticket", "detail", "remark", "title", "by", "officer")  # fmt: skip
    planted = dict.fromkeys(names, FULL_OF_DATA)
    shown = [
        item(outcome=outcome, clock=clock, **planted)
        for outcome, clock in product(("done", "refused"), ("answer", "sign_for", "overall"))
    ]
    told = render(replace(letter(kind, recipient, *shown, copy=copy), notice={**NOTICE, **planted}))
    for text in (told.subject, told.plain, told.html):
        assert not [word for word in FULL_OF_DATA.split() if word in text]


def test_there_is_no_field_for_a_citizens_data_or_anybodys_words() -> None:
    """Whoever adds one has to come here first."""
    assert set(Item.__annotations__) == {
        "number", "url", "procedure_zh", "procedure_en", "step_zh", "step_en", "opener", "owing", "clock", "sent_at", "due_at",
        "provisional", "urgent", "drill", "left_minutes", "rung", "mailed", "next_unit", "next_at", "sign_for_due_at",
        "outcome", "answered_at", "resolved", "returned_by", "returned_at",
            "handed_on", "days", "granted",
    }  # fmt: skip


# --- what may be done from a mail -------------------------------------------------------------------------------------


def on_it(text: str) -> str:
    found = re.search(rf"http://localhost/tickets/{NUMBER}/on-it/[\w.-]+", text)
    return found[0] if found else ""


@pytest.mark.usefixtures("mails")
def test_who_is_asked_to_see_to_it_may_say_i_am_on_it_and_who_has_a_copy_may_not() -> None:
    told = render(letter("escalation"))
    assert on_it(told.plain)
    assert on_it(told.plain) == on_it(told.html)
    assert read(Purpose.ON_IT, on_it(told.plain).rpartition("/")[2]) == NUMBER
    assert not any(on_it(render(letter(kind)).plain) for kind in KINDS if kind != "escalation")
    assert not on_it(render(letter("escalation", copy=True)).plain)


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("kind", KINDS)
def test_every_contact_may_say_no_longer_me_and_an_account_may_not(kind: str) -> None:
    told = render(letter(kind, replace(WANG, contact_id=7)))
    (link,) = set(re.findall(r"http://localhost/no-longer-me/[\w.-]+", told.plain + told.html))
    assert read(Purpose.NO_LONGER_ME, link.rpartition("/")[2]) == [7, "wang@ga.example"]
    assert "no-longer-me" not in render(letter(kind)).plain


# --- how it looks and travels -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("mails")
@pytest.mark.parametrize("kind", KINDS)
def test_html_is_one_column_that_loads_nothing_and_links_only_to_the_portal(kind: str) -> None:
    html = render(letter(kind)).html
    assert 'name="viewport"' in html
    assert "max-width: 560px" in html
    assert 'lang="zh-CN"' in html
    assert not re.findall(r"<img|<link|<script|<form|url\(|@import|src=|\son\w+=", html)
    links = re.findall(r'href="([^"]*)"', html)
    assert set(links) - {f"https://duijie.example/tickets/{NUMBER}"} <= {on_it(html)}
    assert kind in {"digest", "standing"} or len(links) == (2 if kind == "escalation" else 1)


@pytest.mark.usefixtures("mails")
def test_names_are_escaped_in_html_and_not_in_text() -> None:
    told = render(letter("arrival", SMITH, item(opener="<b>R&D</b>")))
    assert "<b>" not in told.html
    assert "&lt;b&gt;R&amp;D" in told.html
    assert "from <b>R&D</b> has" in told.plain


@pytest.mark.usefixtures("mails")
def test_a_line_break_in_a_name_does_not_end_the_subject() -> None:
    subject = render(letter("answered", SMITH, item(owing="a\r\nBcc: x@y.cn\u2028"))).subject
    assert subject == one_line(subject)


@pytest.mark.usefixtures("mails")
def test_mails_about_a_ticket_are_one_thread_per_person() -> None:
    first, second = headers(letter("urge")), headers(letter("escalation"))
    assert first["References"] == first["In-Reply-To"] == second["References"]
    assert first["References"] != headers(letter("urge", SMITH))["References"]
    assert thread_root(NUMBER, "Wang@ga.example", "x") == thread_root(NUMBER, "wang@ga.example", "x")
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Id"] == f"{NUMBER} <xb2016-000123-7.tickets.duijie.ga.example>"
    assert not {"References", "In-Reply-To"} & set(headers(letter("digest")))


@pytest.mark.usefixtures("app")
def test_a_letter_becomes_a_row_that_is_due_at_once(session: Session) -> None:
    moment = at(6, 9)
    mails = [post(session, letter("escalation", copy=True), moment) for _ in range(2)]
    session.commit()
    first, second = mails
    assert first.message_id != second.message_id
    assert first.message_id.endswith("@ga.example")
    assert (first.state, first.created_at, first.next_try_at) == (MailState.QUEUED, moment, moment)
    assert (first.kind, first.to_address, first.to_name, first.language) == (
        "escalation",
        "wang@ga.example",
        "王小明",
        "zh",
    )
    assert (first.unit_code, first.ticket_number, first.copy) == ("220600000000", NUMBER, True)


@pytest.mark.usefixtures("app")
def test_a_row_is_the_same_message_at_every_attempt(session: Session) -> None:
    mail = post(session, letter("escalation"), at(6, 9))
    session.commit()
    sender = Mailbox.parse("对接, 平台 <duijie@ga.example>")
    first, second = (parsed(message_of(mail, sender).as_bytes()) for _ in range(2))
    assert dict(first.items()) | {"Content-Type": ""} == dict(second.items()) | {"Content-Type": ""}
    assert first["Message-ID"] == f"<{mail.message_id}>"
    assert first["Subject"] == mail.subject
    assert first["Date"].datetime - at(6, 9) == timedelta(0)
    plain, html = first.iter_parts()
    assert (plain.get_content(), html.get_content()) == (mail.body_text, mail.body_html)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_can_be_written_anew_to_somebody_else_in_that_ones_language(session: Session, kind: str) -> None:
    given = letter(kind, WANG, item(mailed=[{"unit": "临江市户政大厅", "at": at(6, 9)}], outcome="done"))
    first = post(session, given, at(6, 9))
    session.commit()
    session.expire_all()
    second = post_instead(session, first, SMITH, at(6, 10))
    expected = render(replace(given, recipient=SMITH))
    assert (second.subject, second.body_text, second.body_html) == (expected.subject, expected.plain, expected.html)
    assert (second.to_address, second.origin_id, second.ticket_number) == (SMITH.address, first.id, first.ticket_number)
    assert second.token != first.token
    assert second.headers.get("References") in {headers(replace(given, recipient=SMITH)).get("References")}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.datetimes(timezones=st.just(UTC)),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_a_letter_holds_comes_back_from_json_as_it_was(value: Any) -> None:
    assert unpacked(json.loads(json.dumps(packed(value)))) == value


@pytest.mark.usefixtures("mails")
def test_a_limit_that_has_not_passed_is_not_said_to_have() -> None:
    """A desk that is urged about one limit while another one has passed gets both in one mail."""
    told = render(letter("escalation", SMITH, item(rung=1, clock="sign_for"), item(rung=0), copy=True))
    assert "临江市户政大厅 has not signed for “check and sign” within the limit" in told.plain
    assert "has not answered “check and sign” within the limit" not in told.plain
    assert "This task has not been answered." in told.plain
    assert "Limit: Wed 6 Jan 2016, 09:00" in told.plain
