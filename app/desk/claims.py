"""The right to answer a case: taken by one person, for a while; it lapses back to the queue with the draft kept."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError

from app.brands import queries as brands
from app.desk import waking
from app.desk.history import note
from app.desk.models import Case, Claim, Reply, Skip
from app.desk.queries import may_see
from app.desk.rules.hand import Hand
from app.desk.rules.matching import Waiting, fits
from app.kernel import audit, clock
from app.kernel.db import across_brands, brand_scope, changed, session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError

PASS_REASON_LEAST = 3


def claim(case_id: int, hand: Hand) -> int:
    """Take an open case, alone; the id of the claim. Claiming what one already holds is harmless.

    Raises:
        NotFoundError: no such case for this person.
        ConflictError: somebody was faster, or one holds as many as allowed.

    """
    case = _case(case_id)
    if not may_see(case, hand):
        raise NotFoundError("There is no such case.")
    held = live_claim(case_id)
    if held is not None and held.member_id == hand.member_id:
        return held.id
    policy = brands.brand(case.brand_id).policy
    at_once = policy.claims_at_once_staff if hand.is_staff else policy.claims_at_once_advocate
    if not hand.is_staff and not fits(
        Waiting(case.id, case.language, case.topic, case.intent, case.due_at), languages=hand.languages
    ):
        raise NotAllowedError("This case is in a language that is not among yours.")
    if _live_count(hand.member_id) >= at_once:
        raise ConflictError("You already hold a case. Finish it or give it back first.")
    at = clock.now()
    taken = changed(update(Case).where(Case.id == case_id, Case.state == "open").values(state="claimed", updated_at=at))
    if not taken:
        raise ConflictError("Somebody was faster. The next case is waiting in the queue.")
    row = lease(case, hand.member_id, policy.lease_minutes)
    try:
        session.flush()
    except IntegrityError:
        raise ConflictError("Somebody was faster. The next case is waiting in the queue.") from None
    note(case, "claimed", "Claimed.", member_id=hand.member_id)
    audit.record(case.brand_id, hand.member_id, "case.claim", f"case:{case_id}")
    return row.id


def lease(case: Case, member_id: int, minutes: int) -> Claim:
    """A claim of this member on a case that is claimed now, for so many minutes; the caller flushes it."""
    at = clock.now()
    most = brands.brand(case.brand_id).policy.lease_most_minutes
    waking.wake(case, "claimed", member_id=member_id)
    row = Claim(
        brand_id=case.brand_id,
        case_id=case.id,
        member_id=member_id,
        claimed_at=at,
        expires_at=at + timedelta(minutes=minutes),
        latest_at=at + timedelta(minutes=max(minutes, most)),
    )
    session.add(row)
    return row


def keep(case_id: int, hand: Hand) -> Claim:
    """Typing goes on: when less than one step is left, extend the claim by it, up to its latest moment.

    Raises:
        ConflictError: the claim is no longer one's own.

    """
    row = held_by(case_id, hand.member_id)
    policy = brands.brand(row.brand_id).policy
    step = timedelta(minutes=policy.lease_step_minutes)
    at = clock.now()
    if row.expires_at - at < step:
        row.expires_at = min(at + step, row.latest_at)
    return row


def held_by(case_id: int, member_id: int) -> Claim:
    """The live claim of this member on this case, locked: it cannot run out while something is done with it.

    Raises:
        ConflictError: there is none (any more).

    """
    live = select(Claim).where(Claim.case_id == case_id, Claim.ended_at.is_(None))
    row = session.execute(live.with_for_update()).scalar_one_or_none()
    if row is None or row.member_id != member_id or row.expires_at <= clock.now():
        raise ConflictError("Your time with this case is over. Your text is kept here; claim the case again to go on.")
    return row


def live_claim(case_id: int) -> Claim | None:
    """The claim that holds a case now."""
    return session.execute(select(Claim).where(Claim.case_id == case_id, Claim.ended_at.is_(None))).scalar_one_or_none()


def ever_held(case_id: int, member_id: int) -> bool:
    """Whether the member has claimed this case at some time."""
    held = select(Claim.id).where(Claim.case_id == case_id, Claim.member_id == member_id).limit(1)
    return session.execute(held).scalar() is not None


def give_back(case_id: int, hand: Hand) -> None:
    """Back to the queue, at its old place; the draft is kept for its author."""
    held_by(case_id, hand.member_id)
    case = _case(case_id)
    end_of_case(case, "given_back", "Given back.", member_id=hand.member_id)
    case.state, case.updated_at = "open", clock.now()


def skip(case_id: int, hand: Hand) -> None:
    """Do not show me this one again; it stays in the queue for the others."""
    case = _case(case_id)
    held = live_claim(case_id)
    if held is not None and held.member_id == hand.member_id:
        give_back(case_id, hand)
    known = session.execute(
        select(Skip.case_id).where(Skip.case_id == case_id, Skip.member_id == hand.member_id)
    ).scalar()
    if known is None:
        session.add(Skip(brand_id=case.brand_id, case_id=case_id, member_id=hand.member_id, at=clock.now()))


def offer_again(case_id: int, hand: Hand) -> None:
    """Undo a skip: the case may be offered to this member again. Harmless when nothing was skipped."""
    session.execute(delete(Skip).where(Skip.case_id == case_id, Skip.member_id == hand.member_id))


def pass_to_staff(case_id: int, hand: Hand, why: str) -> None:
    """The case is one for staff; a word why helps them and teaches the router.

    Raises:
        RefusedError: no word why.
        ConflictError: the claim is no longer one's own.

    """
    if len(why.strip()) < PASS_REASON_LEAST:
        raise RefusedError("Say in a word why staff should answer this one.")
    held_by(case_id, hand.member_id)
    case = _case(case_id)
    end_of_case(case, "passed", f"Passed to staff: {why.strip()}", member_id=hand.member_id)
    case.state, case.lane, case.updated_at = "open", "staff", clock.now()
    case.lane_reason = f"An advocate passed it on: {why.strip()}"[:300]
    audit.record(case.brand_id, hand.member_id, "case.pass", f"case:{case_id}")


def end_of_case(case: Case, ended_as: str, words: str, *, member_id: int | None = None) -> None:
    """End the live claim of a case, if any, and lay its draft aside where its author finds it again."""
    at = clock.now()
    end(case.id, ended_as)
    session.execute(
        update(Reply).where(Reply.case_id == case.id, Reply.state == "draft").values(state="withdrawn", updated_at=at)
    )
    note(case, ended_as, words, member_id=member_id)


def end(case_id: int, ended_as: str) -> None:
    """End the live claim of a case, if any."""
    session.execute(
        update(Claim)
        .where(Claim.case_id == case_id, Claim.ended_at.is_(None))
        .values(ended_at=clock.now(), ended_as=ended_as)
    )


def expire() -> None:
    """Leases that ran out fall back to the queue at their case's old place. Called by the clock."""
    with across_brands():
        over = session.execute(
            select(Claim.brand_id, Claim.id).where(Claim.ended_at.is_(None), Claim.expires_at <= clock.now()).limit(500)
        ).all()
    session.rollback()
    for brand_id, claim_id in over:
        with transaction(), brand_scope(brand_id):
            row = session.execute(
                select(Claim).where(Claim.id == claim_id, Claim.ended_at.is_(None)).with_for_update(skip_locked=True)
            ).scalar_one_or_none()
            if row is None or row.expires_at > clock.now():
                continue
            case = _case(row.case_id)
            end_of_case(case, "expired", "The claim ran out.", member_id=row.member_id)
            if case.state == "claimed":
                case.state, case.updated_at = "open", clock.now()


def _case(case_id: int) -> Case:
    row = session.execute(select(Case).where(Case.id == case_id).with_for_update()).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such case.")
    return row


def _live_count(member_id: int) -> int:
    return session.execute(
        select(func.count()).select_from(Claim).where(Claim.member_id == member_id, Claim.ended_at.is_(None))
    ).scalar_one()
