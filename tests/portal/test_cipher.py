"""Citizens' data at rest."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.cipher import Cipher, Undecipherable, cipher

CIPHER = Cipher("a key of the tests that is long enough")
NUMBER = "22010219900101123X"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_encrypted_comes_back(text: str) -> None:
    assert CIPHER.decrypt(CIPHER.encrypt(text, "citizen.name"), "citizen.name") == text


def test_the_same_text_is_never_encrypted_alike() -> None:
    assert CIPHER.encrypt("李明", "citizen.name") != CIPHER.encrypt("李明", "citizen.name")


def test_a_value_copied_into_another_place_is_refused() -> None:
    with pytest.raises(Undecipherable):
        CIPHER.decrypt(CIPHER.encrypt("李明", "citizen.name"), "citizen.number")


def test_another_key_deciphers_nothing() -> None:
    with pytest.raises(Undecipherable):
        Cipher("another key of the tests, as long").decrypt(CIPHER.encrypt("李明", "citizen.name"), "citizen.name")


@pytest.mark.parametrize("place", range(len(CIPHER.encrypt("李明", "citizen.name"))))
def test_a_change_of_any_byte_is_refused(place: int) -> None:
    data = bytearray(CIPHER.encrypt("李明", "citizen.name"))
    data[place] ^= 1
    with pytest.raises(Undecipherable):
        CIPHER.decrypt(bytes(data), "citizen.name")


@pytest.mark.parametrize("length", [0, 1, 5, 13, 20])
def test_what_was_cut_short_is_refused(length: int) -> None:
    with pytest.raises(Undecipherable):
        CIPHER.decrypt(CIPHER.encrypt("李明", "citizen.name")[:length], "citizen.name")


def test_a_new_key_still_deciphers_what_the_former_one_encrypted() -> None:
    old = CIPHER.encrypt("李明", "citizen.name")
    rotated = Cipher("the next key of the tests, as long", 2, {1: "a key of the tests that is long enough"})
    assert rotated.decrypt(old, "citizen.name") == "李明"
    assert rotated.encrypt("李明", "citizen.name")[0] == 2


@pytest.mark.parametrize("typed", [NUMBER, NUMBER.lower(), f" {NUMBER} ", "２２０１０２１９９００１０１１２３ｘ"])
def test_a_number_is_found_however_it_was_typed(typed: str) -> None:
    assert CIPHER.blind_index(typed) == CIPHER.blind_index(NUMBER)


def test_the_index_tells_nothing_without_the_key() -> None:
    index = CIPHER.blind_index(NUMBER)
    assert len(index) == 64
    assert index != Cipher("another key of the tests, as long").blind_index(NUMBER)


def test_the_application_has_one_cipher_from_its_settings(app: Flask) -> None:
    with app.app_context():
        encrypted = cipher().encrypt("李明", "citizen.name")
        assert cipher() is cipher()
    assert Cipher(app.extensions["settings"].data_key).decrypt(encrypted, "citizen.name") == "李明"


@given(st.binary())
def test_bytes_come_back_as_they_were_and_only_at_their_place(content: bytes) -> None:
    encrypted = CIPHER.encrypt_bytes(content, "attachment.content")
    assert CIPHER.decrypt_bytes(encrypted, "attachment.content") == content
    with pytest.raises(Undecipherable):
        CIPHER.decrypt_bytes(encrypted, "citizen.name")


def test_bytes_that_are_no_text_are_not_given_out_as_one() -> None:
    with pytest.raises(Undecipherable):
        CIPHER.decrypt(CIPHER.encrypt_bytes(b"\xff\xfe", "citizen.name"), "citizen.name")
