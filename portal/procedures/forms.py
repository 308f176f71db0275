"""The form of a kind of case, its steps and lists as rows: shape alone, whether it can be worked by is a rule."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput, HiddenInput, ListWidget

from portal.errors import Invalid, Text
from portal.procedures.actions import WHY_LENGTH
from portal.procedures.catalogue import PLACES, Phrase, Procedure, Step
from portal.procedures.limit import Limit, LimitUnit
from portal.procedures.soundness import MOST_PHRASES, MOST_STEPS
from portal.web.forms import PortalForm, at_most, required, stripped

ROWS = ("steps", "materials", "refusal_grounds")
UNITS: Mapping[LimitUnit, Text] = {
    LimitUnit.WORKING_DAY: _("working days"),
    LimitUnit.CALENDAR_DAY: _("calendar days"),
    LimitUnit.WORKING_MINUTE: _("working minutes"),
}
ONE_OR_MORE = NumberRange(1, 100_000, _("Give a whole number, 1 or more."))


def _unit_field(label: Text) -> SelectField:
    return SelectField(
        label, choices=[SelectChoice(unit.value, words) for unit, words in UNITS.items()], validate_choice=True
    )


class PhraseFields(Form):
    zh = StringField(_("In Chinese"), filters=[stripped])
    en = StringField(_("In English"), filters=[stripped])

    @property
    def blank(self) -> bool:
        return not (self.zh.data or self.en.data)

    def phrase(self) -> Phrase:
        return Phrase(self.zh.data or "", self.en.data or "")


class StepFields(Form):
    """One step; `after` holds the numbers of the rows, from 0, that must be answered before."""

    position = IntegerField(_("Place in the order"), [Optional()])
    zh = StringField(_("Name in Chinese"), filters=[stripped])
    step = StringField(_("Name in English"), filters=[stripped])
    place = SelectField(_("Who owes it"), choices=[SelectChoice(place, place) for place in PLACES])
    amount = IntegerField(_("Limit"), [Optional(), ONE_OR_MORE])
    unit = _unit_field(_("Counted in"))
    after = SelectMultipleField(
        _("Begins when these are answered"),
        coerce=int,
        choices=[],
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    repeat = BooleanField(_("One task for each unit named"))
    rule = BooleanField(_("The limit is a published one"))

    @property
    def blank(self) -> bool:
        return not (self.zh.data or self.step.data)


class ProcedureForm(PortalForm):
    """A new kind of case, or the next version of one; `version` is the one that the page showed."""

    code = StringField(_("Code"), filters=[stripped])
    version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    zh = StringField(_("Name in Chinese"), filters=[stripped])
    en = StringField(_("Name in English"), filters=[stripped])
    urgency = RadioField(
        _("Urgency"),
        choices=[SelectChoice("normal", _("Normal")), SelectChoice("urgent", _("Urgent"))],
        default="normal",
    )
    steps = FieldList(FormField(StepFields), min_entries=1, max_entries=MOST_STEPS + 1)
    overall_amount = IntegerField(_("Limit of the whole case"), [Optional(), ONE_OR_MORE])
    overall_unit = _unit_field(_("Counted in"))
    rule_zh = StringField(_("Source of the published limits, in Chinese"), filters=[stripped])
    rule_en = StringField(_("Source of the published limits, in English"), filters=[stripped])
    materials = FieldList(FormField(PhraseFields), min_entries=1, max_entries=MOST_PHRASES + 1)
    refusal_grounds = FieldList(FormField(PhraseFields), min_entries=1, max_entries=MOST_PHRASES + 1)
    why = StringField(_("Document or ground"), [at_most(WHY_LENGTH)], filters=[stripped])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name_rows()

    @classmethod
    def of(cls, procedure: Procedure) -> Self:
        """The form with what a version says."""
        return cls(formdata=None, data=_data(procedure))

    def name_rows(self) -> None:
        """Each step can come after each other one."""
        for row in self.steps:
            row.form.after.choices = [SelectChoice(index, str(index + 1)) for index in range(len(self.steps))]

    def add_row(self, name: str) -> None:
        if name in ROWS and len(self[name]) < self[name].max_entries:
            self[name].append_entry()
            self.name_rows()

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Shape: a step without a limit, or a limit that is no number, makes no procedure yet."""
        sound = bool(super().validate(*args, **kwargs))
        for row in (row.form for row in self.steps):
            if not row.blank and row.amount.data is None and not row.amount.errors:
                row.amount.errors = [_("Give a whole number, 1 or more.")]
                sound = False
        return sound

    def procedure(self, code: str) -> Procedure:
        """What was typed, blank rows left out; only of a form with valid numbers."""
        rule = Phrase(self.rule_zh.data or "", self.rule_en.data or "")
        return Procedure(
            code=code,
            zh=self.zh.data or "",
            en=self.en.data or "",
            steps=tuple(self._step(self.steps[index].form) for index in self._kept()),
            urgency=self.urgency.data or "normal",
            overall=_limit(self.overall_amount.data, self.overall_unit.data) if self.overall_amount.data else None,
            materials=_phrases(self.materials),
            refusal_grounds=_phrases(self.refusal_grounds),
            rule=rule if rule.zh or rule.en else None,
            version=self.version.data or 1,
        )

    def refuse(self, refusal: Invalid) -> None:
        """A fault names the step as it stands in the procedure; it is put beside the row in which it was typed."""
        super().refuse(Invalid({self._typed_at(name): text for name, text in refusal.fields.items()}))

    def _kept(self) -> list[int]:
        """The rows that hold something, in the order asked for."""
        kept = [index for index, row in enumerate(self.steps) if not row.form.blank]
        return sorted(kept, key=lambda index: (self.steps[index].form.position.data or index + 1, index))

    def _typed_at(self, name: str) -> str:
        part, _dot, rest = name.partition(".")
        if part not in ROWS or not rest:
            return name
        index, _dot, field = rest.partition(".")
        kept = self._kept() if part == "steps" else [i for i, row in enumerate(self[part]) if not row.form.blank]
        return f"{part}.{kept[int(index)]}.{field}"

    def _step(self, row: StepFields) -> Step:
        chosen = [index for index in row.after.data or () if 0 <= index < len(self.steps)]
        names = [self.steps[index].form.step.data or "" for index in chosen if not self.steps[index].form.blank]
        return Step(
            place=row.place.data or "",
            step=row.step.data or "",
            zh=row.zh.data or "",
            limit=_limit(row.amount.data, row.unit.data),
            after=tuple(dict.fromkeys(names)),
            repeat=bool(row.repeat.data),
            rule=bool(row.rule.data),
        )


