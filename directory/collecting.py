"""The collector of what nobody holds any more, told to wait while a great many things are made that all stay."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_under_way: list[bool] = []
"For each such piece of work, whether the collector was at work before it; what the first one found goes last."


@contextmanager
def collecting_later() -> Iterator[None]:
    """The collector looks through everything each time that a quarter has come to it, and would throw nothing away.

    What nobody holds goes at once as always; what holds itself waits until the last piece of such work is done.
    """
    with _lock:
        _under_way.append(gc.isenabled())
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            if _under_way.pop():
                gc.enable()
