"""A time limit as a procedure grants it."""

from dataclasses import dataclass
from enum import StrEnum


class LimitUnit(StrEnum):
    """What a limit counts, in the words of `procedures.toml`."""

    WORKING_DAY = "working day"
    CALENDAR_DAY = "calendar day"
    WORKING_MINUTE = "working minute"


@dataclass(frozen=True)
class Limit:
    """What is granted, as `5 working day`."""

    amount: int
    unit: LimitUnit = LimitUnit.WORKING_DAY

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError(f"a limit grants at least 1 {self.unit}, not {self.amount}")
