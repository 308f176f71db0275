"""An officer's own drafts; nobody else's are ever selected."""

from datetime import datetime

from sqlalchemy import Delete, Select, bindparam, delete, select

from portal.drafts.models import Draft


def own(officer_id: int, key: str) -> Select[Draft]:
    return select(Draft).where(Draft.officer_id == officer_id, Draft.key == key)


def untouched_since(instant: datetime) -> Delete:
    return delete(Draft).where(Draft.updated_at < instant)


OWN_OF_KIND = (
    select(Draft)
    .where(Draft.officer_id == bindparam("officer_id"))
    .where(Draft.key >= bindparam("first"), Draft.key < bindparam("behind"))
    .order_by(Draft.updated_at.desc(), Draft.id.desc())
)
"Those whose key begins with `kind:`, the latest first; built once, executed with `of_kind`."

DISCARDED = delete(Draft).where(Draft.officer_id == bindparam("whose"), Draft.key == bindparam("name"))
"Built once."


def of_kind(officer_id: int | None, kind: str) -> dict[str, int | str]:
    return {"officer_id": officer_id or 0, "first": f"{kind}:", "behind": f"{kind};"}
