"""An aside: what is written to one unit alone. Who reads it."""

from collections.abc import Collection

from directory.chain import Parents, ancestors


def may_read(between: Collection[str], own: str, parents: Parents, *, supervises: bool) -> bool:
    """Whether somebody of the unit `own` reads what stands `between` two units; of nobody's, everybody on the ticket.

    The writer's unit, the unit written to, and the supervisors of either and of the units above it: who answers for a
    unit sees what it writes and is told. The opener is not excepted, nor is a unit that takes the task over later.
    """
    if not between or own in between:
        return True
    return supervises and any(own in ancestors(unit, parents) for unit in between)
