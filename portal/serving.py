"""What is seen to before gunicorn serves the portal, in the process above its workers."""

import gc
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from flask import Flask

from portal import clock
from portal.errors import Refused
from portal.extensions import db
from portal.privacy.fitting import refuse_wrong_keys
from portal.schema import refuse_newer
from portal.web.languages import DEFAULT
from portal.web.templating import compile_all

PREFIX = "duijie-metrics-"
FIGURES = "PROMETHEUS_MULTIPROC_DIR"
"Where the processes of one web server count together."
SELDOM = (20_000, 20, 20)
"""Objects made before the collector looks, and how often it looks at those that stayed: what a page makes is gone with
the page, without it."""


def count_together() -> None:
    """Before the application is loaded: a folder in memory, where a full disk stops nobody who counts."""
    if not os.environ.get("PORTAL_METRICS_TOKEN") or FIGURES in os.environ:
        return
    memory = Path("/dev/shm")  # noqa: S108  the folder made there is only ours
    parent = memory if os.access(memory, os.W_OK) else Path(tempfile.gettempdir())
    clear_away(parent)
    os.environ[FIGURES] = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent)


def clear_away(parent: Path) -> None:
    """What servers left behind that were killed."""
    for folder in parent.glob(f"{PREFIX}*"):
        number = folder.name.removeprefix(PREFIX).partition("-")[0]
        if number.isdecimal() and not Path("/proc", number).exists():
            shutil.rmtree(folder, ignore_errors=True)


def on_exit(_server: Any) -> None:
    """Gunicorn's hook: what was counted goes with the server."""
    if (folder := Path(os.environ.get(FIGURES, ""))).name.startswith(PREFIX):
        shutil.rmtree(folder, ignore_errors=True)


def on_starting(server: Any) -> None:
    """Gunicorn's hook: none starts on a newer version's schema or with wrong keys. Its workers are forked later, and
    share the templates that were compiled by then, so that nobody waits for them after a start."""
    app = server.app.wsgi()
    if isinstance(app, Flask) and "settings" in app.extensions:
        _refuse_what_does_not_fit(app)
        compile_all(app, DEFAULT)
    settle()


def settle() -> None:
    """What was loaded stays: the collector neither looks through it again nor writes into it, so it stays shared."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*SELDOM)


def _refuse_what_does_not_fit(app: Flask) -> None:
    """No connection is left open: the workers would share it."""
    with app.app_context():
        try:
            refuse_newer()
            refuse_wrong_keys(app.extensions["settings"], clock.now())
        except Refused as refusal:
            print(refusal.message, file=sys.stderr)  # noqa: T201  before there is any log
            sys.exit(1)
        finally:
            db.session.close()
    with app.app_context():
        db.engine.dispose()
