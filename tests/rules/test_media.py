"""What a file is by its content, and what it may be called."""

import unicodedata
import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.conversation.kinds import ALLOWED, JPEG, PDF, TEXT, Media, Unfit
from portal.conversation.media import LONGEST_NAME, kind_of, safe_name
from tests import samples

NAMES = st.text(max_size=300) | st.text(alphabet="./\\ ._aA\u202e\u200b\x00\n报告:con", max_size=300)


@pytest.mark.parametrize("name", samples.GOOD)
def test_what_officers_send_is_taken_for_what_it_is(name: str) -> None:
    media_type, content = samples.GOOD[name]
    media = kind_of(content, name)
    assert isinstance(media, Media), media
    assert media.type == media_type


@pytest.mark.parametrize("name", samples.BAD)
def test_what_could_do_harm_is_refused_with_its_reason(name: str) -> None:
    reason, content = samples.BAD[name]
    assert kind_of(content, name) is Unfit[reason]


@pytest.mark.parametrize("name", [name for name in samples.GOOD if not samples.GOOD[name][0].startswith("text/")])
def test_a_name_changes_nothing_but_for_text(name: str) -> None:
    media_type, content = samples.GOOD[name]
    media = kind_of(content, "page.html")
    assert isinstance(media, Media)
    assert media.type == media_type


@pytest.mark.parametrize("name", samples.GOOD)
def test_an_allowed_file_that_is_cut_short_is_never_taken_for_markup_or_breaks_the_look(name: str) -> None:
    content = samples.GOOD[name][1]
    for length in range(0, len(content), 3):
        assert kind_of(content[:length], name) is not Unfit.MARKUP


@given(st.binary(max_size=4000))
def test_any_bytes_get_an_answer(content: bytes) -> None:
    assert isinstance(kind_of(content, "a.txt"), Media | Unfit)


@given(st.sampled_from(sorted(samples.GOOD)), st.data())
def test_any_change_of_a_byte_gets_an_answer(name: str, data: st.DataObject) -> None:
    content = bytearray(samples.GOOD[name][1])
    for _ in range(3):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert isinstance(kind_of(bytes(content), name), Media | Unfit)


def test_nothing_comes_from_no_bytes() -> None:
    assert isinstance(kind_of(b"", "a.txt"), Unfit)


def test_a_document_that_names_a_part_twice_is_refused() -> None:
    packed = BytesIO(samples.office("docx"))
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("[content_types].XML", b"<Types/>")
    assert kind_of(packed.getvalue(), "a.docx") is Unfit.DAMAGED


def test_a_document_whose_types_are_written_to_deceive_is_refused() -> None:
    hidden = samples.MAIN["docx"] + '" x="vnd.ms-office.vba&#80;roject'
    packed = samples.zipped({"[Content_Types].xml": f'<Types><Override ContentType="{hidden}"/></Types>'.encode()})
    assert kind_of(packed, "a.docx") is Unfit.DAMAGED


@pytest.mark.parametrize("content", [b"<" + b" " * 3_000_000, b"=|" * 1_500_000, b"\n" * 3_000_000, b"<" * 3_000_000])
def test_no_text_takes_long_to_look_at(content: bytes) -> None:
    assert isinstance(kind_of(content, "a.csv"), Media | Unfit)


@pytest.mark.parametrize(
    ("name", "media", "safe"),
    [
        ("../../etc/passwd", TEXT, "passwd.txt"),
        ("C:\\Users\\张三\\户口簿.pdf", PDF, "户口簿.pdf"),
        ("照片.html", JPEG, "照片.jpg"),
        ("照片.JPEG", JPEG, "照片.jpeg"),
        ("关于2016.1.4的说明", PDF, "关于2016.1.4的说明.pdf"),
        ("发票\u202efdp.exe", PDF, "发票fdp.pdf"),
        ("a\r\nSet-Cookie: b.pdf", PDF, "aSet-Cookie_ b.pdf"),
        ("CON.pdf", PDF, "_CON.pdf"),
        ("...", PDF, "file.pdf"),
        ("", PDF, "file.pdf"),
        ("张" * 300 + ".pdf", PDF, "张" * 196 + ".pdf"),
    ],
)
def test_a_name_keeps_what_is_harmless_in_it(name: str, media: Media, safe: str) -> None:
    assert safe_name(name, media) == safe


@given(NAMES, st.sampled_from(ALLOWED))
def test_a_safe_name_has_no_path_nothing_invisible_its_ending_and_fits(name: str, media: Media) -> None:
    safe = safe_name(name, media)
    assert 1 < len(safe) <= LONGEST_NAME
    assert not set(safe) & set('/\\<>:"|?*\n\x00')
    assert not {unicodedata.category(character) for character in safe} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert safe.endswith(media.endings)
    assert not safe.startswith((".", " "))
    assert safe.encode()


@given(NAMES, st.sampled_from(ALLOWED))
def test_a_safe_name_stays_as_it_is(name: str, media: Media) -> None:
    safe = safe_name(name, media)
    assert safe_name(safe, media) == safe
