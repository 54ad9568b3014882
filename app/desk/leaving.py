"""A member is suspended: what they hold goes back to its queue, their drafts are kept, and they are signed out."""

from __future__ import annotations

from sqlalchemy import select

from app.desk import claims
from app.desk.models import Case, Claim
from app.kernel import clock
from app.kernel.db import session
from app.people import team


def suspend(member_id: int, *, by: int) -> int:
    """Suspend a member of the brand in scope; how many cases went back to their queues.

    Raises:
        NotAllowedError, ConflictError, NotFoundError: as `people.team.suspend`.

    """
    team.suspend(member_id, by=by)
    held = (
        select(Case).join(Claim, Claim.case_id == Case.id).where(Claim.member_id == member_id, Claim.ended_at.is_(None))
    )
    cases = session.execute(held.order_by(Case.id).with_for_update(of=Case)).scalars().all()
    for case in cases:
        claims.end_of_case(case, "given_back", "Its holder was suspended; the draft is kept.", member_id=member_id)
        if case.state == "claimed":
            case.state, case.updated_at = "open", clock.now()
    session.flush()
    return len(cases)
