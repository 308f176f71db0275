"""What a bounce says: about whom, why, and whether trying again is of use."""

import pytest

from portal.correspondence.bounces import LONGEST_WORDS, failure_of, is_delay
from portal.correspondence.reading import read
from tests.rules import incoming_samples as samples
from tests.rules.incoming_samples import MESSAGE_ID, OURS, ZHANG, Sample, dsn, our_mail

RETURN_THE_ORIGINAL = (
    samples.dsn, samples.dsn_in_gb18030, samples.exchange_ndr_zh, samples.netease_163_bounce, samples.sina_bounce,
    samples.coremail_bounce, samples.qmail_bounce, samples.exim_bounce, samples.sendmail_bounce,
)  # fmt: skip
PASSING = (samples.mailbox_full, samples.netease_126_full)
NOT_ABOUT_THE_ADDRESS = (*PASSING, samples.aliyun_bounce)


def name(sample: Sample) -> str:
    return sample.__name__


@pytest.mark.parametrize("sample", samples.BOUNCES, ids=name)
def test_a_bounce_names_whom_it_did_not_reach_and_nobody_else(sample: Sample) -> None:
    failure = failure_of(read(sample(OURS, ZHANG, our_mail())))
    assert failure is not None
    assert failure.recipients == (ZHANG,)
    assert 0 < len(failure.words) <= LONGEST_WORDS


@pytest.mark.parametrize("sample", samples.BOUNCES, ids=name)
def test_only_a_full_mailbox_is_worth_another_try(sample: Sample) -> None:
    failure = failure_of(read(sample(OURS, ZHANG, our_mail())))
    assert failure is not None
    assert failure.permanent is (sample not in PASSING)
    assert failure.dead_address is (sample not in NOT_ABOUT_THE_ADDRESS)


@pytest.mark.parametrize("sample", RETURN_THE_ORIGINAL, ids=name)
def test_the_original_is_known_by_its_message_id(sample: Sample) -> None:
    failure = failure_of(read(sample(OURS, ZHANG, our_mail())))
    assert failure is not None
    assert failure.message_ids == (MESSAGE_ID,)


@pytest.mark.parametrize(
    "sample", [*samples.FROM_PEOPLE, *samples.AUTOMATIC, *samples.LOOPS, *samples.DELAYS], ids=name
)
def test_nothing_else_is_a_failure(sample: Sample) -> None:
    assert failure_of(read(sample(OURS, ZHANG, our_mail()))) is None


@pytest.mark.parametrize(
    ("status", "diagnostic", "expected", "permanent", "dead"),
    [
        ("5.1.1", "550 User unknown", "5.1.1", True, True),
        ("5.0.0", "550 5.1.1 User unknown", "5.1.1", True, True),
        ("5.0.0", "550 no such user", "5.0.0", True, True),
        ("5.7.1", "554 5.7.1 spam", "5.7.1", True, False),
        ("5.2.2", "552 over quota", "5.2.2", False, False),
        ("5.0.0", "552 邮箱已满", "5.0.0", False, False),
        ("4.4.7", "delivery time expired", "4.4.7", False, False),
        ("5.2.1", "550 mailbox disabled", "5.2.1", True, True),
    ],
)
def test_the_status_tells_what_lasts_and_what_is_about_the_address(
    status: str, diagnostic: str, expected: str, permanent: bool, dead: bool
) -> None:
    failure = failure_of(read(dsn(status=status, diagnostic=diagnostic)))
    assert failure is not None
    assert (failure.status, failure.permanent, failure.dead_address) == (expected, permanent, dead)
    assert failure.words == diagnostic


def test_of_several_recipients_those_that_failed_are_named() -> None:
    report = dsn().replace(
        b"Final-Recipient: rfc822; zhang@",
        b"Final-Recipient: rfc822; li@a.example\r\nAction: delivered\r\nStatus: 2.0.0\r\n\r\n"
        b"Original-Recipient: rfc822; wang@b.example\r\nFinal-Recipient: rfc822; inbox@c.example\r\nAction: failed\r\n\r\n"
        b"Final-Recipient: rfc822; zhang@",
    )
    failure = failure_of(read(report))
    assert failure is not None
    assert failure.recipients == ("wang@b.example", ZHANG)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", "Delayed"])
def test_a_report_of_anything_but_failure_has_no_effect(action: str) -> None:
    received = read(dsn(action=action, status="4.4.1" if action.lower() == "delayed" else "2.0.0"))
    assert failure_of(received) is None
    assert is_delay(received)


def test_a_status_is_no_address_of_a_host() -> None:
    failure = failure_of(read(dsn(status="", diagnostic="550 host 5.1.1.9 says no such user")))
    assert failure is not None
    assert failure.status == ""


def test_a_report_without_its_fields_is_read_by_what_it_says() -> None:
    report = dsn(notice=f"无法投递到 {ZHANG}：该用户不存在").replace(b"message/delivery-status", b"application/x-lost")
    failure = failure_of(read(report))
    assert failure is not None
    assert failure.recipients == (ZHANG,)
    assert failure.dead_address


def test_long_words_are_cut_and_are_one_line() -> None:
    failure = failure_of(read(dsn(diagnostic="550 " + "x " * 900)))
    assert failure is not None
    assert len(failure.words) <= LONGEST_WORDS
    assert "\n" not in failure.words
