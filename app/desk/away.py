"""Staff puts a case away: to sleep until later, or closed without a reply, with the reason."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from app.desk import claims, waking
from app.desk.history import note
from app.desk.models import Case, Claim, Snooze
from app.desk.rules.away import close_problem, sleep_problem
from app.desk.rules.hand import Hand
from app.kernel import audit, clock
from app.kernel.db import session
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError


def snooze(case_id: int, hand: Hand, until: datetime | None, reason: str) -> None:
    """Let a case of the staff lane sleep; its promise runs on. One that the member holds is given back first.

    Raises:
        RefusedError: no moment to come, one that is too far, or no word why.
        ConflictError: it waits for nobody of staff, a colleague holds it, or it sleeps already.

    """
    case = _case(case_id, hand)
    at = clock.now()
    problem = sleep_problem(until, reason, now=at)
    if problem or until is None:
        raise RefusedError(problem or "Choose a moment that is still to come.")
    if waking.asleep([case_id]):
        raise ConflictError("This case sleeps already. Wake it first.")
    _let_go(case, hand, "snoozed", "Given back, to sleep.")
    if case.state != "open" or case.lane != "staff":
        raise ConflictError("Only a case that waits for staff can sleep.")
    session.add(
        Snooze(
            brand_id=case.brand_id,
            case_id=case_id,
            member_id=hand.member_id,
            started_at=at,
            until=until,
            reason=reason.strip(),
        )
    )
    moment = f"{until.day} {until:%b %Y, %H:%M} UTC"
    note(case, "snoozed", f"Sleeps until {moment}: {reason.strip()}", member_id=hand.member_id)
    audit.record(case.brand_id, hand.member_id, "case.snooze", f"case:{case_id}", until=until.isoformat())


def wake(case_id: int, hand: Hand) -> None:
    """Somebody of staff does not want to wait. Waking what is awake changes nothing."""
    waking.wake(_case(case_id, hand), "woken", member_id=hand.member_id)


def close(case_id: int, hand: Hand, reason: str, words: str = "") -> None:
    """No reply is needed, and why. What was drafted is kept for its author.

    Raises:
        RefusedError: no reason of the list, or no words where they are needed.
        ConflictError: a colleague holds it, or an answer is in review or on its way.

    """
    problem = close_problem(reason, words)
    if problem:
        raise RefusedError(problem)
    case = _case(case_id, hand)
    _let_go(case, hand, "closed", "Given back, to be closed.")
    if case.state != "open":
        raise ConflictError("An answer to this case is under way, or it is closed already. Nothing was changed.")
    waking.wake(case, "closed", member_id=hand.member_id)
    case.state, case.closed_reason, case.updated_at = "closed", reason, clock.now()
    said = f"Closed without a reply ({reason.replace('_', ' ')})"
    note(case, "closed", f"{said}: {words.strip()}" if words.strip() else f"{said}.", member_id=hand.member_id)
    audit.record(case.brand_id, hand.member_id, "case.close", f"case:{case_id}", reason=reason)


def _case(case_id: int, hand: Hand) -> Case:
    """The case, locked, for somebody of staff; its claim first, as whoever ends a claim locks them."""
    if not hand.is_staff:
        raise NotAllowedError("Only staff puts cases away.")
    session.execute(select(Claim.id).where(Claim.case_id == case_id, Claim.ended_at.is_(None)).with_for_update())
    row = session.execute(select(Case).where(Case.id == case_id).with_for_update()).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such case.")
    return row


def _let_go(case: Case, hand: Hand, ended_as: str, words: str) -> None:
    """End the member's own claim; a colleague's stands in the way."""
    held = claims.live_claim(case.id)
    if held is None:
        return
    if held.member_id != hand.member_id:
        raise ConflictError("A colleague is writing an answer to this case. Nothing was changed.")
    claims.end_of_case(case, ended_as, words, member_id=hand.member_id)
    case.state = "open"
