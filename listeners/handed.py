"""What networks hand over by themselves is kept before it is acknowledged, and heard once, however often it comes."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ForeignKeyConstraint, Index, String, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from app.channels import accounts
from app.channels.accounts import AccountView
from app.channels.base import MOST_LOOKED_UP, RateLimitedError, SignedOutError
from app.kernel import clock
from app.kernel.bus import NotYetError, emit
from app.kernel.db import Base, BrandRow, Id, across_brands, brand_scope, session, transaction
from app.kernel.facts import PostsNamed
from app.kernel.upsert import insert_new
from listeners import facebook
from listeners.hear import take_in
from listeners.readers import reader

REMEMBERED = timedelta(days=30)
"""How long the same thing handed over again is known: networks try for hours, and give up within days."""
SOONEST, LATEST = timedelta(minutes=15), timedelta(hours=6)
"""What was only named, for an account that must be connected again, waits so long at least and at most."""

log = structlog.get_logger()


class HandedOver(BrandRow, Base):
    """One thing that a network handed over by itself: known again by its digest."""

    __tablename__ = "handed_over"
    __table_args__ = (
        UniqueConstraint("brand_id", "account_id", "digest"),
        ForeignKeyConstraint(["brand_id", "account_id"], ["account.brand_id", "account.id"]),
        Index("ix_handed_over_heard_at", "heard_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id)
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of what came")
    named: Mapped[str] = mapped_column(
        Text, comment="ids of posts that it only names, a list in JSON: they are to be looked up"
    )
    heard_at: Mapped[datetime]


def take(channel: str, parts: Iterable[tuple[str, str]]) -> Counter[str]:
    """Hear what came for these accounts, each by its id on the network, in the caller's transaction.

    Counts what was new, known, and for an account that nobody here has connected. In the order of the accounts: two
    deliveries that overlap take turns.
    """
    counted: Counter[str] = Counter()
    for external_id, raw in sorted(parts):
        account = accounts.hearing_as(channel, external_id)
        if account is None:
            counted["unknown"] += 1
            continue
        with brand_scope(account.brand_id):
            counted["new" if _take(account, raw) else "known"] += 1
    return counted


def _take(account: AccountView, raw: str) -> bool:
    """Whether it came for the first time; then it is heard, and what it only names is to be looked up."""
    named = facebook.to_look_up(raw)
    row = {
        "brand_id": account.brand_id,
        "account_id": account.id,
        "digest": hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest(),
        "named": json.dumps(named),
        "heard_at": clock.now(),
    }
    stored = insert_new(HandedOver, [row], HandedOver.id)
    if not stored:
        return False
    take_in(account, raw, reader(account.channel).read_page(raw), origin="webhook")
    if named:
        emit(PostsNamed(account.brand_id, stored[0].id))
    return True


def look_up(fact: PostsNamed) -> None:
    """Ask the network for what was only named, and hear it. Again, it is heard once.

    Raises:
        NotYetError: the network asks us to wait, or the account must be connected again.
        ChannelError: it cannot be asked now; tried again later.

    """
    row = session.execute(select(HandedOver).where(HandedOver.id == fact.handed_over_id)).scalar_one()
    account, named, heard_at = accounts.account(row.account_id), json.loads(row.named), row.heard_at
    try:
        network = accounts.open_network(account.id)
    except SignedOutError as error:
        if account.state == "archive":
            log.warning("posts that were named stay unread: the account was disconnected", account=account.id)
            return
        raise _not_while_signed_out(heard_at) from error
    finally:
        session.rollback()  # let go of the database before a slow network
    for start in range(0, len(named), MOST_LOOKED_UP):
        try:
            found = network.look_up(named[start : start + MOST_LOOKED_UP])
        except RateLimitedError as error:
            raise NotYetError("the network asks us to wait", error.until) from error
        except SignedOutError as error:
            with transaction():
                accounts.mark_signed_out(account.id)
            raise _not_while_signed_out(heard_at) from error
        with transaction():
            take_in(account, found.raw, reader(account.channel).read_page(found.raw), origin="webhook")


def _not_while_signed_out(since: datetime) -> NotYetError:
    """Asked again after as long as it has waited already: often at first, and for a week at least."""
    at = clock.now()
    return NotYetError("the account must be connected again", at + min(max(at - since, SOONEST), LATEST))


def forget() -> None:
    """Drop what came so long ago that it will not come again."""
    with transaction(), across_brands():
        session.execute(delete(HandedOver).where(HandedOver.heard_at < clock.now() - REMEMBERED))
