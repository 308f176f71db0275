"""The keys, kept apart from what they open: their fingerprints in the backup, their files in another folder."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from portal.cipher import KEY_FILE, Cipher, cipher_of
from portal.config import Settings, with_id
from portal.errors import Refused

FILES = ("secret_key", "data_key", KEY_FILE)
"Of the instance folder: those that the portal made itself."


def fingerprints(ring: Cipher) -> dict[str, str]:
    """The mark of each key, by its id, as JSON has it."""
    return {str(key_id): mark for key_id, mark in ring.marks.items()}


def check_fit(wanted: Mapping[str, str], ring: Cipher) -> None:
    """Refused where a key of the backup is not here, or is another under the same id."""
    here = fingerprints(ring)
    if missing := [key_id for key_id, mark in wanted.items() if here.get(key_id) != mark]:
        raise Refused(f"data key {', '.join(missing)} of the backup is not here, or is another one: give the folder of "
                      "its keys with --keys, or PORTAL_DATA_KEY and PORTAL_DATA_KEYS_OTHER as they were")  # fmt: skip


def ring_in(folder: Path, settings: Settings) -> Cipher:
    """The keys of a folder of key files, with what the settings give besides."""
    key_id, key = with_id((folder / "data_key").read_text().strip()) if (folder / "data_key").is_file() else (
        settings.data_key_id, settings.data_key)  # fmt: skip
    return cipher_of(replace(settings, instance=folder, data_key_id=key_id, data_key=key))


def save_keys(instance: Path, folder: Path) -> list[str]:
    """Copy the key files, readable by their owner alone; the names of those there were."""
    return _copied(instance, folder)


def load_keys(folder: Path, instance: Path) -> list[str]:
    """Put the key files into an instance folder; those that were made for the empty database give way."""
    if not (names := _copied(folder, instance)):
        raise Refused(f"{folder} holds no key: there is none of {', '.join(FILES)}")
    return names


def _copied(source: Path, target: Path) -> list[str]:
    names = list(_there(source))
    if names:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in names:
        copy = target / f".{name}.copy"
        copy.touch(mode=0o600)
        shutil.copyfile(source / name, copy)
        copy.replace(target / name)
    return names


def _there(folder: Path) -> Iterable[str]:
    return (name for name in FILES if (folder / name).is_file())
