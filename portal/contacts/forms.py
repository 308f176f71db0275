"""The forms of the directory's pages. Shape alone; what is right is the directory's to say."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    DateField,
    Field,
    FieldList,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional, ValidationError
from wtforms.widgets import HiddenInput

from directory.editing import phones_of
from directory.models import Contact, ContactRole, Correction, Unit
from directory.phones import PrintedPhone
from directory.upkeep import Change
from portal.errors import Invalid
from portal.web.forms import PortalForm, at_most, required, stripped
from portal.web.unit_choice import UnitChoice

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
MOST_PHONES = 8
SPARE_PHONES = 1
ROLES = [
    SelectChoice(ContactRole.DESK.value, _("Desk")),
    SelectChoice(ContactRole.REGISTRAR.value, _("Registrar")),
    SelectChoice(ContactRole.SUPERVISOR.value, _("Supervisor")),
    SelectChoice(ContactRole.LEADER.value, _("Leader")),
]
LANGUAGES = [SelectChoice("zh", _("Chinese")), SelectChoice("en", _("English"))]
OUTCOMES = [
    SelectChoice("kept", _("Keep: it is right as it stands, and is mailed again")),
    SelectChoice("changed", _("Change: take what is proposed, or what you fill in")),
    SelectChoice("retired", _("Retire: nobody is reached there any more")),
    SelectChoice("dismissed", _("Dismiss: there is nothing to put right")),
]
CHANGEABLE = ("name", "post", "email", "phone")
"What an officer may propose, and a steward take, of a contact."


class NoLongerMeForm(PortalForm):
    text = TextAreaField(_("Who has the task now, if you know"), [at_most(500)], filters=[stripped])


class ConfirmTableForm(PortalForm):
    """The button alone."""


class SeenForm(PortalForm):
    """A form that writes over what its page showed: `seen` is the newest line of the history then."""

    seen = IntegerField(widget=HiddenInput(), validators=[Optional()], default=0)
    why = StringField(_("Why"), [at_most(500)], filters=[stripped])

    meanwhile: Sequence[Change] = ()
    "what somebody else changed after the page was shown"

    def look_again(self, meanwhile: Sequence[Change]) -> None:
        """The changes of somebody else, which the page shows now; saved again, they are written over knowingly."""
        self.meanwhile = meanwhile
        self.seen.raw_data = None
        self.seen.data = max(change.id for change in meanwhile)


class UnitForm(SeenForm):
    name = StringField(_("Name"), filters=[stripped])
    former_names = StringField(_("Former names"), filters=[stripped])
    address = StringField(_("Address"), filters=[stripped])
    public_phone = StringField(_("Public phone"), filters=[stripped])
    in_service_from = DateField(_("In service from"), validators=[Optional()])
    mail_on_arrival = BooleanField(_("Mail the desk when a task arrives"))

    def values(self) -> dict[str, Any]:
        """What was typed, by the unit's fields; without a day it keeps the one it has."""
        given = {
            "name": self.name.data or "",
            "former_names": self.former_names.data or "",
            "address": self.address.data or "",
            "public_phone": self.public_phone.data or "",
            "mail_on_arrival": bool(self.mail_on_arrival.data),
        }
        return {**given, "in_service_from": self.in_service_from.data} if self.in_service_from.data else given


class PhoneFields(Form):
    number = StringField(_("Number"), filters=[stripped])
    extension = StringField(_("Extension"), filters=[stripped])
    remark = StringField(_("Remark"), filters=[stripped])


class ContactForm(SeenForm):
    role = SelectField(_("Role"), choices=ROLES)
    name = StringField(_("Name"), filters=[stripped])
    post = StringField(_("Post"), filters=[stripped])
    email = StringField(_("Email"), filters=[stripped])
    at_once = BooleanField(_("Use the new address at once, without a code"))
    language = SelectField(_("Language of the mails"), choices=LANGUAGES)
    phones = FieldList(FormField(PhoneFields), min_entries=1, max_entries=MOST_PHONES)
    remark = TextAreaField(_("Remark"), filters=[stripped])

    def show(self, contact: Contact) -> None:
        """What the table holds, and room for one phone more."""
        for field in ("role", "name", "post", "email", "language", "remark"):
            self[field].data = getattr(contact, field)
        while len(self.phones):
            self.phones.pop_entry()
        for phone in phones_of(contact):
            self.phones.append_entry({"number": phone.number, "extension": phone.extension, "remark": phone.remark})
        self.make_room()

    def refuse(self, refusal: Invalid) -> None:
        """The phones are counted without the rows that were left blank."""
        filled = [row.name for row in self.phones if row.form.number.data or row.form.extension.data]
        places = {f"phones.{n}": name for n, name in enumerate(filled)}
        super().refuse(Invalid({places.get(field, field): text for field, text in refusal.fields.items()}))

    def make_room(self) -> None:
        for _spare in range(min(SPARE_PHONES, MOST_PHONES - len(self.phones))):
            self.phones.append_entry()

    def values(self) -> dict[str, Any]:
        """What was typed, by the contact's fields; the phones are apart."""
        texts = {field: self[field].data or "" for field in ("name", "post", "email", "language", "remark")}
        return {**texts, "role": ContactRole(self.role.data)}

    def phone_entries(self) -> list[PrintedPhone]:
        """The phones of which something was typed, where they stand in the form."""
        rows = [(row.form.number.data, row.form.extension.data, row.form.remark.data) for row in self.phones]
        return [PrintedPhone(number or "", extension or "", remark or "") for number, extension, remark in rows
                if number or extension]  # fmt: skip


