"""A brand's team changes: other roles and languages, a pause and its end; somebody can always manage the brand."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select, update

from app.brands import editing
from app.kernel import audit, clock
from app.kernel.db import current_brand, session
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from app.people.models import Membership, SignIn
from app.people.rules import ROLES


def change(member_id: int, role: str, *, languages: Sequence[str], topics: Sequence[str], by: int, seen: str) -> None:
    """Give a member of the brand in scope another role, languages or topics. It counts with their next request.

    Raises:
        RefusedError: no such role, or no language.
        NotAllowedError: one's own role, or the last manager's.
        ConflictError: somebody changed the member since `seen`.
        NotFoundError: nobody of this brand.

    """
    row = _held(member_id)
    editing.refuse_if_changed(seen, marked(row.role, row.languages, row.topics))
    if role not in ROLES:
        raise RefusedError(f"A role is one of {', '.join(ROLES)}.")
    if not languages:
        raise RefusedError("Choose at least one language: it decides which questions are offered.")
    if role != row.role:
        _refuse_to_lose_a_manager(row, by)
    before = {"role": row.role, "languages": row.languages, "topics": row.topics}
    row.role, row.languages, row.topics = role, list(languages), list(topics)
    session.flush()
    after = {"role": row.role, "languages": row.languages, "topics": row.topics}
    audit.record(row.brand_id, by, "member.change", f"member:{member_id}", before=before, after=after)


def suspend(member_id: int, *, by: int) -> None:
    """A member may do nothing in this brand for now; who is signed in to it is signed out. Twice is once.

    Raises:
        NotAllowedError: oneself, or the last manager.
        NotFoundError: nobody of this brand.

    """
    row = _held(member_id)
    if row.suspended_at is not None:
        raise ConflictError("This member is suspended already.")
    _refuse_to_lose_a_manager(row, by)
    row.suspended_at = clock.now()
    session.execute(
        update(SignIn)
        .where(
            SignIn.member_id == member_id,
            SignIn.ended_at.is_(None),
            or_(SignIn.brand_id == row.brand_id, SignIn.brand_id.is_(None)),
        )
        .values(ended_at=row.suspended_at)
    )
    session.flush()
    audit.record(row.brand_id, by, "member.suspend", f"member:{member_id}")


def reinstate(member_id: int, *, by: int) -> None:
    """The pause is over; the member signs in with the role they had.

    Raises:
        ConflictError: the member is not suspended.
        NotFoundError: nobody of this brand.

    """
    row = _held(member_id)
    if row.suspended_at is None:
        raise ConflictError("This member is not suspended.")
    row.suspended_at = None
    session.flush()
    audit.record(row.brand_id, by, "member.reinstate", f"member:{member_id}")


def marked(role: str, languages: Sequence[str], topics: Sequence[str]) -> list[object]:
    """What a form over a member has seen."""
    return [role, list(languages), list(topics)]


def _held(member_id: int) -> Membership:
    """The membership, while no other change of the team goes on: two managers cannot suspend each other at once."""
    editing.locked()
    asked = select(Membership).where(Membership.member_id == member_id).execution_options(populate_existing=True)
    row = session.execute(asked).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is nobody of this name in the team.")
    return row


def _refuse_to_lose_a_manager(row: Membership, by: int) -> None:
    if row.role != "manager":
        return
    if row.member_id == by:
        raise NotAllowedError("You cannot take your own role away. Another manager of the brand can.")
    others = select(Membership.id).where(
        Membership.brand_id == current_brand(),
        Membership.role == "manager",
        Membership.suspended_at.is_(None),
        Membership.member_id != row.member_id,
    )
    if session.execute(others.limit(1)).scalar() is None:
        raise NotAllowedError("This is the brand's last manager. Make somebody else a manager first.")
