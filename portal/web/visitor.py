"""Who asks for this page: Flask-Login's `current_user` itself, not its proxy."""

from typing import Any

from flask import g
from flask_login import current_user


def visitor() -> Any:
    """Somebody signed in, or nobody. A page asks dozens of times, and each look through the proxy is five."""
    return g.get("_login_user") or current_user._get_current_object()
