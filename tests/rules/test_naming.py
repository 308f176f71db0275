"""Names in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.conversation.naming import parts, spots

LABELS = ("李四", "李四光", "王五（临江）", "王五", "Li Si", "Li")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@李四请看", ["李四"]),
        ("请@李四光 看", ["李四光"]),
        ("＠王五（临江），@王五", ["王五（临江）", "王五"]),
        ("@Li Si, @Li，@Lisa", ["Li Si", "Li", ""]),
        ("@赵六在吗", [""]),
        ("寄到 a.b@李四.cn、li@ga.example", []),
        ("@ 李四，@，@", []),
        ("@@李四", ["李四"]),
    ],
)
def test_an_at_names_the_longest_name_that_stands_there(text: str, named: list[str]) -> None:
    assert [spot.label for spot in spots(text, LABELS)] == named


@given(st.text(alphabet="@＠李四光王五Lisi （临江），.a"), st.sets(st.sampled_from(LABELS)))
def test_the_pieces_are_the_text_and_what_is_marked_is_a_name(text: str, labels: set[str]) -> None:
    pieces = list(parts(text, labels))
    assert "".join(piece for piece, _label in pieces) == text
    assert all(piece[1:] == label for piece, label in pieces if label)
    ends = [spot.ends for spot in spots(text, labels)]
    assert ends == sorted(ends)
