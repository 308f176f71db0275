"""Making a backup: everything into a folder beside the wanted one, which gets its name when nothing is missing."""

import os
import shutil
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from portal.audit.seals import FILE as SEALS
from portal.backup import manifest
from portal.backup.keys import fingerprints
from portal.backup.manifest import Manifest, digest_of
from portal.backup.stores import Store, revision_of, store_of
from portal.cipher import cipher_of
from portal.config import Settings
from portal.errors import Refused


def save(engine: Engine, settings: Settings, folder: Path, at: datetime) -> Manifest:
    """Copy the database, as it is at one instant, and the days sealed outside it, into a new folder.

    A kill at any instant leaves a folder `NAME.unfinished`, which the next backup of that name removes.
    """
    if folder.exists():
        raise Refused(f"{folder} is there already: a backup is made into a new folder, such as one named after the day")
    draft = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        draft.mkdir(parents=True, mode=0o700)
        made = _filled(engine, settings, draft, at)
        draft.rename(folder)
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error}") from error
    return made


def _filled(engine: Engine, settings: Settings, draft: Path, at: datetime) -> Manifest:
    store = store_of(engine, settings.postgresql_bin)
    # before the database, so that no day is sealed that its copy does not reach
    if (settings.instance / SEALS).exists():
        shutil.copyfile(settings.instance / SEALS, draft / SEALS)
    made = _described(engine, settings, store, draft, at)
    manifest.write(made, draft)
    for path in draft.iterdir():
        _safe_on_disk(path)
    _safe_on_disk(draft)
    return made


def _described(engine: Engine, settings: Settings, store: Store, draft: Path, at: datetime) -> Manifest:
    with engine.connect().execution_options(read_only=True) as connection:
        revision = revision_of(connection)
    rows = store.save(draft / store.file)
    return Manifest(
        made_at=at.astimezone(settings.timezone).isoformat(timespec="seconds"),
        dialect=engine.dialect.name,
        revision=revision,
        rows=rows,
        fingerprints=fingerprints(cipher_of(settings)),
        files={path.name: digest_of(path) for path in sorted(draft.iterdir())},
    )


def _safe_on_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
