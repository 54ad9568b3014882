"""Mentions become cases: opened, joined, opened again, closed with a reason, and answered outside in whatever order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import update

from app.channels.base import Post
from app.desk import cases, inbox, replies
from app.desk import queries as desk
from app.desk.models import Case, Reply
from app.kernel import bus, clock
from app.kernel.bus import emit
from app.kernel.db import session, transaction
from app.kernel.facts import MentionsAssessed, ReplyPublished
from tests.rooms.conftest import Together
from tests.world import FURIOUS, HOW_TO, House, World

pytestmark = pytest.mark.long

THANKS = "@lumo thank you, that worked!"
NOTHING = "@lumo ok"
ANGRY = "@lumo how dare you change the app again, absolute joke, how do I get the old view back"
ALSO = "@lumo and how do I set a timer?"


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def asked(house: House) -> Post:
    """A question of Ada's, heard: an open case of the advocates' lane."""
    post = house.post(HOW_TO)
    house.hear(post)
    return post


def acts(house: House, post: Post) -> list[str]:
    """What happened to the case of a post, in order."""
    return [event.act for event in house.page(house.case_of(post)).history]


def answer(house: House, case_id: int, external_id: str = "900") -> None:
    """An advocate's reply, approved and published as if the network had taken it."""
    house.judge(house.submit(case_id, house.maya), house.sam)
    page = house.page(case_id)
    reply_id, at = page.live_reply.id, clock.now()
    with transaction(), house.scope():
        session.execute(
            update(Reply)
            .where(Reply.id == reply_id)
            .values(state="published", external_id=external_id, published_at=at)
        )
        session.execute(update(Case).where(Case.id == case_id).values(state="answered"))
        emit(
            ReplyPublished(
                house.brand_id,
                reply_id=reply_id,
                case_id=case_id,
                customer_id=page.case.customer.customer_id,
                author_id=house.maya.member_id,
                by_advocate=True,
                expertise=page.case.expertise,
                edit_distance=0.0,
                promise_share=0.1,
                published_at=at,
            )
        )
    bus.drain()


def test_a_question_opens_a_case_with_its_promise(house: House, asked: Post) -> None:
    case = house.page(house.case_of(asked)).case
    assert (case.state, case.lane, case.closed_reason) == ("open", "advocates", None)
    assert case.mention.external_id == asked.external_id
    assert case.due_at - case.mention.heard_at == timedelta(minutes=120)
    assert case.customer.handle == "ada"


def test_fury_goes_to_staff_with_the_shorter_promise(house: House) -> None:
    post = house.post(FURIOUS)
    house.hear(post)
    case = house.page(house.case_of(post)).case
    assert (case.state, case.lane) == ("open", "staff")
    assert case.lane_reason.startswith("Staff only")
    assert case.due_at - case.mention.heard_at == timedelta(minutes=60)


def test_what_asks_for_nothing_is_closed_with_its_reason(house: House) -> None:
    post = house.post(NOTHING)
    house.hear(post)
    case = house.page(house.case_of(post)).case
    assert (case.state, case.lane, case.closed_reason) == ("closed", "no_reply", "nothing_to_answer")


def test_what_the_network_does_not_let_us_answer_is_never_an_advocates(house: House) -> None:
    post = house.post("how do I turn on dark mode in the lumo app?", summons=())
    house.hear(post)
    case = house.page(house.case_of(post)).case
    assert case.lane == "staff"
    assert "takes no reply" in case.lane_reason


def test_more_words_of_the_customer_join_the_case(house: House, asked: Post) -> None:
    before = house.page(house.case_of(asked)).case
    house.hear(house.post(ALSO, reply_to=asked))
    page = house.page(house.case_of(asked))
    assert (page.case.id, page.case.state) == (before.id, "open")
    assert page.case.thread_revision == before.thread_revision + 1
    assert page.case.mention.text == ALSO
    assert page.case.due_at == before.due_at  # writing again does not put the promise off
    assert [post.text for post in page.thread] == [HOW_TO, ALSO]


