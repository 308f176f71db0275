"""The texts that a unit writes often: kept by its officers, used by the unit and by those below it."""

from datetime import datetime
from typing import Any, TypeVar

from flask_babel import lazy_gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from directory.models import UnitAncestor
from portal.audit.actions import record as audit
from portal.conversation.filling import FIELDS, named, unknown_fields
from portal.conversation.models import TextTemplate
from portal.errors import Conflict, Hidden, Invalid
from portal.tickets.checking import Faults, check_text
from portal.web.actor import Actor

S = TypeVar("S", bound=Select[*tuple[Any, ...]])
TITLE_LENGTH, BODY_LENGTH, MOST = 60, 2_000, 50
NOT_THERE = _("There is no such text, or it is another unit's.")
CHANGED = _("Somebody else has changed this text meanwhile. Nothing was saved; what you typed is still here.")


def usable_by(actor: Actor) -> Select[TextTemplate]:
    """The texts of the own unit first, then those of the units above it."""
    return _usable(select(TextTemplate), actor).options(joinedload(TextTemplate.unit))


def titles_for(actor: Actor) -> Select[int, str]:
    """(id, title) of the same texts."""
    return _usable(select(TextTemplate.id, TextTemplate.title), actor)


def _usable(texts: S, actor: Actor) -> S:
    above = UnitAncestor.ancestor_code == TextTemplate.unit_code, UnitAncestor.unit_code == actor.unit_code
    return texts.join(UnitAncestor, above[0]).where(above[1]).order_by(UnitAncestor.distance, TextTemplate.title)


def load_text(session: Session, actor: Actor, text_id: int, *, own: bool = False) -> TextTemplate:
    """A text that `actor` may use, or with `own` one that he may change; Hidden."""
    wanted = usable_by(actor).where(TextTemplate.id == text_id)
    text = session.scalar(wanted.where(TextTemplate.unit_code == actor.unit_code) if own else wanted)
    if text is None:
        raise Hidden(NOT_THERE)
    return text


def save_text(
    session: Session, actor: Actor, text: TextTemplate | None, title: str, body: str, version: int | None, at: datetime
) -> TextTemplate:
    """A new text of the own unit, or another wording of one as it was at `version`."""
    if text is not None and version != text.version:
        raise Conflict(CHANGED)
    _check(session, actor, text, title.strip(), body)
    if text is None:
        text = TextTemplate(unit_code=actor.unit_code)
        session.add(text)
    text.title, text.body = title.strip(), body.strip()
    text.changed_at, text.changed_by = at, actor.name
    session.flush()
    audit(session, actor, "text.save", f"text {text.id}", at=at)
    return text


def remove_text(session: Session, actor: Actor, text: TextTemplate, at: datetime) -> None:
    audit(session, actor, "text.remove", f"text {text.id}", at=at)
    session.delete(text)


def _check(session: Session, actor: Actor, text: TextTemplate | None, title: str, body: str) -> None:
    faults = Faults()
    if not title:
        faults.note("title", _("Give it a title by which it is found."))
    if not body.strip():
        faults.note("body", _("Write the text."))
    check_text("title", title, TITLE_LENGTH, faults)
    check_text("body", body, BODY_LENGTH, faults)
    if unknown := unknown_fields(body):
        faults.note("body", _("No ticket can fill in %(fields)s. There are: %(known)s.",
                              fields=named(unknown), known=named(FIELDS)))  # fmt: skip
    others = session.scalars(select(TextTemplate).where(TextTemplate.unit_code == actor.unit_code)).all()
    if any(other.title == title and other is not text for other in others):
        faults.note("title", _("Your unit has a text with this title already: choose another, or change that one."))
    if text is None and len(others) >= MOST:
        raise Invalid({"title": _("Your unit has %(most)s texts: remove one that is not used any more.", most=MOST)})
    faults.raise_any()
