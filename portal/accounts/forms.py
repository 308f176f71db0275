"""The forms of sign-in and of one's own account."""

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, HiddenField, IntegerField, PasswordField, StringField
from wtforms.validators import EqualTo, Optional

from portal.web.forms import PortalForm, at_most, required

MOST_TYPED = 1000
"Longer than any username or password: what is longer is not hashed."


class SignInForm(PortalForm):
    """`next` is where to go afterwards, checked where it is used."""

    username = StringField(_("Username"), [required(_("Give your username")), at_most(MOST_TYPED)])
    password = PasswordField(_("Password"), [required(_("Give your password")), at_most(MOST_TYPED)])
    next = HiddenField()


class CodeForm(PortalForm):
    """The second step of signing in."""

    code = StringField(_("Code"), [required(_("Give the code that the authenticator shows now")), at_most(MOST_TYPED)])


class ConfirmForm(PortalForm):
    """The first code of a new authenticator."""

    code = StringField(
        _("Code that it shows now"), [required(_("Give the six digits that the app shows now")), at_most(MOST_TYPED)]
    )


class ProofForm(PortalForm):
    """Password or code, once more; `target` is the page that was to be read."""

    proof = PasswordField(_("Password or code"), [required(_("Give your password or a code")), at_most(MOST_TYPED)])
    target = HiddenField()


class PlainForm(PortalForm):
    """A button alone."""


class ChoosePasswordForm(PortalForm):
    password = PasswordField(_("New password"), [required(_("Choose a password")), at_most(MOST_TYPED)])
    repeated = PasswordField(
        _("New password, once more"), [EqualTo("password", _("The two passwords are not the same: type them again"))]
    )


class ChangePasswordForm(ChoosePasswordForm):
    present = PasswordField(_("Present password"), [required(_("Give your present password")), at_most(MOST_TYPED)])


class ChoicesForm(PortalForm):
    """What an officer has chosen for oneself."""

    mail_mentions = BooleanField(_("When somebody names me in a message"))
    mail_decisions = BooleanField(_("When my request for more time is granted or refused"))
    single_keys = BooleanField(_("Letters alone do something on a page"))


class EndSessionForm(PortalForm):
    """One session by its id; without an id, all but this one."""

    session_id = IntegerField(validators=[Optional()])