def test_a_thread_heard_in_one_batch_is_one_case(house: House) -> None:
    first = house.post(HOW_TO)
    house.hear(first, house.post(ALSO, reply_to=first), house.post(NOTHING, reply_to=first))
    page = house.page(house.case_of(first))
    assert (page.case.state, page.case.lane, page.case.thread_revision) == ("open", "advocates", 3)


def test_a_second_customer_on_the_thread_has_a_case_of_their_own(house: House, asked: Post) -> None:
    other = house.post("@lumo how do I turn it on, too?", reply_to=asked, author="c-bob")
    house.hear(other)
    ada, bob = house.case_of(asked), house.case_of(other)
    assert ada != bob
    assert house.page(ada).case.thread_revision == 1  # strangers' words do not void an approval
    assert [post.who for post in house.page(ada).thread] == ["customer", "stranger"]


def test_the_same_mentions_assessed_twice_change_nothing(house: House, asked: Post) -> None:
    before = house.page(house.case_of(asked))
    mention_id = before.case.mention.id
    with transaction(), house.scope():
        cases.open_or_join(MentionsAssessed(house.brand_id, (mention_id,)))
    assert house.page(before.case.id) == before


def test_one_thread_heard_by_two_processes_at_once_is_one_case(house: House, together: Together) -> None:
    first = house.post(HOW_TO)
    follow_ups = [house.post(f"{ALSO} ({number})", reply_to=first) for number in range(3)]
    for post in (first, *follow_ups):
        house.hear(post, drain=False)
    together([bus.drain] * 4)
    bus.drain()
    page = house.page(house.case_of(first))
    assert page.case.thread_revision == 4
    assert len(page.thread) == 4


def test_a_follow_up_opens_an_answered_case_again(house: House, asked: Post) -> None:
    case_id = house.case_of(asked)
    answer(house, case_id)
    house.hear(house.post(ALSO, reply_to=asked))
    page = house.page(case_id)
    assert (page.case.state, page.case.lane, page.case.closed_reason) == ("open", "advocates", None)
    assert page.case.mention.text == ALSO
    assert acts(house, asked)[-1] == "opened_again"


def test_thanks_are_counted_and_open_nothing(house: House, asked: Post) -> None:
    case_id = house.case_of(asked)
    answer(house, case_id)
    house.hear(house.post(THANKS, reply_to=asked))
    assert house.page(case_id).case.state == "answered"
    assert acts(house, asked)[-2:] == ["thanked", "followed_up"]


def test_thanks_with_another_question_open_it_again(house: House, asked: Post) -> None:
    case_id = house.case_of(asked)
    answer(house, case_id)
    house.hear(house.post("@lumo thank you! How do I set a timer in the app?", reply_to=asked))
    assert house.page(case_id).case.state == "open"
    assert acts(house, asked)[-2:] == ["thanked", "opened_again"]


def test_fury_takes_a_claimed_case_to_staff_and_keeps_the_draft(house: House, asked: Post) -> None:
    case_id = house.case_of(asked)
    house.claim(case_id, house.maya)
    with transaction(), house.scope():
        replies.save_draft(case_id, house.maya, "Open Settings and")
    house.hear(house.post(FURIOUS, reply_to=asked))
    page = house.page(case_id)
    assert (page.case.state, page.case.lane, page.claim) == ("open", "staff", None)
    assert page.case.due_at - page.case.mention.heard_at <= timedelta(minutes=60)
    with house.scope():
        assert desk.page(case_id, house.maya).kept == "Open Settings and"
        assert [row.case.id for row in inbox.rows("needs", house.sam)] == [case_id]
        assert desk.queue(house.noor) == ()


def test_a_calm_word_does_not_take_a_case_back_from_staff(house: House) -> None:
    furious = house.post(FURIOUS)
    house.hear(furious)
    house.hear(house.post(ALSO, reply_to=furious))
    case = house.page(house.case_of(furious)).case
    assert case.lane == "staff"
    assert case.lane_reason.startswith("Staff only")


