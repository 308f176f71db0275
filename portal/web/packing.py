"""Pages are sent packed: a third of the time on a slow line.

A page holds a token beside what somebody may have put into it, so its packed length must tell nothing (BREACH): the
signature of the token is another every second, and each answer is lengthened by a random amount.
"""

import gzip
import io
import secrets

from flask import Flask, Response, request

PACKED = frozenset({"text/html", "text/csv", "application/json", "application/problem+json", "image/svg+xml"})
SMALLEST = 1_000
LEVEL, MOST_ADDED = 5, 100


def init_app(app: Flask) -> None:
    app.after_request(_pack)


def _pack(response: Response) -> Response:
    if response.mimetype not in PACKED or response.is_streamed or response.direct_passthrough:
        return response
    response.vary.add("Accept-Encoding")
    if _is_worth_it(response) and request.accept_encodings.quality("gzip") > 0:
        response.set_data(packed(response.get_data()))
        response.content_encoding = "gzip"
    return response


def _is_worth_it(response: Response) -> bool:
    """One with an ETag is compared byte by byte, and is small."""
    fresh = response.content_encoding is None and "ETag" not in response.headers
    return fresh and (response.content_length or 0) >= SMALLEST


def packed(data: bytes) -> bytes:
    """The data as gzip, with a file name of random length that nobody reads."""
    out = io.BytesIO()
    name = secrets.token_hex(MOST_ADDED // 2)[: secrets.randbelow(MOST_ADDED)]
    with gzip.GzipFile(filename=name, mode="wb", fileobj=out, compresslevel=LEVEL, mtime=0) as file:
        file.write(data)
    return out.getvalue()
