"""Codes of an authenticator and recovery codes, apart from any account."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts import recovery, totp

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
AT = datetime(2016, 1, 4, 1, 0, tzinfo=UTC)
INSTANTS = st.integers(1_000, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def code(at: datetime) -> str:
    return pyotp.TOTP(SECRET).at(at)


def test_the_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, in its last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for seconds, shown in [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]:
        at = datetime.fromtimestamp(seconds, UTC)
        assert totp.step_of(secret, shown, at, None) == seconds // 30


@given(INSTANTS, st.integers(-29, 29))
def test_a_clock_half_a_minute_wrong_is_forgiven(at: datetime, seconds: int) -> None:
    assert totp.step_of(SECRET, code(at + timedelta(seconds=seconds)), at, None) is not None


@pytest.mark.parametrize("minutes", [-2, 2, 60])
def test_a_minute_or_more_is_not(minutes: int) -> None:
    assert totp.step_of(SECRET, code(AT + timedelta(minutes=minutes)), AT, None) is None


@given(INSTANTS, st.integers(-29, 29))
def test_a_code_is_taken_once(at: datetime, seconds: int) -> None:
    shown = code(at + timedelta(seconds=seconds))
    step = totp.step_of(SECRET, shown, at, None)
    assert totp.step_of(SECRET, shown, at, step) in {None, *range((step or 0) + 1, (step or 0) + 3)}
    assert totp.step_of(SECRET, shown, at, int(at.timestamp()) // 30 + 1) is None


@pytest.mark.parametrize("typed", ["{0}", " {0} ", "{0:.3} {0:.6}"])
def test_a_code_may_be_typed_in_groups(typed: str) -> None:
    shown = code(AT)
    text = f"{shown[:3]} {shown[3:]}" if "." in typed else typed.format(shown)
    assert totp.is_code(text)
    assert totp.step_of(SECRET, text, AT, None) is not None


@given(st.text(max_size=20))
def test_no_text_breaks_the_look_at_it(typed: str) -> None:
    totp.step_of(SECRET, typed, AT, None)
    totp.is_code(typed)
    recovery.is_code(typed)


def test_recovery_codes_are_ten_and_each_another() -> None:
    codes = recovery.new_codes()
    assert len(set(codes)) == 10
    assert all(recovery.is_code(each) and len(each) == 19 for each in codes)


def test_a_recovery_code_is_known_however_it_is_typed() -> None:
    shown = recovery.new_codes()[0]
    for typed in (shown.lower(), shown.replace("-", ""), shown.replace("-", " "), f"  {shown}\n", shown.replace("-", "－")):
        assert recovery.normal(typed) == shown.replace("-", "")


def test_the_qr_code_names_the_house_and_the_officer() -> None:
    address = totp.uri(SECRET, "zhang")
    assert address.startswith("otpauth://totp/")
    assert "zhang" in address
    assert f"secret={SECRET}" in address
