"""How far a long piece of work is, told to whoever wants to know."""

from collections.abc import Callable

Told = Callable[[float], None]
"Hears a share of the work, between 0 and 1."


def tell_nobody(_share: float) -> None:
    """For who does not ask."""
