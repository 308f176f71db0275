"""How the schema of the database stands to the one that this version knows."""

import logging
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.exc import SQLAlchemyError

from portal.errors import Refused
from portal.extensions import alembic, db

log = logging.getLogger(__name__)


class Standing(StrEnum):
    """Where the database stands."""

    AT_HEAD = "at head"
    BEHIND = "behind"
    NEWER = "newer"


class NewerSchema(Refused):
    """A newer version of the portal has written here: what it added, this one would leave out or break."""


@dataclass(frozen=True)
class Schema:
    """The migrations by number: the newest of the database (empty: none), and the newest of this version."""

    at: str
    head: str
    standing: Standing

    @property
    def words(self) -> str:
        """For an administrator: what is, and what to do."""
        match self.standing:
            case Standing.AT_HEAD:
                return f"The schema is at {self.head}, as this version needs it."
            case Standing.BEHIND:
                return f"The schema is at {self.at or 'nothing'}, this version needs {self.head}: run portal migrate."
            case Standing.NEWER:
                what = f"The schema is at {self.at}, which this version does not know (its newest is {self.head}):"
                return f"{what} a newer version was here. Install that version, or restore the backup from before it."


def schema_now() -> Schema:
    """What the database says. Needs an application context."""
    scripts, asked = alembic.script_directory, alembic.migration_context
    known = {script.revision for script in scripts.walk_revisions()}
    current, heads = set(asked.get_current_heads()), set(scripts.get_heads())
    if asked.connection is not None:
        asked.connection.rollback()  # on SQLite nobody else could write as long as this connection is at it
    standing = Standing.NEWER if current - known else Standing.AT_HEAD if current == heads else Standing.BEHIND
    return Schema(", ".join(sorted(current)), ", ".join(sorted(heads)), standing)


def refuse_newer() -> None:
    """NewerSchema, unless this version knows the schema; a database that does not answer yet may be asked later."""
    try:
        found = schema_now()
    except SQLAlchemyError:
        db.session.rollback()
        log.warning("the database does not answer, so nobody knows yet whether its schema is newer")
        return
    if found.standing is Standing.NEWER:
        raise NewerSchema(found.words)
