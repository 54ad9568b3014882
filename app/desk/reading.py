"""Reading an answer a second time: what its words show, and whether its author said them before."""

from __future__ import annotations

from sqlalchemy import select

from app.brands.queries import BrandView
from app.desk.models import Reply
from app.kernel.db import session
from listeners.rules import language
from moderation.rules.remarks import Remark, remarks, repeated

LOOKED_BACK = 50
"""How many of an author's latest answers are compared with a new one."""


def remarks_on(brand: BrandView, text: str, *, asked_in: str) -> tuple[Remark, ...]:
    """What the words themselves show, as this brand would say them. Asks the database nothing."""
    tongue = language.identify(text, tuple(brand.languages)).value
    return remarks(text, asked_in=asked_in, written_in=tongue.code, sure=not tongue.uncertain)


def repeats(reply_id: int, author_id: int, text: str) -> Remark:
    """Whether the author has handed in nearly the same for another case lately."""
    this_case = select(Reply.case_id).where(Reply.id == reply_id).scalar_subquery()
    earlier = session.execute(
        select(Reply.text)
        .where(
            Reply.author_id == author_id,
            Reply.id < reply_id,
            Reply.case_id != this_case,
            Reply.submitted_at.is_not(None),
        )
        .order_by(Reply.id.desc())
        .limit(LOOKED_BACK)
    ).scalars()
    return repeated(text, earlier)
