"""Units and contacts changed by hand: checked, in the history, found at once; confirmed, on duty, away, verified."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from directory import confirming, corrections, editing, email_codes, roster
from directory.actions import RetiredContactError
from directory.duty import Why
from directory.entries import Fault, WrongFieldsError
from directory.history import By, ChangedMeanwhileError, changes_of, check_seen, last_change, note
from directory.lookup import find
from directory.models import Contact, ContactRole, ContactState
from directory.phones import PrintedPhone
from directory.queries import reachable
from directory.reach import reach
from directory.upkeep import Change, Confirmation, Deed, EmailCode, Source
from tests.factories import VERIFIED_AT, Province, make_contact

AT = VERIFIED_AT + timedelta(days=3)
HOUR = timedelta(hours=1)
STEWARD = By("通讯录管理员", officer_id=7)


@pytest.fixture
def contact(session: Session, province: Province) -> Contact:
    made = make_contact(
        session, province.linjiang, ContactRole.SUPERVISOR, rank=2, name="王小明", email="wang@ga.example"
    )
    session.flush()
    return made


def told(session: Session, code: str) -> list[tuple[str, str, str, str]]:
    """(deed, field, before, after) of a unit's history, oldest first."""
    session.flush()
    lines = session.scalars(changes_of(code)).all()
    return [(str(line.deed), line.field, line.before, line.after) for line in reversed(lines)]


def found(session: Session, words: str) -> list[str]:
    return [hit.unit_code for hit in find(session, words, 5)]


# Units


def test_a_unit_renamed_is_found_by_both_names_and_the_history_says_by_whom(
    session: Session, province: Province
) -> None:
    changed = editing.change_unit(session, province.jianguo, {"name": "解放派出所"}, AT, STEWARD, "更名批复")
    assert changed == ["name", "former_names"]
    assert found(session, "解放派出所")[0] == found(session, "建国派出所")[0] == province.jianguo.code
    line = session.scalars(changes_of(province.jianguo.code)).all()[-1]
    assert (line.by, line.by_officer_id, line.source) == ("通讯录管理员", 7, Source.PAGE)
    assert (line.before, line.after, line.why) == ("建国派出所", "解放派出所", "更名批复")


def test_a_renamed_hall_leads_to_its_stations_under_the_new_name(session: Session, province: Province) -> None:
    editing.change_unit(session, province.linjiang, {"name": "临江市公安局鸭绿江分局户政大厅"}, AT, STEWARD)
    assert province.dahu.code in found(session, "鸭绿江分局 大湖")


def test_what_is_not_another_value_is_no_change(session: Session, province: Province) -> None:
    assert editing.change_unit(session, province.dahu, {"name": " 大湖派出所 ", "address": ""}, AT, STEWARD) == []
    assert told(session, province.dahu.code) == []


def test_a_unit_needs_a_name(session: Session, province: Province) -> None:
    with pytest.raises(WrongFieldsError) as refused:
        editing.change_unit(session, province.dahu, {"name": " ", "address": "x" * 201}, AT, STEWARD)
    assert refused.value.faults == {"name": Fault.MISSING, "address": Fault.TOO_LONG}
    assert province.dahu.name == "大湖派出所"


@pytest.mark.parametrize(
    ("text", "fault"), [("证号11010519491231002X", Fault.IDENTITY), ("左\u202e右", Fault.CONTROL)]
)
def test_what_must_not_be_kept_is_refused(session: Session, province: Province, text: str, fault: Fault) -> None:
    with pytest.raises(WrongFieldsError) as refused:
        editing.change_unit(session, province.dahu, {"address": text}, AT, STEWARD)
    assert refused.value.faults == {"address": fault}


# Contacts


def test_a_new_contact_is_called_last_and_is_unconfirmed(session: Session, province: Province) -> None:
    made = Contact(unit_code=province.dahu.code, role=ContactRole.DESK, name=" 赵六 ", email="", language="zh")
    editing.enter_contact(session, made, [PrintedPhone("０４３９－１２３４５６７", "801", "夜间")], AT, STEWARD)
    assert (made.name, made.email, made.rank, made.state) == ("赵六", None, 2, ContactState.UNCONFIRMED)
    assert [(phone.number, phone.digits) for phone in made.phones] == [("0439-1234567", "04391234567")]
    assert told(session, province.dahu.code) == [("added", "", "", "赵六 · 0439-1234567转801（夜间）")]
    assert found(session, "04391234567") == [province.dahu.code]


