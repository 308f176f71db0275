"""The kinds of case in force, and the version with which a ticket was opened."""

from collections.abc import Iterable
from typing import cast

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from directory.edition import once
from portal.procedures.catalogue import Procedure
from portal.procedures.models import ProcedureVersion

Named = tuple[str, int]
"A procedure's code and version."
CACHE = "procedures"
"Of a session's `info`: what the application has read. A version never changes, so it is read once."
_ASKED = "newest procedures"
"Under which the newest versions are kept, for as long as the edition of the directory, which covers them, is the same."


def versions(code: str) -> Select[ProcedureVersion]:
    """Every version of a procedure, the newest first."""
    return select(ProcedureVersion).where(ProcedureVersion.code == code).order_by(ProcedureVersion.version.desc())


def newest() -> Select[str, int]:
    """(code, version) of the newest version of each procedure, in the order in which they were added."""
    newest = func.max(ProcedureVersion.version)
    each = select(ProcedureVersion.code, newest).group_by(ProcedureVersion.code)
    return each.order_by(func.min(ProcedureVersion.id))


_NEWEST = newest()
"Built once."


def all_procedures(session: Session) -> dict[str, Procedure]:
    """The newest version of each, by code; retired ones as well."""
    named = once(session, _ASKED, lambda: [(code, version) for code, version in session.execute(_NEWEST)])
    load_procedures(session, named)
    known = _known(session)
    return {code: known[code, version] for code, version in named}


def offered(session: Session) -> dict[str, Procedure]:
    """Those by which a ticket can be opened now."""
    return {code: procedure for code, procedure in all_procedures(session).items() if not procedure.retired}


def load_procedures(session: Session, named: Iterable[Named]) -> None:
    """Read what the rows of a list need with one statement, or none where all of it was read before."""
    known = _known(session)
    if missing := {(code, version) for code, version in named} - known.keys():
        of_these = tuple_(ProcedureVersion.code, ProcedureVersion.version).in_(sorted(missing))
        for row in session.scalars(select(ProcedureVersion).where(of_these)):
            known[row.code, row.version] = row.procedure


def procedure_of(session: Session, code: str, version: int) -> Procedure:
    """One version of a procedure."""
    load_procedures(session, [(code, version)])
    return _known(session)[code, version]


def _known(session: Session) -> dict[Named, Procedure]:
    return cast(dict[Named, Procedure], session.info.setdefault(CACHE, {}))
