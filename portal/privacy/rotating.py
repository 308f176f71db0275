"""A new data key: all that is encrypted is written anew under it, some rows at a time, while everybody works.

Until it is done both keys are needed; the ciphertext says which one is its own, and a citizen is looked up by the index
of either. A kill loses nothing: what is under the new key already is passed over.
"""

from contextlib import closing
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select, update
from sqlalchemy.orm import Session, sessionmaker

from portal.audit.actions import record as audit
from portal.cipher import Cipher
from portal.privacy.encrypted import ENCRYPTED, Encrypted
from portal.privacy.fitting import forget_former
from portal.privacy.models import KeyRotation, unfinished
from portal.search.rebuilding import index_anew
from portal.terms.indexing import tickets_left, under
from portal.terms.models import TermExchange
from portal.tickets.models import Ticket
from portal.web.actor import PORTAL, Actor

BATCH = 100


def begin(session: Session, actor: Actor, to_key: int, at: datetime) -> KeyRotation:
    """Ask for everything to be brought under the key; the rotation that is under way, if it is to the same one."""
    found = session.scalar(unfinished().with_for_update())
    if found is None or found.to_key != to_key:
        if found:
            found.done_at = at
        found = KeyRotation(to_key=to_key, begun_at=at)
        session.add(found)
        audit(session, actor, "key.rotate", f"key {to_key}", at=at)
    return found


def rotate_some(session: Session, cipher: Cipher, batch: int = BATCH) -> int:
    """Bring up to `batch` rows of each column under the cipher's key; answers how many."""
    return sum(_rotate(session, cipher, one, batch) for one in ENCRYPTED)


def rotate_all(sessions: "sessionmaker[Session]", cipher: Cipher, at: datetime) -> int:
    """Go on with the rotation under way, batch by batch, each a transaction of its own; answers how many rows."""
    done = 0
    while True:
        with closing(sessions()) as session:
            rotation = session.scalar(unfinished())
            if rotation is None or rotation.to_key != cipher.key_id:
                return done
            rows, tickets = rotate_some(session, cipher), rotate_terms(session, cipher)
            if not rows and not tickets and set(rows_by_key(session)) <= {cipher.key_id}:
                rotation.done_at = at
                forget_former(session, cipher.key_id)
                audit(session, PORTAL, "key.rotated", f"key {cipher.key_id}", at=at)
            session.commit()
        done += rows
        if not rows and not tickets:
            return done


def rotate_terms(session: Session, cipher: Cipher) -> int:
    """Write the terms of the next tickets under the cipher's key; answers of how many tickets."""
    exchange = session.scalar(under(cipher.key_id, TermExchange).with_for_update())
    if exchange is None:
        exchange = TermExchange(key_id=cipher.key_id, after=0, done=len(cipher.key_ids) == 1)
        session.add(exchange)
    ids = [] if exchange.done else index_anew(session, exchange.after)
    exchange.after, exchange.done = max(ids, default=exchange.after), not ids
    return len(ids)


def terms_left(session: Session, cipher: Cipher) -> int:
    """Of how many tickets the terms may still be under another key."""
    if not tickets_left(session, cipher):
        return 0
    after = session.scalar(under(cipher.key_id, TermExchange.after)) or 0
    return session.scalar(select(func.count()).select_from(Ticket).where(Ticket.id > after)) or 0


def rows_by_key(session: Session) -> dict[int, int]:
    """How many ciphertexts each key still has."""
    counts: dict[int, int] = {}
    for one in ENCRYPTED:
        first = func.substr(one.column, 1, 1)
        for byte, count in session.execute(select(first, func.count()).where(one.column.is_not(None)).group_by(first)):
            key_id = bytes(byte)[0] if byte else 0
            counts[key_id] = counts.get(key_id, 0) + count
    return counts


def _rotate(session: Session, cipher: Cipher, one: Encrypted, batch: int) -> int:
    """Each row only if it is still what was read: what somebody else wrote meanwhile is under the new key already."""
    rows = session.execute(_left(one, cipher.key_id, batch)).all()
    for row in rows:
        content = cipher.decrypt_bytes(row[1], one.purpose(row))
        values: dict[Any, bytes | str] = {one.column: cipher.encrypt_bytes(content, one.purpose(row))}
        if one.index is not None:
            values[one.index] = cipher.blind_index(content.decode())
        same = update(one.column.class_).where(one.key == row[0], one.column == row[1])
        session.execute(same.values(values).execution_options(synchronize_session=False))
    return len(rows)


def _left(one: Encrypted, key_id: int, batch: int) -> Select[*tuple[Any, ...]]:
    under_another = func.substr(one.column, 1, 1) != literal(bytes([key_id]))
    rows = select(one.key, one.column, *one.facts).where(one.column.is_not(None), under_another)
    return rows.order_by(one.key).limit(batch).with_for_update(skip_locked=True)
