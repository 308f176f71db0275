"""What holds for every file of the project."""

import re
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
