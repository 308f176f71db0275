"""The collector waits while much is made that stays, and is at work again afterwards."""

import gc

import pytest

from directory.collecting import collecting_later


def test_it_waits_until_the_last_of_several_is_done() -> None:
    first, second = collecting_later(), collecting_later()
    with first:
        second.__enter__()
        assert not gc.isenabled()
    assert not gc.isenabled()
    second.__exit__(None, None, None)
    assert gc.isenabled()


def test_it_is_at_work_again_after_a_failure() -> None:
    with pytest.raises(KeyError), collecting_later():
        raise KeyError
    assert gc.isenabled()


def test_what_was_not_at_work_before_is_not_afterwards() -> None:
    gc.disable()
    try:
        with collecting_later():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
