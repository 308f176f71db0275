"""Who may call a view: each one names its permission, or says that it needs none."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import abort, request
from flask_login import current_user

from portal.extensions import login
from portal.web.actor import Actor
from portal.web.permissions import Permission

View = Callable[..., Any]
PERMISSION = "__permission__"


def requires(permission: Permission) -> Callable[[View], View]:
    """Only those signed in who hold `permission`; others are asked to sign in, or told 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if not current_user.is_authenticated:
                return login.unauthorized()
            if not actor().may(permission):
                abort(403)
            return view(*args, **kwargs)

        setattr(guarded, PERMISSION, permission)
        return guarded

    return decorate


def signed_in(view: View) -> View:
    """Anybody signed in, whatever the role."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not current_user.is_authenticated:
            return login.unauthorized()
        return view(*args, **kwargs)

    setattr(guarded, PERMISSION, "signed in")
    return guarded


def public(view: View) -> View:
    """Open to everybody, on purpose."""
    setattr(view, PERMISSION, "public")
    return view


def actor() -> Actor:
    """Who acts in this request, as actions and queries take it."""
    return cast(Actor, current_user.actor(request.remote_addr or ""))
