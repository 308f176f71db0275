"""From the HTML of a mail to plain text that keeps its lines, and marks what is quoted in it by `> `.

Not by the standard library's HTMLParser: 100 kB of `<a <a <a` take it 100 seconds. This reads on in one pass.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass, field

LONGEST = 1_000_000
"Characters read of one HTML text."

TOKEN = re.compile(r"<!--|<[!?][^<>]*+>|<(/?)([A-Za-z][\w:-]{0,30}+)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
ATTRIBUTE = re.compile(r"\b(id|class|style)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+))", re.IGNORECASE)
SPACES = re.compile(r"[ \t\n\r\f]+")
HUGE_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{8,};?")
NO_BORDER = re.compile(r"border\s*:\s*(none|0)")

UNSEEN = frozenset({"script", "style", "title", "xml"})
BREAKING = re.compile(
    "address|article|blockquote|center|d[dlt]|div|footer|form|h[1-6]|header|hr|includetail|li|ol|p|pre|section|table|tr|ul"
)
HOLDING = frozenset({"blockquote", "div", "includetail", "pre", "section", "table"})
QUOTES = frozenset({"yahoo_quoted", "isreplycontent", "origbody", "moz-cite-prefix"})
"Ids and classes of what holds the mail that is answered: Yahoo, 163, 139, Thunderbird."

QUOTES_IF_LATER = frozenset({"mailcontent"})
"Where it comes after other text; else it may hold the whole mail."

QUOTES_TO_THE_END = frozenset({"divrplyfwdmsg", "appendonsend"})
"Outlook's: an element before the quote, not around it."


def to_text(source: str) -> str:
    """Plain text; scripts, styles and comments are left out, nothing is fetched."""
    page = _Page()
    source, position = source[:LONGEST], 0
    while found := TOKEN.search(source, position):
        page.write(source[position : found.start()])
        position = _after(source, found)
        page.meet(found)
    page.write(source[position:])
    page.end_line()
    return "\n".join(page.lines)


@dataclass
class _Page:
    """The lines so far, and which elements are open around what comes next."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    open: list[tuple[str, bool]] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    quotes: int = 0

    def write(self, text: str) -> None:
        text = html.unescape(HUGE_REFERENCE.sub("", text))
        if not self.names["pre"]:
            self.line.append(SPACES.sub(" ", text))
            return
        for number, line in enumerate(text.splitlines()):
            if number:
                self.break_line()
            self.line.append(line)
        if text.endswith("\n"):
            self.break_line()

    def meet(self, tag: re.Match[str]) -> None:
        name = (tag[2] or "").lower()
        if name == "br":
            self.break_line()
        elif name in {"td", "th"}:
            self.line.append(" ")
        elif BREAKING.fullmatch(name):
            self.end_line()
        if name in HOLDING:
            self._leave(name) if tag[1] else self._enter(name, tag[3])

    def break_line(self) -> None:
        text = SPACES.sub(" ", "".join(self.line).replace("\xa0", " ")).strip()
        if self.names["pre"]:
            text = "".join(self.line).replace("\xa0", " ").rstrip()
        text = "-- " if text == "--" else text
        self.lines.append(f"> {text}" if self.quotes else text)
        self.line.clear()

    def end_line(self) -> None:
        if any(piece.strip(" ") for piece in self.line):
            self.break_line()
        self.line.clear()

    def _enter(self, name: str, attributes: str) -> None:
        given = {found[1].lower(): (found[2] or found[3] or found[4] or "") for found in ATTRIBUTE.finditer(attributes)}
        labels = {given.get("id", "").lower(), *given.get("class", "").lower().split()}
        quoting = bool(labels & QUOTES) or bool(labels & QUOTES_IF_LATER and any(self.lines))
        quoting = quoting or name == "includetail"
        quoting = quoting or (name == "blockquote" and not NO_BORDER.search(given.get("style", "").lower()))
        self.open.append((name, quoting))
        self.names[name] += 1
        self.quotes += quoting + bool(labels & QUOTES_TO_THE_END)

    def _leave(self, name: str) -> None:
        """Ends what was left open within it, too; the end of what never began means nothing."""
        while self.names[name]:
            opened, quoting = self.open.pop()
            self.names[opened] -= 1
            self.quotes -= quoting
            if opened == name:
                return


def _after(source: str, found: re.Match[str]) -> int:
    """Where to read on: after the tag, after the comment, after what a tag keeps from sight."""
    if found[0] == "<!--":
        end = source.find("-->", found.end())
        return end + 3 if end >= 0 else len(source)
    name = (found[2] or "").lower()
    if name in UNSEEN and not found[1] and not found[3].endswith("/"):
        closing = re.compile(rf"</{name}\s*>", re.IGNORECASE).search(source, found.end())
        return closing.end() if closing else len(source)
    return found.end()
