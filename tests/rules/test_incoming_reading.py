"""What is read of an incoming mail, whatever its bytes are."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.correspondence.addresses import addresses
from portal.correspondence.bounces import failure_of
from portal.correspondence.markup import to_text
from portal.correspondence.quoting import cut_quote
from portal.correspondence.reading import MOST_ATTACHMENTS, Received, read
from portal.correspondence.sorting import Sort, sort
from tests.rules import incoming_samples as samples
from tests.rules.incoming_samples import ANSWER, OURS, ZHANG, Sample, mail, multipart, text_part, word

SMALL = [
    sample for sample in samples.ALL if sample not in {samples.huge, samples.ten_thousand_parts, samples.header_flood}
]
HEAD = {"From": f"<{ZHANG}>", "To": f"<{OURS}>"}
MOST_SECONDS = 10


def read_all_of(raw: bytes) -> Received:
    """Everything that the rules do with a message."""
    received = read(raw)
    sort(received)
    failure_of(received)
    cut_quote(received.text)
    return received


def texts_of(received: Received) -> list[str]:
    return [
        received.text, received.subject, received.sender_name, received.sender or "", received.message_id or "",
        received.kind, *received.recipients, *received.references, *(part.name for part in received.attachments),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sample", [samples.gb2312_that_holds_gb18030, samples.no_charset, samples.rubbish_charset, samples.raw_gbk_headers]
)
def test_chinese_is_read_whatever_charset_is_declared(sample: Sample) -> None:
    received = read(sample(OURS, ZHANG, samples.our_mail()))
    assert "照片清晰，今日签发。" in received.text
    assert received.problems == ()


def test_what_is_declared_gb2312_and_holds_more_is_whole() -> None:
    assert read(samples.gb2312_that_holds_gb18030()).text == "李镕𠮷的照片清晰，今日签发。"


def test_headers_that_were_never_encoded_come_out_as_chinese() -> None:
    received = read(samples.raw_gbk_headers())
    assert (received.subject, received.sender_name, received.sender) == ("照片清晰", "张三", ZHANG)


def test_a_character_cut_in_two_between_encoded_words_is_whole() -> None:
    raw = "核验".encode("gbk")
    subject = (
        b"=?gb2312?Q?" + b"".join(b"=%02X" % byte for byte in raw[:3]) + b"?=\n =?GB2312?q?" + b"=%02X" % raw[3] + b"?="
    )
    assert read(mail({**HEAD, "Subject": subject}, "")).subject == "核验"


def test_text_in_no_charset_at_all_is_kept_and_noted() -> None:
    received = read(mail({**HEAD, "Content-Type": "text/plain; charset=x-unknown"}, b"caf\xff\xfe\x81"))
    assert received.text.startswith("caf")
    assert received.problems == ("no charset in which the text can be read",)


@pytest.mark.parametrize("sample", [samples.base64_damaged, samples.quoted_printable_damaged, samples.truncated])
def test_a_damaged_encoding_costs_only_what_is_damaged(sample: Sample) -> None:
    assert ANSWER in read(sample(OURS, ZHANG, samples.our_mail())).text


def test_of_a_choice_the_plain_text_is_read_and_the_html_where_that_is_empty() -> None:
    for plain, expected in ((ANSWER, ANSWER), (" \n", "from HTML")):
        fields, body = multipart("alternative", [text_part(plain), text_part("<b>from HTML</b>", "text/html")])
        assert read(mail({**HEAD, **fields}, body)).text == expected


def test_html_keeps_its_lines_and_marks_what_it_quotes() -> None:
    lines = read(samples.html_only()).text.splitlines()
    assert lines[:2] == ["已核验，照片清晰，", "今日 签发。"]
    assert all(line.startswith(">") for line in lines[2:])
    assert "alert" not in "".join(lines)


def test_html_is_read_that_nobody_closed() -> None:
    assert to_text("a<!-- <p>b") == "a"
    assert to_text("a<script>b") == "a"
    assert to_text("1 < 2 <p>b &amp; c</div></p>&#99999999999999999999;") == "1 < 2\nb & c"
    assert to_text("<pre>x\n  y\n</pre>z") == "x\n  y\nz"


def test_an_indented_paragraph_of_ones_own_is_no_quote() -> None:
    assert to_text('<blockquote style="margin:0 0 0 40px;border:none">mine</blockquote>') == "mine"


def test_file_names_are_decoded_and_lose_their_paths() -> None:
    received = read(samples.with_attachments())
    assert [(part.name, part.content) for part in received.attachments] == [
        ("核验表.doc", b"\x00\x01file"),
        ("核验表.xls", b"\x00\x01file"),
        ("照片.jpg", b"\x00\x01file"),
    ]


def test_a_part_without_a_name_is_given_one() -> None:
    fields, body = multipart("mixed", [text_part(ANSWER), mail({"Content-Type": "image/png"}, b"png")])
    assert [part.name for part in read(mail({**HEAD, **fields}, body)).attachments] == ["unnamed.png"]


def test_the_sender_is_the_one_usable_address_in_from() -> None:
    for given_from, sender in {
        ZHANG: ZHANG,
        f"Zhang San <{ZHANG.upper()}>": ZHANG,
        f'"{ZHANG}" <mallory@evil.example>': "mallory@evil.example",
        f"{ZHANG} ({ZHANG} is me) ": ZHANG,
        f"{ZHANG} <{ZHANG}>": ZHANG,
        f"{ZHANG} <mallory@evil.example>": None,
        f"{ZHANG}, mallory@evil.example": None,
        f"<{ZHANG}> <mallory@evil.example>": None,
        "<zhang@例子.cn>": "zhang@xn--fsqu00a.cn",
        f"{ZHANG} .evil.example": None,
        f"<{ZHANG} .evil.example>": None,
        f'"unclosed <{ZHANG}>': None,
        word(f"<{ZHANG}>"): None,
        "zhang@": None,
        "undisclosed-recipients:;": None,
    }.items():
        assert read(mail({"From": given_from}, "")).sender == sender, given_from
    assert read(mail({"From": f"{word('张三')} <{ZHANG}>"}, "")).sender_name == "张三"
    assert read(f"From: {ZHANG}\nFrom: mallory@evil.example\n\n".encode()).sender is None


def test_an_address_in_a_chinese_sentence_ends_where_the_chinese_begins() -> None:
    assert addresses("您发给li@a.example的邮件，请转wang@b.example。") == ["li@a.example", "wang@b.example"]


def test_our_address_is_found_in_every_field_that_names_the_recipient() -> None:
    for field in ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"):
        assert OURS in read(mail({field: f"{word('对接')} <{OURS.upper()}>"}, "")).recipients


def test_the_null_sender_is_told_from_none() -> None:
    found = [read(mail({"Return-Path": given}, "")).envelope_sender for given in ("<>", f"<{ZHANG}>", "")]
    assert found == ["", ZHANG, None]


def test_ids_are_read_without_brackets() -> None:
    received = read(mail({"Message-ID": "<a@b>", "In-Reply-To": "<c@d>", "References": "<x@y>\n <c@d> <x@y>"}, ""))
    assert (received.message_id, received.in_reply_to, received.references) == ("a@b", ("c@d",), ("x@y", "c@d"))


def test_no_text_holds_a_control_character() -> None:
    raw = mail(
        {**HEAD, "Subject": word("a\x00b\x1b\u202ec"), "Message-ID": "<\x00a@b>", "X-Duijie-Kind": "\x00x"},
        "a\x00b\x0bc\r\td",
    )
    received = read(raw)
    assert (received.subject, received.text) == ("abc", "ab\nc\n\td")
    assert not any("\x00" in text for text in texts_of(received))


@pytest.mark.parametrize(
    ("sample", "problem"),
    [
        (samples.huge, "larger than 24 MB; the rest was not read"),
        (samples.deeply_nested, "parts within parts more than 8 deep; these were not read"),
        (samples.ten_thousand_parts, "more than 200 parts; the others were not read"),
        (samples.header_flood, "more than 1000 header fields; the others were not read"),
        (samples.malformed_mime, "the parts cannot be told apart; read as one text"),
    ],
)
def test_what_is_beyond_the_limits_is_named_and_what_is_within_is_read(sample: Sample, problem: str) -> None:
    began = time.monotonic()
    received = read_all_of(sample(OURS, ZHANG, samples.our_mail()))
    assert time.monotonic() - began < MOST_SECONDS
    assert problem in received.problems
    assert received.sender == ZHANG
    assert sample is samples.deeply_nested or ANSWER in received.text


def test_a_hundred_attachments_are_not_all_kept() -> None:
    fields, body = multipart("mixed", [mail({"Content-Type": "image/png"}, b"png")] * 100)
    received = read(mail({**HEAD, **fields}, body))
    assert len(received.attachments) == MOST_ATTACHMENTS
    assert "more than 50 attachments; the others were not read" in received.problems


@pytest.mark.parametrize(
    "awkward",
    [
        b"<!--", b"<a ", b"<a \"'", b"</", b"<![if", b"&", b"<div>", b"<blockquote><div id='", b"<style>", b"\n", b"\r",
        b"--b\n", b"--b\n\n<a ", b"--b\nContent-Type: multipart/alternative; boundary=b\n\n", b"a@", b"> \n", b"On ", b"\x00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("media_type", ["text/plain", "text/html", "multipart/mixed; boundary=b"])
def test_no_shape_of_a_large_mail_takes_long(awkward: bytes, media_type: str) -> None:
    began = time.monotonic()
    read_all_of(mail({**HEAD, "Return-Path": "<>", "Content-Type": media_type}, awkward * (2_000_000 // len(awkward))))
    assert time.monotonic() - began < MOST_SECONDS


@pytest.mark.parametrize("awkward", ["=?a?q?x", ';a="', ';a="\\', "(", '"\\', "<", "a@", "=?gb2312?b?", "=?a?q?b?= "])
@pytest.mark.parametrize("field", ["From", "To", "Subject", "Content-Type", "Content-Disposition", "References"])
def test_no_shape_of_a_header_takes_long(awkward: str, field: str) -> None:
    began = time.monotonic()
    read_all_of(mail({field: awkward * 100_000}, ANSWER))
    assert time.monotonic() - began < MOST_SECONDS


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=3000))
def test_any_bytes_are_read(raw: bytes) -> None:
    received = read_all_of(raw)
    assert received.size == len(raw)
    assert not any("\x00" in text for text in texts_of(received))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A sample with bytes changed, cut, or continued by a piece of another."""
    raw = bytearray(draw(st.sampled_from(SMALL))(OURS, ZHANG, samples.our_mail()))
    for place in draw(st.lists(st.integers(0, len(raw) - 1), max_size=20)):
        raw[place] = draw(st.integers(0, 255))
    start = draw(st.integers(0, len(raw)))
    other = draw(st.sampled_from(SMALL))(OURS, ZHANG, samples.our_mail())
    return bytes(raw[:start]) + draw(st.sampled_from([b"", other[len(other) // 3 :], bytes(raw[start // 2 :])]))


@settings(max_examples=300, deadline=None)
@given(mutated())
def test_any_damaged_mail_is_read(raw: bytes) -> None:
    received = read_all_of(raw)
    assert sort(received) in Sort
    for text in texts_of(received):
        text.encode()
        assert "\x00" not in text
