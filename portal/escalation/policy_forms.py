"""The form of the ladder's values."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, IntegerField, StringField
from wtforms.validators import InputRequired, NumberRange

from portal.ladder.ladder import Policy
from portal.web.forms import PortalForm, at_most, required, stripped

A_WEEK = 5 * 390
NUMBER = InputRequired(_("Give a number."))


class PolicyForm(PortalForm):
    """Working minutes; a working day has 390."""

    urge_percent = IntegerField(
        _("Remind the desk after so many per cent of the limit"),
        [NUMBER, NumberRange(10, 95, _("Between 10 and 95."))],
    )
    interval_minutes = IntegerField(
        _("Between two rungs, working minutes"), [NUMBER, NumberRange(30, A_WEEK, _("Between 30 and 1950."))]
    )
    sign_for_minutes = IntegerField(
        _("To sign for a task, working minutes"), [NUMBER, NumberRange(30, A_WEEK, _("Between 30 and 1950."))]
    )
    amend_minutes = IntegerField(
        _("To amend what was returned, working minutes"),
        [NUMBER, NumberRange(60, 2 * A_WEEK, _("Between 60 and 3900."))],
    )
    hold_minutes = IntegerField(
        _("“I am on it” puts the next rung off by, working minutes"),
        [NUMBER, NumberRange(30, A_WEEK, _("Between 30 and 1950."))],
    )
    explain_from_rung = IntegerField(
        _("A written explanation from this rung on"), [NUMBER, NumberRange(1, 9, _("Between 1 and 9."))]
    )
    counts_duty = BooleanField(_("Duty shifts of the owing unit are working time too"))
    why = StringField(
        _("Document or ground"), [required(_("Name the document, or say why.")), at_most(200)], filters=[stripped]
    )

    def policy(self) -> Policy:
        return Policy.from_dict({name: int(self[name].data or 0) for name in Policy().to_dict()})
