"""Each author's record, from which their level follows: what was judged, how it ended, and over how many days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Subquery, func, select

from app.desk.models import Reply
from app.kernel.db import session
from gamification.models import Txn
from gamification.rules.levels import Level, Record, level
from gamification.rules.points import RULE_VERSION, VERSIONS
from moderation.models import Appeal, Decision, Review

_REPLY = "reply"
"""What reviews and points call an answer."""
LOOKED_BACK = 200
"""Of how many of an author's answers a record is made; what is older is forgotten."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An author's level with everything that it is counted from."""

    level: Level
    record: Record
    approved: int
    """As they were, or with a small edit, and still standing."""
    edited: int
    """Edited much before they went out."""
    rejected: int
    taken_back: int
    thanked: int


@dataclass(frozen=True, slots=True)
class _Fates:
    """What became of the newest answers of several authors, by reply."""

    rejected: frozenset[int]
    edit_distance: dict[int, float]
    """Of every answer that was rewarded."""
    taken_back: frozenset[int]
    thanked: frozenset[int]


def standings(member_ids: Sequence[int], at: datetime) -> dict[int, Standing]:
    """The standing of each of these authors at that moment, in four queries for all of them together."""
    newest = _newest(member_ids)
    answers: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
    for author_id, reply_id, submitted_at in session.execute(
        select(newest.c.author_id, newest.c.id, newest.c.submitted_at).order_by(newest.c.id.desc())
    ):
        answers[author_id].append((reply_id, submitted_at))
    fates = _fates(newest)
    return {member_id: _standing(answers[member_id], fates, at) for member_id in member_ids}


def _newest(member_ids: Sequence[int]) -> Subquery:
    """The newest answers of each author that were handed in."""
    place = func.row_number().over(partition_by=Reply.author_id, order_by=Reply.id.desc()).label("place")
    handed_in = (
        select(Reply.id, Reply.author_id, Reply.submitted_at, place)
        .where(Reply.author_id.in_(member_ids), Reply.submitted_at.is_not(None))
        .subquery()
    )
    return select(handed_in).where(handed_in.c.place <= LOOKED_BACK).subquery()


def _fates(newest: Subquery) -> _Fates:
    verdicts = session.execute(
        select(Review.subject_id, Decision.verdict)
        .join(Decision, Decision.review_id == Review.id)
        .join(newest, newest.c.id == Review.subject_id)
        .where(Review.subject == _REPLY)
        .order_by(Decision.id)
    )
    last = {reply_id: verdict for reply_id, verdict in verdicts}  # noqa: C416  the last of each counts
    overturned = session.execute(
        select(Review.subject_id)
        .join(Appeal, Appeal.review_id == Review.id)
        .join(newest, newest.c.id == Review.subject_id)
        .where(Review.subject == _REPLY, Appeal.state == "overturned")
    ).scalars()
    moves = session.execute(
        select(Txn.id, Txn.source_id, Txn.kind, Txn.why, Txn.reverses)
        .join(newest, newest.c.id == Txn.source_id)
        .where(Txn.source_type == _REPLY, Txn.kind != "vest")
    ).all()
    awards = {move.id: move for move in moves if move.kind == "award"}
    return _Fates(
        rejected=frozenset(key for key, verdict in last.items() if verdict == "reject") - frozenset(overturned),
        edit_distance={move.source_id: float(move.why["edit_distance"]) for move in awards.values()},
        taken_back=frozenset(awards[move.reverses].source_id for move in moves if move.reverses in awards),
        thanked=frozenset(move.source_id for move in moves if move.kind == "thanks"),
    )


def _standing(answers: Sequence[tuple[int, datetime]], fates: _Fates, at: datetime) -> Standing:
    """One author's; `answers` newest first. What still waits for its verdict counts neither way."""
    settled = [key for key, _when in answers if key in fates.edit_distance or key in fates.rejected]
    ids = set(settled)
    major = VERSIONS[RULE_VERSION].major_edit
    edited = {key for key in ids & fates.edit_distance.keys() if fates.edit_distance[key] > major}
    bad = (ids & fates.rejected) | edited | (ids & fates.taken_back)
    record = Record(
        good=len(settled) - len(bad),
        bad=len(bad),
        days=(at - answers[-1][1]).days if answers else 0,
        last=tuple(key not in fates.rejected for key in settled),
    )
    return Standing(
        level(record),
        record,
        approved=record.good,
        edited=len(edited),
        rejected=len(ids & fates.rejected),
        taken_back=len(ids & fates.taken_back),
        thanked=len(ids & fates.thanked),
    )
