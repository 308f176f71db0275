"""`/api/v1/directory/…`: the contact table given in as a sheet, planned, applied, undone; and taken away."""

import base64
import binascii
from datetime import date
from typing import Any

from flask import Response, url_for
from flask_babel import lazy_gettext as _
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from directory.imports import ImportLine, ImportRecord, ImportState
from directory.models import Unit, UnitAncestor
from directory.queries import subtree_codes
from directory.sheets.gathering import gather_subtree
from directory.sheets.plan import Outcome
from directory.sheets.table import title
from directory.sheets.writing import WRITERS
from portal import clock
from portal.api import shapes
from portal.api.answers import LARGEST_ID, after_id, zone
from portal.api.calls import Given, Operation, bp, call
from portal.api.keys import Reply
from portal.api.results import MAY_BE_NULL, choice, count, many, next_page, words
from portal.api.schemas import LIMIT, told
from portal.api.schemas import words as given_words
from portal.api.typed import CountInAddress, Flag, Nothing, Taken, Words, one_of
from portal.contacts import import_work
from portal.contacts.queries import import_lines, imports_visible_to
from portal.errors import Hidden, Invalid
from portal.extensions import db
from portal.postgresql import whole
from portal.web.actor import Actor
from portal.web.downloads import save_as
from portal.web.pagination import page_of
from portal.web.permissions import Permission

EDIT = Permission.DIRECTORY_EDIT
EXAMPLE = base64.b64encode("单位名称,姓名,电话\n站前派出所,周一,0432-80001234\n".encode()).decode()
LARGEST = 10 * 1024 * 1024
NO_IMPORT = _("There is no such import.")
NOT_BASE64 = _("Send the file in base64, at most 10 MB of it.")
NOT_BELOW = _("Give the code of your own unit, or of one below it.")


class SheetSchema(Taken):
    name = given_words(_("The file's name, with its ending."), "table.csv")
    content = given_words(_("The file in base64: xlsx, xls, csv or txt."), EXAMPLE)
    under = given_words(_("Code of the unit whose table it is; your own, if it is left out."), allow_none=True)


class ApplicationSchema(Taken):
    skip_refused = Flag(load_default=False, metadata=told(_("Leave out what is refused, instead of applying nothing.")))


class ImportLinesQuery(Taken):
    outcome = Words(validate=one_of(Outcome), metadata=told(_("Only lines that come to this.")))
    limit = CountInAddress(load_default=20, validate=LIMIT, metadata=told(_("How many at most.")))
    after = Words(metadata=told(_("`next` of the page before.")))


class TableQuery(Taken):
    kind = Words(load_default="csv", validate=one_of(WRITERS), metadata=told(_("xlsx, csv, vcf or pdf."), "csv"))
    under = Words(metadata=told(_("Only this unit and all below it: its code.")))


class CountsResult(Schema):
    rows = count()
    new = count()
    changed = count()
    same = count()
    refused = count()
    asked = count()
    skipped = count()


class ImportResult(Schema):
    id = count()
    name = words()
    state = choice(ImportState)
    given_at = fields.DateTime(required=True)
    applied_at = fields.DateTime(**MAY_BE_NULL)
    undone_at = fields.DateTime(**MAY_BE_NULL)
    fault = words(_("Why it could not be finished; empty: nothing is wrong."))
    counts = fields.Nested(CountsResult, required=True)


class ImportListResult(Schema):
    items = many(fields.Nested(ImportResult))
    next = next_page()


class ImportLineResult(Schema):
    position = count()
    sheet = words()
    row = count()
    outcome = fields.String(required=True, validate=OneOf([str(each) for each in Outcome]))
    unit = words(_("The unit's code, where it is known."))
    name = words()
    reason = fields.String(**MAY_BE_NULL)
    column = fields.Integer(**MAY_BE_NULL)


class ImportLineListResult(Schema):
    items = many(fields.Nested(ImportLineResult))
    next = next_page()


@bp.get("/directory/imports")
@call(Operation(EDIT, _("The sheets given in for your unit and those below it, the newest first."), ImportListResult))
def directory_imports(actor: Actor, _given: Given) -> shapes.Json:
    found = db.session.scalars(imports_visible_to(actor).limit(50)).all()
    return {"items": [_import(each) for each in found], "next": None}


