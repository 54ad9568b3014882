"""What happens while a reply is on its way, and after it stood there: new questions, thanks, echoes, a removal."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.channels import accounts
from app.channels.base import (
    ChannelError,
    Post,
    RateLimitedError,
    RefusedByNetworkError,
    SignedOutError,
    UnreachableError,
)
from app.desk import replies, settling
from app.desk.queries import all_of_thread
from app.kernel import bus, clock
from app.kernel.db import session, transaction
from tests.flow.spoken import LOST, PUBLIC, After, Later, Recorded, assert_whole, history, standing, txns
from tests.world import House

pytest_plugins = ("tests.flow.desk",)


class TestMeanwhile:
    """What happens while a reply is on its way is not forgotten."""

    def test_a_new_question_is_still_to_be_answered(
        self, house: House, network: Recorded, approved: int, asked: Post, later: Later
    ) -> None:
        follow_up = house.post("@lumo and how do I turn it off at night?", reply_to=asked)
        network.script = [After(LOST)]
        network.meanwhile = lambda: house.hear(follow_up, drain=False)
        bus.drain()
        later(seconds=125)
        settling.settle()
        bus.drain()
        reply = house.reply(approved)
        case = house.page(reply.case_id).case
        assert reply.state == "published"
        assert (case.state, case.mention.external_id) == ("open", follow_up.external_id)
        house.judge(house.submit(case.id, house.noor, "The same way, at Night."), house.sam)
        bus.drain()
        assert house.page(case.id).case.state == "answered"
        assert_whole(house, network.said)

    def test_thanks_count_although_we_did_not_know_yet(
        self, house: House, network: Recorded, approved: int, asked: Post, later: Later
    ) -> None:
        network.script = [After(LOST)]
        bus.drain()
        later(seconds=30)
        house.hear(house.post("@lumo thanks, that worked", reply_to=asked))
        assert house.reply(approved).state == "unknown"
        later(seconds=100)
        settling.settle()
        bus.drain()
        assert house.reply(approved).state == "published"
        assert [txn.kind for txn in txns(house)] == ["award", "thanks"]
        assert_whole(house, network.said)

    def test_our_own_words_coming_back_change_nothing(
        self, house: House, network: Recorded, approved: int, asked: Post
    ) -> None:
        echo = house.post(f"@ada {PUBLIC}", external_id="900001", reply_to=asked, author="own-lumo")
        network.meanwhile = lambda: house.hear(echo, drain=False)
        bus.drain()
        house.hear(echo)
        reply = house.reply(approved)
        page = house.page(reply.case_id)
        assert (page.case.state, page.case.thread_revision) == ("answered", 1)
        assert not {"answered_outside", "spoken_outside"} & set(history(house, reply.case_id))
        assert reply.external_id == echo.external_id
        with house.scope():
            assert len(all_of_thread("x", asked.thread)) == 1
            session.rollback()
        assert_whole(house, network.said)

    def test_the_same_words_said_by_hand_are_not_said_again(
        self, house: House, network: Recorded, approved: int, asked: Post, later: Later
    ) -> None:
        """The network asks to wait, and somebody types the approved words natively: the approval is void."""
        network.script = [RateLimitedError(None)]
        bus.drain()
        house.hear(house.own_post(f"@ada {PUBLIC}", asked))
        later(minutes=16)
        settling.settle()
        bus.drain()
        assert len(network.calls) == 1
        assert house.reply(approved).state == "in_review"

    def test_an_echo_of_what_was_taken_down_is_no_answer_from_outside(
        self, house: House, network: Recorded, approved: int, asked: Post
    ) -> None:
        bus.drain()
        external_id = house.reply(approved).external_id
        with transaction(), house.scope():
            replies.ask_take_down(approved, house.sam, "wrong model")
        bus.drain()
        house.hear(house.post("@lumo hello, can you still help me?", reply_to=asked))
        before = house.page(house.case_of(asked)).case
        house.hear(house.post(f"@ada {PUBLIC}", external_id=external_id, reply_to=asked, author="own-lumo"))
        after = house.page(house.case_of(asked)).case
        assert (after.state, after.thread_revision) == (before.state, before.thread_revision)
        assert_whole(house, network.said)


class TestTakingDown:
    @pytest.fixture
    def doomed(self, house: House, approved: int) -> int:
        bus.drain()
        with transaction(), house.scope():
            replies.ask_take_down(approved, house.sam, "wrong model")
        return approved

    def test_it_goes_and_its_points_with_it(self, house: House, network: Recorded, doomed: int) -> None:
        bus.drain()
        assert (network.said, house.reply(doomed).state) == ([], "withdrawn")
        assert [txn.kind for txn in txns(house)] == ["award", "reversal"]
        assert standing(house, house.maya.member_id) == 0
        assert_whole(house, network.said)

    @pytest.mark.parametrize(
        "error",
        [RateLimitedError(None), UnreachableError("no route"), LOST, SignedOutError("ended")],
    )
    def test_a_network_that_cannot_now_is_asked_until_it_can(
        self, house: House, network: Recorded, doomed: int, later: Later, error: ChannelError
    ) -> None:
        network.removing = [error] * 8
        bus.drain()
        assert "still" in (house.reply(doomed).problem or "")
        for _ in range(10):
            later(minutes=20)
            with transaction(), house.scope():  # a manager connects it again, should it be signed out
                accounts.connect(house.brand_id, "x", "own-lumo", "lumo", credentials={"bearer_token": "new"})
            bus.drain()
        assert (network.said, house.reply(doomed).state) == ([], "withdrawn")
        assert standing(house, house.maya.member_id) == 0

    def test_no_call_before_the_network_said_so(
        self, house: House, network: Recorded, doomed: int, later: Later
    ) -> None:
        network.removing = [RateLimitedError(clock.now() + timedelta(minutes=9))] * 2
        bus.drain()
        later(minutes=8)
        bus.drain()
        assert len(network.removing) == 1
        assert house.reply(doomed).state == "published"

    def test_a_refusal_is_shown_and_not_tried_again(
        self, house: House, network: Recorded, doomed: int, later: Later
    ) -> None:
        network.removing = [RefusedByNetworkError("You are not authorized.")]
        bus.drain()
        later(hours=1)
        bus.drain()
        reply = house.reply(doomed)
        assert (reply.state, network.taken_down) == ("published", [])
        assert "You are not authorized." in (reply.problem or "")
