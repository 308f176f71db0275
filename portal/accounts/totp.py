"""Codes of an authenticator (RFC 6238): six digits that change every half minute, each good once."""

import hmac
import unicodedata
from datetime import datetime

import pyotp

STEP = 30
"Seconds for which a code is shown."
DRIFT = 1
"Steps by which the clock of a telephone may be wrong, either way."
ISSUER = "对接 Duijie"


def new_secret() -> str:
    """160 random bits in base 32, as authenticators take them."""
    return pyotp.random_base32(32)


def step_of(secret: str, code: str, at: datetime, after: int | None) -> int | None:
    """The step whose code this is, at about this instant; None if it is none, or not later than the step `after`.

    RFC 6238, 5.2: a code that was taken is not taken again, so the step is kept and given as `after` the next time.
    """
    present = int(at.timestamp()) // STEP
    totp, typed = pyotp.TOTP(secret), normal(code)
    steps = range(present - DRIFT, present + DRIFT + 1)
    right = [step for step in steps if hmac.compare_digest(totp.generate_otp(step), typed)]
    return next((step for step in right if after is None or step > after), None)


def is_code(typed: str) -> bool:
    """Whether this has the shape of a code, whether it is right or not."""
    text = normal(typed)
    return len(text) == 6 and text.isdecimal()


def normal(typed: str) -> str:
    """The digits however they were typed: full width, in two groups; what no code holds becomes a sign of ASCII."""
    return "".join(unicodedata.normalize("NFKC", typed).split()).encode("ascii", "replace").decode()


def uri(secret: str, username: str) -> str:
    """What the QR code holds: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def readable(secret: str) -> str:
    """The secret in groups of four, to be typed where no camera is at hand."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
