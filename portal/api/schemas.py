"""What other systems send: shapes and types; sense is for the actions to judge. Unknown fields are refused."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from marshmallow import ValidationError, pre_load
from marshmallow.validate import Range

from portal.api.typed import Count, CountInAddress, Day, Flag, Instant, Items, Part, Taken, Words, one_of
from portal.tickets.checking import Opening
from portal.tickets.citizens import CitizenFacts
from portal.tickets.lifecycle import Outcome, TicketState
from portal.tickets.moves import Answer, Return

MOST = 100
LIMIT = Range(1, MOST, error=_("Give 1 to %(most)s.", most=MOST))


def words(description: Any, *examples: str, **options: Any) -> Words:
    """A text that may be left out."""
    return Words(load_default="", metadata=told(description, *examples), **options)


def told(description: Any, *examples: Any) -> dict[str, Any]:
    return {"description": description, **({"examples": list(examples)} if examples else {})}


class CitizenSchema(Taken):
    name = words(_("The citizen's name."), "李某")
    id_number = words(_("The ID number; it is encrypted, and never told again."))


class PlaceSchema(Taken):
    place = Words(required=True, metadata=told(_("Which place of the procedure."), "registry"))
    unit = Words(required=True, metadata=told(_("The unit's code."), "220681000000"))


class OpeningSchema(Taken):
    """`citizen` is taken for a list of one."""

    procedure = Words(required=True, metadata=told(_("The kind of case: a code of GET /procedures."), "enquiry"))
    registry = words(_("Code of the unit that keeps the register."), "220681000000", allow_none=True)
    places = Items(Part(PlaceSchema), load_default=list, metadata=told(_("Further places, where the procedure asks.")))
    subject = words(_("What it is about, without a citizen's data."), "核对底档")
    message = words(_("What is asked of the other side."), "请核对底档。")
    citizens = Items(Part(CitizenSchema), load_default=list, metadata=told(_("Whose case it is.")))
    citizen = Part(CitizenSchema, metadata=told(_("The same for one citizen; not together with citizens.")))
    urgency = words(_("normal or urgent; empty: as the procedure has it."))
    drill = Flag(load_default=False, metadata=told(_("For training: nobody outside the unit is mailed.")))
    reference = words(_("The number in your own system."), "SL-2016-0042")
    accepted_on = Day(
        load_default=None, allow_none=True,
        metadata=told(_("The day from which the whole case counts; today, if it is left out.")),
    )  # fmt: skip

    @pre_load
    def one_citizen(self, given: Mapping[str, Any], **_options: Any) -> Mapping[str, Any]:
        if "citizen" not in given:
            return given
        if "citizens" in given:
            raise ValidationError({"citizen": [_("Send citizen or citizens, not both.")]})
        others = {name: value for name, value in given.items() if name != "citizen"}
        return {**others, "citizens": [given["citizen"]]}


class AnswerSchema(Taken):
    outcome = Words(load_default=Outcome.DONE.value, validate=one_of(Outcome),
                    metadata=told(_("Done or refused."), "done"))  # fmt: skip
    text = words(_("The answer itself."), "一致。")
    grounds = Items(Words(), load_default=list, metadata=told(_("All grounds of a refusal, at once.")))
    contact = words(_("Whom the other side can ask, with a phone number: a refusal or a return needs it."))
    explanation = words(_("The written explanation that is owed after an escalation."))


class ReturnSchema(Taken):
    ground = words(_("Why the other side cannot go on."), "人像不合格")
    reason = words(_("What should be amended."), "请重新拍照。")
    contact = words(
        _("Whom the other side can ask, with a phone number: a refusal or a return needs it."), "王 0439-80000000"
    )


class ResendSchema(Taken):
    text = words(_("What was amended."), "已重拍。")


class MessageSchema(Taken):
    text = words(_("What the units of the ticket read."), "资料已寄出。")
    to = words(_("Code of the one unit that may read it; without it all units of the ticket do."), allow_none=True)


class CallSchema(Taken):
    contact = Count(load_default=None, allow_none=True,
                    metadata=told(_("Who was called: `id` of a contact of a unit on the ticket.")))  # fmt: skip
    name = words(_("Who was called, where it is nobody of the directory."), "李内勤")
    number = words(_("The number; the contact's first, if it is left out."), "0439-80000000")
    called_at = Instant(load_default=None, allow_none=True, metadata=told(_("When; now, if it is left out.")))
    answered = Flag(load_default=True, metadata=told(_("Whether somebody answered.")))
    text = words(_("What was said."), "材料明天寄出。")


class HandOnSchema(Taken):
    unit = words(_("The unit's code."), "220621000000")
    reason = words(_("Why the task belongs to the other unit."), "已迁往抚松。")


class SuspendSchema(Taken):
    until = Day(load_default=None, allow_none=True,
                metadata=told(_("The day on which the clock goes on."), "2026-02-27"))  # fmt: skip
    reason = words(_("What is waited for."), "等申请人补照片。")


class ExtendSchema(Taken):
    days = Count(load_default=None, allow_none=True, metadata=told(_("Working days more."), 3))
    reason = words(_("Why more time is needed."), "需调省外档案。")


class AssignSchema(Taken):
    to = words(_("“officer 12”, “post 7”, or empty: the unit."), "")


class PlaceToAddSchema(Taken):
    unit = words(_("The unit's code."), "220621000000")
    step = words(_("A step that the ticket has."), "answer")
    reason = words(_("What is asked of this unit."), "请同时核对。")


class ReopenSchema(Taken):
    tasks = Items(
        Count(), load_default=None, allow_none=True,
        metadata=told(_("The tasks to be done again; all that were answered, if it is left out.")),
    )  # fmt: skip
    reason = words(_("What is still to be done."), "还缺一份材料。")


class ReasonSchema(Taken):
    reason = words(_("Why; the other units read it."), "申请人撤回。")


class FindQuery(Taken):
    q = words(_("Anything one remembers of a unit: name, pinyin, initials, phone, code."), "临江")
    limit = CountInAddress(load_default=10, validate=LIMIT, metadata=told(_("How many at most.")))


class CodeQuery(Taken):
    code = Words(
        required=True, metadata=told(_("A division code, or the first six digits of an ID number."), "220681")
    )


class TicketsQuery(Taken):
    state = Words(validate=one_of(TicketState), metadata=told(_("Only tickets in this state."), "open"))
    procedure = Words(metadata=told(_("Only this kind of case.")))
    unit = Words(metadata=told(_("Only tickets on which this unit takes part: its code.")))
    reference = Words(metadata=told(_("Only the number in your own system.")))
    updated_since = Instant(
        metadata=told(_("Only tickets on which something happened since this instant, with its offset."))
    )
    limit = CountInAddress(load_default=20, validate=LIMIT, metadata=told(_("How many at most.")))
    after = Words(metadata=told(_("`next` of the page before.")))


def opening_of(given: Mapping[str, Any]) -> Opening:
    return Opening(
        procedure=given["procedure"],
        message=given["message"],
        registry=given["registry"] or "",
        places=[(place["place"], place["unit"]) for place in given["places"]],
        subject=given["subject"],
        citizens=[CitizenFacts(citizen["name"], citizen["id_number"]) for citizen in given["citizens"]],
        urgency=given["urgency"],
        drill=given["drill"],
        reference=given["reference"],
        accepted_on=given["accepted_on"],
    )


def answer_of(given: Mapping[str, Any]) -> Answer:
    return Answer(
        outcome=Outcome(given["outcome"]),
        text=given["text"],
        grounds=given["grounds"],
        contact=given["contact"],
        explanation=given["explanation"],
    )


def return_of(given: Mapping[str, Any]) -> Return:
    return Return(ground=given["ground"], reason=given["reason"], contact=given["contact"])
