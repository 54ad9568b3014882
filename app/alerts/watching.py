"""The watch looks at what waits, now and then, and tells whoever could help how much it is: one alert, never a flood.

Nothing of it happens while mentions are heard: the clock starts it, per brand, over the indexes of what is open.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select, update

from app.alerts.models import Alert, Noticed, Told
from app.alerts.raising import KEPT_READ, News, tell
from app.alerts.rules.kinds import KINDS, is_due, suits
from app.brands import queries as brands
from app.brands.queries import BrandView
from app.desk import lookout
from app.desk.lookout import Waits
from app.desk.rules.matching import Waiting, fits
from app.desk.rules.promise import share_used
from app.kernel import bus, clock
from app.kernel.db import brand_scope, changed, current_brand, session, transaction
from app.kernel.upsert import insert_new
from app.people import reach
from app.people.reach import Reached
from app.people.rules import STAFF
from listeners import completeness

LAST_QUARTER = 0.75
MOST_TOLD = 100
"""Counts stop here: an alert says "99+"."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that waits: its number, which occasion this is, and the case it leads to."""

    subject_id: int
    version: int
    case_id: int | None


Fitting = Callable[[int, Collection[Seen]], Collection[Seen]]
"""Which of the things that wait are for a member."""


def look() -> None:
    """Look over every brand. Called by the clock; one brand in trouble keeps no other waiting."""
    for brand in brands.all_brands():
        session.rollback()
        try:
            with transaction(), brand_scope(brand.id):
                _look_over(brand)
        except Exception as error:  # the next look comes in a minute
            log.exception("a look over a brand failed", brand=brand.id, error=repr(error))


def _look_over(brand: BrandView) -> None:
    people = reach.active()
    staff = [one.id for one in people.values() if one.role in STAFF]
    _tell_of_offers([one for one in people.values() if one.role == "advocate"])
    for kind, waits in (
        ("hot", [_case(one, one.offered_at) for one in lookout.angry_or_risky()]),
        ("late", [_case(one, one.due_at) for one in lookout.promised_soon() if _is_in_last_quarter(one, brand)]),
        ("unknown", [Seen(reply_id, _minute(at), None) for reply_id, _case_id, at in lookout.stuck()]),
        ("halted", [Seen(one.id, 0, None) for one in bus.dead(brand.id)]),
    ):
        _tell_of(kind, waits, staff, lambda _member_id, seen: seen)
    managers = [one.id for one in people.values() if one.role == "manager"]
    gaps = [Seen(gap.id, 0, None) for gap in completeness.gaps()]
    _tell_of("hearing", gaps, managers, lambda _member_id, seen: seen)


def _tell_of_offers(advocates: Collection[Reached]) -> None:
    """Questions that fit an advocate's languages and topics, are not skipped, and whom no pause keeps away."""
    waiting = {one.case_id: one for one in lookout.newest_for_advocates()}
    ready = {one.id: one for one in advocates if one.paused_until is None or one.paused_until <= clock.now()}
    skips = lookout.skipped(waiting) if waiting and ready else frozenset()

    def fitting(member_id: int, seen: Collection[Seen]) -> list[Seen]:
        member = ready[member_id]
        return [
            one for one in seen if _suits(waiting[one.subject_id], member) and (one.subject_id, member_id) not in skips
        ]

    _tell_of("offered", [_case(one, one.offered_at) for one in waiting.values()], list(ready), fitting)


def _tell_of(kind: str, waits: Collection[Seen], member_ids: Iterable[int], fitting: Fitting) -> None:
    """Tell each of these members how many of these things wait for them, when something new is among them."""
    if not waits:
        return
    noticed, told, at = _notice(kind, waits), _told(kind), clock.now()
    rest, newest_at = KINDS[kind].rest, max(noticed.values())
    for member_id in member_ids:
        told_at = told.get(member_id)
        if not is_due([newest_at], told_at=told_at, rest=rest, now=at):
            continue
        mine = fitting(member_id, waits)
        if not is_due([noticed[one] for one in mine], told_at=told_at, rest=rest, now=at):
            continue
        if _take_turn(kind, member_id, told_at, at):
            _put_away_older(kind, member_id, at)
            newest = max(mine, key=lambda one: (noticed[one], one.version, one.subject_id))
            count = min(len(mine), MOST_TOLD)
            tell([News(member_id, kind, newest.subject_id, _minute(at), newest.case_id if count == 1 else None, count)])


def _notice(kind: str, waits: Collection[Seen]) -> dict[Seen, datetime]:
    """Since when the watch knows of each of these; what it sees for the first time, it knows of since now."""
    at = clock.now()
    of_kind = select(Noticed.subject_id, Noticed.version, Noticed.at).where(Noticed.kind == kind)
    rows = session.execute(of_kind.where(Noticed.subject_id.in_({one.subject_id for one in waits})))
    known: Mapping[tuple[int, int], datetime] = {(row.subject_id, row.version): row.at for row in rows}
    fresh = sorted({(one.subject_id, one.version) for one in waits} - known.keys())
    brand_id = current_brand()
    insert_new(
        Noticed,
        [{"brand_id": brand_id, "kind": kind, "subject_id": key[0], "version": key[1], "at": at} for key in fresh],
        Noticed.subject_id,
    )
    return {one: known.get((one.subject_id, one.version), at) for one in waits}


def _told(kind: str) -> dict[int, datetime]:
    rows = session.execute(select(Told.member_id, Told.at).where(Told.kind == kind))
    return {row.member_id: row.at for row in rows}


def _take_turn(kind: str, member_id: int, told_at: datetime | None, at: datetime) -> bool:
    """Note that the member is told now; False when another watch was faster."""
    if told_at is None:
        row = {"brand_id": current_brand(), "member_id": member_id, "kind": kind, "at": at}
        return bool(insert_new(Told, [row], Told.member_id))
    mine = (Told.kind == kind, Told.member_id == member_id, Told.at == told_at)
    return changed(update(Told).where(*mine).values(at=at)) == 1


def _put_away_older(kind: str, member_id: int, at: datetime) -> None:
    """The new alert says how it stands now; an older one of the same kind that nobody read says nothing more."""
    session.execute(
        update(Alert)
        .where(Alert.member_id == member_id, Alert.kind == kind, Alert.read_at.is_(None))
        .values(read_at=at, mail_after=None, kept_until=at + KEPT_READ)
    )


def _suits(case: Waits, member: Reached) -> bool:
    waiting = Waiting(case.case_id, case.language, case.topic, case.intent, case.due_at)
    return fits(waiting, languages=member.languages) and suits(
        case.topic, knows=member.topics, topics_off=member.topics_off
    )


def _is_in_last_quarter(case: Waits, brand: BrandView) -> bool:
    return share_used(case.offered_at, case.due_at, clock.now(), brand.policy.hours) >= LAST_QUARTER


def _case(case: Waits, since: datetime) -> Seen:
    return Seen(case.case_id, _minute(since), case.case_id)


def _minute(at: datetime) -> int:
    """A moment as a version: opened again, or promised anew, the same case is another occasion."""
    return int(at.timestamp()) // 60
