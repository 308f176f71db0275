"""The reference of every page: a bare Flask view with one indexed select and a page of 4 KB.

As the first page of Flask's and of SQLAlchemy's documentation would have it: a session, one row of a mapped class, a
Jinja template with three values in it. Nobody is signed in, and nothing is cached or left out to make it faster or slower.
"""

import os

from flask import Flask, render_template
from jinja2 import DictLoader
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from directory.models import Unit

PARAGRAPH = "<p>对接：两地同办一件事，各尽其责，按时办结。</p>\n" * 55
PAGE = f"<!doctype html>\n<title>{{{{ unit.name }}}}</title>\n<h1>{{{{ unit.name }}}}</h1>\n<p>{{{{ unit.address }}}}</p>\n{PARAGRAPH}"
"With the name of the unit about 4,000 bytes."


def create() -> Flask:
    app = Flask("bare")
    app.jinja_loader = DictLoader({"unit.html": PAGE})
    engine = create_engine(os.environ["PORTAL_DATABASE_URL"])

    @app.get("/units/<code>")
    def unit(code: str) -> str:
        with Session(engine) as session:
            return render_template("unit.html", unit=session.scalars(select(Unit).where(Unit.code == code)).one())

    return app
