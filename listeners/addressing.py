"""A post that one account of the brand may answer was heard by another first: it is given to the one that may.

Whether it may still be given is the desk's to decide, which knows of answers to it.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update

from app.channels.accounts import AccountView
from app.kernel.bus import emit
from app.kernel.db import session
from app.kernel.facts import BATCH, SummonsHeard
from listeners.models import Mention


def tell(account: AccountView, external_ids: Collection[str]) -> None:
    """Say which of these posts, all of which this account may answer, are kept as ones that nobody may."""
    if not external_ids:
        return
    ids = session.execute(
        select(Mention.id)
        .where(Mention.channel == account.channel, Mention.external_id.in_(external_ids))
        .where(Mention.replyable.is_(False), Mention.account_id != account.id)
        .order_by(Mention.id)
    ).scalars()
    found = tuple(ids)
    for start in range(0, len(found), BATCH):
        emit(SummonsHeard(account.brand_id, account.id, found[start : start + BATCH]))


def give(mention_ids: Collection[int], account_id: int) -> tuple[int, ...]:
    """From now on these mentions are the account's to answer; ids of those that no account could answer before."""
    given = session.execute(
        update(Mention)
        .where(Mention.id.in_(mention_ids), Mention.replyable.is_(False))
        .values(account_id=account_id, replyable=True)
        .returning(Mention.id)
    ).scalars()
    return tuple(sorted(given))
