"""Where mentions stand: the case of each with its lane and state, and the condition by which lists ask for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, select

from app.desk.models import Case, CaseMention, Snooze
from app.desk.rules.states import LIVE_CASE
from app.desk.views import CasePage
from app.kernel.db import current_brand, session

ASLEEP = exists().where(Snooze.case_id == Case.id, Snooze.ended_at.is_(None))


@dataclass(frozen=True, slots=True)
class Standing:
    """A mention's case, in as few words as a line has room for."""

    case_id: int
    lane: str
    lane_reason: str
    state: str
    closed_reason: str | None
    offered_at: datetime
    due_at: datetime
    is_asleep: bool


def standing(mention_ids: Iterable[int]) -> dict[int, Standing]:
    """The case of each of these mentions; one that is still on its way to its case is missing."""
    rows = session.execute(
        select(
            CaseMention.mention_id,
            Case.id,
            Case.lane,
            Case.lane_reason,
            Case.state,
            Case.closed_reason,
            Case.offered_at,
            Case.due_at,
            ASLEEP,
        )
        .join(Case, Case.id == CaseMention.case_id)
        .where(CaseMention.mention_id.in_(tuple(mention_ids)))
    )
    return {row[0]: Standing(*row[1:]) for row in rows}


def of_page(page: CasePage) -> Standing:
    """The same of a case whose page was read already."""
    case, is_asleep = page.case, page.snooze is not None
    return Standing(
        case.id,
        case.lane,
        case.lane_reason,
        case.state,
        case.closed_reason,
        case.offered_at,
        case.due_at,
        is_asleep,
    )


def stands_in(lane: str, state: str) -> Callable[[Any], ColumnElement[bool]] | None:
    """A condition on a mention's id: its case is in this lane and state (empty: in any); None when it says nothing.

    What is live is few and looked up first, over the partial indexes; what is done is asked for row by row.
    """
    if not lane and not state:
        return None
    wanted = [Case.brand_id == current_brand(), CaseMention.brand_id == current_brand()]
    wanted += [Case.lane == lane] if lane else []
    if state in LIVE_CASE:
        wanted.append(Case.state == state)
        if state != "open":
            wanted.append(Case.state.in_(sorted(LIVE_CASE - {"open"})))
        live = select(CaseMention.mention_id).join(Case, Case.id == CaseMention.case_id).where(*wanted)
        return lambda mention_id: mention_id.in_(live)
    wanted += [Case.state == state] if state else []
    return lambda mention_id: exists().where(
        CaseMention.mention_id == mention_id, Case.id == CaseMention.case_id, *wanted
    )
