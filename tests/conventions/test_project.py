"""What holds for every file of the project."""

import ast
import re
import sys
from pathlib import Path

from tests.conventions.house import ROOT

NOT_OURS = {".git", ".venv", "build", "instance", "screenshots", "node_modules", "__pycache__"}
BESIDE_US = re.compile(rb"\b" + b"share" + rb"d/")


def test_nothing_points_to_a_folder_beside_the_project() -> None:
    """The project stands alone: what its files need is in them."""
    assert not [str(path.relative_to(ROOT)) for path in files(ROOT) if BESIDE_US.search(path.read_bytes())]


def files(folder: Path) -> list[Path]:
    return [
        path
        for entry in sorted(folder.iterdir())
        if entry.name not in NOT_OURS and not entry.name.endswith("_cache") and entry.name != ".hypothesis"
        for path in (files(entry) if entry.is_dir() else [entry])
    ]


IMPORTED_AS = {
    "argon2": "argon2-cffi", "chinese_calendar": "chinesecalendar", "dkim": "dkimpy",
    "msoffcrypto": "msoffcrypto-tool", "playwright": "playwright",
}  # fmt: skip
"Packages whose import has another name."


def test_every_package_that_is_imported_is_asked_for() -> None:
    """What another package happened to bring along, or somebody's machine happened to have, is missing elsewhere."""
    asked = {line.split("[")[0].strip().lower() for name in ("requirements.in", "requirements-dev.in")
             for line in (ROOT / name).read_text().splitlines()}  # fmt: skip
    known = {"portal", "directory", "tests", *sys.stdlib_module_names, "werkzeug", "jinja2", "markupsafe", "click", "psycopg"}
    missing = {
        name
        for folder in ("portal", "directory", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if path.parent.name != "helpdesk"  # a peer in the bench, run by an interpreter of its own
        for name in imported(path) - known
        if IMPORTED_AS.get(name, name.replace("_", "-")).lower() not in asked
    }
    assert not missing


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found
