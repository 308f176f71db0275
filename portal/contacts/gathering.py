"""What the check of the directory tells: each steward of the own part, a command of everything."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from directory.checks import Double, Findings, check
from directory.models import Contact
from directory.presenting import public, unit_shapes
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


def as_report(session: Session, findings: Findings) -> dict[str, Any]:
    """The findings as JSON, units in full: `{code, name, kind, path}`."""
    shapes = unit_shapes(session, _units_of(findings))

    def unit(code: str) -> dict[str, Any]:
        return public(shapes[code])

    def contact(one: Contact) -> dict[str, Any]:
        verified = one.verified_at.isoformat() if one.verified_at else None
        return {"unit": unit(one.unit_code), "name": one.name, "role": str(one.role), "email": one.email,
                "verified_at": verified}  # fmt: skip

    return {
        "silent": [{"unit": unit(one.unit.code), "rung": str(one.rung), "ladders": one.ladders}
                   for one in findings.silent],
        "unconfirmed": [contact(one) for one in findings.unconfirmed],
        "bouncing": [contact(one) for one in findings.bouncing],
        "double_emails": _doubles(findings.double_emails, contact),
        "double_phones": _doubles(findings.double_phones, contact),
        "undialable": [{**contact(one.contact), "phone": one.number} for one in findings.undialable],
        "corrections": [{"unit": unit(one.unit_code), "kind": str(one.kind), "raised_at": one.raised_at.isoformat(),
                         "text": one.text} for one in findings.corrections],
    }  # fmt: skip


def _doubles(doubles: Iterable[Double], contact: Callable[[Contact], dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"shared": one.shared, "contacts": [contact(each) for each in one.contacts]} for one in doubles]


def _units_of(findings: Findings) -> set[str]:
    contacts = [
        *findings.unconfirmed,
        *findings.bouncing,
        *(each for double in (*findings.double_emails, *findings.double_phones) for each in double.contacts),
        *(phone.contact for phone in findings.undialable),
    ]
    return {
        *(each.unit_code for each in contacts),
        *(one.unit.code for one in findings.silent),
        *(one.unit_code for one in findings.corrections),
    }
