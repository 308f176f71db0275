"""What a call sends: its query, its body of JSON, or a form with files."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict

from portal.conversation.attachments import File
from portal.errors import Invalid
from portal.tickets.checking import LARGEST_FILE, LARGEST_FORM

FORM = "multipart/form-data"
FILES = "files"
NOT_JSON = _("Send a JSON object with Content-Type: application/json.")
NO_SUCH_FILES = _("Send each file as a field named files.")


def make_room_for_files() -> None:
    """Before the body is read, and only for whom the portal has let in."""
    request.max_content_length = LARGEST_FORM


def query() -> Mapping[str, Any]:
    return _each_once(request.args)


def body() -> Mapping[str, Any]:
    """Nothing is an empty object: the first field that is missing is told."""
    if request.method != "POST" or not request.get_data():
        return {}
    given = request.get_json(silent=True)
    if not isinstance(given, Mapping):
        raise Invalid({"": NOT_JSON})
    return given


def is_form() -> bool:
    return request.method == "POST" and request.mimetype == FORM


def form() -> Mapping[str, Any]:
    """The fields of a form, beside its files."""
    return _each_once(request.form)


def files() -> list[File]:
    """The files of a form; of one that is too large only so much is read that it shows."""
    if others := request.files.keys() - {FILES}:
        raise Invalid(dict.fromkeys(sorted(others), NO_SUCH_FILES))
    return [File(each.filename or "", each.stream.read(LARGEST_FILE + 1)) for each in request.files.getlist(FILES)]


def content() -> bytes:
    """What tells one request from another under the same address.

    Of a form its fields and files: what lies between them is made up anew each time it is sent.
    """
    if not is_form():
        return request.get_data()
    sent = [sorted(request.form.items(multi=True)), [_told(each) for each in request.files.getlist(FILES)]]
    return json.dumps(sent, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _told(file: Any) -> tuple[str, str]:
    file.stream.seek(0)
    return file.filename or "", hashlib.file_digest(file.stream, "sha256").hexdigest()


def _each_once(given: MultiDict[str, str]) -> Mapping[str, str]:
    twice = [name for name, values in given.lists() if len(values) > 1]
    if twice:
        raise Invalid(dict.fromkeys(twice, _("Give this once.")))
    return given.to_dict()