@pytest.mark.parametrize(
    "address", ["wang", "wang@", "@ga.example", "a b@ga.example", "wang@ga", "王@ga.example", "a@b.c\nBcc: d@e.fg"]
)
def test_an_address_that_is_none_is_refused(session: Session, contact: Contact, address: str) -> None:
    with pytest.raises(WrongFieldsError) as refused:
        editing.change_contact(session, contact, {"email": address}, AT, STEWARD)
    assert set(refused.value.faults) == {"email"}
    assert contact.email == "wang@ga.example"


@pytest.mark.parametrize("number", ["12", "转801", "043912345671234567", "电话"])
def test_a_number_that_is_none_is_refused(session: Session, contact: Contact, number: str) -> None:
    with pytest.raises(WrongFieldsError) as refused:
        editing.change_contact(session, contact, {}, AT, STEWARD, phones=[PrintedPhone("110"), PrintedPhone(number)])
    assert refused.value.faults == {"phones.1": Fault.NO_NUMBER}


def test_phones_are_replaced_and_the_history_has_both(session: Session, contact: Contact) -> None:
    editing.change_contact(session, contact, {}, AT, STEWARD, phones=[PrintedPhone("0439-1111111")])
    editing.change_contact(
        session, contact, {}, AT, STEWARD, phones=[PrintedPhone("0439-2222222"), PrintedPhone("110")]
    )
    assert [phone.number for phone in contact.phones] == ["0439-2222222", "110"]
    assert told(session, contact.unit_code)[-1] == ("changed", "phones", "0439-1111111", "0439-2222222、110")
    assert found(session, "04391111111") == []


def test_another_address_is_trusted_for_nothing_that_the_old_one_did(session: Session, contact: Contact) -> None:
    corrections.mark_bounced(session, contact, "550", AT)
    editing.change_contact(session, contact, {"email": "new@ga.example"}, AT + HOUR, STEWARD)
    session.flush()
    assert (contact.state, contact.verified_at, contact.bounced_at) == (ContactState.UNCONFIRMED, None, None)
    assert session.scalars(corrections.open_below(contact.unit_code)).all() == []
    assert contact.id in {each.id for each in session.scalars(reachable([contact.unit_code]))}


def test_a_retired_contact_is_changed_no_more(session: Session, contact: Contact) -> None:
    editing.retire_contact(session, contact, AT, STEWARD, "调离")
    assert told(session, contact.unit_code) == [("retired", "", "", "")]
    for again in (
        lambda: editing.retire_contact(session, contact, AT, STEWARD),
        lambda: editing.change_contact(session, contact, {"name": "x"}, AT, STEWARD),
        lambda: editing.confirm_contacts(session, [contact], AT, STEWARD),
    ):
        with pytest.raises(RetiredContactError):
            again()


def test_a_confirmation_settles_what_was_doubtful(session: Session, contact: Contact) -> None:
    raised = corrections.disown(session, contact, "", AT)
    assert raised is not None
    editing.confirm_contacts(session, [contact], AT + HOUR, STEWARD)
    assert (contact.state, contact.disowned_at, raised.outcome) == (ContactState.CONFIRMED, None, "kept")


def test_the_order_of_calling_is_what_was_given(session: Session, province: Province, contact: Contact) -> None:
    first = session.scalars(select(Contact).where(Contact.email == "linjiang.supervisor@ga.example")).one()
    editing.reorder(session, [contact, first], AT, STEWARD)
    session.flush()
    assert (contact.rank, first.rank) == (1, 2)
    assert [one.address for one in reach(session, [province.linjiang.code]).supervisors(province.linjiang.code)] == [
        "wang@ga.example",
        "linjiang.supervisor@ga.example",
    ]


def test_who_saves_over_a_change_is_told_what_it_was(session: Session, province: Province, contact: Contact) -> None:
    seen = last_change(session, contact)
    editing.change_contact(session, contact, {"post": "教导员"}, AT, By("甲"))
    session.flush()
    check_seen(session, province.linjiang, 0)
    with pytest.raises(ChangedMeanwhileError) as stopped:
        check_seen(session, contact, seen)
    assert [(line.by, line.field, line.after) for line in stopped.value.changes] == [("甲", "post", "教导员")]
    check_seen(session, contact, last_change(session, contact))


def test_being_put_on_duty_does_not_disturb_who_edits(session: Session, contact: Contact) -> None:
    note(session, contact, Deed.ADDED, AT, STEWARD, field="duty")
    session.flush()
    check_seen(session, contact, 0)


# The quarterly confirmation