class WhyForm(PortalForm):
    why = StringField(_("Why"), [at_most(500)], filters=[stripped])


class FirstDayForm(PortalForm):
    """When a unit comes into service, and whether all below it does."""

    day = DateField(_("First day in service"), validators=[Optional()])
    unknown = BooleanField(_("The day is not known yet"))
    below = BooleanField(_("All units below it too"), default=True)
    waiting_only = BooleanField(_("Only those that are not in service yet"), default=True)
    why = StringField(_("Document or ground"), [required(_("Name the document, or say why."))], filters=[stripped])


class OrderForm(PortalForm):
    direction = HiddenField()


class CodeForm(PortalForm):
    code = StringField(_("Code"), [required(_("Type the six digits of the mail."))], filters=[stripped])


class ReportForm(PortalForm):
    """What an officer says is wrong about a unit."""

    contact = SelectField(_("About whom"), coerce=int, choices=[])
    text = TextAreaField(
        _("What is wrong"), [required(_("Say what is wrong, in a few words.")), at_most(2_000)], filters=[stripped]
    )
    name = StringField(_("Name"), [at_most(60)], filters=[stripped])
    post = StringField(_("Post"), [at_most(60)], filters=[stripped])
    phone = StringField(_("Phone"), [at_most(40)], filters=[stripped])
    email = StringField(_("Email"), [at_most(254)], filters=[stripped])

    def offer(self, contacts: Iterable[Contact]) -> None:
        people = [SelectChoice(contact.id, contact.name) for contact in contacts]
        self.contact.choices = [SelectChoice(0, _("The unit itself")), *people]

    def proposal(self) -> dict[str, str]:
        return {field: self[field].data for field in CHANGEABLE if self[field].data}


class SettlementForm(PortalForm):
    """What the steward decides about a correction."""

    outcome = RadioField(_("What is to be done"), choices=OUTCOMES, validators=[InputRequired(_("Choose one."))])
    name = StringField(_("Name"), filters=[stripped])
    post = StringField(_("Post"), filters=[stripped])
    phone = StringField(_("Phone"), filters=[stripped])
    email = StringField(_("Email"), filters=[stripped])
    why = StringField(_("Why"), [at_most(500)], filters=[stripped])

    def show(self, correction: Correction) -> None:
        """What is proposed stands in the fields already; without a contact nothing of it can be kept or retired."""
        for field in CHANGEABLE:
            self[field].data = correction.proposal.get(field, "")

    def offer(self, correction: Correction) -> None:
        if correction.contact is None:
            self.outcome.choices = [choice for choice in OUTCOMES if choice.value in {"changed", "dismissed"}]

    def values(self) -> dict[str, str]:
        return {field: self[field].data for field in CHANGEABLE if self[field].data}


def of_our_time(_form: Form, field: Field) -> None:
    """A day with a day before and after it, as an instant of every time zone."""
    if field.data is not None and not FIRST_DAY <= field.data <= LAST_DAY:
        raise ValidationError(_("Give a day of the years 2000 to 2199."))


class ShiftForm(PortalForm):
    contact = SelectField(_("Who"), coerce=int, choices=[])
    day = DateField(_("Day"), [required(_("Give the day.")), of_our_time])
    begins = TimeField(_("Begins"), [required(_("Give the time."))], default=time(8, 30))
    ends = TimeField(_("Ends"), [required(_("Give the time."))], default=time(17, 0))
    remark = StringField(_("Remark"), filters=[stripped])

    def offer(self, contacts: Iterable[Contact]) -> None:
        self.contact.choices = [SelectChoice(contact.id, contact.name) for contact in contacts]

    def span(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """What ends before it begins ends the next day."""
        begins, ends = self.begins.data, self.ends.data
        last = self.day.data + timedelta(days=1) if ends <= begins else self.day.data
        return datetime.combine(self.day.data, begins, zone), datetime.combine(last, ends, zone)


class AbsenceForm(PortalForm):
    contact = SelectField(_("Who is away"), coerce=int, choices=[])
    first_day = DateField(_("First day"), [required(_("Give the first day.")), of_our_time])
    last_day = DateField(_("Last day"), [required(_("Give the last day.")), of_our_time])
    deputy = SelectField(_("Who stands in"), coerce=int, choices=[], default=0)
    why = StringField(_("Why"), filters=[stripped])

    def offer(self, contacts: Iterable[Contact], deputies: Sequence[Contact], unit: Unit) -> None:
        self.contact.choices = [SelectChoice(contact.id, contact.name) for contact in contacts]
        named = [SelectChoice(one.id, one.name if one.unit_code == unit.code else f"{one.name} · {one.unit.name}")
                 for one in deputies]  # fmt: skip
        self.deputy.choices = [SelectChoice(0, _("Nobody: the next in the order of calling answers")), *named]

    def span(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """From the beginning of the first day to the end of the last."""
        return _midnight(self.first_day.data, zone), _midnight(self.last_day.data + timedelta(days=1), zone)


class RosterForm(PortalForm):
    """A roster as a file, or as text between the two steps."""

    file = FileField(_("Roster"))
    text = TextAreaField(_("Roster as text"))


class MergerForm(PortalForm):
    successor = FormField(UnitChoice)
    on = DateField(_("In force since"), [required(_("Give the day."))])
    contacts_move = BooleanField(_("Its contacts become contacts of the successor"), default=True)
    why = StringField(_("Document or ground"), [required(_("Name the document, or say why."))], filters=[stripped])


class MoveForm(PortalForm):
    parent = FormField(UnitChoice)
    why = StringField(_("Document or ground"), [required(_("Name the document, or say why."))], filters=[stripped])


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone)
