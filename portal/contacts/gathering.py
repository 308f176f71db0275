"""What the check of the directory tells each steward."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from directory.checks import Findings, check
from portal.accounts.models import Officer
from portal.contacts import queries


@dataclass(frozen=True)
class ToSteward:
    """What is found in a steward's part of the directory."""

    steward: Officer
    findings: Findings


def gather_for_stewards(session: Session, at: datetime) -> list[ToSteward]:
    """Every steward in whose part something is found, with it: the province is looked through once for all of them."""
    everything = check(session, at)
    below: dict[str, set[str]] = defaultdict(set)
    for above, code in session.execute(queries.ancestors_of_all()):
        below[above].add(code)
    told = [
        ToSteward(steward, everything.within(below[steward.unit_code]))
        for steward in session.scalars(queries.stewards())
    ]
    return [one for one in told if one.findings]
