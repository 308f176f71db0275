"""The bench writes what it printed into its document, and nothing over what was written by hand."""

from pathlib import Path

from tests.bench.__main__ import BEGINS, DOCUMENT, ENDS, parts, shown, write


def test_a_run_replaces_the_one_before_and_nothing_else(tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"# By hand\n\n{BEGINS}\nold\n{ENDS}\n\n## And after\n")
    for run in ("first", "second"):
        write(run, document)
    assert document.read_text() == f"# By hand\n\n{BEGINS}\n\nsecond\n\n{ENDS}\n\n## And after\n"


def test_the_document_has_its_marks_once() -> None:
    text = DOCUMENT.read_text()
    assert text.count(BEGINS) == text.count(ENDS) == 1
    assert text.index(BEGINS) < text.index(ENDS)


def test_a_quick_run_is_a_part_of_the_whole() -> None:
    whole, quick = (dict(parts([10_000], quick=each)) for each in (False, True))
    assert quick
    assert set(quick) < set(whole)
    assert "--quick" in quick["pages"]


def test_tables_stay_tables_and_other_lines_stay_as_they_were_printed() -> None:
    assert shown("| a |\n|---|\n| 1 |") == "| a |\n|---|\n| 1 |"
    assert shown("mail: 1 a second") == "```\nmail: 1 a second\n```"
