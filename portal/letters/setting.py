"""Setting a letter: its facts go to Typst as data, never as markup, and come back as a PDF."""

import io
import json
import re
from importlib.resources import files
from typing import Any

import segno

from directory.typesetting import typeset

UNBROKEN = re.compile(r"[^\s\u2e80-\U0003ffff]{24}(?=[^\s])")
BREAK_HERE = "\N{ZERO WIDTH SPACE}"
AFTER = 24
"A line may break after so many characters without a space, as in an address of the web."


def set_letter(letter: dict[str, Any], link: str) -> bytes:
    """The PDF of a letter as `letter.typ` reads it, with `link` as a QR code."""
    template = files("portal.letters").joinpath("letter.typ").read_bytes()
    facts = json.dumps(breakable(letter), ensure_ascii=False)
    return typeset(template, {"letter": facts, "qr": _qr(link)})


def breakable(value: Any) -> Any:
    """The same with places where a very long word may be broken, so that it does not leave the page."""
    if isinstance(value, str):
        return UNBROKEN.sub(lambda found: found.group() + BREAK_HERE, value)
    if isinstance(value, list):
        return [breakable(each) for each in value]
    if isinstance(value, dict):
        return {key: breakable(each) for key, each in value.items()}
    return value


def _qr(link: str) -> str:
    picture = io.BytesIO()
    segno.make(link, error="m", micro=False).save(picture, kind="svg", border=0, scale=4)
    return picture.getvalue().decode()
