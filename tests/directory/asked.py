"""What officers type into the look-up box, and the unit they mean: `queries.txt`, over the whole demonstration province.

A line is what is typed, the unit's code, and where it matters the unit that asks, with tabs between.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

QUERIES = Path(__file__).with_name("queries.txt")


@dataclass(frozen=True)
class Asked:
    typed: str
    meant: str
    near: str | None


def asked() -> Iterator[Asked]:
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            typed, meant, near = (*line.split("\t"), None)[:3]
            yield Asked(str(typed), str(meant), near)
