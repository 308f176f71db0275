"""Corrections: raised once however often the cause comes, settled once, and mail follows them."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from directory import corrections
from directory.models import Contact, ContactRole, ContactState, CorrectionKind
from directory.queries import reachable
from tests.factories import VERIFIED_AT, Province, make_contact

AT = VERIFIED_AT + timedelta(days=3)


@pytest.fixture
def contact(session: Session, province: Province) -> Contact:
    made = make_contact(
        session, province.linjiang, ContactRole.SUPERVISOR, rank=2, name="王小明", email="wang@ga.example"
    )
    session.flush()
    return made


def is_mailed(session: Session, contact: Contact) -> bool:
    session.flush()
    return contact.id in {each.id for each in session.scalars(reachable([contact.unit_code]))}


def test_a_bounce_ends_mail_to_the_contact_and_opens_one_correction(session: Session, contact: Contact) -> None:
    first = corrections.mark_bounced(session, contact, "550 5.1.1 no such user", AT)
    assert corrections.mark_bounced(session, contact, "550 again", AT + timedelta(hours=1)) is first
    assert (contact.state, is_mailed(session, contact)) == (ContactState.BOUNCING, False)
    assert session.scalars(corrections.open_below("220000000000")).all() == [first]


def test_who_is_no_longer_there_is_mailed_no_more(session: Session, contact: Contact) -> None:
    raised = corrections.disown(session, contact, "", AT)
    assert raised is not None
    assert (raised.kind, raised.raised_by) == (CorrectionKind.DISOWNED, "wang@ga.example")
    assert (contact.state, is_mailed(session, contact)) == (ContactState.SUSPECT, False)


def test_a_retired_contact_stays_retired(session: Session, contact: Contact) -> None:
    contact.state = ContactState.RETIRED
    assert corrections.disown(session, contact, "", AT) is None
    assert corrections.mark_bounced(session, contact, "", AT) is None
    assert contact.state is ContactState.RETIRED


@pytest.mark.parametrize(("outcome", "mailed"), [("kept", True), ("changed", True), ("retired", False)])
def test_what_the_steward_decides_tells_whether_mail_goes_there(
    session: Session, contact: Contact, outcome: str, mailed: bool
) -> None:
    raised = corrections.disown(session, contact, "", AT)
    assert raised is not None
    corrections.settle(session, raised, outcome, AT + timedelta(days=1), "通讯录管理员")
    assert is_mailed(session, contact) is mailed
    assert (raised.outcome, raised.settled_by) == (outcome, "通讯录管理员")


def test_of_two_stewards_the_second_is_told(session: Session, contact: Contact) -> None:
    raised = corrections.mark_bounced(session, contact, "", AT)
    assert raised is not None
    corrections.settle(session, raised, "dismissed", AT, "甲")
    with pytest.raises(corrections.SettledCorrectionError):
        corrections.settle(session, raised, "kept", AT, "乙")
    assert corrections.mark_bounced(session, contact, "", AT) is not raised
