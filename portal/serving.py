"""What is seen to before gunicorn serves the portal, in the process above its workers."""

import sys
from typing import Any

from flask import Flask

from portal.extensions import db
from portal.schema import NewerSchema, refuse_newer


def on_starting(server: Any) -> None:
    """Gunicorn's hook: the server does not start on a schema that a newer version made."""
    app = server.app.wsgi()
    if isinstance(app, Flask) and "settings" in app.extensions:
        _refuse_newer(app)


def _refuse_newer(app: Flask) -> None:
    """No connection is left open: the workers would share it."""
    with app.app_context():
        try:
            refuse_newer()
        except NewerSchema as refusal:
            print(refusal.message, file=sys.stderr)  # noqa: T201  before there is any log
            sys.exit(1)
        finally:
            db.session.close()
    with app.app_context():
        db.engine.dispose()
