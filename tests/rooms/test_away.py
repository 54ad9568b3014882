"""Staff puts a case away, to sleep or closed, and it comes back: by the clock, by its customer, or by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.channels.base import Post
from app.desk import away, handing, inbox, moving, replies, waking
from app.desk import queries as desk
from app.desk.rules.hand import Hand
from app.kernel import clock
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from tests.world import FURIOUS, HOW_TO, House, World

WHY = "the shop opens at nine"
DRAFT = "We have written to the shop and"


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def asked(house: House) -> Post:
    """A furious post, in staff's lane."""
    post = house.post(FURIOUS)
    house.hear(post)
    return post


@pytest.fixture
def case(house: House, asked: Post) -> int:
    return house.case_of(asked)


def snooze(house: House, case: int, hand: Hand | None = None, *, hours: float = 2, why: str = WHY) -> None:
    with transaction(), house.scope():
        away.snooze(case, hand or house.sam, clock.now() + timedelta(hours=hours), why)


def shown(house: House, tab: str, hand: Hand | None = None) -> list[int]:
    with house.scope():
        found = [row.case.id for row in inbox.rows(tab, hand or house.sam)]
        session.rollback()
    return found


def history(house: House, case: int) -> list[str]:
    return [event.act for event in house.page(case).history]


class TestASleepingCase:
    def test_needs_no_answer_and_keeps_its_promise(self, house: House, case: int) -> None:
        due = house.page(case).case.due_at
        assert (shown(house, "needs"), shown(house, "snoozed")) == ([case], [])
        snooze(house, case)
        assert (shown(house, "needs"), shown(house, "snoozed")) == ([], [case])
        assert house.page(case).case.due_at == due

    def test_wakes_by_the_clock_and_not_before(self, house: House, case: int, later: Callable[..., None]) -> None:
        snooze(house, case)
        later(hours=1)
        waking.wake_due()
        assert shown(house, "snoozed") == [case]
        later(hours=1, minutes=1)
        waking.wake_due()
        waking.wake_due()
        assert (shown(house, "needs"), shown(house, "snoozed")) == ([case], [])
        assert history(house, case).count("woke") == 1

    def test_wakes_when_its_customer_writes(self, house: House, asked: Post, case: int) -> None:
        snooze(house, case)
        house.hear(house.post("a stranger's word", reply_to=asked, author="c-eve"))
        assert case not in shown(house, "needs")
        house.hear(house.post("@lumo and nobody answers me!!", reply_to=asked))
        assert case in shown(house, "needs")

    @pytest.mark.parametrize(
        "verb",
        [
            lambda house, case: away.wake(case, house.tess),
            lambda house, case: moving.give_to(case, house.tess.member_id, house.sam, WHY),
            lambda house, case: away.close(case, house.sam, "duplicate"),
        ],
    )
    def test_wakes_by_whoever_takes_it_up(self, house: House, case: int, verb: Callable[[House, int], None]) -> None:
        snooze(house, case)
        with transaction(), house.scope():
            verb(house, case)
        assert shown(house, "snoozed") == []
        assert "woke" in history(house, case)

    def test_that_is_claimed_and_given_back_is_awake(self, house: House, case: int) -> None:
        snooze(house, case)
        house.claim(case, house.tess)
        assert shown(house, "mine", house.tess) == [case]
        snooze(house, case, house.tess)
        assert (shown(house, "snoozed"), shown(house, "mine", house.tess)) == ([case], [])


