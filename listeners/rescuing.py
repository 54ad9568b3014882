"""A set-aside post is ours after all: staff makes a mention of it, and everything follows as if it were heard now."""

from __future__ import annotations

from sqlalchemy import select

from app.channels import accounts
from app.kernel import audit, clock
from app.kernel.bus import emit
from app.kernel.db import session
from app.kernel.errors import ConflictError, NotFoundError, RefusedError
from app.kernel.facts import MentionsHeard
from app.kernel.upsert import insert_new
from listeners.models import Mention, Rescue, SetAside

NO_ENVELOPE = 0
"""The raw form of a set-aside post is not kept apart; what was kept of it is enough for a mention."""


def rescue(set_aside_id: int, member_id: int) -> int:
    """Make a mention of a set-aside post, heard from now on; the mention's id. The caller has seen that it is staff.

    How many follow its author is not known any more. It counts as answerable when it names our account.

    Raises:
        NotFoundError: no such post.
        RefusedError: our own account wrote it.
        ConflictError: it was rescued before, or is a mention already.

    """
    row = session.execute(select(SetAside).where(SetAside.id == set_aside_id).with_for_update()).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such post.")
    if row.reason == "own_post":
        raise RefusedError("The brand's own account wrote this post. Only a customer's post becomes a mention.")
    account = accounts.account(row.account_id)
    at = clock.now()
    made = insert_new(
        Mention,
        [
            {
                **{name: getattr(row, name) for name in _KEPT},
                "envelope_id": NO_ENVELOPE,
                "author_followers": 0,
                "heard_at": at,
                "replyable": f"@{account.handle}".lower() in row.text.lower(),
            }
        ],
        Mention.id,
    )
    if not made:
        raise ConflictError("This post is a mention already.")
    mention_id = int(made[0].id)
    session.add(Rescue(brand_id=row.brand_id, set_aside_id=row.id, mention_id=mention_id, member_id=member_id, at=at))
    emit(MentionsHeard(row.brand_id, (mention_id,)))
    audit.record(row.brand_id, member_id, "mention.rescue", f"mention:{mention_id}", was=row.reason)
    return mention_id


_KEPT = (
    *("brand_id", "account_id", "channel", "external_id", "thread", "in_reply_to"),
    *("author_id", "author_handle", "author_name", "text", "posted_at"),
)
