"""The ladder's values: read by every supervisor, set by those of the province; a ticket keeps its own."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from directory.models import Unit
from portal.audit.actions import record as audit
from portal.clock import now
from portal.escalation.policy_forms import PolicyForm
from portal.extensions import db
from portal.ladder.ladder import POLICIES
from portal.ladder.models import PolicyVersion
from portal.ladder.queries import current_policy, versions
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("policies", __name__, url_prefix="/policies")
Answered = Response | str | tuple[str, int]
SHOWN = 20


@bp.get("")
@requires(Permission.SUPERVISION_READ)
def show() -> str:
    return _page({})


@bp.post("/<urgency>")
@requires(Permission.POLICY_EDIT)
def change(urgency: str) -> Answered:
    if urgency not in POLICIES:
        abort(404)
    if not _of_the_province():
        abort(403)
    form = PolicyForm(ids=urgency)
    if not form.validate():
        return _page({urgency: form}), 422
    policy = form.policy()
    if policy != current_policy(db.session, urgency):
        db.session.add(PolicyVersion(urgency=urgency, policy=policy.to_dict(), at=now(), by=actor().name,
                                     why=form.why.data or ""))  # fmt: skip
        audit(db.session, actor(), "policy.change", f"policy {urgency}", at=now(), **policy.to_dict())
        db.session.commit()
        flash(_("Saved. Tickets opened from now on have these values; others keep theirs."), "success")
    return redirect(url_for(".show"))


def _page(tried: dict[str, PolicyForm]) -> str:
    forms = {
        urgency: tried.get(urgency)
        or PolicyForm(formdata=None, ids=urgency, data=current_policy(db.session, urgency).to_dict())
        for urgency in POLICIES
    }
    history = {urgency: db.session.scalars(versions(urgency).limit(SHOWN)).all() for urgency in POLICIES}
    return render_template("supervision/policies.html", forms=forms, history=history, editable=_of_the_province(),
                           shipped=POLICIES)  # fmt: skip


def _of_the_province() -> bool:
    """Whether the reader is a supervisor of the unit that commands all others."""
    unit = db.session.get(Unit, actor().unit_code) if actor().unit_code else None
    return unit is not None and unit.parent_code is None and actor().may(Permission.POLICY_EDIT)
