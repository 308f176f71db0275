"""The chain of command: who is above whom, and the lowest unit that commands several.

Facts are `parents`, the code of every unit with the code of the unit directly above it, None at the root.
"""

from collections.abc import Iterable, Mapping

Parents = Mapping[str, str | None]


class ChainError(ValueError):
    """The chain of command cannot answer."""


class UnknownUnitError(ChainError):
    """A code that the chain of command does not hold."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no unit {code!r} in the chain of command")
        self.code = code


class CircularChainError(ChainError):
    """A unit that is, over others, above itself."""

    def __init__(self, code: str) -> None:
        super().__init__(f"the chain of command above {code!r} comes back to itself")
        self.code = code


class NotAboveError(ChainError):
    """A unit that was taken to command another and does not."""

    def __init__(self, code: str, top: str) -> None:
        super().__init__(f"{top!r} is not above {code!r}")
        self.code, self.top = code, top


def ancestors(code: str, parents: Parents) -> tuple[str, ...]:
    """The unit itself first, then each unit above it, the root last; UnknownUnitError, CircularChainError."""
    chain: dict[str, None] = {}
    above: str | None = code
    while above is not None:
        if above in chain:
            raise CircularChainError(code)
        if above not in parents:
            raise UnknownUnitError(above)
        chain[above] = None
        above = parents[above]
    return tuple(chain)


def lowest_common_ancestor(codes: Iterable[str], parents: Parents) -> str | None:
    """The lowest unit that commands every one of `codes` (a unit commands itself); None if no unit does."""
    first, *others = [ancestors(code, parents) for code in codes] or [()]
    return next((unit for unit in first if all(unit in chain for chain in others)), None)


def chain_to(code: str, top: str, parents: Parents) -> tuple[str, ...]:
    """The unit itself first, then each unit above it up to `top`, the last; NotAboveError if `top` is not above it."""
    chain = ancestors(code, parents)
    if top not in chain:
        raise NotAboveError(code, top)
    return chain[: chain.index(top) + 1]


def distance(one: str, other: str, parents: Parents) -> int | None:
    """Steps along the chain of command from one unit to the other; None if no unit commands both."""
    top = lowest_common_ancestor((one, other), parents)
    if top is None:
        return None
    return sum(len(chain_to(code, top, parents)) - 1 for code in (one, other))
