"""What staff says to staff about a case. A note's words reach no reply, no advocate and no network."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select

from app.desk.models import Case, Note, NoteNaming
from app.desk.rules.hand import Hand
from app.desk.rules.naming import called
from app.kernel import audit, clock
from app.kernel.bus import emit
from app.kernel.db import session
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from app.kernel.facts import ColleaguesNamed
from app.kernel.upsert import insert_new
from app.people import queries as people
from app.people.rules import STAFF

MOST = 2000
CHANGE_WITHIN = timedelta(minutes=10)
"""How long its author may mend or take back a note; then colleagues have read it and it stays."""


def write(case_id: int, hand: Hand, text: str) -> int:
    """Leave a note with a case and call the colleagues it names; the note's id.

    Raises:
        NotAllowedError: not staff.
        NotFoundError: no such case.
        RefusedError: nothing was written, or too much.

    """
    _refuse_others(hand)
    words = _words(text)
    case = session.execute(select(Case).where(Case.id == case_id)).scalar_one_or_none()
    if case is None:
        raise NotFoundError("There is no such case.")
    row = Note(brand_id=case.brand_id, case_id=case_id, author_id=hand.member_id, text=words, written_at=clock.now())
    session.add(row)
    session.flush()
    audit.record(case.brand_id, hand.member_id, "note.write", f"note:{row.id}", case_id=case_id)
    _call(row, set())
    return row.id


def rewrite(note_id: int, hand: Hand, text: str) -> int:
    """Mend one's own note while it is new; only who is named anew is called. The id of its case.

    Raises:
        NotFoundError: no such note of this person.
        ConflictError: it is too old to be changed.
        RefusedError: nothing was written, or too much.

    """
    row, words = _own_fresh(note_id, hand), _words(text)
    before = set(_named(row))
    row.text, row.edited_at = words, clock.now()
    session.flush()
    gone = before - set(_named(row))
    session.execute(delete(NoteNaming).where(NoteNaming.note_id == note_id, NoteNaming.member_id.in_(gone)))
    audit.record(row.brand_id, hand.member_id, "note.rewrite", f"note:{note_id}", case_id=row.case_id)
    _call(row, before)
    return row.case_id


def drop(note_id: int, hand: Hand) -> int:
    """Take one's own note back while it is new: its words are gone. The id of its case.

    Raises:
        NotFoundError: no such note of this person.
        ConflictError: it is too old to be taken back.

    """
    row = _own_fresh(note_id, hand)
    session.execute(delete(NoteNaming).where(NoteNaming.note_id == note_id))
    session.delete(row)
    audit.record(row.brand_id, hand.member_id, "note.drop", f"note:{note_id}", case_id=row.case_id)
    return row.case_id


def lay_before(fact: ColleaguesNamed) -> None:
    """Put a note among those that name a colleague, if it still stands and still names them."""
    row = session.execute(select(Note).where(Note.id == fact.note_id).with_for_update()).scalar_one_or_none()
    if row is None:
        return
    wanted = set(fact.member_ids) & set(_named(row))
    rows = [{"brand_id": row.brand_id, "note_id": row.id, "member_id": member_id} for member_id in sorted(wanted)]
    if rows:
        insert_new(NoteNaming, rows, NoteNaming.note_id)


def _call(row: Note, known: set[int]) -> None:
    named = tuple(member_id for member_id in _named(row) if member_id not in known)
    if named:
        emit(ColleaguesNamed(row.brand_id, row.id, row.case_id, row.author_id, named))


def _named(row: Note) -> tuple[int, ...]:
    """Active colleagues of staff whom the note names; its author is not called by it."""
    staff = [(one.id, one.alias) for one in people.members().values() if one.is_active and one.role in STAFF]
    return called(row.text, [(member_id, alias) for member_id, alias in staff if member_id != row.author_id])


def _own_fresh(note_id: int, hand: Hand) -> Note:
    _refuse_others(hand)
    row = session.execute(
        select(Note).where(Note.id == note_id, Note.author_id == hand.member_id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such note of yours.")
    if clock.now() - row.written_at > CHANGE_WITHIN:
        raise ConflictError("Colleagues have read this note by now; it stays. Write another one below it.")
    return row


def _words(text: str) -> str:
    words = text.strip()
    if not words:
        raise RefusedError("There is nothing in the note yet.")
    if len(words) > MOST:
        raise RefusedError(f"A note may have at most {MOST} characters.")
    return words


def _refuse_others(hand: Hand) -> None:
    if not hand.is_staff:
        raise NotAllowedError("Notes are staff's.")
