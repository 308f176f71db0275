"""Half a minute of what `python -m tests.faults.soak` does for thirty."""

import pytest

from tests.faults.plant import plant
from tests.faults.soak import run, told


@pytest.mark.xdist_group("faults")
def test_processes_killed_and_the_database_down_twice_lose_nothing_and_double_nothing() -> None:
    with plant() as made:
        shaken, found, book = run(made, seconds=20, every=2.5, tickets=12, number=2016, hurry=True)
        report = told(shaken, found, book, made)
        assert not found.faults, report
        assert {"database restarted", "database killed", "worker 0 killed", "web 0 killed"} <= {blow.name for blow in shaken.blows}, report
        assert found.rungs >= 12, report
        assert min(found.tickets, found.messages, found.mails) > 0, report
        assert {each.status for each in book.samples if each.status >= 500} <= {503}, report
