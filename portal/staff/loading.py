"""The account that an address names, if it is for the asker to see; and the words of a filter."""

from collections.abc import Mapping

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from portal.accounts.models import Officer
from portal.errors import Hidden
from portal.staff import queries
from portal.staff.queries import AccountFilter, AccountState
from portal.web.actor import Actor
from portal.web.permissions import Role

LONGEST = 100


def load(session: Session, actor: Actor, officer_id: int, *, lock: bool = False) -> Officer:
    """Hidden if there is no such account below the actor's unit."""
    select = queries.locked_account if lock else queries.account
    officer = session.scalar(select(actor, officer_id))
    if officer is None:
        raise Hidden(_("There is no such account."))
    return officer


def filter_of(given: Mapping[str, str]) -> AccountFilter:
    """From an address; what is no state and no role narrows nothing."""
    state, role = given.get("state", AccountState.ACTIVE.value), given.get("role", "")
    return AccountFilter(
        given.get("q", "").replace("\x00", "").strip()[:LONGEST],
        AccountState(state) if state in set(AccountState) else None,
        Role(role) if role in set(Role) else None,
    )


def words_of(wanted: AccountFilter) -> dict[str, str]:
    """The filter as it stands in an address."""
    return {"q": wanted.words, "state": wanted.state or "all", "role": wanted.role or ""}


def after_of(key: tuple[object, ...] | None, kind: type) -> object | None:
    """The key in an address, if it is of this kind."""
    return key[0] if key and len(key) == 1 and isinstance(key[0], kind) else None
