"""A second look: asked for once by the author, decided once by other eyes, and put right when it is overturned."""

from __future__ import annotations

import pytest

from app.channels.base import Post
from app.desk import appealing
from app.desk.rules.hand import Hand
from app.kernel import bus
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from moderation import queries
from moderation.queries import AppealView
from tests.rooms.conftest import Together
from tests.world import HOW_TO, House, World

WHY = "it says so in the manual, page 4"
ANSWER = "Hold both buttons for five seconds."


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def asked(house: House) -> Post:
    post = house.post(HOW_TO)
    house.hear(post)
    return post


@pytest.fixture
def case(house: House, asked: Post) -> int:
    return house.case_of(asked)


@pytest.fixture
def rejected(house: House, case: int) -> int:
    """Maya's answer, which Sam rejected."""
    review = house.submit(case, house.maya, ANSWER)
    with house.scope():
        view = queries.review(review)
        session.rollback()
    assert view is not None
    house.judge(review, house.sam, "reject", reason="I do not believe it")
    return view.subject_id


def appeal(house: House, reply_id: int, hand: Hand | None = None, why: str = WHY) -> int:
    with transaction(), house.scope():
        return appealing.appeal(reply_id, hand or house.maya, why)


def decide(house: House, appeal_id: int, hand: Hand, outcome: str = "overturned", words: str = "right you are") -> bool:
    with transaction(), house.scope():
        return appealing.decide_appeal(appeal_id, hand, outcome, words)


def appeal_on(house: House, reply_id: int) -> AppealView:
    with house.scope():
        found = queries.appeals_on("reply", [reply_id])[reply_id]
        session.rollback()
    return found


def test_overturned_words_wait_for_a_yes_again_and_go_out_as_usual(house: House, case: int, rejected: int) -> None:
    assert decide(house, appeal(house, rejected), house.tess)
    page = house.page(case)
    assert (page.case.state, page.live_reply.state, page.live_reply.text) == ("in_review", "in_review", ANSWER)
    assert page.live_reply.author_id == house.maya.member_id
    house.judge(house.review_of(page.live_reply.id), house.sam)
    assert house.reply(page.live_reply.id).state == "approved"
    assert house.reply(rejected).state == "withdrawn"
    assert appeal_on(house, rejected).state == "overturned"
    assert [event.act for event in house.page(case).history][-4:] == [
        "rejected",
        "appealed",
        "appeal_overturned",
        "approved",
    ]


def test_upheld_the_case_waits_for_somebody_else(house: House, case: int, rejected: int) -> None:
    assert not decide(house, appeal(house, rejected), house.dana, "upheld", "page 4 is of another model")
    assert house.page(case).case.state == "open"
    found = appeal_on(house, rejected)
    assert (found.state, found.words, found.decided_by) == (
        "upheld",
        "page 4 is of another model",
        house.dana.member_id,
    )


@pytest.mark.parametrize("who", ["sam", "maya", "noor"])
def test_the_second_look_takes_other_eyes(house: House, rejected: int, who: str) -> None:
    appeal_id = appeal(house, rejected)
    with pytest.raises(NotAllowedError):
        decide(house, appeal_id, getattr(house, who))
    assert decide(house, appeal_id, house.tess)


def test_it_is_asked_for_once_by_the_author(world: World, house: House, rejected: int) -> None:
    for stranger in (house.noor, house.sam, house.dana):
        with pytest.raises(NotFoundError):
            appeal(house, rejected, stranger)
    with pytest.raises(NotFoundError):
        appeal(world.rival, rejected, world.rival.maya)
    for why in ("", "no", "x" * 501):
        with pytest.raises(RefusedError):
            appeal(house, rejected, why=why)
    appeal_id = appeal(house, rejected)
    with pytest.raises(ConflictError):
        appeal(house, rejected)
    decide(house, appeal_id, house.tess, "upheld")
    with pytest.raises(ConflictError):
        appeal(house, rejected)


def test_only_what_was_rejected_can_be_appealed(house: House, case: int) -> None:
    house.judge(house.submit(case, house.maya, ANSWER), house.sam, "return", reason="which buttons?")
    live = house.page(case).live_reply
    assert live is not None
    with pytest.raises(NotFoundError):
        appeal(house, live.id)


@pytest.mark.parametrize(("outcome", "words"), [("perhaps", "well, well"), ("upheld", ""), ("overturned", "x" * 501)])
def test_an_outcome_has_a_reason(house: House, rejected: int, outcome: str, words: str) -> None:
    appeal_id = appeal(house, rejected)
    with pytest.raises(RefusedError):
        decide(house, appeal_id, house.tess, outcome, words)
    decide(house, appeal_id, house.tess)


def test_only_one_of_many_at_once_decides(house: House, rejected: int, together: Together) -> None:
    appeal_id = appeal(house, rejected)

    def one(who: str) -> bool:
        try:
            decide(house, appeal_id, getattr(house, who), "overturned")
        except ConflictError:
            return False
        return True

    assert sum(together([lambda who=who: one(who) for who in ("tess", "dana", "tess", "dana")])) == 1


def test_a_case_that_somebody_took_up_meanwhile_is_left_to_them(house: House, case: int, rejected: int) -> None:
    appeal_id = appeal(house, rejected)
    house.claim(case, house.noor)
    assert not decide(house, appeal_id, house.tess)
    page = house.page(case)
    assert (page.case.state, page.claim.member_id) == ("claimed", house.noor.member_id)
    assert appeal_on(house, rejected).state == "overturned"


def test_words_that_answer_an_older_question_are_not_handed_in_again(
    house: House, asked: Post, case: int, rejected: int
) -> None:
    appeal_id = appeal(house, rejected)
    house.hear(house.post("@lumo how do I turn off the sound?", reply_to=asked))
    assert not decide(house, appeal_id, house.tess)
    assert house.page(case).live_reply is None


def test_an_overturned_rejection_does_not_count_towards_staff(house: House, case: int, rejected: int) -> None:
    decide(house, appeal(house, rejected), house.tess)
    live = house.page(case).live_reply
    assert live is not None
    house.judge(house.review_of(live.id), house.dana, "reject", reason="still not clear")
    assert house.page(case).case.lane == "advocates"
    house.judge(house.submit(case, house.noor), house.sam, "reject", reason="nor this one")
    assert house.page(case).case.lane == "staff"
    bus.drain()
