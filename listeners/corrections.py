"""A person says what a mention is: kept with who and when, shown at once, and told to those who learn from it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select, update

from app.brands import queries as brands
from app.kernel import audit, clock
from app.kernel.bus import emit
from app.kernel.db import current_brand, session
from app.kernel.errors import ConflictError, NotFoundError, RefusedError
from app.kernel.facts import MentionCorrected
from listeners import indexing
from listeners.assess import columns_of, restate, stored
from listeners.corrected import Correction
from listeners.models import Assessment, Mention
from listeners.rules import correcting


def correct(mention_id: int, field: str, value: str, *, by: int) -> int:
    """A member says what a field of a mention is; to say what was judged already confirms it. The correction's id.

    Saying the same again changes nothing; saying something else takes the place of what was said before.

    Raises:
        NotFoundError: no such mention.
        ConflictError: it is not judged yet.
        RefusedError: there is no such field, or it cannot be that.

    """
    brand = brands.brand(current_brand())
    try:
        skills = [one.id for one in brands.skill_words()] if field == "skill" else ()
        now = correcting.settled(field, value, brand.languages, skills)
    except ValueError:
        raise RefusedError("Choose one of the answers that stand there.") from None
    row, mention = _held(mention_id)
    known = session.execute(_standing(mention_id, field)).scalar_one_or_none()
    if known is not None and known.now == now:
        return known.id
    columns = columns_of(row)
    marks: dict[str, Any] = dict(columns["detail"].get("corrected", {}))
    before = marks[field]["before"] if field in marks else correcting.remembered(columns, field)
    was = marks[field]["was"] if field in marks else correcting.said(field, columns, brand.policy.suggest_bar)
    if known is not None:
        session.execute(update(Correction).where(Correction.id == known.id).values(stands=False))
    said = _say(row, by=by, field=field, was=was, now=now)
    columns = correcting.followed(
        columns,
        correcting.corrected(columns, field, now, brand.languages),
        brand.languages,
        is_told="route" in {field, *marks},
    )
    marks[field] = {"by": by, "was": was, "before": before}
    columns["detail"]["corrected"] = marks
    _restate(row, mention, columns)
    audit.record(brand.id, by, "mention.correct", f"mention:{mention_id}", field=field, was=was, now=now)
    emit(MentionCorrected(brand.id, mention_id, said.id))
    return said.id


def take_back(mention_id: int, field: str, *, by: int) -> None:
    """What was said of a field no longer counts: it is again as the house judged it.

    Raises:
        NotFoundError: no such mention.
        ConflictError: nobody corrected it, or somebody took it back a moment before.

    """
    brand = brands.brand(current_brand())
    row, mention = _held(mention_id)
    known = session.execute(_standing(mention_id, field)).scalar_one_or_none()
    if known is None:
        raise ConflictError("There is nothing to take back here: it stands as it was judged.")
    columns = columns_of(row)
    marks: dict[str, Any] = dict(columns["detail"].get("corrected", {}))
    mark = marks.pop(field)
    session.execute(update(Correction).where(Correction.id == known.id).values(stands=False))
    said = _say(row, by=by, field=field, was=mark["was"], now=None)
    columns = correcting.followed(
        columns,
        correcting.restored(columns, field, mark["before"], brand.languages),
        brand.languages,
        is_told="route" in {field, *marks},
    )
    columns["detail"]["corrected"] = marks
    _restate(row, mention, columns)
    audit.record(brand.id, by, "mention.uncorrect", f"mention:{mention_id}", field=field)
    emit(MentionCorrected(brand.id, mention_id, said.id))


def as_people_said(
    columns: dict[str, Any], marks: dict[str, Any], languages: tuple[str, ...], suggest_bar: float, said: dict[str, str]
) -> dict[str, Any]:
    """A new judgement of a mention with what people `said` of it on top; `marks` are its corrections so far."""
    kept: dict[str, Any] = {}
    judged = columns
    for field, now in said.items():
        kept[field] = {
            "by": marks[field]["by"],
            "was": correcting.said(field, columns, suggest_bar),
            "before": correcting.remembered(columns, field),
        }
        columns = correcting.corrected(columns, field, now, languages)
    columns = correcting.followed(judged, columns, languages, is_told="route" in said)
    if kept:
        columns["detail"]["corrected"] = kept
    return columns


def _held(mention_id: int) -> tuple[Assessment, Mention]:
    """The mention and what was judged of it, held still."""
    found = stored([mention_id])
    if found:
        return found[0]
    if session.execute(select(Mention.id).where(Mention.id == mention_id)).scalar() is None:
        raise NotFoundError("There is no such mention.")
    raise ConflictError("It is still being judged. Look again in a moment.")


def _standing(mention_id: int, field: str) -> Select[Correction]:
    return select(Correction).where(Correction.mention_id == mention_id, Correction.field == field, Correction.stands)


def _say(row: Assessment, *, by: int, field: str, was: str, now: str | None) -> Correction:
    said = Correction(
        brand_id=row.brand_id,
        mention_id=row.mention_id,
        member_id=by,
        field=field,
        was=was,
        now=now,
        stands=now is not None,
        language=row.language,
        version=row.version,
        at=clock.now(),
    )
    session.add(said)
    session.flush()
    return said


def _restate(row: Assessment, mention: Mention, columns: dict[str, Any]) -> None:
    if restate(row, mention, columns):
        session.flush()
        indexing.index_again([mention.id])
