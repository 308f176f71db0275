"""Which loops stand still: facts in, answer out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta


def silent_loops(beats: Mapping[str, datetime], loops: Sequence[str], at: datetime, after: timedelta) -> list[str]:
    """The loops round which no worker has gone for that long, or ever."""
    return [loop for loop in loops if loop not in beats or at - beats[loop] > after]
