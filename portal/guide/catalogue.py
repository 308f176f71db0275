"""What the guide says: sections of statements, each in both languages with its source and its date in force."""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

SHIPPED = Path(__file__).with_name("guide.toml")


@dataclass(frozen=True)
class Statement:
    """One thing that the public is told: plain text, never markup."""

    zh: str
    en: str
    source_zh: str
    source_en: str
    since: date | None = None
    "in force from this day on; None: the source does not say"

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> "Statement":
        """As `to_dict` gives it; a day may also be a date."""
        since = row.get("since")
        return cls(
            zh=row["zh"],
            en=row["en"],
            source_zh=row["source_zh"],
            source_en=row["source_en"],
            since=date.fromisoformat(since) if isinstance(since, str) else since,
        )

    def to_dict(self) -> dict[str, Any]:
        """The statement as JSON can hold it."""
        return asdict(self) | {"since": self.since.isoformat() if self.since else None}

    def source(self, language: str) -> str:
        return self.source_zh if language == "zh" else self.source_en

    def is_to_come(self, today: date) -> bool:
        """Whether it is announced, and not in force yet."""
        return self.since is not None and self.since > today


@dataclass(frozen=True)
class Section:
    """A part of the guide under a heading; `key` is what its versions and its address are called by."""

    key: str
    zh: str
    en: str
    statements: tuple[Statement, ...]


@cache
def shipped() -> Mapping[str, Section]:
    """The sections that ship, by key, in their order."""
    with SHIPPED.open("rb") as file:
        return MappingProxyType({row["key"]: _section(row) for row in tomllib.load(file)["section"]})


def _section(row: Mapping[str, Any]) -> Section:
    statements = tuple(Statement.from_dict(each) for each in row["statement"])
    return Section(key=row["key"], zh=row["zh"], en=row["en"], statements=statements)
