"""The addresses at which a mail comes back: a token before the @ says which mail it was, and whether it bounced."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

TOKEN = r"[0-9a-f]{20,32}"  # noqa: S105  the shape of one


class Way(StrEnum):
    """How a message comes back: to the return path, or to the reply address."""

    BOUNCE = "b"
    REPLY = "r"


@dataclass(frozen=True)
class Returned:
    """The token that an address of ours carried."""

    way: Way
    token: str


@dataclass(frozen=True)
class ReturnAddress:
    """The mailbox that the portal reads, and what parts a sub-address from it; empty: it takes none (QQ, 163)."""

    mailbox: str
    separator: str = "+"

    def of(self, way: Way, token: str) -> str:
        """`duijie+b0123456789abcdef0123@ga.example`, or the mailbox alone where it takes no sub-addresses."""
        local, _at, domain = self.mailbox.rpartition("@")
        return f"{local}{self.separator}{way}{token}@{domain}" if self.separator else self.mailbox

    def read(self, addresses: Iterable[str]) -> Returned | None:
        """The first token among these addresses; None if none of them is one of ours."""
        local, _at, domain = self.mailbox.rpartition("@")
        if not self.separator:
            return None
        shape = re.compile(rf"{re.escape(local + self.separator)}([br])({TOKEN})@{re.escape(domain)}", re.IGNORECASE)
        found = (shape.fullmatch(address.strip()) for address in addresses)
        return next((Returned(Way(match[1].lower()), match[2].lower()) for match in found if match), None)
