"""What an incoming mail is, and that a bounce, a machine's answer and a person's are told apart."""

import pytest

from portal.correspondence.reading import read
from portal.correspondence.sorting import Sort, sort
from tests.rules import incoming_samples as samples
from tests.rules.incoming_samples import ANSWER, OURS, ZHANG, Sample, mail, our_mail, word

EXPECTED = {
    **dict.fromkeys(samples.FROM_PEOPLE, Sort.PERSON),
    **dict.fromkeys(samples.AUTOMATIC, Sort.AUTOMATIC),
    **dict.fromkeys(samples.LOOPS, Sort.LOOP),
    **dict.fromkeys(samples.DELAYS, Sort.DELAYED),
    **dict.fromkeys(samples.BOUNCES, Sort.BOUNCE),
}
PERSON = {"Return-Path": f"<{ZHANG}>", "From": f"<{ZHANG}>", "To": f"<{OURS}>", "Subject": "Re: XB2016-000123-7"}


@pytest.mark.parametrize("sample", samples.ALL, ids=lambda sample: sample.__name__)
def test_each_kind_of_mail_is_known_for_what_it_is(sample: Sample) -> None:
    assert sort(read(sample(OURS, ZHANG, our_mail()))) is EXPECTED[sample]


def test_there_are_samples_of_many_programs_and_servers() -> None:
    assert len(EXPECTED) == len(samples.ALL) >= 45


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "auto-generated; owner-email=x"),
        ("Precedence", "bulk"),
        ("Precedence", "auto_reply"),
        ("X-Autoreply", "yes"),
        ("X-AutoReply-From", ZHANG),
        ("X-Auto-Response-Suppress", "All"),
        ("List-Id", "<all.linjiang.example>"),
        ("Return-Path", "<>"),
        ("From", "MAILER-DAEMON@linjiang.example"),
        ("From", "noreply@linjiang.example"),
        ("From", "do-not-reply@linjiang.example"),
        ("Subject", word("自动回复：即将到时限")),
        ("Subject", word("自动答复: 即将到时限")),
        ("Subject", word("休假中，1月8日回")),
        ("Subject", word("正在外出")),
        ("Subject", "Automatic reply: XB2016-000123-7"),
        ("Subject", "Out of Office: XB2016-000123-7"),
        ("Subject", "Auto: XB2016-000123-7"),
        ("Subject", "Abwesenheitsnotiz"),
        ("Subject", word("已读: 即将到时限")),
    ],
)
def test_one_sign_of_a_machine_is_enough(field: str, value: str) -> None:
    assert sort(read(mail({**PERSON, field: value}, ANSWER))) is Sort.AUTOMATIC


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Automatic reply: x",
        "回复: 自动回复: 即将到时限",
        "外出务工人员办证的情况",
        "休假民警的联系方式有变",
        "关于退信的问题",
        "Reading list",
    ],
)
def test_a_subject_that_mentions_a_machine_is_still_a_persons(subject: str) -> None:
    assert sort(read(mail({**PERSON, "Subject": word(subject), "Auto-Submitted": "no"}, ANSWER))) is Sort.PERSON


def test_an_absence_without_a_return_path_is_no_bounce() -> None:
    notice = "本人休假，邮箱已满，邮件可能无法送达，请联系李四。"
    raw = mail({**PERSON, "Return-Path": "<>", "Subject": word("自动回复: 即将到时限")}, notice)
    assert sort(read(raw)) is Sort.AUTOMATIC


def test_a_bounce_that_calls_itself_automatic_is_a_bounce() -> None:
    raw = b"Precedence: bulk\r\n" + samples.dsn()
    assert b"Auto-Submitted: auto-replied" in raw
    assert sort(read(raw)) is Sort.BOUNCE


def test_our_own_mail_is_a_loop_by_its_mark_its_hops_or_its_sender() -> None:
    assert sort(read(mail({**PERSON, "X-Duijie-Kind": "reminder"}, ANSWER))) is Sort.LOOP
    assert sort(read(mail({**PERSON, "X-Loop": "duijie@ga.example"}, ANSWER))) is Sort.LOOP
    assert sort(read(b"Received: by a\n" * 31 + mail(dict(PERSON), ANSWER))) is Sort.LOOP
    assert sort(read(b"Received: by a\n" * 30 + mail(dict(PERSON), ANSWER))) is Sort.PERSON
    assert sort(read(mail({**PERSON, "From": OURS}, ANSWER)), ours={"duijie@ga.example"}) is Sort.LOOP


def test_a_bounce_that_returns_our_mail_is_no_loop() -> None:
    assert b"X-Duijie-Kind" in samples.qmail_bounce()
    assert sort(read(samples.qmail_bounce())) is Sort.BOUNCE


def test_a_person_who_writes_of_a_bounce_causes_none() -> None:
    assert sort(read(samples.person_about_a_bounce())) is Sort.PERSON
