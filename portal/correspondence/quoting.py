"""What a person wrote above, below or between the quoted mail, without the quote.

Ours come first: the line above which we ask people to answer, then what mail programs write over a quote. The libraries
for this leak the whole quote of half of the Chinese programs. Each rule looks at a few short lines, so that the time
grows with the text; what it keeps would be kept again.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MARKS = ("请在此行以上回复", "reply above this line")
LONGEST_LINE = 400
"Characters; what mail programs write over a quote is shorter."

MOST_WRAPPED = 4
"Lines over which `On … wrote:` may run."

MOST_FIELD_LINES = 9
FEWEST_FIELDS = 3

QUOTED = re.compile(r"\s{0,3}[>＞](?![=\d])")
"Not `>5` or `>=3`, which people write."

DATE = (
    r"(?:(?:\d{2,4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,4}\s?日?)"
    r"|(?:\d{1,2}\.?\s[A-Za-z]{3,9}\.?,?\s(?:19|20)\d\d)|(?:[A-Za-z]{3,9}\.?\s\d{1,2},?\s(?:19|20)\d\d))"
)
WEEKDAY = r"(?:(?:[A-Za-z]{2,9}\.?|(?:星期|周|週)[一二三四五六日天])[,，]?\s?)?"
ADDRESS = r"(?<![\w.+-])[\w.+=-]{1,64}@[\w.-]{1,190}"
DATED = re.compile(
    rf"(?:On|At|Am|Le|在|于|於)\s?{WEEKDAY}{DATE}(?=[\s,，、;；(（星周週]|上午|下午|$)", re.IGNORECASE | re.ASCII
)
ADDRESSED = re.compile(
    rf"{ADDRESS}[>＞\])]?[\s,，;；]*(?:(?:在|于|於|on|at)\s?{WEEKDAY}{DATE}.{{0,60}})?$", re.IGNORECASE | re.ASCII
)
REACHED = re.compile(rf"{ADDRESS}|\d[:：h]\d\d", re.ASCII)
"An address or a time of day: what a person writes about a letter has neither."

WROTE = re.compile(r"(?:wrote|writes|写道|寫道|schrieb|a écrit)\s?[:：]$", re.IGNORECASE)
ONLY_NAMED = re.compile(rf"{DATE}\s.{{0,100}}?[<＜]{ADDRESS}[>＞]\s?[:：]", re.ASCII)
"The older Gmail: `2016-01-06 9:00 GMT+08:00 X <a@b>:`."

SEPARATOR = re.compile(
    r"[-_*=\s]{2,}(?:原始邮件|原始郵件|邮件原件|原邮件|回复的原邮件|回复的邮件|转发的?邮件(?:信息)?|轉寄郵件"
    r"|original(?: message| mail)?|forwarded message(?: from .{1,80})?|ursprüngliche nachricht)[-_*=\s:：]{2,}"
    r"|begin forwarded message\s?[:：]|以下是转发的邮件\s?[:：]",
    re.IGNORECASE,
)
FIELD = re.compile(
    r"(发件人|寄件者|寄件人|发送时间|发送日期|发件日期|日期|时间|收件人|收件者|抄送|副本|主题|主旨|"
    r"from|sent|date|to|cc|subject|von|gesendet|an|betreff)\s?[:：]",
    re.IGNORECASE,
)
AUTHOR = frozenset({"发件人", "寄件者", "寄件人", "from", "von"})

RULE = re.compile(r"[-_=—*]{5,}")
DEVICE = (
    r"(?:iphone|ipad|手机|平板|android|安卓|outlook|foxmail|邮箱大师|网易邮箱|qq邮箱|邮箱客户端|华为|小米|魅族|三星"
    r"|huawei|xiaomi|redmi|samsung|galaxy|oppo|vivo|meizu|htc|windows)"
)
DEVICE_LINE = re.compile(
    r"(?:sent from (?:my|mail for|outlook|yahoo|huawei|xiaomi|samsung)|get outlook for|获取 ?outlook)\b.{0,40}"
    rf"|(?:发自|来自|发送自)[^，。,：:]{{0,15}}{DEVICE}[^\u4e00-\u9fff，。]{{0,15}}(?:手机|平板|(?:版)?邮件(?:应用)?)?"
    rf"|从[^，。,：:]{{0,10}}{DEVICE}[^，。]{{0,12}}发送",
    re.IGNORECASE,
)
SIGNATURE = "-- "


class _Line(NamedTuple):
    """A line as it came, and as the patterns have it."""

    text: str
    plain: str


def cut_quote(text: str) -> str:
    """The lines that are no quote, nor a program's line over or under one; "" if all of it is quoted."""
    lines = [_Line(line, _plain(line)) for line in text.splitlines()]
    marked = next((number for number, line in enumerate(lines) if _is_marked(line)), None)
    above = _own(lines[:marked]) if marked is not None else []
    return "\n".join(line.text for line in above or _own(lines))