class TestPuttingToSleep:
    @pytest.mark.parametrize(
        ("hours", "why"), [(-1, WHY), (0, WHY), (31 * 24, WHY), (1, ""), (1, "no"), (1, "x" * 201)]
    )
    def test_needs_a_moment_to_come_and_a_word_why(self, house: House, case: int, hours: float, why: str) -> None:
        with pytest.raises(RefusedError):
            snooze(house, case, hours=hours, why=why)
        snooze(house, case, hours=30 * 24 - 1)

    def test_is_staffs_and_for_staffs_cases(self, world: World, house: House, case: int) -> None:
        post = house.post(HOW_TO, author="c-bob")
        house.hear(post)
        with pytest.raises(ConflictError):
            snooze(house, house.case_of(post))
        with pytest.raises(NotAllowedError):
            snooze(house, case, house.maya)
        with pytest.raises(NotFoundError):
            snooze(world.rival, case, world.rival.sam)
        snooze(house, case)
        with pytest.raises(ConflictError):
            snooze(house, case)

    def test_keeps_ones_own_draft_and_leaves_a_colleague_alone(self, house: House, case: int) -> None:
        house.claim(case, house.sam)
        with transaction(), house.scope():
            replies.save_draft(case, house.sam, DRAFT)
        with pytest.raises(ConflictError):
            snooze(house, case, house.tess)
        snooze(house, case)
        with house.scope():
            assert desk.page(case, house.sam).kept == DRAFT


class TestClosing:
    def test_without_a_reply_says_why_and_can_be_undone(self, house: House, case: int) -> None:
        with transaction(), house.scope():
            away.close(case, house.sam, "answered_elsewhere", "by telephone")
        closed = house.page(case)
        assert (closed.case.state, closed.case.closed_reason) == ("closed", "answered_elsewhere")
        assert "by telephone" in closed.history[-1].words
        assert shown(house, "needs") == []
        with transaction(), house.scope():
            moving.move(case, house.tess, "staff", "she called again")
        assert shown(house, "needs") == [case]

    @pytest.mark.parametrize(("reason", "words"), [("", "why"), ("because", "why"), ("other", ""), ("duplicate", "no")])
    def test_needs_a_reason_of_the_list(self, house: House, case: int, reason: str, words: str) -> None:
        with pytest.raises(RefusedError), transaction(), house.scope():
            away.close(case, house.sam, reason, words)
        assert house.page(case).case.state == "open"

    def test_leaves_a_colleague_and_an_answer_under_way_alone(self, house: House, case: int) -> None:
        house.claim(case, house.tess)
        with pytest.raises(ConflictError), transaction(), house.scope():
            away.close(case, house.sam, "duplicate")
        with transaction(), house.scope():
            replies.submit(case, house.tess, "We are sorry and look into it.")
        with pytest.raises(ConflictError), transaction(), house.scope():
            away.close(case, house.sam, "duplicate")
        assert house.page(case).case.state == "in_review"


class TestHandingOver:
    def test_takes_the_draft_along(self, house: House, case: int) -> None:
        house.claim(case, house.sam)
        with transaction(), house.scope():
            replies.save_draft(case, house.sam, DRAFT)
            assert handing.hand_over(case, house.tess.member_id, house.sam, "you know this shop")
        page = house.page(case)
        assert (page.claim.member_id, page.live_reply.author_id) == (house.tess.member_id, house.tess.member_id)
        assert (page.live_reply.text, page.live_reply.signature) == (DRAFT, "^tess")
        assert (shown(house, "handed", house.tess), shown(house, "handed")) == ([case], [])
        with house.scope():
            counts = inbox.counts(house.tess)
            session.rollback()
        assert (counts["handed"], counts["mine"], counts["needs"]) == (1, 1, 0)

    def test_to_an_advocate_takes_no_words_of_staff_along(self, house: House) -> None:
        post = house.post(HOW_TO, author="c-bob")
        house.hear(post)
        case = house.case_of(post)
        house.claim(case, house.sam)
        with transaction(), house.scope():
            replies.save_draft(case, house.sam, DRAFT)
            assert not handing.hand_over(case, house.maya.member_id, house.sam, "one for you")
        assert house.page(case).claim.member_id == house.maya.member_id
        with house.scope():
            assert desk.page(case, house.maya).kept == ""
            assert desk.page(case, house.sam).kept == DRAFT
