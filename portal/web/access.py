"""Who may call a view: each one names its permission, or says that it needs none."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from flask import Response, abort, current_app, make_response, redirect, render_template, request

from portal.clock import now
from portal.errors import seconds_up
from portal.extensions import login
from portal.web.actor import Actor
from portal.web.pace import Pace, TooFast
from portal.web.permissions import Permission
from portal.web.visitor import visitor

View = Callable[..., Any]
PERMISSION = "__permission__"
PROVED = "__proved__"
POLLED = "__polled__"


def requires(permission: Permission) -> Callable[[View], View]:
    """Only those signed in who hold `permission`; others are asked to sign in, or told 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if (elsewhere := _elsewhere()) is not None:
                return elsewhere
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
        elsewhere = _elsewhere()
        return view(*args, **kwargs) if elsewhere is None else elsewhere

    setattr(guarded, PERMISSION, "signed in")
    return guarded


def arriving(view: View) -> View:
    """As `signed_in`, but also open to whoever has yet to set up a second factor, and may see nothing else."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs) if visitor().is_authenticated else login.unauthorized()

    setattr(guarded, PERMISSION, "signed in")
    return guarded


def public(view: View) -> View:
    """Open to everybody, on purpose."""
    setattr(view, PERMISSION, "public")
    return view


def proved_lately(view: View) -> View:
    """For a sensitive act, below `requires`: who gave no password and no code for ten minutes is asked for it.

    What was typed travels through the question and is sent to the view with the answer.
    """

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        asked = None if visitor().proved_lately else login.needs_refresh()
        return view(*args, **kwargs) if asked is None else asked

    setattr(guarded, PROVED, True)
    return guarded


def asker() -> str:
    """The officer, wherever from; of those who have not signed in, the address."""
    asks = visitor()
    return f"officer {asks.get_id()}" if asks.is_authenticated else address()


def address() -> str:
    """Of a page that knows no reader."""
    return request.remote_addr or ""


def paced(fragment: str | None = None, who: Callable[[], str] = asker) -> Callable[[View], View]:
    """For what is asked as one types, below `requires`: who asks too fast is told to wait, 429.

    `fragment` is the template in which that is told to a script that asks for a part of a page.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            pace: Pace = current_app.extensions.setdefault("pace", Pace())
            if wait := pace.wait(who(), now()):
                return _told_to_wait(TooFast(wait), fragment)
            return view(*args, **kwargs)

        return guarded

    return decorate


def polled(view: View) -> View:
    """Asked for by a page again and again, by itself: keeps no session alive."""
    setattr(view, POLLED, True)
    return view


def is_polled(view: View | None) -> bool:
    """Whether the view is marked so (the decorators around it carry its marks)."""
    return bool(getattr(view, POLLED, False))


def actor() -> Actor:
    """Who acts in this request, as actions and queries take it."""
    return cast(Actor, visitor().actor(address))


def _told_to_wait(refusal: TooFast, fragment: str | None) -> Response:
    if fragment is None:
        raise refusal
    response = make_response(render_template(fragment, text=refusal.message), refusal.status)
    response.headers["Retry-After"] = str(seconds_up(refusal.wait))
    return response


def _elsewhere() -> Any:
    """Where the request goes instead: to sign in, or to what the officer has to do first; None if nowhere."""
    asks = visitor()
    if not asks.is_authenticated:
        return login.unauthorized()
    led_to = asks.led_to
    return redirect(led_to) if led_to else None