def test_an_angry_voice_that_carries_far_is_for_staff(house: House) -> None:
    posts = [replace(house.post(ANGRY, author=f"c-{count}"), author_followers=count) for count in (40, 250_000)]
    house.hear(*posts)
    of_few, of_many = (house.page(house.case_of(post)).case for post in posts)
    assert "many read" not in of_few.lane_reason
    assert (of_many.lane, "many read" in of_many.lane_reason) == ("staff", True)


def test_a_claim_stays_when_the_customer_only_adds_a_word(house: House, asked: Post) -> None:
    case_id = house.case_of(asked)
    house.claim(case_id, house.maya)
    house.hear(house.post(ALSO, reply_to=asked))
    page = house.page(case_id)
    assert (page.case.state, page.claim.member_id) == ("claimed", house.maya.member_id)


class TestAnsweredOutside:
    """The brand's account speaks on the network itself; our rows may hear of it before or after the question."""

    @pytest.fixture
    def thread(self, house: House) -> list[Post]:
        """A question, the brand's own answer, and the customer's thanks, as they were written."""
        start = clock.now()
        question = house.post(HOW_TO)
        said = [question, house.own_post("Settings, Display, Dark.", question), house.post(THANKS, reply_to=question)]
        return [replace(post, posted_at=start + timedelta(minutes=place)) for place, post in enumerate(said)]

    @pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
    def test_in_every_order_of_hearing(self, house: House, thread: list[Post], order: tuple[int, ...]) -> None:
        for place in order:
            house.hear(thread[place])
        self.assert_closed(house, thread[0])

    def test_in_one_batch(self, house: House, thread: list[Post]) -> None:
        house.hear(*thread)
        self.assert_closed(house, thread[0])

    def test_with_the_work_done_later_and_all_at_once(
        self, house: House, thread: list[Post], together: Together
    ) -> None:
        for post in reversed(thread):
            house.hear(post, drain=False)
        together([bus.drain] * 3)
        bus.drain()
        self.assert_closed(house, thread[0])

    def assert_closed(self, house: House, question: Post) -> None:
        case = house.page(house.case_of(question)).case
        assert (case.state, case.closed_reason) == ("closed", "answered_outside")

    @pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
    def test_a_newer_question_stays_open_in_every_order(
        self, house: House, thread: list[Post], order: tuple[int, ...]
    ) -> None:
        newer = replace(thread[2], text=ALSO)
        for place in order:
            house.hear([*thread[:2], newer][place])
        case = house.page(house.case_of(thread[0])).case
        assert (case.state, case.mention.text) == ("open", ALSO)

    def test_a_claim_ends_and_its_draft_is_kept(self, house: House, asked: Post) -> None:
        case_id = house.case_of(asked)
        house.claim(case_id, house.maya)
        with transaction(), house.scope():
            replies.save_draft(case_id, house.maya, "Open Settings and")
        house.hear(house.own_post("Settings, Display, Dark.", asked))
        page = house.page(case_id)
        assert (page.case.state, page.claim) == ("closed", None)
        with house.scope():
            assert desk.page(case_id, house.maya).kept == "Open Settings and"

    def test_it_answers_the_customer_it_replies_to_and_nobody_else(self, house: House, asked: Post) -> None:
        other = house.post("@lumo how do I turn it on, too?", reply_to=asked, author="c-bob")
        house.hear(other)
        house.hear(house.own_post("Settings, Display, Dark.", other))
        assert house.page(house.case_of(other)).case.state == "closed"
        assert house.page(house.case_of(asked)).case.state == "open"

    def test_our_own_reply_coming_back_is_an_echo(self, house: House, asked: Post) -> None:
        case_id = house.case_of(asked)
        answer(house, case_id)
        revision = house.page(case_id).case.thread_revision
        house.hear(replace(house.own_post("Open Settings, then Display, then Dark. ^maya", asked), external_id="900"))
        page = house.page(case_id)
        assert (page.case.state, page.case.thread_revision) == ("answered", revision)
        assert [post.who for post in page.thread] == ["customer", "brand"]
