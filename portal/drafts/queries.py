"""An officer's own drafts; nobody else's are ever selected."""

from datetime import datetime

from sqlalchemy import Delete, Select, delete, select

from portal.drafts.models import Draft


def own(officer_id: int, key: str) -> Select[Draft]:
    return select(Draft).where(Draft.officer_id == officer_id, Draft.key == key)


def own_of_kind(officer_id: int, kind: str) -> Select[Draft]:
    """Those whose key begins with `kind:`, the latest first."""
    return (
        select(Draft)
        .where(Draft.officer_id == officer_id, Draft.key >= f"{kind}:", Draft.key < f"{kind};")
        .order_by(Draft.updated_at.desc(), Draft.id.desc())
    )


def untouched_since(instant: datetime) -> Delete:
    return delete(Draft).where(Draft.updated_at < instant)
