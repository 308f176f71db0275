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
    scopes: frozenset[Permission] | None = None
    "what a token is limited to; None: nothing beyond the roles limits an officer"
    address: str = ""
    "the network address, for the audit log"

    def may(self, permission: Permission) -> bool:
        return granted(self.roles, permission) and (self.scopes is None or permission in self.scopes)


PORTAL = Actor(unit_code=None, name="portal")
