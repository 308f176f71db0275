"""The terms of tickets, as keyed hashes: whoever reads the database file learns no word of a message from them."""

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from directory.base import Model


class TicketTerm(Model):
    """A ticket has a text with this term; a search walks a term's tickets, newest first, or asks one ticket for it."""

    __tablename__ = "ticket_term"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012  SQLAlchemy's own attribute

    token: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False, comment="the first 64 bits of an HMAC of the term"
    )
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True
    )
