"""Who may do what: the roles, the permissions, and one table that says which role has which."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    STEWARD = "steward"
    SYSTEM_ADMINISTRATOR = "system_administrator"
    SECURITY_ADMINISTRATOR = "security_administrator"
    AUDITOR = "auditor"


class Permission(StrEnum):
    DIRECTORY_READ = "directory.read"
    DIRECTORY_EDIT = "directory.edit"
    TICKET_READ = "ticket.read"
    TICKET_OPEN = "ticket.open"
    TICKET_MOVE = "ticket.move"
    TICKET_MESSAGE = "ticket.message"
    CITIZEN_REVEAL = "citizen.reveal"
    SUPERVISION_READ = "supervision.read"
    EXTENSION_DECIDE = "extension.decide"
    POLICY_EDIT = "policy.edit"
    PROCEDURE_EDIT = "procedure.edit"
    ACCOUNT_MANAGE = "account.manage"
    SETTINGS_MANAGE = "settings.manage"
    TOKEN_MANAGE = "token.manage"  # noqa: S105  a permission, no secret
    WEBHOOK_MANAGE = "webhook.manage"
    OUTBOX_READ = "outbox.read"
    ROLE_GRANT = "role.grant"
    SESSION_MANAGE = "session.manage"
    AUDIT_READ = "audit.read"
    STYLE_READ = "style.read"


CASE_CONTENT = frozenset(
    {
        Permission.TICKET_READ,
        Permission.TICKET_OPEN,
        Permission.TICKET_MOVE,
        Permission.TICKET_MESSAGE,
        Permission.CITIZEN_REVEAL,
    }
)
"What shows or touches a citizen's case."

GRANTS: Mapping[Role, frozenset[Permission]] = MappingProxyType(
    {
        Role.OFFICER: CASE_CONTENT | {Permission.DIRECTORY_READ},
        Role.SUPERVISOR: CASE_CONTENT
        | {
            Permission.DIRECTORY_READ,
            Permission.SUPERVISION_READ,
            Permission.EXTENSION_DECIDE,
            Permission.POLICY_EDIT,
            Permission.PROCEDURE_EDIT,
        },
        Role.STEWARD: frozenset({Permission.DIRECTORY_READ, Permission.DIRECTORY_EDIT}),
        Role.SYSTEM_ADMINISTRATOR: frozenset(
            {
                Permission.DIRECTORY_READ,
                Permission.ACCOUNT_MANAGE,
                Permission.SETTINGS_MANAGE,
                Permission.TOKEN_MANAGE,
                Permission.WEBHOOK_MANAGE,
                Permission.OUTBOX_READ,
                Permission.STYLE_READ,
            }
        ),
        Role.SECURITY_ADMINISTRATOR: frozenset(
            {Permission.ROLE_GRANT, Permission.SESSION_MANAGE, Permission.STYLE_READ}
        ),
        Role.AUDITOR: frozenset({Permission.AUDIT_READ, Permission.STYLE_READ}),
    }
)

SCOPES: Mapping[Permission, Role] = MappingProxyType(
    {
        Permission.DIRECTORY_READ: Role.OFFICER,
        Permission.TICKET_READ: Role.OFFICER,
        Permission.TICKET_OPEN: Role.OFFICER,
        Permission.TICKET_MOVE: Role.OFFICER,
        Permission.TICKET_MESSAGE: Role.OFFICER,
        Permission.SUPERVISION_READ: Role.SUPERVISOR,
        Permission.EXTENSION_DECIDE: Role.SUPERVISOR,
        Permission.WEBHOOK_MANAGE: Role.SYSTEM_ADMINISTRATOR,
        Permission.DIRECTORY_EDIT: Role.STEWARD,
    }
)
"""The scopes that another system's token can be given: permissions, under their own names, each with the role in which
the system acts in a call that asks for it, and in no other. What is not here no token may, whatever the role."""

ADMINISTRATORS = frozenset({Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR})
"三员分立: three separate people."

NEEDS_SECOND_FACTOR = frozenset(Role) - {Role.OFFICER}
"Who sees more than a unit's own cases, or decides over others, signs in with a second factor."


def granted(roles: Iterable[Role], permission: Permission) -> bool:
    """Whether one of the roles has the permission."""
    return any(permission in GRANTS[role] for role in roles)


def conflicts(roles: Iterable[Role]) -> frozenset[Role]:
    """The roles among these that one person must not hold together; empty if there is no conflict."""
    held = ADMINISTRATORS.intersection(roles)
    return held if len(held) > 1 else frozenset()
