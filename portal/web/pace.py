"""How often one may ask: so many at once, so many a minute after that; remembered by the process, for a keystroke
must not write."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from flask_babel import lazy_ngettext

from portal.errors import Refused, seconds_up

AT_ONCE, A_MINUTE = 120, 300
"More than anybody types; who copies the directory by asking for it is slowed."
MOST_REMEMBERED = 20_000


class TooFast(Refused):
    """Asked too often: again after `wait`."""

    status = 429
    wait: timedelta

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(
            lazy_ngettext(
                "You look up faster than anybody types. Wait %(num)s second, then go on.",
                "You look up faster than anybody types. Wait %(num)s seconds, then go on.",
                seconds_up(wait),
            )
        )


class Pace:
    """Each who asks has a store of `at_once`, which fills again by `a_minute`; several processes have one each."""

    def __init__(self, at_once: int = AT_ONCE, a_minute: int = A_MINUTE) -> None:
        self._each = timedelta(minutes=1) / a_minute
        self._most = self._each * at_once
        self._full_at: OrderedDict[str, datetime] = OrderedDict()
        self._lock = Lock()

    def wait(self, who: str, at: datetime) -> timedelta:
        """How long `who` has to wait; zero, and taken from the store, where there is no need to."""
        with self._lock:
            missing = min(max(self._full_at.pop(who, at) - at, timedelta(0)), self._most) + self._each
            allowed = missing <= self._most
            self._full_at[who] = at + (missing if allowed else missing - self._each)
            while len(self._full_at) > MOST_REMEMBERED:
                self._full_at.popitem(last=False)
        return timedelta(0) if allowed else missing - self._most
