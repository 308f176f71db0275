"""What the tests of pages share: counting statements, reading a page's words and fields."""

import html
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from portal.extensions import db
from tests.statements import asked_of

FIELD = re.compile(r'<input[^>]*?name="(?P<name>[^"]+)"[^>]*?value="(?P<value>[^"]*)"')


@contextmanager
def statements() -> Iterator[Callable[[], int]]:
    """Counts what is asked of the database inside the block."""
    with asked_of_the_database() as asked:
        yield lambda: len(asked)


@contextmanager
def asked_of_the_database() -> Iterator[list[str]]:
    """The statements inside the block, in their order."""
    with asked_of(db.engine) as asked:
        yield asked


def words(page: str) -> str:
    """The page as read: without its tags, white space once."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def hidden(page: str, name: str) -> str:
    """The value of a field of that name."""
    return next(html.unescape(match["value"]) for match in FIELD.finditer(page) if match["name"] == name)
