"""The post that is answered, looked at once more right before the answer is said: it may be gone, closed or edited."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from app.channels import accounts
from app.channels.base import ChannelError, LookUp, Network, Shown, UnreachableError
from app.desk import changed
from app.desk.history import note
from app.desk.models import Case, Reply
from app.kernel import clock
from listeners import queries as heard
from listeners.following import changed_since
from listeners.hear import take_in

_VERSIONS = 3
"""How often an edit is followed to a newer version before we say that it never rests."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network shows of a post, with its raw answer, or why it shows nothing now."""

    raw: str
    shown: Shown | None
    error: ChannelError | None = None


def look(network: Network, external_id: str) -> Seen:
    """The newest version of a post as it stands now. Outside of any transaction; whatever fails has said nothing."""
    asked, found = external_id, LookUp("{}", {})
    try:
        for _ in range(_VERSIONS):
            found = network.look_up([asked])
            newest = found.shown[asked].newest_id
            if newest is None or newest == asked:
                break
            asked = newest
    except ChannelError as error:
        return Seen(found.raw, None, error)
    except Exception as error:  # noqa: BLE001  an answer that nobody foresaw proves nothing either
        log.warning("a post could not be looked up", error=repr(error))
        return Seen(found.raw, None, UnreachableError("The network gave an answer that cannot be read."))
    shown = found.shown[asked]
    return Seen(found.raw, Shown(shown.state, shown.text, asked if asked != external_id else None, shown.why))


def is_as_it_was(reply: Reply, case: Case, seen: Seen) -> bool:
    """Whether the post stands as it was when the reply was approved. If not, the reply does not go out: it is taken
    back when the post is gone or closed, and read again when it was edited. The case says why.

    Raises:
        NotYetError: the post has no place in its case yet.

    """
    shown, mention = seen.shown, heard.mentions([reply.mention_id])[reply.mention_id]
    if shown is None:
        return False
    if shown.state == "closed":
        _closed(reply, case, shown.why or "The network takes no answer there any more.")
        return False
    change = changed_since(mention, shown)
    if change is None:
        return True
    account = accounts.account(mention.account_id)
    take_in(account, seen.raw, [change], origin="look_up")
    changed.catch_up([mention.id])
    return False


def _closed(reply: Reply, case: Case, why: str) -> None:
    """Nobody, or not we, may answer there: staff sees what else can be done."""
    changed.withdraw(reply, why[:300])
    case.state, case.lane, case.lane_reason, case.updated_at = "open", "staff", why[:300], clock.now()
    note(case, "cancelled", f"The answer was not said: {why}")
