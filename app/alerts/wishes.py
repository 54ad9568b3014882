"""What members have chosen to be told, and how they change it: on their own page, or by a mail's link that stops it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.alerts.models import Alert, AlertWish
from app.alerts.rules.kinds import KINDS, WAYS
from app.alerts.rules.timing import DIGESTS, Wish, mail_at, pause_problem, wish_problem
from app.brands import queries as brands
from app.kernel import audit, clock
from app.kernel.db import across_brands, brand_scope, current_brand, session
from app.kernel.errors import NotFoundError, RefusedError
from app.kernel.upsert import insert_new


def of(member_id: int) -> Wish:
    """What a member has chosen in the brand in scope, or what holds until they do."""
    return of_these([member_id])[member_id]


def of_these(member_ids: Iterable[int]) -> dict[int, Wish]:
    """The wishes of these members; who has chosen nothing gets the kinds' own ways on the brand's own clock."""
    wanted = set(member_ids)
    rows = session.execute(select(AlertWish).where(AlertWish.member_id.in_(wanted))).scalars()
    known = {row.member_id: _wish(row) for row in rows}
    missing = wanted - known.keys()
    if missing:
        hours = brands.brand(current_brand()).policy.hours
        known |= dict.fromkeys(missing, Wish(zone=hours.zone if hours else "UTC"))
    return known


def choose(member_id: int, wish: Wish) -> None:
    """From now on like this, also for mails that have not left yet. A pause stays as it is.

    Raises:
        RefusedError: hours, a zone, a way or a digest that cannot be.

    """
    problem = wish_problem(wish)
    if problem:
        raise RefusedError(problem)
    row = _row(member_id)
    row.ways, row.digest, row.zone = dict(wish.ways), wish.digest, wish.zone
    row.quiet_from, row.quiet_to = wish.quiet_from, wish.quiet_to
    _settle(row)
    audit.record(row.brand_id, member_id, "alerts.choose", f"member:{member_id}", digest=wish.digest)


def pause(member_id: int, days: int) -> datetime:
    """No mails for some days; until when. What is told under the bell goes on.

    Raises:
        RefusedError: less than a day, or more than is sensible.

    """
    problem = pause_problem(days)
    if problem:
        raise RefusedError(problem)
    row = _row(member_id)
    row.paused_until = until = clock.now() + timedelta(days=days)
    _settle(row)
    audit.record(row.brand_id, member_id, "alerts.pause", f"member:{member_id}", days=days)
    return until


def resume(member_id: int) -> None:
    """Mails may leave again. Without a pause nothing changes."""
    row = _locked(member_id)
    if row is None or row.paused_until is None:
        return
    row.paused_until = None
    _settle(row)
    audit.record(row.brand_id, member_id, "alerts.resume", f"member:{member_id}")


def link_id(member_id: int) -> int:
    """The number behind a member's link that stops the mails of the brand in scope; made when first needed."""
    return _row(member_id).id


def brand_of_link(wish_id: int) -> int | None:
    """The brand whose mails a link stops; None when there is no such link."""
    with across_brands():
        return session.execute(select(AlertWish.brand_id).where(AlertWish.id == wish_id)).scalar()


def stop_mails(wish_id: int) -> None:
    """No more mails about alerts of this brand to whoever got this link; the bell goes on. Twice changes nothing.

    Raises:
        NotFoundError: there is no such link.

    """
    brand_id = brand_of_link(wish_id)
    if brand_id is None:
        raise NotFoundError("There is no such link.")
    with brand_scope(brand_id):
        row = session.execute(select(AlertWish).where(AlertWish.id == wish_id).with_for_update()).scalar_one()
        wish = _wish(row)
        row.ways = {kind: "off" if wish.way(kind) == "off" else "portal" for kind in KINDS}
        _settle(row)
        audit.record(brand_id, row.member_id, "alerts.stop_mails", f"member:{row.member_id}")


def _settle(row: AlertWish) -> None:
    """What waits for a mail follows the new wish."""
    at = clock.now()
    row.updated_at = at
    session.flush()
    wish = _wish(row)
    waiting = session.execute(
        select(Alert).where(Alert.member_id == row.member_id, Alert.mail_after.is_not(None)).with_for_update()
    ).scalars()
    for alert in waiting:
        alert.mail_after = mail_at(at, wish.way(alert.kind), wish)
    session.flush()


def _row(member_id: int) -> AlertWish:
    """The member's row, locked; made from what holds without one."""
    found = _locked(member_id)
    if found is not None:
        return found
    wish = of(member_id)
    values: dict[str, Any] = {
        "brand_id": current_brand(),
        "member_id": member_id,
        "ways": {},
        "digest": wish.digest,
        "quiet_from": wish.quiet_from,
        "quiet_to": wish.quiet_to,
        "zone": wish.zone,
        "paused_until": None,
        "updated_at": clock.now(),
    }
    insert_new(AlertWish, [values], AlertWish.id)
    row = _locked(member_id)
    if row is None:
        raise LookupError("a wish that was stored just now is not there")
    return row


def _locked(member_id: int) -> AlertWish | None:
    return session.execute(
        select(AlertWish).where(AlertWish.member_id == member_id).with_for_update()
    ).scalar_one_or_none()


def _wish(row: AlertWish) -> Wish:
    ways = {kind: way for kind in KINDS for way in WAYS if row.ways.get(kind) == way}
    digest = next(one for one in DIGESTS if one == row.digest)
    return Wish(ways, digest, row.quiet_from, row.quiet_to, row.zone, row.paused_until)
