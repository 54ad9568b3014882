"""Name and alias: a member changes their own; replies that were written before keep the alias they were signed with."""

from __future__ import annotations

from sqlalchemy import select

from app.kernel import audit
from app.kernel.db import across_brands, brand_scope, session
from app.kernel.errors import ConflictError, NotFoundError, RefusedError
from app.people import aliases
from app.people.models import Member, Membership
from app.people.rules import alias_problem, name_problem


def rename(member_id: int, name: str, alias: str) -> bool:
    """Change how a member is called; whether anything changed. Audited in every brand that they have a role in.

    Raises:
        RefusedError: a name or alias that cannot be taken.
        ConflictError: somebody else of one of their brands signs with this alias, in whatever case.

    """
    name, alias = " ".join(name.split()), alias.strip().removeprefix("^")
    for problem in (name_problem(name), alias_problem(alias)):
        if problem:
            raise RefusedError(problem)
    row = session.execute(select(Member).where(Member.id == member_id)).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such member.")
    if (row.name, row.alias) == (name, alias):
        return False
    brand_ids = _brands_of(member_id)
    if alias.casefold() != row.alias.casefold() and aliases.is_taken(alias, brand_ids, but_by=member_id):
        raise ConflictError(f"Somebody already signs as ^{alias}. Choose another alias; yours is unchanged.")
    before = {"name_before": row.name, "alias_before": row.alias}
    row.name, row.alias = name, alias
    session.flush()
    for brand_id in brand_ids:
        with brand_scope(brand_id):
            audit.record(brand_id, member_id, "member.rename", f"member:{member_id}", name=name, alias=alias, **before)
    return True


def _brands_of(member_id: int) -> list[int]:
    with across_brands():
        mine = select(Membership.brand_id).where(Membership.member_id == member_id).order_by(Membership.brand_id)
        return list(session.execute(mine).scalars())
