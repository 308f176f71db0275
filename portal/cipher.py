"""Citizens' data at rest: AES-GCM with a key outside the database, and a blind index to find it again."""

import hashlib
import hmac
import os
import unicodedata
from collections.abc import Mapping
from typing import cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

NONCE = 12


class Undecipherable(Exception):  # noqa: N818  says what the bytes are
    """The bytes were not encrypted with a key that we have, or for another place, or were changed since."""


class Cipher:
    """Encrypts with one key; deciphers with that and with the former ones.

    A ciphertext is the key's id (one byte), the nonce (12), and what AES-256-GCM makes of the content. The associated
    data is the key's id and the purpose (`"citizen.name"`), so that a value copied into another column is refused.
    """

    def __init__(self, key: str, key_id: int = 1, former: Mapping[int, str] | None = None) -> None:
        self._key_id = key_id
        keys = {**(former or {}), key_id: key}
        self._keys = {each: AESGCM(_derived(text, b"encryption")) for each, text in keys.items()}
        self._index_key = _derived(key, b"blind index")

    def encrypt(self, text: str, purpose: str) -> bytes:
        return self.encrypt_bytes(text.encode(), purpose)

    def decrypt(self, data: bytes, purpose: str) -> str:
        """The text; raises Undecipherable."""
        try:
            return self.decrypt_bytes(data, purpose).decode()
        except UnicodeDecodeError as error:
            raise Undecipherable("these bytes are no text") from error

    def encrypt_bytes(self, content: bytes, purpose: str) -> bytes:
        prefix, nonce = bytes([self._key_id]), os.urandom(NONCE)
        return prefix + nonce + self._keys[self._key_id].encrypt(nonce, content, prefix + purpose.encode())

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
        normal = unicodedata.normalize("NFKC", text).strip().upper()
        return hmac.new(self._index_key, normal.encode(), hashlib.sha256).hexdigest()


class Blinding:
    """Turns words into numbers that only the holder of the key can make: for an index that shows no text."""

    def __init__(self, key: str) -> None:
        self._key = _derived(key, b"search terms")

    def token(self, term: str) -> int:
        """The first 64 bits of the term's HMAC-SHA-256, as a signed number: equal terms, equal numbers."""
        digest = hmac.digest(self._key, term.encode(), "sha256")
        return int.from_bytes(digest[:8], "big", signed=True)


def cipher() -> Cipher:
    """The application's cipher, made from its settings when first asked for."""
    extensions = current_app.extensions
    if "cipher" not in extensions:
        extensions["cipher"] = Cipher(extensions["settings"].data_key)
    return cast(Cipher, extensions["cipher"])


def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"duijie " + purpose).derive(key.encode())
