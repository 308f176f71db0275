"""Writing a section of the guide."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.errors import Invalid
from portal.guide.catalogue import Statement
from portal.guide.models import GuideVersion
from portal.guide.queries import one_in_force
from portal.web.actor import Actor


def rewrite(
    session: Session, actor: Actor, key: str, statements: Sequence[Statement], why: str, seen: int, at: datetime
) -> bool:
    """A new version of a section, unless it says what is in force; `seen` is the version that the writer began from."""
    now = one_in_force(session, key)
    if now.serial != seen:
        raise Invalid({"form": _("Somebody else has changed this section meanwhile. Compare with the newest version "
                                 "below, then save again.")})  # fmt: skip
    if tuple(statements) == now.section.statements:
        return False
    rows = [statement.to_dict() for statement in statements]
    session.add(GuideVersion(section=key, statements=rows, at=at, by=actor.name, why=why))
    audit(session, actor, "guide.rewrite", f"guide {key}", at=at, statements=len(rows), why=why)
    return True
