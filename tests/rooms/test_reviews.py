"""One verdict per review, never by its author, never by two at once, and never about a thread that moved on."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.exc import IntegrityError

from app.channels.base import Post
from app.desk import replies
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, NotFoundError, RefusedError
from moderation import queries, reviews
from tests.rooms.conftest import Together
from tests.world import HOW_TO, House, World

ANSWER = "Open Settings, then Display, then Dark."


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def asked(house: House) -> Post:
    post = house.post(HOW_TO)
    house.hear(post)
    return post


@pytest.fixture
def review(house: House, asked: Post) -> int:
    """Maya's answer, waiting for a second pair of eyes."""
    return house.submit(house.case_of(asked), house.maya, ANSWER)


def reply_of(house: House, review: int) -> int:
    with house.scope():
        found = queries.review(review)
        session.rollback()
    assert found is not None
    return found.subject_id


def hold(house: House, review: int, who: str) -> bool:
    with transaction(), house.scope():
        return reviews.hold(review, getattr(house, who).member_id)


def test_an_approval_stands_with_its_decision(house: House, review: int) -> None:
    house.judge(review, house.sam)
    reply = house.reply(reply_of(house, review))
    assert (reply.state, reply.approved_by) == ("approved", house.sam.member_id)
    with house.scope():
        assert queries.waiting() == ()
        (decision,) = queries.decisions("reply", [reply.id])[reply.id]
    assert (decision.verdict, decision.submitted, decision.final) == ("approve", ANSWER, ANSWER)


def test_an_edit_is_what_will_be_said_and_the_authors_words_are_kept(house: House, review: int) -> None:
    house.judge(review, house.sam, "edit", text="  Open Settings, then Display. ")
    reply = house.reply(reply_of(house, review))
    assert (reply.state, reply.text, reply.submitted_text) == ("approved", "Open Settings, then Display.", ANSWER)


def test_an_edit_must_pass_the_checks_as_well(house: House, review: int) -> None:
    for text in ("", "x" * 300, "See https://elsewhere.example", "hid\u200bden"):
        with pytest.raises(RefusedError):
            house.judge(review, house.sam, "edit", text=text)
    house.judge(review, house.sam)  # nothing of it was kept


def test_a_review_has_one_verdict(house: House, review: int) -> None:
    house.judge(review, house.sam)
    with pytest.raises(ConflictError):
        house.judge(review, house.tess, "reject", reason="too late")
    assert house.reply(reply_of(house, review)).state == "approved"


def test_only_one_of_many_at_once_decides(house: House, review: int, together: Together) -> None:
    def judge(who: str) -> str:
        hand = getattr(house, who)
        try:
            house.judge(review, hand, "reject", reason="not quite right")
        except ConflictError:
            return "late"
        return who

    results = together([lambda who=who: judge(who) for who in ("sam", "tess", "dana", "sam", "tess", "dana")])
    assert len([one for one in results if one != "late"]) == 1
    with house.scope():
        assert len(queries.decisions("reply", [reply_of(house, review)])) == 1


@pytest.mark.parametrize("who", ["maya", "noor"])
def test_advocates_do_not_judge(house: House, review: int, who: str) -> None:
    with pytest.raises(NotAllowedError), transaction(), house.scope():
        reviews.decide(review, getattr(house, who).member_id, "advocate", "approve")
    house.judge(review, house.sam)


def test_nobody_judges_their_own_words_not_even_the_manager(house: House, asked: Post) -> None:
    review = house.submit(house.case_of(asked), house.dana, ANSWER)
    with pytest.raises(NotAllowedError):
        house.judge(review, house.dana)
    house.judge(review, house.sam)
    assert house.reply(reply_of(house, review)).state == "approved"


def test_a_colleague_who_reads_it_keeps_it_for_a_while(house: House, review: int, later: Callable[..., None]) -> None:
    assert hold(house, review, "sam")
    assert hold(house, review, "sam")
    assert not hold(house, review, "tess")
    with pytest.raises(ConflictError):
        house.judge(review, house.tess)
    later(minutes=6)
    assert hold(house, review, "tess")
    with pytest.raises(ConflictError):
        house.judge(review, house.sam)
    house.judge(review, house.tess)


@pytest.mark.parametrize("verdict", ["return", "reject"])
@pytest.mark.parametrize("reason", ["", "  ", "no", "x" * 501])
def test_what_does_not_pass_needs_a_reason(house: House, review: int, verdict: str, reason: str) -> None:
    with pytest.raises(RefusedError):
        house.judge(review, house.sam, verdict, reason=reason)
    house.judge(review, house.sam, verdict, reason="name the menu, please")


def test_there_is_no_fifth_verdict(house: House, review: int) -> None:
    with pytest.raises(RefusedError):
        house.judge(review, house.sam, "publish")


def test_what_is_returned_is_its_authors_again_with_time_to_revise(house: House, asked: Post, review: int) -> None:
    case_id = house.case_of(asked)
    house.judge(review, house.sam, "return", reason="name the menu, please")
    page = house.page(case_id)
    assert (page.case.state, page.claim.member_id) == ("claimed", house.maya.member_id)
    assert (page.live_reply.state, page.live_reply.version, page.live_reply.problem) == (
        "draft",
        2,
        "name the menu, please",
    )
    with transaction(), house.scope():
        replies.submit(case_id, house.maya, f"{ANSWER} It is under Menu.")
    second = house.review_of(page.live_reply.id)
    assert second != review
    house.judge(second, house.sam)


def test_two_rejections_make_it_a_case_for_staff(house: House, asked: Post, review: int) -> None:
    case_id = house.case_of(asked)
    house.judge(review, house.sam, "reject", reason="that is wrong")
    assert (house.page(case_id).case.state, house.page(case_id).case.lane) == ("open", "advocates")
    house.judge(house.submit(case_id, house.noor, "Try it twice."), house.sam, "reject", reason="wrong again")
    assert (house.page(case_id).case.state, house.page(case_id).case.lane) == ("open", "staff")


def test_a_verdict_on_a_thread_that_moved_on_is_refused(house: House, asked: Post, review: int) -> None:
    seen = house.page(house.case_of(asked)).case.thread_revision
    house.hear(house.post("@lumo and how do I turn it off again?", reply_to=asked))
    with pytest.raises(ConflictError), transaction(), house.scope():
        replies.judge(review, house.sam, "approve", seen_revision=seen)
    house.judge(review, house.sam)


def test_what_its_author_took_back_needs_no_verdict(house: House, review: int) -> None:
    with transaction(), house.scope():
        replies.withdraw(reply_of(house, review), house.maya)
    with house.scope():
        assert queries.waiting() == ()
    with pytest.raises(ConflictError), transaction(), house.scope():
        reviews.decide(review, house.sam.member_id, "moderator", "approve")


def test_another_brands_review_does_not_exist(world: World, review: int) -> None:
    with pytest.raises(NotFoundError), transaction(), world.rival.scope():
        reviews.decide(review, world.rival.sam.member_id, "moderator", "approve")
    assert not hold(world.rival, review, "sam")


def test_one_version_is_reviewed_once(house: House, review: int) -> None:
    with house.scope():
        first = queries.review(review)
        session.rollback()
    assert first is not None
    with pytest.raises(IntegrityError), transaction(), house.scope():
        reviews.open_review(
            "reply", first.subject_id, first.version, author_id=first.author_id, text="again", due_at=first.due_at
        )
