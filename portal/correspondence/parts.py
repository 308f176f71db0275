"""A raw message taken apart into header fields and leaves, in bounded time whatever the bytes are.

Not by the standard library's parser: its time grows with depth times lines, and deep nesting ends in a RecursionError.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count, islice

from portal.correspondence import decoding

MOST_FIELDS = 1000
MOST_LEAVES = 200
DEEPEST = 8
LONGEST_HEAD = 500_000
LONGEST_BOUNDARY = 200

END_OF_HEAD = re.compile(rb"(?:^|\n)\r?\n")
FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:(.*(?:\n[ \t].*)*)", re.MULTILINE)
MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
FIRST_WORD = re.compile(r"[\w.-]+")
PATH = re.compile(r"[/\\]")


@dataclass(frozen=True)
class Head:
    """The header fields of a message or of a part of one: names in lower case, values as they came."""

    fields: tuple[tuple[str, bytes], ...] = ()

    def first(self, name: str) -> bytes:
        """The topmost field of this name; empty if there is none."""
        return next((value for field, value in self.fields if field == name), b"")

    def every(self, name: str) -> list[bytes]:
        """All fields of this name, the topmost first."""
        return [value for field, value in self.fields if field == name]

    def text(self, name: str) -> str:
        """The topmost field, decoded."""
        return decoding.header(self.first(name))

    @cached_property
    def content_type(self) -> str:
        """The field with its parameters, readable."""
        return decoding.unencoded(self.first("content-type"))

    @cached_property
    def media_type(self) -> str:
        """`text/plain` where none is given, as RFC 2045 has it."""
        found = MEDIA_TYPE.search(self.content_type.partition(";")[0].lower())
        return found[0] if found else "text/plain"

    @cached_property
    def parameters(self) -> dict[str, str]:
        """Of the media type."""
        return decoding.parameters(self.content_type)

    @cached_property
    def disposition(self) -> str:
        """`attachment`, `inline`, or empty."""
        return decoding.unencoded(self.first("content-disposition")).partition(";")[0].strip().lower()

    @cached_property
    def filename(self) -> str:
        """Without the path; empty if the part has no name."""
        given = decoding.parameters(decoding.unencoded(self.first("content-disposition"))).get("filename")
        return PATH.split(decoding.one_line(given or self.parameters.get("name", "")))[-1].strip()


@dataclass(frozen=True)
class Leaf:
    """A part that holds no parts; `choice` is the same for those of which the reader is to choose one, 0 for others."""

    head: Head
    body: bytes
    choice: int = 0
    unreadable: str = ""

    @cached_property
    def content(self) -> bytes:
        """Decoded as Content-Transfer-Encoding has it, as far as that can be done."""
        found = FIRST_WORD.search(decoding.unencoded(self.head.first("content-transfer-encoding")).lower())
        if found and found[0] == "base64":
            return decoding.from_base64(self.body)
        if found and found[0] == "quoted-printable":
            return binascii.a2b_qp(self.body)
        return self.body


def split(raw: bytes) -> tuple[Head, bytes]:
    """Header fields and body of a message or a part."""
    end = END_OF_HEAD.search(raw)
    block, body = (raw[: end.start() + 1], raw[end.end() :]) if end else (raw, b"")
    found = islice(FIELD.finditer(block[:LONGEST_HEAD]), MOST_FIELDS)
    return Head(tuple((field[1].decode("ascii").lower(), field[2].strip()) for field in found)), body


def leaves(head: Head, body: bytes) -> tuple[list[Leaf], list[str]]:
    """The leaves of a message in order, and in plain words what of it was not taken apart."""
    found = list(islice(_leaves(Leaf(head, body), 0, count(1)), MOST_LEAVES + 1))
    problems = list(dict.fromkeys(leaf.unreadable for leaf in found if leaf.unreadable))
    if len(head.fields) == MOST_FIELDS:
        problems.append(f"more than {MOST_FIELDS} header fields; the others were not read")
    if len(found) > MOST_LEAVES:
        problems.append(f"more than {MOST_LEAVES} parts; the others were not read")
    return found[:MOST_LEAVES], problems


def _leaves(part: Leaf, depth: int, choices: Iterator[int]) -> Iterator[Leaf]:
    if not part.head.media_type.startswith("multipart/"):
        yield part
    elif depth == DEEPEST:
        yield replace(part, body=b"", unreadable=f"parts within parts more than {DEEPEST} deep; these were not read")
    else:
        yield from _leaves_of(part, depth, choices)


def _leaves_of(part: Leaf, depth: int, choices: Iterator[int]) -> Iterator[Leaf]:
    choice = next(choices) if part.head.media_type == "multipart/alternative" else part.choice
    boundary = part.head.parameters.get("boundary", "").strip()
    empty = True
    for section in _sections(part.body, boundary) if boundary else ():
        empty = False
        head, body = split(section)
        yield from _leaves(Leaf(head, body, choice), depth + 1, choices)
    if empty:
        yield Leaf(Head(), part.body, part.choice, "the parts cannot be told apart; read as one text")


def _sections(body: bytes, boundary: str) -> Iterator[bytes]:
    """What stands between the boundary lines; the end of the message ends the last one too."""
    line = re.escape(boundary[:LONGEST_BOUNDARY].encode("utf-8", "replace"))
    start = None
    for delimiter in re.finditer(rb"^--" + line + rb"(--)?[ \t]*\r?$", body, re.MULTILINE):
        if start is not None:
            yield _without_last_break(body[start : delimiter.start()])
        start = delimiter.end() + 1
        if delimiter[1]:
            return
    if start is not None:
        yield body[start:]


def _without_last_break(section: bytes) -> bytes:
    """The line break before a boundary belongs to the boundary."""
    return section.removesuffix(b"\n").removesuffix(b"\r")