def test_a_unit_is_asked_once_a_quarter_until_it_confirms(session: Session, province: Province) -> None:
    everybody = {unit.code for unit in confirming.units_to_ask(session, AT)}
    assert province.dahu.code in everybody
    assert confirming.remember_asked(session, province.dahu, AT)
    assert not confirming.remember_asked(session, province.dahu, AT)
    assert {unit.code for unit in confirming.units_to_ask(session, AT)} == everybody - {province.dahu.code}
    confirming.confirm_unit(session, province.linjiang, AT, STEWARD)
    quarter = confirming.quarter_of(session, AT)
    due = {unit.code for unit in session.scalars(confirming.due_for_confirmation(quarter))}
    assert province.dahu.code in due
    assert province.linjiang.code not in due
    assert {unit.code for unit in confirming.units_to_ask(session, AT + timedelta(days=90))} == everybody


@pytest.mark.usefixtures("app")
def test_the_quarter_is_that_of_the_clock_in_china(session: Session) -> None:
    assert confirming.quarter_of(session, VERIFIED_AT.replace(month=3, day=31, hour=16)) == "2016Q2"


def test_one_row_says_that_a_unit_was_asked(session: Session, province: Province) -> None:
    session.add_all([Confirmation(unit_code=province.dahu.code, quarter="2016Q1") for _ in range(2)])
    with pytest.raises(IntegrityError):
        session.flush()


def test_confirming_the_table_leaves_those_in_doubt_to_be_decided_one_by_one(
    session: Session, province: Province, contact: Contact
) -> None:
    corrections.disown(session, contact, "", AT)
    confirmed = confirming.confirm_unit(session, province.linjiang, AT + HOUR, STEWARD)
    assert contact not in confirmed
    assert len(confirmed) == 4
    assert {each.verified_at for each in confirmed} == {AT + HOUR}
    assert contact.state is ContactState.SUSPECT


def test_the_desk_is_asked_and_a_unit_without_anybody_is_left_out(session: Session, province: Province) -> None:
    for each in session.scalars(select(Contact).where(Contact.unit_code == province.dahu.code)):
        editing.retire_contact(session, each, AT, STEWARD)
    asked = confirming.whom_to_ask(session, [province.dahu, province.linjiang], AT)
    assert {code: one.address for code, one in asked.items()} == {province.linjiang.code: "linjiang.desk@ga.example"}
    assert province.dahu.code not in {unit.code for unit in confirming.units_to_ask(session, AT)}


# Codes


def test_an_address_counts_once_its_code_came_back(session: Session, contact: Contact) -> None:
    code = email_codes.ask_code(session, contact, "new@ga.example", AT, STEWARD)
    session.flush()
    assert contact.email == "wang@ga.example"
    assert code not in session.scalars(select(EmailCode.code_hash)).one()
    assert email_codes.enter_code(session, contact, f" {code} ", AT + HOUR / 4, STEWARD) is None
    assert (contact.email, contact.state, contact.verified_at) == (
        "new@ga.example",
        ContactState.CONFIRMED,
        AT + HOUR / 4,
    )
    session.flush()
    assert email_codes.enter_code(session, contact, code, AT, STEWARD) is email_codes.CodeFault.NONE_ASKED


def test_a_code_ends_with_half_an_hour_with_five_attempts_and_with_the_next_one(
    session: Session, contact: Contact
) -> None:
    code = email_codes.ask_code(session, contact, "new@ga.example", AT, STEWARD)
    session.flush()
    assert email_codes.enter_code(session, contact, code, AT + HOUR / 2, STEWARD) is email_codes.CodeFault.EXPIRED
    again = email_codes.ask_code(session, contact, "new@ga.example", AT + HOUR, STEWARD)
    session.flush()
    wrong = "000000" if again != "000000" else "000001"
    faults = [email_codes.enter_code(session, contact, wrong, AT + HOUR, STEWARD) for _ in range(5)]
    assert faults == [*[email_codes.CodeFault.WRONG] * 4, email_codes.CodeFault.TOO_OFTEN]
    assert email_codes.enter_code(session, contact, again, AT + HOUR, STEWARD) is email_codes.CodeFault.TOO_OFTEN
    assert contact.email == "wang@ga.example"


# Duty and absence


