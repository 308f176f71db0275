"""The reference of every page: a bare Flask view with one indexed select and a page of 4 KB."""

import os

from flask import Flask
from sqlalchemy import create_engine, text

PADDING = "<p>对接：两地同办一件事，各尽其责，按时办结。</p>" * 58
"With the name of the unit about 4,000 bytes."


def create() -> Flask:
    app = Flask("bare")
    engine = create_engine(os.environ["PORTAL_DATABASE_URL"])
    select = text("SELECT name FROM unit WHERE code = :code")

    @app.get("/units/<code>")
    def unit(code: str) -> str:
        with engine.connect() as connection:
            name = connection.scalar(select, {"code": code})
        return f"<!doctype html><title>{name}</title><h1>{name}</h1>{PADDING}"

    return app
