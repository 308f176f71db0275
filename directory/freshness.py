"""How far a contact can be trusted: one state and a score, from what happened to it.

Proof is that somebody confirmed the contact, or that an answer came from it. That a mail server took a mail is less: it
tells that the address exists, not who reads it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

STALE = timedelta(days=180)
"Proof older than this no longer confirms."
FORGOTTEN = timedelta(days=720)
"From this age on a proof counts no less."
FULL, AT_STALE, AT_FORGOTTEN, UNPROVEN, BONUS = 100, 50, 25, 20, 5


class ContactState(StrEnum):
    UNCONFIRMED = "unconfirmed"
    CONFIRMED = "confirmed"
    SUSPECT = "suspect"
    BOUNCING = "bouncing"
    RETIRED = "retired"


class Facts(Protocol):
    """What is known of a contact; of `state` only whether it is retired, which a steward decides."""

    @property
    def state(self) -> ContactState: ...
    @property
    def verified_at(self) -> datetime | None: ...
    @property
    def delivered_at(self) -> datetime | None: ...
    @property
    def bounced_at(self) -> datetime | None: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def disowned_at(self) -> datetime | None: ...


class Reason(StrEnum):
    """What speaks for a contact or against it."""

    VERIFIED = "verified"
    ANSWERED = "answered"
    DELIVERED = "delivered"
    STALE = "stale"
    NEVER_VERIFIED = "never verified"
    BOUNCED = "bounced"
    DISOWNED = "disowned"
    RETIRED = "retired"


@dataclass(frozen=True)
class Because:
    """A reason, and since when it holds; None where it never began."""

    reason: Reason
    since: datetime | None


@dataclass(frozen=True)
class Freshness:
    """The state, a score from 0 (worthless) to 100 (confirmed just now), and the reasons, the weightiest first."""

    state: ContactState
    score: int
    reasons: tuple[Because, ...]


def assess(facts: Facts, at: datetime) -> Freshness:
    """What is to be thought of a contact at an instant.

    A later confirmation never lowers the score. A bounce counts until a later delivery, after which the contact is
    mailed again but stays in doubt, or until a later confirmation or answer, which settles it.
    """
    state = state_of(facts, at)
    if state is ContactState.RETIRED:
        return Freshness(state, 0, (Because(Reason.RETIRED, None),))
    return Freshness(state, _score(facts, state, at), tuple(_reasons(facts, state, at)))


def state_of(facts: Facts, at: datetime) -> ContactState:
    """The state alone, as a row of a list shows it."""
    if facts.state is ContactState.RETIRED:
        return ContactState.RETIRED
    proof = _proof(facts)
    if _bounces(facts):
        return ContactState.BOUNCING
    if _since(facts.disowned_at, facts.verified_at) or _since(facts.bounced_at, proof):
        return ContactState.SUSPECT
    return ContactState.CONFIRMED if proof and at - proof <= STALE else ContactState.UNCONFIRMED


def _score(facts: Facts, state: ContactState, at: datetime) -> int:
    proof = _proof(facts)
    score = _worth(at - proof) if proof else UNPROVEN
    if facts.delivered_at and at - facts.delivered_at <= STALE:
        score = min(score + BONUS, FULL)
    return score // {ContactState.BOUNCING: 10, ContactState.SUSPECT: 2}.get(state, 1)


def _worth(age: timedelta) -> int:
    """100 at once, 50 when it is stale, 25 in the end; never less with a younger proof."""
    age = max(age, timedelta())
    if age <= STALE:
        return FULL - int((FULL - AT_STALE) * (age / STALE))
    over = min((age - STALE) / (FORGOTTEN - STALE), 1.0)
    return AT_STALE - int((AT_STALE - AT_FORGOTTEN) * over)


def _reasons(facts: Facts, state: ContactState, at: datetime) -> list[Because]:
    proof = _proof(facts)
    against = [
        Because(Reason.BOUNCED, facts.bounced_at if _since(facts.bounced_at, proof) else None),
        Because(Reason.DISOWNED, facts.disowned_at if _since(facts.disowned_at, facts.verified_at) else None),
        Because(Reason.STALE, proof if proof and at - proof > STALE else None),
    ]
    known = [
        Because(Reason.VERIFIED, facts.verified_at),
        Because(Reason.ANSWERED, facts.answered_at),
        Because(Reason.DELIVERED, facts.delivered_at),
    ]
    never = [] if facts.verified_at else [Because(Reason.NEVER_VERIFIED, None)]
    return [*(each for each in against if each.since), *never, *(each for each in known if each.since)]


def _proof(facts: Facts) -> datetime | None:
    return max((at for at in (facts.verified_at, facts.answered_at) if at), default=None)


def _bounces(facts: Facts) -> bool:
    """The last word of the mail servers is a refusal, and nobody has confirmed the contact since."""
    if not _since(facts.bounced_at, _proof(facts)):
        return False
    return facts.delivered_at is None or facts.bounced_at is None or facts.delivered_at <= facts.bounced_at


def _since(doubt: datetime | None, proof: datetime | None) -> bool:
    """Whether a doubt is younger than what would settle it."""
    return doubt is not None and (proof is None or proof < doubt)