def _own(lines: Sequence[_Line]) -> Sequence[_Line]:
    unquoted = list(_without_quoted(lines))
    end = next((number for number in range(len(unquoted)) if _begins_quote(unquoted, number)), len(unquoted))
    return _without_edges(unquoted[:end])


def _without_quoted(lines: Sequence[_Line]) -> Iterator[_Line]:
    """Without lines that begin with `>`, and the `On … wrote:` right above them: people also write below a quote."""
    number = 0
    while number < len(lines):
        taken = _attribution(lines, number)
        if QUOTED.match(lines[number].text):
            number += 1
        elif taken and _is_followed_by_quoted(lines, number + taken):
            number += taken
        else:
            yield lines[number]
            number += 1


def _is_followed_by_quoted(lines: Sequence[_Line], number: int) -> bool:
    below = next((line for line in lines[number : number + 3] if line.text.strip()), None)
    return below is not None and QUOTED.match(below.text) is not None


def _begins_quote(lines: Sequence[_Line], number: int) -> bool:
    """Whether all from here on is the quoted mail, or a signature."""
    line = lines[number]
    if not line.plain:
        return False
    return (
        line.text == SIGNATURE
        or _is_marked(line)
        or SEPARATOR.fullmatch(line.plain) is not None
        or _attribution(lines, number) > 0
        or _is_block(lines, number)
    )


def _is_marked(line: _Line) -> bool:
    """Whether this is our line above which people answer, however it is quoted."""
    lowered = line.plain.lower()
    return any(mark in lowered for mark in MARKS)


def _attribution(lines: Sequence[_Line], number: int) -> int:
    """How many lines `On … wrote:` takes from here on; 0 if none begins here."""
    first = lines[number].plain
    if not (DATED.match(first) or REACHED.search(first)):
        return 0
    joined = ""
    for taken, line in enumerate(lines[number : number + MOST_WRAPPED], start=1):
        joined = f"{joined} {line.plain}".strip()
        if not line.plain or len(joined) > LONGEST_LINE:
            return 0
        if _is_attribution(joined):
            return taken
    return 0


def _is_attribution(line: str) -> bool:
    end = WROTE.search(line)
    if end is None:
        return ONLY_NAMED.fullmatch(line) is not None
    said = line[: end.start()]
    dated = DATED.match(said)
    return ADDRESSED.search(said) is not None or bool(dated and REACHED.search(said, dated.end()))


def _is_block(lines: Sequence[_Line], number: int) -> bool:
    """Whether the fields of a quoted head begin here: From, Sent, To, Subject."""
    if not FIELD.match(lines[number].plain):
        return False
    found = [FIELD.match(line.plain) for line in lines[number : number + MOST_FIELD_LINES]]
    names = [field[1].lower() if field else "" for field in found]
    return bool(AUTHOR & {*names[:2]}) and len({*names} - {""}) >= FEWEST_FIELDS


def _without_edges(lines: Sequence[_Line]) -> Sequence[_Line]:
    """Without empty lines around, and below without rules and the line of a telephone."""
    end = len(lines)
    while end and _says_nothing(lines[end - 1]):
        end -= 1
    start = 0
    while start < end and not lines[start].text.strip():
        start += 1
    return lines[start:end]


def _says_nothing(line: _Line) -> bool:
    return not line.text.strip() or bool(RULE.fullmatch(line.plain) or DEVICE_LINE.fullmatch(line.plain))


def _plain(line: str) -> str:
    """Without the entities and asterisks that programs leave in plain text; "" for a line too long to be theirs."""
    if len(line) > LONGEST_LINE:
        return ""
    return " ".join(line.replace("&nbsp;", " ").replace("*", "").split())
