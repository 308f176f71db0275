"""The conventions are read off one application, whose database nobody asks."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.conftest import make_settings, running


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application, for a look at its routes and its templates."""
    folder = tmp_path_factory.mktemp("house")
    with running(make_settings(f"sqlite:///{folder / 'duijie.sqlite3'}", folder)) as app:
        yield app
