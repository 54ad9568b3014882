"""Whose alias is whose: public replies are signed with it, so within a brand nobody signs as a colleague does."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from app.kernel.db import brand_scope, session
from app.people.models import Member, Membership


def is_taken(alias: str, brand_ids: Iterable[int], *, but_by: int = 0) -> bool:
    """Whether anybody else (than `but_by`) of these brands signs so, in whatever case, also who is suspended.

    The brands are held still: of two people who want one alias there, the second waits and then sees it.
    """
    return any(_is_taken_in(brand_id, alias, but_by) for brand_id in sorted(brand_ids))


def _is_taken_in(brand_id: int, alias: str, but_by: int) -> bool:
    with brand_scope(brand_id):
        session.execute(select(Membership.id).order_by(Membership.id).limit(1).with_for_update())
        others = select(Member.alias).join(Membership, Membership.member_id == Member.id).where(Member.id != but_by)
        # compared here, since SQLite folds the case of ASCII letters alone
        return alias.casefold() in {other.casefold() for other in session.execute(others).scalars()}
