"""Who is mailed at a rung: the desk for the urge, supervisors above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from directory.reach import Reach, Recipient


@dataclass(frozen=True)
class Recipients:
    """Who is asked to act, and who has a copy."""

    to: tuple[Recipient, ...] = ()
    copies: tuple[Recipient, ...] = ()

    @property
    def addresses(self) -> list[str]:
        return [recipient.address for recipient in self.to]

    @property
    def copied(self) -> list[str]:
        return [recipient.address for recipient in self.copies]

    def with_more(self, more: Sequence[Recipient]) -> "Recipients":
        """These asked as well; nobody twice, and nobody for copy who is asked."""
        to = _each_once([*self.to, *more])
        asked = {recipient.address.casefold() for recipient in to}
        return Recipients(to, tuple(copy for copy in self.copies if copy.address.casefold() not in asked))


def recipients_of_rung(
    reached: Reach,
    number: int,
    unit_code: str,
    assignee: Recipient | None = None,
    at: datetime | None = None,
    *,
    own: bool = False,
) -> Recipients:
    """Who is mailed at a rung of that unit: at 0 the desk and who has the task, above it the supervisors.

    With `at`, deputies for those who are away then; with `own`, none from another unit.
    """
    if number == 0:
        return Recipients(_each_once([*reached.desk(unit_code, at, own=own), *([assignee] if assignee else [])]))
    to = _each_once(reached.supervisors(unit_code, at, own=own))
    desk = reached.desk(unit_code, at, own=own) if number == 1 and to else ()
    asked = {one.address.casefold() for one in to}
    return Recipients(to, tuple(copy for copy in desk if copy.address.casefold() not in asked))


def _each_once(recipients: Sequence[Recipient]) -> tuple[Recipient, ...]:
    """Without those whose address has been named before (compared as mail systems do, without regard to case)."""
    return tuple({recipient.address.casefold(): recipient for recipient in reversed(recipients)}.values())[::-1]
