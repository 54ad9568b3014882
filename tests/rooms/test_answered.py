"""An answered question is found by the next one like it: in its brand and language, while its answer stands."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.brands import setting
from app.desk import answered, replies
from app.desk.answered import Answered
from app.desk.models import Trace
from app.kernel import bus, clock
from app.kernel.db import session, transaction
from app.kernel.facts import ReplyPublished
from listeners.rules.likeness import marks
from tests.web.conftest import FakeNetwork, network
from tests.world import HOW_TO, House, World

__all__ = ["network"]

ALIKE = "how can i switch on dark mode in your app @lumo"
HELPED = "thank you so much, that worked!"


def ask(house: House, text: str, author: str) -> int:
    """The case of a new question."""
    post = house.post(text, author=author)
    house.hear(post)
    return house.case_of(post)


def answer(house: House, text: str = HOW_TO, author: str = "c-ada", then: str = "") -> int:
    """A question that is answered in public, with what its customer says then; the case."""
    post = house.post(text, author=author)
    house.hear(post)
    case_id = house.case_of(post)
    house.judge(house.submit(case_id, house.maya), house.sam)
    bus.drain()
    if then:
        house.hear(house.post(then, reply_to=post, author=author))
    return case_id


def found(house: House, case_id: int) -> tuple[Answered, ...]:
    with house.scope():
        alike = answered.alike(answered.asked(case_id, house.sam), setting.scope())
        session.rollback()
    return alike


def kept(house: House) -> set[int]:
    """Every mark of the brand."""
    with house.scope():
        found = set(session.execute(select(Trace.mark)).scalars())
        session.rollback()
    return found


@pytest.fixture
def house(world: World, network: FakeNetwork) -> House:  # noqa: ARG001  the network takes what is published
    """A brand that nobody wrote to yet."""
    return world.lumo


@pytest.mark.parametrize(
    ("then", "outcome"),
    [("", "quiet"), (HELPED, "thanked"), ("@lumo that did not work, it is still broken. What now?", "asked_again")],
)
def test_shows_the_answer_and_what_its_customer_said(house: House, then: str, outcome: str) -> None:
    answer(house, then=then)
    [one] = found(house, ask(house, ALIKE, "c-bea"))
    assert one.answer.startswith("Open Settings")
    assert one.outcome == outcome


def test_finds_nothing_of_another_brand_or_language_and_nothing_unlike(house: House, world: World) -> None:
    answer(house)
    assert found(house, ask(house, "@lumo where is my parcel? promised for monday", "c-bea")) == ()
    assert found(house, ask(house, "@lumo cách bật chế độ tối dark mode trong app the nao vay?", "c-cy")) == ()
    rival = world.rival
    assert found(rival, ask(rival, ALIKE.replace("lumo", "rival"), "c-dee")) == ()


def test_an_unanswered_question_leaves_no_trace(house: House) -> None:
    ask(house, HOW_TO, "c-ada")
    assert found(house, ask(house, ALIKE, "c-bea")) == ()


def test_an_answer_that_was_taken_down_is_not_shown(house: House) -> None:
    case_id = answer(house)
    later = ask(house, ALIKE, "c-bea")
    assert len(found(house, later)) == 1
    reply = next(post.reply for post in house.page(case_id).thread if post.reply)
    with transaction(), house.scope():
        replies.ask_take_down(reply.id, house.sam, "It names the wrong menu.")
    bus.drain()
    assert found(house, later) == ()


def test_does_not_show_the_case_its_own_answer(house: House) -> None:
    case_id = answer(house)
    assert found(house, case_id) == ()


def test_private_data_leaves_no_trace(house: House) -> None:
    answer(house, f"{HOW_TO} my mail is ada.lovelace.king@post.example thanks", author="c-ada")
    marked = kept(house)
    assert marked & marks(HOW_TO)
    assert not marked & marks("ada lovelace king post example")


def test_remembering_twice_changes_nothing(house: House) -> None:
    case_id = answer(house)
    before = kept(house)
    reply = next(post.reply for post in house.page(case_id).thread if post.reply)
    fact = ReplyPublished(
        house.brand_id,
        reply_id=reply.id,
        case_id=case_id,
        customer_id=1,
        author_id=reply.author_id,
        by_advocate=True,
        expertise=0.1,
        edit_distance=0.0,
        promise_share=0.1,
        published_at=reply.published_at or clock.now(),
    )
    with transaction(), house.scope():
        answered.remember(fact)
    assert kept(house) == before
