"""Putting a backup back into an empty place, and seeing that all of it has arrived."""

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from sqlalchemy import Engine

from portal.audit.seals import FILE as SEALS
from portal.backup import manifest
from portal.backup.keys import check_fit
from portal.backup.manifest import Manifest
from portal.backup.stores import is_empty, rows_of, store_of
from portal.cipher import Cipher
from portal.config import Settings
from portal.errors import Refused

DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def checked(folder: Path, engine: Engine, ring: Cipher, known: Collection[str]) -> Manifest:
    """The manifest of a backup that can be put here; nothing was written yet. Refused, BadBackup.

    `known` are the migrations of this version.
    """
    found = manifest.read(folder)
    if found.dialect != engine.dialect.name:
        raise Refused(f"this is a backup of {DATABASES[found.dialect]}, and the database here is "
                      f"{DATABASES[engine.dialect.name]}: set PORTAL_DATABASE_URL to the other kind first")  # fmt: skip
    if found.revision not in known:
        raise Refused(f"the backup's schema {found.revision!r} is newer than this version: install the one it is of")
    if not is_empty(engine):
        raise Refused("the database here is not empty: a backup is put into an empty one, and overwrites nothing")
    check_fit(found.fingerprints, ring)
    return found


def load(folder: Path, found: Manifest, engine: Engine, settings: Settings) -> None:
    """Fill the database and the file of sealed days, then compare the rows of each table."""
    store = store_of(engine, settings.postgresql_bin)
    store.load(folder / store.file)
    if SEALS in found.files:
        shutil.copyfile(folder / SEALS, settings.instance / SEALS)
    with engine.connect().execution_options(read_only=True) as connection:
        check_rows(found.rows, rows_of(connection))


def check_rows(wanted: Mapping[str, int], here: Mapping[str, int]) -> None:
    """Refused where a table has another number of rows."""
    others = [name for name, count in wanted.items() if here.get(name, 0) != count]
    if others:
        told = "; ".join(f"{name}: {wanted[name]} there, {here.get(name, 0)} here" for name in others)
        raise Refused(f"not everything has arrived: {told}")
