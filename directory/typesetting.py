"""What is printed: a template of Typst that reads texts as data, never as markup, set in a Chinese type."""

from collections.abc import Mapping
from typing import Any

from pylopdf_fonts_zh_cn import sans_path


def typeset(template: bytes, facts: Mapping[str, str], *, tagged: bool = True) -> bytes:
    """The PDF; `tagged`: with its structure, for who has it read out."""
    import typst  # noqa: PLC0415  seven million bytes, which most processes never print with

    fonts = typst.Fonts(include_system_fonts=False, font_paths=[sans_path().parent])
    given: dict[str, Any] = {"font_paths": fonts, "sys_inputs": dict(facts), "pdf_tags": tagged}
    return bytes(typst.compile(template, format="pdf", timestamp=0, **given))
