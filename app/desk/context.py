"""What staff knows beside a case: the notes on it, and its customer's other cases with how they ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select

from app.desk import queries as desk
from app.desk.models import Case, CaseEvent, Note, NoteNaming
from app.desk.views import CaseView, NoteView, PastCase
from app.kernel.db import session

_ENDS = frozenset({"published", "thanked", "rejected", "taken_down"})
"""Acts of a case's history that say how an answer ended."""


def notes_of_customer(customer_id: int, *, limit: int = 50) -> tuple[NoteView, ...]:
    """The newest notes on any case of a customer, newest first. No page of an advocate asks."""
    statement = (
        select(Note)
        .join(Case, Case.id == Note.case_id)
        .where(Case.customer_id == customer_id)
        .order_by(Note.id.desc())
        .limit(limit)
    )
    return tuple(map(_note, session.execute(statement).scalars()))


def naming(member_id: int, *, before: int | None = None, limit: int = 30) -> tuple[tuple[NoteView, CaseView], ...]:
    """Notes that name this member, newest first, each with its case."""
    statement = select(Note).join(NoteNaming, NoteNaming.note_id == Note.id).where(NoteNaming.member_id == member_id)
    if before is not None:
        statement = statement.where(Note.id < before)
    found = [_note(row) for row in session.execute(statement.order_by(Note.id.desc()).limit(limit)).scalars()]
    shown = desk.cases({note.case_id for note in found})
    return tuple((note, shown[note.case_id]) for note in found)


def cases_of(customer_id: int, *, before: int | None = None, limit: int = 20) -> tuple[PastCase, ...]:
    """The cases of a customer, newest first, each with how its answers ended."""
    statement = select(Case).where(Case.customer_id == customer_id)
    if before is not None:
        statement = statement.where(Case.id < before)
    found = desk.shown(statement.order_by(Case.id.desc()).limit(limit))
    ended = _endings([case.id for case in found])
    return tuple(PastCase(case, tuple(ended[case.id])) for case in found)


def _endings(case_ids: Collection[int]) -> dict[int, list[str]]:
    ended: dict[int, list[str]] = defaultdict(list)
    acts = (
        select(CaseEvent.case_id, CaseEvent.act)
        .where(CaseEvent.case_id.in_(case_ids), CaseEvent.act.in_(_ENDS))
        .order_by(CaseEvent.id)
    )
    for case_id, act in session.execute(acts):
        ended[case_id].append(act)
    return ended


def _note(row: Note) -> NoteView:
    return NoteView(row.id, row.case_id, row.author_id, row.text, row.written_at, row.edited_at)
