"""What a person wrote, without the mail that is quoted: in the forms of the mail programs in use."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.correspondence.quoting import cut_quote
from portal.correspondence.reading import LONGEST_TEXT, read
from tests.rules import incoming_samples as samples
from tests.rules.incoming_samples import ANSWER, MARKER, OURS, ZHANG, Sample, our_mail

OURS_QUOTED = "协办单 XB2016-000123-7 将到时限。\n请于1月6日17:00前办理。"
BLOCK = "发件人: 对接平台 <d@ga.example>\n发送时间: 2016年1月6日 9:00\n收件人: 张三\n主题: 即将到时限"

OVER_A_QUOTE = {
    "English attribution": "On Wed, 6 Jan 2016 at 09:00, Duijie <d@ga.example> wrote:",
    "English attribution over two lines": "On Jan 6, 2016, at 9:00 AM, 对接平台\n<d@ga.example> wrote:",
    "English attribution over three lines": "On Wed, Jan 6, 2016 at 9:00 AM,\n对接平台 via Duijie\n<d@ga.example> wrote:",
    "English attribution without an address": "On 6 January 2016 at 09:00, Duijie wrote:",
    "163": 'At 2016-01-06 09:00:00, "对接平台" <d@ga.example> wrote:',
    "163 in Chinese": '在 2016-01-06 09:00:00，"对接平台" <d@ga.example> 写道：',
    "163 from outside": "在 2016-01-06 09:00:00，d@ga.example 写道：",
    "Apple in Chinese": "在 2016年1月6日，XX <d@ga.example> 写道：",
    "iPhone in Chinese": "在 2016年1月6日，上午9:00，对接平台 <d@ga.example> 写道：",
    "iPhone in Chinese without an address": "在 2016年1月6日，09:00，对接平台 写道：",
    "Gmail in Chinese": "对接平台 <d@ga.example> 于2016年1月6日周三 上午9:00写道：",
    "Gmail in Chinese over two lines": "对接平台 <d@ga.example> 于2016年1月6日周三\n上午9:00写道：",
    "older Gmail in Chinese": "在 2016年1月6日 上午9:00，对接平台 <d@ga.example>写道：",
    "oldest Gmail in Chinese": "2016-01-06 9:00 GMT+08:00 对接平台 <d@ga.example>:",
    "Thunderbird in Chinese": "于 2016/1/6 9:00, 对接平台 写道:",
    "only an address": "对接平台 <d@ga.example> 写道：",
    "QQ": f"------------------ 原始邮件 ------------------\n{BLOCK}",
    "QQ with its entities": f"------------------&nbsp;原始邮件&nbsp;------------------\n{BLOCK}",
    "QQ in English": '------------------&nbsp;Original&nbsp;------------------\nFrom: &nbsp;"x"<d@ga.example>;',
    "Outlook in English": "From: Duijie\nSent: Wednesday, January 6, 2016 9:00 AM\nTo: Zhang San\nSubject: due",
    "Outlook with bold letters": "*From:* Duijie [mailto:d@ga.example]\n*Sent:* Wednesday\n*To:* Zhang\n*Subject:* due",
    "old Outlook": "-----Original Message-----\nFrom: Duijie",
    "old Outlook in Chinese": f"-----邮件原件-----\n{BLOCK}",
    "Outlook in Chinese": BLOCK,
    "Outlook.com": f"________________________________\n{BLOCK}",
    "Foxmail": f" \n{BLOCK}".replace(":", "："),
    "Foxmail with bold letters": BLOCK.replace("发", "*发").replace(": ", ":* "),
    "Android": "---原始邮件---\n发件人:对接平台",
    "163 in a newer form": "---- 回复的原邮件 ----\n| 发件人 | 对接平台 |",
    "forwarded by 163": "-------- 转发邮件信息 --------",
    "forwarded by Apple": "Begin forwarded message:",
    "our own line": MARKER,
    "our own line in one language": "--- Reply above this line ---",
}


@pytest.mark.parametrize("over", OVER_A_QUOTE.values(), ids=OVER_A_QUOTE.keys())
@pytest.mark.parametrize("prefix", ["", "> "], ids=["bare", "with signs"])
def test_what_is_above_a_quote_is_kept_and_the_quote_is_not(over: str, prefix: str) -> None:
    quoted = "\n".join(f"{prefix}{line}" for line in OURS_QUOTED.splitlines())
    assert cut_quote(f"{ANSWER}\n谢谢！\n\n{over}\n\n{quoted}") == f"{ANSWER}\n谢谢！"


@pytest.mark.parametrize("sample", samples.REPLIES, ids=lambda sample: sample.__name__)
@pytest.mark.parametrize("marked", [True, False])
def test_of_a_whole_reply_only_the_answer_is_left(sample: Sample, marked: bool) -> None:
    assert cut_quote(read(sample(OURS, ZHANG, our_mail(marked=marked))).text) == ANSWER


@pytest.mark.parametrize(
    "line",
    [
        "发自我的 iPhone", "Sent from my iPhone", "发自我的华为手机", "发自我的小米手机", "来自 Outlook for iOS",
        "Get Outlook for iOS", "发自网易邮箱大师", "从 Windows 版邮件发送", "发送自 Windows 10 版邮件应用", "来自我的三星手机",
        "________________________________", "------------------",
    ],
)  # fmt: skip
def test_the_line_of_a_telephone_is_not_what_the_person_wrote(line: str) -> None:
    assert cut_quote(f"{ANSWER}\n\n{line}\n\n{OVER_A_QUOTE['iPhone in Chinese']}\n{OURS_QUOTED}") == ANSWER
    assert cut_quote(f"{ANSWER}\n{line}") == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "他在来信中写道：照片不清晰。",
        "李某在2016年1月6日的申请中写道：\n“地址有误。”",
        "在2016年1月6日的申请中，李某写道：\n“地址有误。”",
        "申请书上的发件人：李某。请核对。",
        "发件人：李某\n地址不详。",
        "收件人：李某，主题：补办，日期：1月6日，都已核对。",
        "On it, will do.\nHe wrote: no.",
        "On Wednesday the applicant wrote:\nmy address is wrong.",
        "时间：明天上午\n地点：户政大厅\n收件人：张三",
        "需要 >3 张照片\n>=2 份材料\n>5 天的不受理",
        "来自手机号13900000000的申请已收到。",
        "发自内心感谢。",
        "从手机短信里看到",
        "请回复 li@changyi.example，谢谢。",
        "我不需要原始邮件。",
        "1. 照片\n--\n2. 地址",
        "reply above 100",
    ],
)
def test_a_persons_text_survives_that_only_sounds_like_a_quote(text: str) -> None:
    assert cut_quote(text) == text


def test_what_is_written_below_and_between_quotes_is_kept() -> None:
    text = f"{OVER_A_QUOTE['English attribution']}\n\n> {MARKER}\n> 请于17:00前办理。\n\n照片已补。\n\n> 联系电话？\n\n0439-1234567"
    assert cut_quote(text) == "照片已补。\n\n\n0439-1234567"


def test_our_line_ends_the_answer_in_any_quote() -> None:
    for prefix in ("", "> ", "| ", "&gt; ", "　　"):
        assert cut_quote(f"{ANSWER}\n{prefix}{MARKER}\n没有引用符号的原文") == ANSWER


def test_of_a_signature_nothing_is_left() -> None:
    assert cut_quote(f"{ANSWER}\n\n-- \n张三\n临江市公安局") == ANSWER


def test_of_a_mail_that_is_all_quote_nothing_is_left() -> None:
    assert cut_quote(f"\n{BLOCK}\n{OURS_QUOTED}") == ""
    assert cut_quote("") == ""
    assert cut_quote(f"发自我的 iPhone\n\n> {OURS_QUOTED}".replace("\n请", "\n> 请")) == ""


PIECES = st.sampled_from(
    [*OVER_A_QUOTE.values(), ANSWER, BLOCK, *BLOCK.splitlines(), "> 引用", ">", ">5", "-- ", "--", "", " ", "发自我的 iPhone",
     "On Wed, Jan 6, 2016 at 9:00 AM,", "wrote:", "写道：", "<d@ga.example>", "在 2016年1月6日，09:00，", f"> {MARKER}",
     "\x0b", "\u2028", "------", "&nbsp;", "*"]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.one_of(PIECES, st.text(max_size=15)), max_size=25).map("\n".join),
)


@given(TEXTS)
def test_what_is_kept_would_be_kept_again(text: str) -> None:
    kept = cut_quote(text)
    assert cut_quote(kept) == kept


@given(TEXTS)
def test_what_is_kept_are_lines_of_the_text_in_their_order(text: str) -> None:
    remaining = iter(text.splitlines())
    assert all(line in remaining for line in cut_quote(text).splitlines())


@pytest.mark.parametrize(
    "awkward",
    [
        "a\n", "\n", "> \n", "On \n", "在2016年1月6日，\n", "a@b.c x\n", "<a@b>\n", "时间：\n", "From: x\n\n", "-- \n", "a@", "-", " ",
        "a@b " * 90 + "\n", "-" * 390 + "\n", "x" * 64 + "@" + "y" * 190 + " z wrote:\n", "发自" * 150 + "\n",
        "2016-1-6 <a@b>: " * 24 + "\n", "On 2016-1-6 9:00 x" + " y" * 180 + " wrote\n", "&nbsp;*" * 50 + "\n",
    ],
)  # fmt: skip
def test_the_longest_text_of_awkward_lines_takes_seconds(awkward: str) -> None:
    began = time.monotonic()
    cut_quote("x\n" + awkward * (LONGEST_TEXT // len(awkward)))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("awkward", ["<a@b>\n", "> \n", "在2016年1月6日，\n", "a@"])
def test_a_megabyte_takes_no_more_than_its_share(awkward: str) -> None:
    began = time.monotonic()
    cut_quote("x\n" + awkward * (1_000_000 // len(awkward)))
    assert time.monotonic() - began < 40