@bp.post("/directory/imports")
@call(
    Operation(
        EDIT,
        _("Give a contact table in: nothing changes until it is applied. Of a long one ask how far it is."),
        ImportResult,
        SheetSchema,
        status=201,
    )
)
def give_in(actor: Actor, given: Given) -> Reply:
    under = _under(actor, given["under"])
    record = import_work.receive(db.session, actor, _content(given["content"]), given["name"][:200], under, clock.now())
    db.session.flush()
    return Reply(_import(record), 201, url_for("api.directory_import", import_id=record.id))


@bp.get("/directory/imports/<int:import_id>")
@call(Operation(EDIT, _("How far it is: received, planned, applying, applied or undone, and what its rows come to."),
                ImportResult))  # fmt: skip
def directory_import(actor: Actor, _given: Given, import_id: int) -> shapes.Json:
    return _import(_load(actor, import_id))


@bp.get("/directory/imports/<int:import_id>/lines")
@call(Operation(EDIT, _("What becomes of each row, page by page."), ImportLineListResult, asks=ImportLinesQuery))
def directory_import_lines(actor: Actor, given: Given, import_id: int) -> shapes.Json:
    record, after = _load(actor, import_id), after_id(given.get("after")) or 0
    found = db.session.scalars(import_lines(record, given.get("outcome"), after, given["limit"] + 1)).all()
    page = page_of(found, given["limit"], lambda line: (line.position,))
    return {"items": [_line(each) for each in page.items], "next": page.next}


@bp.post("/directory/imports/<int:import_id>/apply")
@call(Operation(EDIT, _("Change the directory as planned, all at once; of a long one the worker does it."),
                ImportResult, ApplicationSchema))  # fmt: skip
def apply_import(actor: Actor, given: Given, import_id: int) -> shapes.Json:
    record = _load(actor, import_id, lock=True)
    import_work.apply(db.session, actor, record, clock.now(), skip_refused=given["skip_refused"])
    return _import(record)


@bp.post("/directory/imports/<int:import_id>/undo")
@call(Operation(EDIT, _("Put everything back as it was, unless something newer has touched it."),
                ImportResult, Nothing))  # fmt: skip
def undo_import(actor: Actor, _given: Given, import_id: int) -> shapes.Json:
    record = _load(actor, import_id, lock=True)
    import_work.undo(db.session, actor, record, clock.now())
    return _import(record)


@bp.get("/directory/table")
@call(Operation(Permission.DIRECTORY_READ, _("The contact table as a file."), None, asks=TableQuery))
def table(_actor: Actor, given: Given) -> Response:
    under, kind = given.get("under"), given["kind"]
    if under is not None and ("\x00" in under or db.session.get(Unit, under) is None):
        raise Invalid({"under": NOT_BELOW})
    listed = gather_subtree(whole(db.session), under)
    response = Response(WRITERS[kind](listed, under, _today()), content_type="application/octet-stream")
    return save_as(response, f"{title(listed, under)}.{kind}")


def _content(text: str) -> bytes:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    if not 0 < len(content) <= LARGEST:
        raise Invalid({"content": NOT_BASE64})
    return content


def _under(actor: Actor, code: str | None) -> str | None:
    if not code:
        return None
    below = subtree_codes(str(actor.unit_code)).where(UnitAncestor.unit_code == code)
    if "\x00" in code or db.session.scalar(below) is None:
        raise Invalid({"under": NOT_BELOW})
    return code


def _load(actor: Actor, import_id: int, *, lock: bool = False) -> ImportRecord:
    statement = imports_visible_to(actor).where(ImportRecord.id == min(import_id, LARGEST_ID))
    record = db.session.scalar(statement.with_for_update() if lock else statement)
    if record is None:
        raise Hidden(NO_IMPORT)
    return record


def _today() -> date:
    return clock.now().astimezone(zone()).date()


def _import(one: ImportRecord) -> shapes.Json:
    counts = {name: one.counts.get(name, 0) for name in ("rows", *map(str, Outcome))}
    return {
        "id": one.id,
        "name": one.name,
        "state": one.state,
        "given_at": shapes.instant(one.given_at, zone()),
        "applied_at": shapes.instant(one.applied_at, zone()),
        "undone_at": shapes.instant(one.undone_at, zone()),
        "fault": one.fault,
        "counts": counts,
    }


def _line(one: ImportLine) -> Any:
    told_ = one.detail
    return {
        "position": one.position,
        "sheet": told_.get("sheet", ""),
        "row": told_.get("row", 0),
        "outcome": one.outcome,
        "unit": told_.get("unit", ""),
        "name": told_.get("name", ""),
        "reason": told_.get("reason"),
        "column": told_.get("column"),
    }
