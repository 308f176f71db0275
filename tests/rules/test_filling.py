"""Texts with fields in braces."""

from hypothesis import given
from hypothesis import strategies as st

from portal.conversation.filling import FIELDS, filled, unknown_fields


def test_fields_are_filled_in_and_what_has_no_value_is_left_to_be_seen() -> None:
    values = {"number": "XB2016-000001-7", "due": ""}
    assert filled("{number}，{ number }，{due}，{other}", values) == "XB2016-000001-7，XB2016-000001-7，{due}，{other}"


def test_a_field_that_no_ticket_has_is_named_once() -> None:
    assert unknown_fields("{name} {number} {id_number} {name} {}") == ["name", "id_number", ""]
    assert unknown_fields("没有字段，{ 只有一半") == []


@given(st.text(alphabet="{}ab年\n", max_size=30), st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=5)))
def test_a_text_without_known_fields_stays_as_it_is(body: str, values: dict[str, str]) -> None:
    assert filled(body, values) == body


@given(st.sampled_from(FIELDS), st.text(alphabet="{}unit值", min_size=1, max_size=20))
def test_what_is_filled_in_is_not_filled_in_again(field: str, value: str) -> None:
    assert filled(f"{{{field}}}", {field: value, "unit": value}) == value
