"""Files as they come: small ones of every kind that is taken, and of kinds that are not."""

import struct
import zipfile
import zlib
from io import BytesIO

OPEN_XML = "application/vnd.openxmlformats-officedocument"
MAIN = {
    "docx": f"{OPEN_XML}.wordprocessingml.document.main+xml",
    "xlsx": f"{OPEN_XML}.spreadsheetml.sheet.main+xml",
    "pptx": f"{OPEN_XML}.presentationml.presentation.main+xml",
    "ppsx": f"{OPEN_XML}.presentationml.slideshow.main+xml",
    "docm": "application/vnd.ms-word.document.macroEnabled.main+xml",
}
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!$H+H*"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"


def pdf(beside: bytes = b"") -> bytes:
    objects = (
        b"1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n"
    )
    return b"%PDF-1.7\n" + beside + objects + b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"


def png() -> bytes:
    """One white pixel."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))

    header = struct.pack(">LLBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00\xff")) + chunk(b"IEND", b"")
    )


def jpeg(comment: bytes = b"") -> bytes:
    said = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    return b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00" + said + b"\xff\xd9"


def gif() -> bytes:
    return b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"


def webp() -> bytes:
    return b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00"


def heic() -> bytes:
    return b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 32


def tiff() -> bytes:
    return b"II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00"


def bmp() -> bytes:
    return (
        b"BM"
        + struct.pack("<LHHL", 58, 0, 0, 54)
        + struct.pack("<LllHHLLllLL", 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0)
        + b"\xff" * 4
    )


def zipped(parts: dict[str, bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def office(kind: str, **others: bytes) -> bytes:
    """A document of the newer office formats; `others` are further parts, `_` for a slash, `__` for a dot."""
    types = f'<?xml version="1.0"?><Types><Override PartName="/main.xml" ContentType="{MAIN[kind]}"/></Types>'
    named = {name.replace("__", ".").replace("_", "/"): content for name, content in others.items()}
    return zipped({"[Content_Types].xml": types.encode(), "main.xml": b"<w/>", **named})


def ofd() -> bytes:
    return zipped({"OFD.xml": b'<?xml version="1.0"?><ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" Version="1.0"/>'})


def compound(*streams: str, content: bytes = b"") -> bytes:
    """An OLE compound file, as far as its directory."""

    def entry(name: str, kind: int) -> bytes:
        spelled = name.encode("utf-16-le") + b"\x00\x00"
        return spelled.ljust(64, b"\x00") + struct.pack("<HB", len(spelled), kind) + b"\x00" * 61

    directory = entry("Root Entry", 5) + b"".join(entry(name, 2) for name in streams)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\x00") + directory + content


def macro_sheet() -> bytes:
    """The record by which a workbook names a sheet of Excel 4 macros."""
    return b"\x85\x00\x0e\x00" + b"\x10\x20\x00\x00" + b"\x00\x01" + b"\x06\x00" + b"Macro1"


def bomb() -> bytes:
    return office("docx", word_media_image__png=b"\x00" * 40_000_000)


GOOD: dict[str, tuple[str, bytes]] = {
    "户口簿.pdf": ("application/pdf", pdf()),
    "底档.OFD": ("application/ofd", ofd()),
    "照片.jpg": ("image/jpeg", jpeg()),
    "截图.png": ("image/png", png()),
    "a.gif": ("image/gif", gif()),
    "a.webp": ("image/webp", webp()),
    "IMG_0001.HEIC": ("image/heic", heic()),
    "扫描.tif": ("image/tiff", tiff()),
    "a.bmp": ("image/bmp", bmp()),
    "证明.docx": (f"{OPEN_XML}.wordprocessingml.document", office("docx")),
    "名单.xlsx": (f"{OPEN_XML}.spreadsheetml.sheet", office("xlsx")),
    "培训.pptx": (f"{OPEN_XML}.presentationml.presentation", office("pptx")),
    "旧.doc": ("application/msword", compound("WordDocument", "1Table")),
    "旧.xls": ("application/vnd.ms-excel", compound("Workbook")),
    "金山.wps": ("application/msword", compound("WordDocument")),
    "说明.txt": ("text/plain", "核对底档 a < b，无误。".encode()),
    "旧说明.txt": ("text/plain", "核对底档，无误。".encode("gb18030")),
    "表.csv": ("text/csv", "姓名,电话\n张三,+86 432 1234".encode("gb18030")),
    "没有扩展名": ("text/plain", "说明".encode()),
}
"By name: the media type, the content."

BAD: dict[str, tuple[str, bytes]] = {
    "logo.svg": ("MARKUP", SVG),
    "照片.jpg": ("MARKUP", HTML),
    "page.txt": ("MARKUP", b"hello <script>alert(1)</script>"),
    "数据.xml": ("MARKUP", b"<note>1</note>"),
    "old-page.txt": ("MARKUP", b" \r\n<center>hello</center>"),
    "utf16.html": ("UNKNOWN", "\ufeff<html></html>".encode("utf-16-le")),
    "setup.exe": ("PROGRAM", b"MZ\x90\x00\x03\x00\x00\x00"),
    "tool": ("PROGRAM", b"\x7fELF\x02\x01\x01\x00"),
    "run.sh": ("PROGRAM", b"#!/bin/sh\necho 1\n"),
    "run.bat": ("PROGRAM", b"@echo off\r\nformat c:\r\n"),
    "run.js": ("UNKNOWN", b"alert(1)\n"),
    "a.rtf": ("PROGRAM", b"{\\rtf1 {\\object}}"),
    "dde.csv": ("PROGRAM", b"a,b\n1,=cmd|'/c calc'!A0\n"),
    "a.zip": ("ARCHIVE", zipped({"a.txt": b"1"})),
    "a.rar": ("ARCHIVE", b"Rar!\x1a\x07\x00\x00"),
    "a.7z": ("ARCHIVE", b"7z\xbc\xaf\x27\x1c\x00\x04"),
    "empty.zip": ("ARCHIVE", zipped({})),
    "放映.ppsx": ("UNKNOWN", office("ppsx")),
    "宏.docm": ("MACROS", office("docm")),
    "宏.docx": ("MACROS", office("docx", word_vbaProject__bin=b"1")),
    "宏.doc": ("MACROS", compound("WordDocument", "Macros", "VBA")),
    "宏.xls": ("MACROS", compound("Workbook", content=macro_sheet())),
    "内嵌.doc": ("MACROS", compound("WordDocument", "\x01Ole10Native")),
    "内嵌.docx": ("MACROS", office("docx", word_embeddings_oleObject1__bin=compound("\x01Ole10Native"))),
    "密.docx": ("PASSWORD", compound("EncryptionInfo", "EncryptedPackage")),
    "旧.ppt": ("UNKNOWN", compound("PowerPoint Document")),
    "邮件.msg": ("UNKNOWN", compound("__properties_version1.0")),
    "bomb.docx": ("BOMB", bomb()),
    "cut.docx": ("DAMAGED", office("docx")[:-30]),
    "two.docx": ("DAMAGED", b"PK\x03\x04" + b"0" * 40 + office("docx")),
    "page.pdf": ("TWO_KINDS", pdf(b"<html><script>alert(1)</script></html>\n")),
    "page.jpg": ("TWO_KINDS", jpeg(b"<html><script>alert(1)</script></html>")),
    "zip.pdf": ("TWO_KINDS", pdf() + zipped({"a.jar": b"1"})),
    "zip.png": ("TWO_KINDS", png() + zipped({"a.txt": b"1"})),
    "script.gif": ("UNKNOWN", b"GIF89a/*" + b"a" * 20 + b"*/=1;alert(1)//"),
    "noise.bin": ("UNKNOWN", bytes(range(256)) * 8),
}
"By name: why it is refused, the content."
