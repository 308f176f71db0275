"""A unit chosen in a form by look-up: with scripts from a list as one types, without them in a second step."""

from collections.abc import Collection, Sequence

from flask_babel import lazy_gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session, joinedload
from wtforms import Form, StringField

from directory.conditions import Asker
from directory.first_six import first_six
from directory.lookup import find
from directory.models import Unit
from directory.registers import RegisterHint, register_hint
from portal.errors import Invalid, Text
from portal.web.forms import PortalForm, stripped

MOST_HITS = 8


class UnitChoice(Form):
    """The code chosen; the words typed; the words for which the code, or the list offered, was found."""

    code = StringField(filters=[stripped])
    words = StringField(filters=[stripped])
    asked = StringField(filters=[stripped])

    chosen: Unit | None = None
    hits: Sequence[Unit] = ()
    hint: RegisterHint | None = None
    "what the first six digits of an ID number say, where those were typed"


class FormOfUnit(PortalForm):
    """A form with a field `unit`, which actions call `unit_code`."""

    def refuse(self, refusal: Invalid) -> None:
        here = {"unit_code": "unit"}
        super().refuse(Invalid({here.get(name, name): text for name, text in refusal.fields.items()}))

    def settled(self, session: Session, near: str | None) -> bool:
        """Whether it is filled in, with one unit; what is wanting stands beside the fields."""
        unsettled = settle(session, self.unit.form, near)
        valid = self.validate()
        if unsettled:
            self.refuse(Invalid({"unit": unsettled}))
        return bool(valid and not unsettled)


def settle(session: Session, choice: UnitChoice, near: str | None, partners: Collection[str] = ()) -> Text | None:
    """Finds the unit meant, or the units among which to choose; answers what the officer still has to do, or None."""
    anew, words = asks_anew(choice), first_six(choice.words.data or "")
    choice.words.data = words
    if not words and choice.asked.data:
        choice.code.data = ""
    wrong = _look(session, choice, words, Asker(near, partners)) if anew else None
    choice.chosen = _unit(session, choice.code.data or "")
    if choice.chosen:
        choice.words.data = choice.asked.data = choice.chosen.name
    return wrong


def asks_anew(choice: UnitChoice) -> bool:
    """Whether words were typed for which no unit, nor a list, was found yet."""
    words = first_six(choice.words.data or "")
    return bool(words) and words != (choice.asked.data or "")


def _look(session: Session, choice: UnitChoice, words: str, asker: Asker) -> Text | None:
    """Looks the words up: one unit, or one that fits exactly, is the unit meant."""
    choice.asked.data = words
    choice.code.data = ""
    choice.hint = register_hint(session, words)
    if choice.hint:
        return _by_six_digits(choice, choice.hint)
    hits = find(session, words, MOST_HITS, asker.near, partners=asker.partners)
    exact = [hit for hit in hits if hit.score == 0]
    if len(hits) == 1 or len(exact) == 1:
        choice.code.data = (exact or hits)[0].unit_code
        return None
    choice.hits = _units(session, [hit.unit_code for hit in hits])
    if hits:
        return _("Several units are called so: choose one of them.")
    return _("No unit is found for “%(words)s”: try a part of its name, its pinyin or its code.", words=words)


def _by_six_digits(choice: UnitChoice, hint: RegisterHint) -> Text | None:
    """The unit that keeps the register of these digits now; of several, the officer chooses."""
    if len(hint.keepers) == 1:
        choice.code.data = hint.keepers[0].code
        return None
    choice.hits = hint.keepers
    return _("Several units are called so: choose one of them.")


def _unit(session: Session, code: str) -> Unit | None:
    if not code or "\x00" in code:
        return None
    return session.scalar(_BY_CODE, {"code": code})


def _units(session: Session, codes: Sequence[str]) -> list[Unit]:
    """In the order of the codes."""
    found = session.scalars(select(Unit).where(Unit.code.in_(codes)).options(joinedload(Unit.parent)))
    return sorted(found, key=lambda unit: codes.index(unit.code))


_BY_CODE = select(Unit).where(Unit.code == bindparam("code")).options(joinedload(Unit.parent))
"Built once."
