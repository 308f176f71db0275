"""What a ZIP or an OLE compound file holds, found out without unpacking it.

Only the list of parts is read, and of the parts the few that say what the whole is, up to a limit.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from io import BytesIO

from portal.conversation.kinds import DOC, DOCX, OFD, OPEN_XML, PPTX, XLS, XLSX, Media, Unfit

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
END_OF_ZIP, ZIP_DIRECTORY, ZIP_64 = b"PK\x05\x06", b"PK\x01\x02", b"PK\x06\x07"
END_LENGTH, LONGEST_COMMENT = 22, 0xFFFF

LARGEST_DIRECTORY = 2 * 1024 * 1024
LARGEST_PART = 1024 * 1024
"Bytes that are read of one part at most, whatever it declares."
LARGEST_EMBEDDED = 20 * 1024 * 1024
LARGEST_UNPACKED, HIGHEST_RATIO, SMALL = 512 * 1024 * 1024, 200, 16 * 1024 * 1024
"A document may unpack to so many bytes, and, above what is small, to so many times its size."
READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}

OFFICE = {
    f"{OPEN_XML}.wordprocessingml.document.main+xml".encode(): DOCX,
    f"{OPEN_XML}.spreadsheetml.sheet.main+xml".encode(): XLSX,
    f"{OPEN_XML}.presentationml.presentation.main+xml".encode(): PPTX,
}
MACROS = (b"macroenabled", b"vbaproject", b"macrosheet", b"activex")
PACKAGE = "\x01Ole10Native"
"The stream of a file of any kind that was dropped into a document."

STREAMS = {"WordDocument": DOC, "Workbook": XLS, "Book": XLS}
MACRO_STORAGES = {"VBA", "Macros", "_VBA_PROJECT", "_VBA_PROJECT_CUR", PACKAGE}
ENTRY, ENTRY_KINDS = 128, {1, 2, 5}
MACRO_SHEET = re.compile(rb"\x85\x00(?P<length>.)\x00.{4}[\x00-\x02]\x01(?P<letters>.)(?P<wide>[\x00\x01])", re.DOTALL)
"BOUNDSHEET8 ([MS-XLS] 2.4.28) of a sheet of Excel 4 macros."


def in_zip(content: bytes) -> Media | Unfit:
    """What a ZIP is: a document of the newer office formats, an OFD; any other is an archive."""
    if not _directory_is_whole(content):
        return Unfit.DAMAGED
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return _of_archive(archive, len(content))
    except (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, OverflowError):
        return Unfit.DAMAGED


def ends_as_zip(content: bytes) -> bool:
    """Whether a reader of ZIP files, which starts at the end, takes this for one."""
    at = _end_of_zip(content)
    if at < 0 or at + END_LENGTH > len(content):
        return False
    size = int.from_bytes(content[at + 12 : at + 16], "little")
    return size <= at and content[at - size : at - size + 4] == ZIP_DIRECTORY


def in_ole(content: bytes) -> Media | Unfit:
    """What an OLE compound file is, by the names of its streams: an older Word or Excel document, also from WPS."""
    names = set(_names_in_ole(content))
    if names & MACRO_STORAGES:
        return Unfit.MACROS
    if "EncryptedPackage" in names:
        return Unfit.PASSWORD
    media = next((media for name, media in STREAMS.items() if name in names), None)
    if media is XLS and _has_macro_sheet(content):
        return Unfit.MACROS
    return media or Unfit.UNKNOWN


def _end_of_zip(content: bytes) -> int:
    return content.rfind(END_OF_ZIP, max(0, len(content) - END_LENGTH - LONGEST_COMMENT))


def _directory_is_whole(content: bytes) -> bool:
    """The list of parts lies right before the end, nothing after it, and is not longer than a document's."""
    at = _end_of_zip(content)
    if at < 0 or at + END_LENGTH > len(content) or content[at - 20 : at - 16] == ZIP_64:
        return False
    size, offset, comment = (int(number) for number in struct.unpack_from("<LLH", content, at + 12))
    return offset + size == at and at + END_LENGTH + comment == len(content) and size <= LARGEST_DIRECTORY


def _of_archive(archive: zipfile.ZipFile, size: int) -> Media | Unfit:
    listed = archive.infolist()
    parts = {info.filename.lower(): info for info in listed}
    if len(parts) != len(listed):
        return Unfit.DAMAGED  # of two parts with one name each reader takes another
    if any(info.flag_bits & 1 for info in listed):
        return Unfit.PASSWORD
    if _grows(sum(info.file_size for info in listed), size):
        return Unfit.BOMB
    if "[content_types].xml" in parts:
        return _of_office(archive, parts)
    if "ofd.xml" in parts:
        return OFD if b"ofdspec.org" in _read(archive, parts["ofd.xml"]) else Unfit.DAMAGED
    return Unfit.ARCHIVE


def _grows(unpacked: int, packed: int) -> bool:
    return unpacked > LARGEST_UNPACKED or (unpacked > SMALL and unpacked > HIGHEST_RATIO * packed)


def _of_office(archive: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo]) -> Media | Unfit:
    types = _read(archive, parts["[content_types].xml"])
    if b"\x00" in types or b"&" in types or b"<!" in types:
        return Unfit.DAMAGED  # written so that it says something else to another reader
    if any(word in types.lower() for word in MACROS) or any(name.endswith("vbaproject.bin") for name in parts):
        return Unfit.MACROS
    if _holds_package(archive, parts):
        return Unfit.MACROS
    found = {media for main, media in OFFICE.items() if main in types}
    return found.pop() if len(found) == 1 else Unfit.UNKNOWN


def _holds_package(archive: zipfile.ZipFile, parts: Mapping[str, zipfile.ZipInfo]) -> bool:
    embedded = [info for name, info in parts.items() if "/embeddings/" in name and name.endswith(".bin")]
    return any(PACKAGE in _names_in_ole(_read(archive, info, LARGEST_EMBEDDED)) for info in embedded)


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int = LARGEST_PART) -> bytes:
    if info.compress_type not in READABLE:
        raise zipfile.BadZipFile("compressed in a way that no office program uses")
    with archive.open(info) as part:
        content = part.read(most + 1)
    if len(content) > most:
        raise zipfile.BadZipFile("too large to be what its name says")
    return content


def _names_in_ole(content: bytes) -> Iterator[str]:
    """The names of streams and storages: every block that has the form of a directory entry ([MS-CFB] 2.6.1).

    Reading them so, and not along their chain, finds them also where the chain was bent to hide one.
    """
    for at in range(4 * ENTRY, len(content) - ENTRY + 1, ENTRY):
        length = content[at + 64]
        if content[at + 66] in ENTRY_KINDS and 4 <= length <= 64 and length % 2 == 0 and content[at + 65] == 0:
            yield content[at : at + length - 2].decode("utf-16-le", "replace")


def _has_macro_sheet(content: bytes) -> bool:
    return any(
        found["length"][0] == 8 + found["letters"][0] * (1 + found["wide"][0])
        for found in MACRO_SHEET.finditer(content)
    )
