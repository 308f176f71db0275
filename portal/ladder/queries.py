"""The ladder's values in force."""

from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from portal.ladder.ladder import POLICIES, Policy
from portal.ladder.models import PolicyVersion


def versions(urgency: str) -> Select[PolicyVersion]:
    """Every version of an urgency's values, the newest first."""
    return select(PolicyVersion).where(PolicyVersion.urgency == urgency).order_by(PolicyVersion.id.desc())


_URGENCY: Any = bindparam("urgency")
_NEWEST = versions(_URGENCY).limit(1)
"Built once."


def current_policy(session: Session, urgency: str) -> Policy:
    """The values with which a ticket is opened now; those that ship where none were set."""
    newest = session.scalar(_NEWEST, {"urgency": urgency})
    return POLICIES[urgency] if newest is None else Policy.from_dict(newest.policy)