class StateForm(PortalForm):
    """Taking a kind of case out of use, or offering it again."""

    version = HiddenField()
    why = StringField(
        _("Document or ground"),
        [required(_("Name the document, or say why.")), at_most(WHY_LENGTH)],
        filters=[stripped],
    )

    @property
    def seen(self) -> int:
        return int(self.version.data) if (self.version.data or "").isdecimal() else 0


def _limit(amount: int | None, unit: str) -> Limit:
    return Limit(amount or 1, LimitUnit(unit))


def _phrases(rows: FieldList) -> tuple[Phrase, ...]:
    return tuple(row.form.phrase() for row in rows if not row.form.blank)


def _data(procedure: Procedure) -> dict[str, Any]:
    overall, rule = procedure.overall, procedure.rule
    return {
        "code": procedure.code,
        "version": procedure.version,
        "zh": procedure.zh,
        "en": procedure.en,
        "urgency": procedure.urgency,
        "steps": [_step_data(index, step, procedure.steps) for index, step in enumerate(procedure.steps)],
        "overall_amount": overall.amount if overall else None,
        "overall_unit": overall.unit.value if overall else LimitUnit.CALENDAR_DAY.value,
        "rule_zh": rule.zh if rule else "",
        "rule_en": rule.en if rule else "",
        "materials": [{"zh": each.zh, "en": each.en} for each in procedure.materials],
        "refusal_grounds": [{"zh": each.zh, "en": each.en} for each in procedure.refusal_grounds],
    }


def _step_data(index: int, step: Step, steps: Sequence[Step]) -> dict[str, Any]:
    return {
        "position": index + 1,
        "zh": step.zh,
        "step": step.step,
        "place": step.place,
        "amount": step.limit.amount,
        "unit": step.limit.unit.value,
        "after": [number for number, other in enumerate(steps) if other.step in step.after],
        "repeat": step.repeat,
        "rule": step.rule,
    }
