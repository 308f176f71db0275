"""From a division code, or the first six digits of an ID number, to the unit that keeps the register now, and why.

It is a hint: the six digits tell where a number was first given, and people move.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session, joinedload

from directory.conditions import is_of
from directory.first_six import DIGITS
from directory.former import FormerDivision, former_divisions
from directory.indexing import REGISTERS
from directory.models import Locality, LookupTerm, Unit
from directory.names import Field
from directory.words import parse

PREFECTURE_DIGITS = 4


@dataclass(frozen=True)
class RegisterHint:
    """`now` is the division that has the code today, `former` those that had it, `keepers` the likeliest unit first.

    With neither `now` nor `former` the code is unknown, and the keeper is the prefecture's head, who can tell.
    """

    code: str
    now: str | None
    former: tuple[FormerDivision, ...]
    keepers: Sequence[Unit]


def register_hint(session: Session, typed: str) -> RegisterHint | None:
    """What the six digits say; None if something else was typed, or a code of no prefecture here."""
    words = parse(typed).words if any(map(str.isnumeric, typed)) else ()
    if len(words) != 1 or not (words[0].isdecimal() and len(words[0]) == DIGITS):
        return None
    (code,) = words
    now = session.scalar(_NAME, {"code": code})
    former = former_divisions().get(code, ())
    keepers = _keepers(session, code if now or former else code[:PREFECTURE_DIGITS])
    return RegisterHint(code, now, former, keepers) if keepers else None


def _keepers(session: Session, code: str) -> Sequence[Unit]:
    """Units above the stations that are found by this code, as they are ranked."""
    return session.scalars(_KEEPERS, {"code": code}).unique().all()


_NAME = select(Locality.name).where(Locality.code == bindparam("code"))
_BY_CODE = or_(*(is_of(LookupTerm, field) for field in (Field.CODE, Field.FORMER_CODE, Field.SERVED)))
_KEEPERS = (
    select(Unit)
    .join(LookupTerm, LookupTerm.unit_code == Unit.code)
    .where(LookupTerm.term == bindparam("code"), _BY_CODE, Unit.kind.in_(REGISTERS))
    .order_by(LookupTerm.weight, Unit.code)
    .options(joinedload(Unit.locality))
)
