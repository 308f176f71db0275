"""The kinds of file that may go with a message, and why another may not."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Media:
    """A kind of file that is allowed."""

    type: str
    "media type (RFC 6838)"
    group: str
    "what it is to its reader: picture, document, sheet, slides, text"
    endings: tuple[str, ...]
    "of its names; the first where a name has none of them"


class Unfit(StrEnum):
    """Why a content may not be attached."""

    UNKNOWN = "of a kind that is not taken"
    MARKUP = "HTML, SVG or XML"
    PROGRAM = "a program or a script"
    ARCHIVE = "an archive"
    MACROS = "holds macros or an embedded program"
    PASSWORD = "encrypted"  # noqa: S105  a reason, no secret
    BOMB = "grows out of all proportion when it is unpacked"
    TWO_KINDS = "two kinds of file in one"
    DAMAGED = "cannot be read to its end"


OPEN_XML = "application/vnd.openxmlformats-officedocument"

PDF = Media("application/pdf", "document", (".pdf",))
OFD = Media("application/ofd", "document", (".ofd",))
JPEG = Media("image/jpeg", "picture", (".jpg", ".jpeg", ".jpe", ".jfif"))
PNG = Media("image/png", "picture", (".png",))
GIF = Media("image/gif", "picture", (".gif",))
WEBP = Media("image/webp", "picture", (".webp",))
HEIC = Media("image/heic", "picture", (".heic", ".heif"))
TIFF = Media("image/tiff", "picture", (".tif", ".tiff"))
BMP = Media("image/bmp", "picture", (".bmp", ".dib"))
DOCX = Media(f"{OPEN_XML}.wordprocessingml.document", "document", (".docx",))
XLSX = Media(f"{OPEN_XML}.spreadsheetml.sheet", "sheet", (".xlsx",))
PPTX = Media(f"{OPEN_XML}.presentationml.presentation", "slides", (".pptx",))
DOC = Media("application/msword", "document", (".doc", ".wps"))
XLS = Media("application/vnd.ms-excel", "sheet", (".xls", ".et"))
TEXT = Media("text/plain", "text", (".txt", ".text", ".log", ".md"))
CSV = Media("text/csv", "sheet", (".csv",))

ALLOWED = (PDF, OFD, JPEG, PNG, GIF, WEBP, HEIC, TIFF, BMP, DOCX, XLSX, PPTX, DOC, XLS, TEXT, CSV)
GROUPS = {media.type: media.group for media in ALLOWED}
