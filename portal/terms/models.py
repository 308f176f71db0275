"""The terms of tickets, as keyed hashes: whoever reads the database file learns no word of a message from them."""

from sqlalchemy import BigInteger, ForeignKey, false, text
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


class TermExchange(Model):
    """How far the terms have come under a data key. They cannot be deciphered: they are made of the texts anew."""

    __tablename__ = "term_exchange"

    key_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    after: Mapped[int] = mapped_column(default=0, server_default=text("0"), comment="tickets up to this id are done")
    done: Mapped[bool] = mapped_column(default=False, server_default=false(), comment="no term is under another key")
