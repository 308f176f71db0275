"""Citizens' data at rest: AES-GCM with a key outside the database, and a blind index to find it again."""

import hashlib
import hmac
import os
import secrets
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from portal.config import Settings

NONCE = 12
KEY_FILE = "data_keys"
"Of the instance folder: the keys that `portal keys rotate` made, beside the first one."
MARKED = "fingerprint of a data key"
"The known text whose hash tells one key from another."


class Undecipherable(Exception):  # noqa: N818  says what the bytes are
    """The bytes were not encrypted with a key that we have, or for another place, or were changed since."""


class Cipher:
    """Encrypts with one key; deciphers with that and with the former ones.

    A ciphertext is the key's id (one byte), the nonce (12), and what AES-256-GCM makes of the content. The associated
    data is the key's id and the purpose (`"citizen.name"`), so that a value copied into another column is refused.
    """

    def __init__(self, key: str, key_id: int = 1, former: Mapping[int, str] | None = None) -> None:
        self.key_id = key_id
        keys = {**(former or {}), key_id: key}
        self._keys = {each: AESGCM(_derived(text, b"encryption")) for each, text in keys.items()}
        self._index_keys = {each: _derived(text, b"blind index") for each, text in keys.items()}
        self._term_keys = {each: _derived(text, b"search terms") for each, text in keys.items()}

    @property
    def key_ids(self) -> list[int]:
        """The keys that are here, the one that encrypts last."""
        return [*(each for each in sorted(self._keys) if each != self.key_id), self.key_id]

    @property
    def marks(self) -> dict[int, str]:
        """Of each key the beginning of a keyed hash of a known text, from which no key follows."""
        return {key_id: self._index(MARKED, key_id)[:16] for key_id in self.key_ids}

    def encrypt(self, text: str, purpose: str) -> bytes:
        return self.encrypt_bytes(text.encode(), purpose)

    def decrypt(self, data: bytes, purpose: str) -> str:
        """The text; raises Undecipherable."""
        try:
            return self.decrypt_bytes(data, purpose).decode()
        except UnicodeDecodeError as error:
            raise Undecipherable("these bytes are no text") from error

    def encrypt_bytes(self, content: bytes, purpose: str) -> bytes:
        prefix, nonce = bytes([self.key_id]), os.urandom(NONCE)
        return prefix + nonce + self._keys[self.key_id].encrypt(nonce, content, prefix + purpose.encode())

    def decrypt_bytes(self, data: bytes, purpose: str) -> bytes:
        """The content; raises Undecipherable."""
        prefix, nonce, sealed = data[:1], data[1 : 1 + NONCE], data[1 + NONCE :]
        key = self._keys.get(prefix[0]) if prefix else None
        if key is None:
            raise Undecipherable("encrypted with a key that is not here")
        try:
            return key.decrypt(nonce, sealed, prefix + purpose.encode())
        except (InvalidTag, ValueError) as error:
            raise Undecipherable("wrong key, wrong place, or changed since") from error

    def blind_index(self, text: str) -> str:
        """HMAC-SHA-256, as hex, of the text however it was typed (full width, a small x): equal texts, equal index."""
        return self._index(text, self.key_id)

    def blind_indexes(self, text: str) -> list[str]:
        """The index under each key that is here: while keys are exchanged a row may have either."""
        return [self._index(text, key_id) for key_id in self.key_ids]

    def token(self, term: str) -> int:
        """A word as a number that only the holder of the key can make: for an index that shows no text."""
        return self._token(term, self.key_id)

    def tokens(self, term: str) -> list[int]:
        """The number under each key that is here."""
        return [self._token(term, key_id) for key_id in self.key_ids]

    def _token(self, term: str, key_id: int) -> int:
        """The first 64 bits of the term's HMAC-SHA-256, as a signed number."""
        digest = hmac.digest(self._term_keys[key_id], term.encode(), "sha256")
        return int.from_bytes(digest[:8], "big", signed=True)

    def _index(self, text: str, key_id: int) -> str:
        normal = unicodedata.normalize("NFKC", text).strip().upper()
        return hmac.new(self._index_keys[key_id], normal.encode(), hashlib.sha256).hexdigest()


def cipher() -> Cipher:
    """The application's cipher."""
    return kept_in(current_app.extensions)


def kept_in(extensions: dict[str, Any]) -> Cipher:
    """The cipher of an application, from its settings and the key file; made anew when another process changed that."""
    settings: Settings = extensions["settings"]
    stamp = _stamp(settings.instance / KEY_FILE)
    kept = extensions.get("cipher")
    if kept is None or kept[0] != stamp:
        kept = extensions["cipher"] = stamp, cipher_of(settings)
    return cast(Cipher, kept[1])


def cipher_of(settings: Settings) -> Cipher:
    """The key of the file with the highest id encrypts, else that of the settings."""
    given = {**settings.other_keys, settings.data_key_id: settings.data_key}
    in_file = read_keys(settings.instance / KEY_FILE)
    current = max(in_file, default=settings.data_key_id)
    keys = {**given, **in_file}
    return Cipher(keys[current], current, {key_id: key for key_id, key in keys.items() if key_id != current})


def read_keys(path: Path) -> dict[int, str]:
    """Keys by id, as `add_key` wrote them."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {int(key_id): key for key_id, _, key in (line.partition(" ") for line in lines)}


def add_key(path: Path, key_id: int) -> None:
    """Make a key and keep it in the file, which only its owner may read; whoever reads sees all of it or nothing."""
    keys = {**read_keys(path), key_id: secrets.token_urlsafe(48)}
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{each} {key}\n" for each, key in keys.items())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"duijie " + purpose).derive(key.encode())
