"""What other systems get, as it is documented: the shapes of `shapes.py`, field by field."""

from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from directory.models import ContactRole, UnitKind
from directory.presenting import Service
from directory.working_time import DayRule
from portal.ladder.ladder import ClockKind
from portal.tickets.lifecycle import Outcome, Place, TaskState, TicketState

MAY_BE_NULL: dict[str, Any] = {"required": True, "allow_none": True}


def words(description: Any = None, **options: Any) -> fields.String:
    return fields.String(required=True, metadata={"description": description} if description else {}, **options)


def choice(kind: Any, **options: Any) -> fields.String:
    return fields.String(required=True, validate=OneOf([str(each) for each in kind]), **options)


def count(description: Any = None, **options: Any) -> fields.Integer:
    return fields.Integer(required=True, metadata={"description": description} if description else {}, **options)


def many(inner: Any) -> fields.List[Any]:
    return fields.List(inner, required=True)


def next_page() -> fields.String:
    told = _("Send it as `after` for the next page; null on the last one.")
    return fields.String(**MAY_BE_NULL, metadata={"description": told})


class UnitResult(Schema):
    """Who: names are not unique, so the path is told with them."""

    code = words(_("12 characters, the only key of a unit."))
    name = words()
    kind = choice(UnitKind)
    path = many(fields.String())


class UnitCardResult(UnitResult):
    parent = fields.Nested(UnitResult, **MAY_BE_NULL)
    phones = many(fields.String())
    email = fields.String(**MAY_BE_NULL)
    supervisors = count(_("How many supervisors can be reached by mail."))
    open_now = fields.Boolean(required=True)
    freshness = words()
    matched = words(_("By what it was found."))
    in_service_from = fields.Date(**MAY_BE_NULL)
    service = choice(Service)


class UnitListResult(Schema):
    items = many(fields.Nested(UnitCardResult))
    next = next_page()


class FormerDivisionResult(Schema):
    name = words()
    since = fields.Integer(**MAY_BE_NULL)
    until = count()
    now = many(fields.String())


class RegisterResult(Schema):
    """Who keeps the register of a code now; a hint, since people move."""

    code = words()
    now = fields.String(**MAY_BE_NULL, metadata={"description": _("The division that has the code today.")})
    former = many(fields.Nested(FormerDivisionResult))
    keepers = many(fields.Nested(UnitResult))


class PhoneResult(Schema):
    number = words()
    extension = words()
    remark = words()


class ContactResult(Schema):
    id = count(_("For noting a call, and for giving a task to a post."))
    role = choice(ContactRole)
    rank = count(_("The order of calling within the role, 1 first."))
    name = words()
    post = words()
    email = fields.String(**MAY_BE_NULL)
    freshness = words()
    phones = many(fields.Nested(PhoneResult))


class ContactListResult(Schema):
    items = many(fields.Nested(ContactResult))
    next = next_page()


class HoursResult(Schema):
    opens = words()
    closes = words()


class CalendarDayResult(Schema):
    day = fields.Date(required=True)
    rule = choice(DayRule)
    hours = many(fields.Nested(HoursResult))


class CalendarResult(Schema):
    """The working time of a year, without duty shifts."""

    unit = fields.Nested(UnitResult, required=True)
    year = count()
    timezone = words()
    known_until = fields.Date(required=True, metadata={"description": _("Later days are assumed by the week.")})
    days = many(fields.Nested(CalendarDayResult))


class LimitResult(Schema):
    amount = count()
    unit = words()


class StepResult(Schema):
    step = words()
    zh = words()
    place = choice(Place)
    limit = fields.Nested(LimitResult, required=True)
    after = many(fields.String())
    repeat = fields.Boolean(required=True)


class PhraseResult(Schema):
    zh = words()
    en = words()


class ProcedureResult(Schema):
    code = words()
    zh = words()
    en = words()
    urgency = words()
    overall = fields.Nested(LimitResult, **MAY_BE_NULL)
    places_named = many(fields.String())
    materials = many(fields.Nested(PhraseResult))
    refusal_grounds = many(fields.Nested(PhraseResult))
    steps = many(fields.Nested(StepResult))


class ProcedureListResult(Schema):
    items = many(fields.Nested(ProcedureResult))
    next = next_page()


class TaskResult(Schema):
    id = count()
    etag = words(_("For If-Match, where only this task must be unchanged."))
    step = words()
    place = choice(Place)
    unit = fields.Nested(UnitResult, required=True)
    state = choice(TaskState)
    outcome = fields.String(**MAY_BE_NULL, validate=OneOf([*map(str, Outcome), None]))
    cycle = count()
    sent_at = fields.DateTime(**MAY_BE_NULL)
    sign_for_due_at = fields.DateTime(**MAY_BE_NULL)
    due_at = fields.DateTime(**MAY_BE_NULL)
    provisional = fields.Boolean(required=True, metadata={"description": _("The limit rests on days not known yet.")})
    rung = fields.Integer(**MAY_BE_NULL, metadata={"description": _("The highest rung climbed in this cycle.")})
    handed_on = count()
    suspended_until = fields.DateTime(**MAY_BE_NULL)
    assignee = fields.String(**MAY_BE_NULL)


class AttachmentResult(Schema):
    id = count()
    name = words()
    media_type = words()
    size = count()
    sha256 = words()
    url = words()


class EntryResult(Schema):
    id = count()
    at = fields.DateTime(required=True)
    kind = words()
    by = words()
    to = fields.Nested(UnitResult, **MAY_BE_NULL)
    text = words()
    edited_at = fields.DateTime(**MAY_BE_NULL)
    attachments = many(fields.Nested(AttachmentResult))


class TicketSummaryResult(Schema):
    number = words(_("The last digit checks the others: XB2016-000123-7."))
    state = choice(TicketState)
    procedure = words()
    urgency = words()
    subject = words()
    reference = words()
    drill = fields.Boolean(required=True)
    accepted_on = fields.Date(required=True)
    opened_at = fields.DateTime(required=True)
    opened_by = fields.Nested(UnitResult, required=True)
    due_at = fields.DateTime(**MAY_BE_NULL)
    tasks = many(fields.Nested(TaskResult))


class TicketResult(TicketSummaryResult):
    etag = words(_("Changes with everything that happens on the ticket; the header ETag as well."))
    entries = many(fields.Nested(EntryResult))


class ListedTicketResult(TicketSummaryResult):
    updated_at = fields.DateTime(required=True)


class TicketListResult(Schema):
    items = many(fields.Nested(ListedTicketResult))
    next = next_page()


class RungResult(Schema):
    task = fields.Integer(**MAY_BE_NULL)
    step = fields.String(**MAY_BE_NULL)
    clock = choice(ClockKind)
    rung = count()
    at = fields.DateTime(required=True)
    unit = fields.Nested(UnitResult, required=True)
    recipients = many(fields.String())
    copies = many(fields.String())
    skipped = fields.String(**MAY_BE_NULL)


class ForecastResult(Schema):
    rungs = many(fields.Nested(RungResult))


class FaultResult(Schema):
    field = words(_("citizens.0.id_number; empty where it is no single field."))
    detail = words()


class ProblemResult(Schema):
    """RFC 9457, in the language of Accept-Language (zh, en)."""

    type = words()
    title = words()
    status = count()
    detail = words()
    errors = fields.List(fields.Nested(FaultResult))