def test_a_deputy_is_mailed_instead_while_a_supervisor_is_away(
    session: Session, province: Province, contact: Contact
) -> None:
    away = session.scalars(select(Contact).where(Contact.email == "linjiang.supervisor@ga.example")).one()
    deputy = session.scalars(select(Contact).where(Contact.email == "baishan.leader@ga.example")).one()
    roster.enter_absence(session, away, AT, AT + 24 * HOUR, deputy, AT, STEWARD, "休假")
    session.flush()
    code = province.linjiang.code
    reached = reach(session, [code], AT)

    def mailed(at: timedelta) -> list[tuple[str, str]]:
        return [(one.address, one.unit_code) for one in reached.supervisors(code, AT + at)]

    assert mailed(HOUR) == [("baishan.leader@ga.example", code), ("wang@ga.example", code)]
    assert mailed(24 * HOUR) == [("linjiang.supervisor@ga.example", code), ("wang@ga.example", code)]


def test_the_deputy_of_a_deputy_from_another_unit_is_found(session: Session, province: Province) -> None:
    def one(email: str) -> Contact:
        return session.scalars(select(Contact).where(Contact.email == email)).one()

    away, deputy, theirs = (
        one(f"{who}@ga.example") for who in ("linjiang.supervisor", "baishan.leader", "corps.leader")
    )
    roster.enter_absence(session, away, AT, AT + HOUR, deputy, AT, STEWARD)
    roster.enter_absence(session, deputy, AT, AT + HOUR, theirs, AT, STEWARD)
    session.flush()
    code = province.linjiang.code
    # a deputy's deputy is only known if it is named for somebody: it is, in the second absence
    assert [each.address for each in reach(session, [code], AT).supervisors(code, AT)] == ["corps.leader@ga.example"]


def test_an_absence_alone_makes_nobody_silent(session: Session, province: Province) -> None:
    for each in session.scalars(select(Contact).where(Contact.unit_code == province.linjiang.code)).all():
        roster.enter_absence(session, each, AT, AT + HOUR, None, AT, STEWARD)
    session.flush()
    code = province.linjiang.code
    reached = reach(session, [code], AT)
    assert [one.address for one in reached.supervisors(code, AT)] == ["linjiang.supervisor@ga.example"]
    assert [one.address for one in reached.desk(code, AT)] == ["linjiang.desk@ga.example"]


def test_who_answers_now_and_why(session: Session, province: Province, contact: Contact) -> None:
    roster.add_shift(session, contact, AT, AT + HOUR, AT, STEWARD, "节日值班")
    session.flush()
    first, second, *_ = roster.answering(session, province.linjiang, AT)
    assert (first.contact, first.why) == (contact, Why.ON_DUTY)
    assert (second.contact.role, second.why) == (ContactRole.DESK, Why.ORDER)
    assert roster.answering(session, province.linjiang, AT + HOUR)[0].why is Why.ORDER


def test_the_same_shift_is_entered_once_and_can_be_taken_back(session: Session, contact: Contact) -> None:
    shift = roster.add_shift(session, contact, AT, AT + HOUR, AT, STEWARD)
    session.flush()
    assert shift is not None
    assert roster.add_shift(session, contact, AT, AT + HOUR, AT, STEWARD) is None
    roster.remove_shift(session, shift, AT, STEWARD)
    session.flush()
    assert [line[:2] for line in told(session, contact.unit_code)] == [("added", "duty"), ("removed", "duty")]


def test_times_and_deputies_that_cannot_be_are_refused(session: Session, contact: Contact) -> None:
    with pytest.raises(WrongFieldsError):
        roster.add_shift(session, contact, AT, AT, AT, STEWARD)
    with pytest.raises(WrongFieldsError):
        roster.enter_absence(session, contact, AT, AT + timedelta(days=400), None, AT, STEWARD)
    with pytest.raises(WrongFieldsError):
        roster.enter_absence(session, contact, AT, AT + HOUR, contact, AT, STEWARD)


def test_who_is_back_early_answers_again(session: Session, contact: Contact) -> None:
    absence = roster.enter_absence(session, contact, AT, AT + 48 * HOUR, None, AT, STEWARD)
    session.flush()
    roster.end_absence(session, absence, AT + HOUR, STEWARD)
    session.flush()
    assert session.scalars(roster.absences_of(contact.unit_code, AT + HOUR)).all() == []


def test_nothing_of_the_history_is_ever_changed(session: Session, contact: Contact) -> None:
    editing.change_contact(session, contact, {"name": "王大明"}, AT, STEWARD)
    editing.change_contact(session, contact, {"name": "王小明"}, AT, STEWARD)
    session.flush()
    assert [
        (line.subject, line.before, line.after) for line in session.scalars(select(Change).order_by(Change.id))
    ] == [
        ("王小明", "王小明", "王大明"),
        ("王大明", "王大明", "王小明"),
    ]
