"""Committing at the edge, where a double click may have done the same a moment before."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

Result = TypeVar("Result")


def committed(session: Session, work: Callable[[], Result]) -> Result:
    """The result of `work`, committed. Where a twin was quicker by a unique key, `work` is asked again and finds it."""
    try:
        result = work()
        session.commit()
    except IntegrityError:
        session.rollback()
        result = work()
        session.commit()
    return result
