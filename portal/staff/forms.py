"""The forms about accounts and roles."""

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import (
    DateField,
    FormField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput

from portal.accounts.models import Officer
from portal.staff.wording import ROLE_NAMES, SCOPE_MEANINGS
from portal.web.forms import PortalForm, at_most, required, stripped
from portal.web.permissions import SCOPES, Role
from portal.web.unit_choice import FormOfUnit, UnitChoice

SCOPE_CHOICES = [SelectChoice(scope.value, SCOPE_MEANINGS[scope]) for scope in SCOPES]
ROLES = [SelectChoice(*each) for each in ROLE_NAMES.items()]


class NewAccountForm(FormOfUnit):
    name = StringField(_("Name"), [required(_("Give the officer's name")), at_most(60)], [stripped])
    username = StringField(_("Username"), [at_most(60)], [stripped])
    email = StringField(_("Email"), [at_most(254)], [stripped])
    unit = FormField(UnitChoice)


class AccountForm(PortalForm):
    name = StringField(_("Name"), [required(_("Give the officer's name")), at_most(60)], [stripped])
    email = StringField(_("Email"), [at_most(254)], [stripped])


class MoveForm(PortalForm):
    unit = FormField(UnitChoice)


class WhyForm(PortalForm):
    """A button with a reason."""

    why = StringField(_("Why"), [required(_("Say why: the audit log keeps it")), at_most(200)], [stripped])


class TokenForm(FormOfUnit):
    unit = FormField(UnitChoice)
    label = StringField(_("Which system"), [required(_("Say which system it is for, and who looks after it")),
                                            at_most(100)], [stripped])  # fmt: skip
    scopes = SelectMultipleField(_("What it may do"), choices=SCOPE_CHOICES, option_widget=CheckboxInput(),
                                 validate_choice=False)  # fmt: skip
    last_day = DateField(_("Good until"), [InputRequired(_("Choose the last day on which it is good"))])

    def validate_scopes(self, field: SelectMultipleField) -> None:
        if not field.data or not set(SCOPES) >= set(field.data):
            field.errors = [*field.errors, _("Choose what the system may do.")]


class PlainForm(PortalForm):
    """A button alone."""


class GrantForm(PortalForm):
    role = RadioField(_("Which role"), choices=ROLES, validate_choice=False)
    reason = StringField(_("Reason"), [required(_("Say why: the audit log keeps it")), at_most(200)], [stripped])
    last_day = DateField(_("Counts until"), [Optional()])

    def validate_role(self, field: RadioField) -> None:
        if field.data not in set(Role):
            field.errors = [*field.errors, _("Choose a role")]


class WithdrawForm(PortalForm):
    role = HiddenField()
    reason = StringField(_("Reason"), [required(_("Say why: the audit log keeps it")), at_most(200)], [stripped])


class WelcomeForm(PortalForm):
    """The role of a plain officer for several who have none yet."""

    reason = StringField(_("Reason"), [required(_("Say why: the audit log keeps it")), at_most(200)], [stripped])


class SheetForm(PortalForm):
    """A sheet of new officers; what was read of it travels as text between the look and the deed."""

    file = FileField(_("File"))
    text = TextAreaField()


def account_form(officer: Officer) -> AccountForm:
    return AccountForm(formdata=None, name=officer.name, email=officer.email)
