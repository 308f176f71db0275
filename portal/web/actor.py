"""Who acts: an officer signed in, another system with a unit's token, or the portal itself."""

from dataclasses import dataclass, field

from portal.web.permissions import Permission, Role, granted


@dataclass(frozen=True)
class Actor:
    """Facts about who acts, as rules, actions and queries take them; never looked up behind their back.

    `unit_code` is None only for the portal itself (sweep, automatic moves) and for the three administrators' acts
    that concern no unit.
    """

    unit_code: str | None
    name: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    officer_id: int | None = None
    token_id: int | None = None
    address: str = ""
    "the network address, for the audit log"

    def may(self, permission: Permission) -> bool:
        return granted(self.roles, permission)


PORTAL = Actor(unit_code=None, name="portal")
