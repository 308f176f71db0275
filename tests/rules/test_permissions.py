"""Permissions: which role may do what, and which roles no one person holds together."""

from itertools import combinations

import pytest

from portal.web.permissions import ADMINISTRATORS, CASE_CONTENT, GRANTS, Permission, Role, conflicts, granted


def test_every_role_is_in_the_table_and_every_permission_is_granted_to_some_role() -> None:
    assert set(GRANTS) == set(Role)
    assert frozenset().union(*GRANTS.values()) == set(Permission)


@pytest.mark.parametrize("role", sorted(ADMINISTRATORS | {Role.STEWARD}))
@pytest.mark.parametrize("permission", sorted(CASE_CONTENT))
def test_neither_an_administrator_nor_a_steward_sees_a_case(role: Role, permission: Permission) -> None:
    assert not granted([role], permission)


def test_an_officer_reads_the_directory_and_works_on_tickets_and_nothing_more() -> None:
    assert GRANTS[Role.OFFICER] == CASE_CONTENT | {Permission.DIRECTORY_READ}


def test_a_supervisor_is_an_officer_who_supervises() -> None:
    assert GRANTS[Role.SUPERVISOR] - GRANTS[Role.OFFICER] == {
        Permission.SUPERVISION_READ,
        Permission.EXTENSION_DECIDE,
        Permission.POLICY_EDIT,
        Permission.PROCEDURE_EDIT,
    }
    assert GRANTS[Role.OFFICER] < GRANTS[Role.SUPERVISOR]


def test_the_auditor_reads_the_audit_log_and_nobody_else_does() -> None:
    assert GRANTS[Role.AUDITOR] == {Permission.AUDIT_READ, Permission.STYLE_READ}
    assert [role for role in Role if granted([role], Permission.AUDIT_READ)] == [Role.AUDITOR]


def test_who_manages_accounts_does_not_grant_roles() -> None:
    for role in Role:
        assert not GRANTS[role] >= {Permission.ACCOUNT_MANAGE, Permission.ROLE_GRANT}


def test_roles_add_up() -> None:
    both = [Role.OFFICER, Role.STEWARD]
    assert granted(both, Permission.TICKET_OPEN)
    assert granted(both, Permission.DIRECTORY_EDIT)
    assert not granted(both, Permission.SUPERVISION_READ)
    assert not granted([], Permission.DIRECTORY_READ)


@pytest.mark.parametrize("pair", list(combinations(sorted(ADMINISTRATORS), 2)))
def test_no_two_of_the_three_administrators_are_one_person(pair: tuple[Role, Role]) -> None:
    assert conflicts([*pair, Role.OFFICER]) == set(pair)


@pytest.mark.parametrize("role", list(Role))
def test_one_role_alone_is_no_conflict(role: Role) -> None:
    assert conflicts([role, role]) == frozenset()
