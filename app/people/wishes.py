"""What a member asks not to be offered for now: languages, topics, or anything at all until a moment."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from app.kernel import audit, clock
from app.kernel.db import current_brand, session
from app.kernel.errors import RefusedError
from app.people.models import Membership, Preference
from app.people.rules import pause_problem


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a member has asked for in the brand in scope, and what a manager gave them to choose from."""

    languages: tuple[str, ...]
    """Given by a manager."""
    topics: tuple[str, ...]
    languages_off: tuple[str, ...] = ()
    topics_off: tuple[str, ...] = ()
    paused_until: datetime | None = None
    """Nothing is offered before this moment; None when it has passed."""

    @property
    def languages_on(self) -> tuple[str, ...]:
        """What is left to be offered in."""
        return tuple(language for language in self.languages if language not in self.languages_off)


def of(member_id: int) -> Wishes:
    """A member's wishes in the brand in scope; without a role there, nothing is given."""
    found = session.execute(
        select(Membership, Preference)
        .outerjoin(
            Preference,
            (Preference.brand_id == Membership.brand_id) & (Preference.member_id == Membership.member_id),
        )
        .where(Membership.member_id == member_id)
    ).one_or_none()
    if found is None:
        return Wishes((), ())
    given: Membership = found[0]
    wished: Preference | None = found[1]
    languages, topics = tuple(given.languages), tuple(given.topics)
    if wished is None:
        return Wishes(languages, topics)
    paused = wished.paused_until if wished.paused_until and wished.paused_until > clock.now() else None
    return Wishes(languages, topics, tuple(wished.languages_off), tuple(wished.topics_off), paused)


def narrow(member_id: int, languages: Collection[str], topics: Collection[str]) -> None:
    """Be offered only these of the languages and topics that a manager gave; others given later are on.

    Raises:
        RefusedError: no language is left, or one that was never given.

    """
    given = of(member_id)
    if set(languages) - set(given.languages) or set(topics) - set(given.topics):
        raise RefusedError("You can switch off what a manager gave you, and on again. Ask a manager for more.")
    if given.languages and not languages:
        raise RefusedError("Leave at least one language on. To be offered nothing for a while, pause instead.")
    row = _row(member_id)
    row.languages_off = [language for language in given.languages if language not in languages]
    row.topics_off = [topic for topic in given.topics if topic not in topics]
    row.updated_at = clock.now()
    off = [*row.languages_off, *row.topics_off]
    audit.record(current_brand(), member_id, "member.narrow", f"member:{member_id}", off=", ".join(off))


def pause(member_id: int, days: int) -> datetime:
    """Be offered nothing for some days; until when.

    Raises:
        RefusedError: less than a day, or more than is sensible.

    """
    problem = pause_problem(days)
    if problem:
        raise RefusedError(problem)
    row = _row(member_id)
    row.paused_until = until = clock.now() + timedelta(days=days)
    audit.record(current_brand(), member_id, "member.pause", f"member:{member_id}", days=days)
    return until


def resume(member_id: int) -> None:
    """The pause is over. Without one nothing changes."""
    if of(member_id).paused_until is None:
        return
    row = _row(member_id)
    row.paused_until = None
    audit.record(current_brand(), member_id, "member.resume", f"member:{member_id}")


def _row(member_id: int) -> Preference:
    """The member's row, made when first needed."""
    row = session.execute(
        select(Preference).where(Preference.member_id == member_id).with_for_update()
    ).scalar_one_or_none()
    if row is None:
        row = Preference(
            brand_id=current_brand(),
            member_id=member_id,
            languages_off=[],
            topics_off=[],
            paused_until=None,
            updated_at=clock.now(),
        )
        session.add(row)
        session.flush()
    row.updated_at = clock.now()
    return row
