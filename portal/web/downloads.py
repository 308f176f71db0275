"""A file that leaves as an answer, to be saved under its own name in any language (RFC 6266)."""

import unicodedata
from urllib.parse import quote

from flask import Response


def save_as(response: Response, name: str) -> Response:
    """The answer, to be saved under this name: a header holds no Chinese, so it stands there in two ways.

    What is no sign to be read (a line's end, a turn of the writing direction) is left out, and no name is a path.
    """
    plain = "".join("_" if sign in "/\\" else sign for sign in name if sign.isprintable())
    encoded = {"filename*": f"UTF-8''{quote(plain, safe='')}"}
    response.headers.set("Content-Disposition", "attachment", filename=_in_ascii(plain), **encoded)
    return response


def _in_ascii(name: str) -> str:
    """For what does not read `filename*`."""
    stem, _dot, ending = name.rpartition(".")
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().strip()
    return f"{plain or 'attachment'}.{ending}"
