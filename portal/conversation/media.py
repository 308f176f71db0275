"""What a file is by its content, whatever its name says, and the name that it may have with us.

Allowed is what is listed in `kinds`. What a browser or a shell would carry out is refused: HTML, SVG, XML, programs,
scripts, archives, macros, and what is two kinds of file at once.
"""

import re
import struct
import unicodedata
from collections.abc import Callable

from portal.conversation import kinds
from portal.conversation.containers import OLE, ZIP, ends_as_zip, in_ole, in_zip
from portal.conversation.kinds import Media, Unfit

LONGEST_NAME = 200
"Characters, the ending among them."
HEAD = 1024
"Bytes at the beginning from which a browser guesses."

MARKUP = re.compile(
    rb"\A\s*<|</?(?:!|\?|%|html|head|body|script|svg|iframe|frame|object|embed|applet|link|meta|base|style|form|img|video"
    rb"|audio|a\s|table|div|template|math)",
    re.IGNORECASE,
)
PAGE = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|svg|iframe|\?php|title)\b", re.IGNORECASE)
"What makes a browser take the beginning of any file for a page; a picture's own XML (XMP) is none."
PROGRAMS = (b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe", b"dex\n")
ARCHIVES = (b"PK\x05\x06", b"PK\x07\x08", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MSCF", b"ITSF")
SCRIPTS = re.compile(
    r"\A\s*(?:#!|@echo\b|\{\\rtf|%!|%PDF-|\[InternetShortcut\]|\[Desktop Entry\]|Windows Registry Editor|REGEDIT4"
    r"|MIME-Version:|Content-Type:)",
    re.IGNORECASE,
)
"How texts begin that some program carries out, or takes for more than text."
FORMULA_THAT_CALLS = re.compile(r'(?:^|[,;\t"]) {0,8}[=+@-][^,;\t\n|]{0,200}\|[^,;\t\n!]{0,200}!', re.MULTILINE)
"A cell of a CSV by which Excel would start a program (DDE)."
NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")

HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
BITMAP_HEADERS = {12, 40, 52, 56, 64, 108, 124}

ENDING = re.compile(r"\.(?=[0-9]{0,4}[A-Za-z])[A-Za-z0-9]{1,5}\Z")
"What looks like the ending of a kind; in 关于3.5 or v1.2 there is none."
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"Control characters, those that turn the direction of writing, halves of characters, line ends."
DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?=\.|\Z)", re.IGNORECASE)


def kind_of(content: bytes, name: str) -> Media | Unfit:
    """What the content is, or why it may not be attached. The name tells only one text from another."""
    for fits, kind in _BY_CONTENT:
        if fits(content):
            media = kind(content) if callable(kind) else kind
            return Unfit.TWO_KINDS if isinstance(media, Media) and _is_something_else_too(content) else media
    return _text_or_why_not(content, name)


def safe_name(name: str, media: Media) -> str:
    """The name without path, invisible or forbidden characters, at most 200 long, with the ending of its content."""
    plain = plain_name(name)
    found = ENDING.search(plain)
    ending = found[0].lower() if found else ""
    stem = plain.removesuffix(found[0]) if found else plain
    ending = ending if ending in media.endings else media.endings[0]
    stem = stem[: LONGEST_NAME - len(ending)].rstrip(" .") or "file"
    return stem + ending


def plain_name(name: str) -> str:
    """The last part of a path, as it can be shown and stored anywhere."""
    visible = "".join(character for character in name if unicodedata.category(character) not in INVISIBLE)
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", visible))[-1]
    plain = re.sub(r"\s+", " ", re.sub(r'[<>:"|?*]', "_", last)).lstrip(" .").rstrip(" .")
    return f"_{plain}" if DEVICES.match(plain) else plain


def _begins(*heads: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(heads)


def _is_png(content: bytes) -> bool:
    return content.startswith(b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")


def _is_jpeg(content: bytes) -> bool:
    return content.startswith(b"\xff\xd8\xff") and content[3:4] >= b"\xc0"


def _is_gif(content: bytes) -> bool:
    """With bytes that no text has: `GIF89a/*` may begin a script."""
    return content.startswith((b"GIF87a", b"GIF89a")) and b"\x00" in content[6:HEAD]


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:15] == b"WEBPVP8"


def _is_heic(content: bytes) -> bool:
    return content[:1] == b"\x00" and content[4:8] == b"ftyp" and content[8:12] in HEIC_BRANDS


def _is_tiff(content: bytes) -> bool:
    order = {b"II*\x00": "<L", b"MM\x00*": ">L"}.get(content[:4])
    return bool(order and len(content) >= 8 and 8 <= struct.unpack_from(order, content, 4)[0] < len(content))


def _is_bmp(content: bytes) -> bool:
    if not content.startswith(b"BM") or len(content) < 26:
        return False
    pixels, header = struct.unpack_from("<LL", content, 10)
    return header in BITMAP_HEADERS and 14 + header <= pixels <= len(content)


def _is_something_else_too(content: bytes) -> bool:
    """Whether another program, given the file, would find a page or an archive in it."""
    if PAGE.search(content[:HEAD]):
        return True
    return not content.startswith(ZIP) and ends_as_zip(content)


def _text_or_why_not(content: bytes, name: str) -> Media | Unfit:
    text = _decoded(content)
    if text is None:
        return Unfit.UNKNOWN
    if MARKUP.search(content):
        return Unfit.MARKUP
    found = ENDING.search(plain_name(name))
    ending = found[0].lower() if found else kinds.TEXT.endings[0]
    if SCRIPTS.search(text) or FORMULA_THAT_CALLS.search(text):
        return Unfit.PROGRAM
    if ending in kinds.CSV.endings:
        return kinds.CSV
    return kinds.TEXT if ending in kinds.TEXT.endings else Unfit.UNKNOWN


def _decoded(content: bytes) -> str | None:
    """As UTF-8 or GB18030; None if it is not text."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if NOT_IN_TEXT.search(text) or not text else text
    return None


_BY_CONTENT: tuple[tuple[Callable[[bytes], bool], Media | Unfit | Callable[[bytes], Media | Unfit]], ...] = (
    (_begins(b"%PDF-1.", b"%PDF-2."), kinds.PDF),
    (_is_jpeg, kinds.JPEG),
    (_is_png, kinds.PNG),
    (_is_gif, kinds.GIF),
    (_is_webp, kinds.WEBP),
    (_is_heic, kinds.HEIC),
    (_is_tiff, kinds.TIFF),
    (_is_bmp, kinds.BMP),
    (_begins(ZIP), in_zip),
    (_begins(OLE), in_ole),
    (_begins(*ARCHIVES), Unfit.ARCHIVE),
    (_begins(*PROGRAMS), Unfit.PROGRAM),
)
"In this order; what fits none is text, or nothing that is taken."
