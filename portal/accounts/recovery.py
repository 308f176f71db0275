"""Recovery codes: ten of them, each good once in the place of a lost authenticator."""

import secrets
import unicodedata

ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"
"Without what is mistaken for something else on paper: 0 and O, 1 and I and L, U and V."
LENGTH, COUNT = 16, 10
"16 of 30 signs are 78 random bits: no guess meets one, and no slow hash is needed."


def new_codes() -> list[str]:
    """Ten codes as they are shown: `ABCD-EFGH-JKMN-PQRS`."""
    return [shown("".join(secrets.choice(ALPHABET) for _ in range(LENGTH))) for _ in range(COUNT)]


def shown(code: str) -> str:
    """In groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def normal(typed: str) -> str:
    """The code however it was typed: small letters, full width, without or with other signs between the groups."""
    plain = unicodedata.normalize("NFKC", typed).upper()
    return "".join(character for character in plain if character in ALPHABET)


def is_code(typed: str) -> bool:
    """Whether this has the shape of a recovery code."""
    return len(normal(typed)) == LENGTH
