"""An approved reply is said once or not at all, exactly as it was approved, whatever the network answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.brands.models import Brand
from app.channels import accounts
from app.channels.base import (
    ChannelError,
    Post,
    RateLimitedError,
    RefusedByNetworkError,
    ReplyKey,
    SignedOutError,
    UnreachableError,
)
from app.desk import publishing, settling
from app.desk.models import Reply
from app.kernel import bus, clock
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotAllowedError
from app.kernel.facts import ReplyApproved
from tests.flow.spoken import ANSWER, LOST, PUBLIC, After, Later, Recorded, assert_whole, history, standing, txns
from tests.world import HOW_TO, House

pytestmark = pytest.mark.long

pytest_plugins = ("tests.flow.desk",)


class TestWhatWasApproved:
    def test_is_what_is_said_once_and_scored_once(
        self, house: House, network: Recorded, approved: int, asked: Post
    ) -> None:
        bus.drain()
        assert [(own.in_reply_to, own.text) for own in network.said] == [(asked.external_id, PUBLIC)]
        reply = house.reply(approved)
        assert (reply.state, reply.external_id) == ("published", network.said[0].external_id)
        assert house.page(reply.case_id).case.state == "answered"
        assert [txn.kind for txn in txns(house)] == ["award"]
        assert standing(house, house.maya.member_id) > 0
        assert_whole(house, network.said)

    def test_doing_it_again_says_nothing_again(
        self, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        bus.drain()
        for _ in range(3):
            with house.scope():
                publishing.publish(ReplyApproved(house.brand_id, approved))
            later(minutes=20)
            settling.settle()
            bus.drain()
        assert len(network.calls) == 1
        assert_whole(house, network.said)

    @pytest.mark.parametrize(
        "change",
        [
            {"text": "Send me your password."},
            {"signature": "^noor"},
        ],
    )
    def test_a_text_changed_behind_the_desk_is_not_said(
        self, house: House, network: Recorded, approved: int, change: dict[str, str]
    ) -> None:
        with transaction(), house.scope():
            session.execute(update(Reply).where(Reply.id == approved).values(**change))
        bus.drain()
        reply = house.reply(approved)
        assert network.calls == []
        assert (reply.state, reply.version, reply.approved_by) == ("in_review", 2, None)

    def test_a_new_post_of_the_customer_sends_it_back_to_review_visibly(
        self, house: House, network: Recorded, approved: int, asked: Post
    ) -> None:
        house.hear(house.post("@lumo it is the old model, does that matter?", reply_to=asked), drain=False)
        bus.drain()  # the approval comes first in line, but the post was heard before it was followed
        reply = house.reply(approved)
        assert network.calls == []
        assert (reply.state, reply.version) == ("in_review", 2)
        assert reply.problem == "The thread changed after the approval: it must be read again."
        assert "approval_void" in history(house, reply.case_id)
        house.judge(house.review_of(approved), house.tess)
        bus.drain()
        assert len(network.said) == 1
        assert house.reply(approved).approved_by == house.tess.member_id
        assert_whole(house, network.said)

    def test_an_edit_by_the_moderator_is_what_is_said(
        self, house: House, network: Recorded, review: int, reply_id: int
    ) -> None:
        house.judge(review, house.sam, "edit", text="Settings, then Dark.")
        bus.drain()
        assert [own.text for own in network.said] == ["Settings, then Dark. ^maya"]
        assert house.reply(reply_id).submitted_text == ANSWER
        assert txns(house, "award")[0].why["edit_distance"] > 0
        assert_whole(house, network.said)


class TestNothingWasSaid:
    """The network proves that it did nothing: the reply waits, or fails; it is never forgotten."""

    def test_a_rate_limit_is_waited_out_without_a_call(
        self, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        until = clock.now() + timedelta(minutes=9)
        network.script = [RateLimitedError(until)]
        bus.drain()
        reply = house.reply(approved)
        assert (reply.state, reply.check_at) == ("approved", until)
        assert house.page(reply.case_id).case.state == "in_review"
        for _ in range(4):
            later(minutes=2)
            settling.settle()
            with house.scope():
                publishing.publish(ReplyApproved(house.brand_id, approved))
        assert len(network.calls) == 1
        later(minutes=2)
        settling.settle()
        bus.drain()
        assert house.reply(approved).state == "published"
        assert_whole(house, network.said)

    @pytest.mark.parametrize(
        ("error", "minutes"),
        [(RateLimitedError(None), 15), (UnreachableError("no route"), 0.5)],
    )
    def test_without_a_time_it_waits_a_while_and_goes_on(
        self, house: House, network: Recorded, approved: int, later: Later, error: ChannelError, minutes: float
    ) -> None:
        network.script = [error] * 3
        bus.drain()
        for tried in range(1, 4):
            assert (house.reply(approved).state, len(network.calls)) == ("approved", tried)
            settling.settle()
            assert len(network.calls) == tried
            later(minutes=minutes)
            settling.settle()
        bus.drain()
        assert house.reply(approved).state == "published"
        assert_whole(house, network.said)

    def test_a_signed_out_account_is_waited_for_and_not_asked(
        self, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        network.script = [SignedOutError("permission ended")]
        bus.drain()
        with house.scope():
            assert accounts.account(house.account_id).state == "signed_out"
            session.rollback()
        later(minutes=16)
        settling.settle()
        reply = house.reply(approved)
        assert (reply.state, len(network.calls)) == ("approved", 1)
        assert "not connected" in (reply.problem or "")
        with transaction(), house.scope():
            accounts.connect(house.brand_id, "x", "own-lumo", "lumo", credentials={"bearer_token": "new"})
        later(minutes=16)
        settling.settle()
        bus.drain()
        assert house.reply(approved).state == "published"
        assert_whole(house, network.said)

    def test_a_refusal_fails_and_the_case_becomes_one_for_staff(
        self, house: House, network: Recorded, approved: int
    ) -> None:
        network.script = [RefusedByNetworkError("You have not been mentioned.")]
        bus.drain()
        reply = house.reply(approved)
        case = house.page(reply.case_id).case
        assert (reply.state, case.state, case.lane) == ("failed", "open", "staff")
        assert "You have not been mentioned." in case.lane_reason
        assert txns(house) == []
        house.submit(reply.case_id, house.tess, "We write to you from our app.")
        assert_whole(house, network.said)

    def test_an_approval_whose_delivery_died_is_taken_up_all_the_same(
        self, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        with transaction():
            session.execute(update(bus.Delivery).where(bus.Delivery.state == "pending").values(state="dead"))
        later(minutes=5)
        settling.settle()
        bus.drain()
        assert house.reply(approved).state == "published"
        assert_whole(house, network.said)


class TestNobodyKnows:
    """No clear answer: the thread is read back, and then a person decides. Never a second call by itself."""

    def test_it_is_found_at_the_first_look_and_scored_once(
        self, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        network.script = [After(LOST)]
        bus.drain()
        assert house.reply(approved).state == "unknown"
        later(seconds=110)
        settling.settle()
        assert network.looks == []
        later(seconds=15)
        for _ in range(2):
            settling.settle()
            bus.drain()
        reply = house.reply(approved)
        assert (reply.state, reply.external_id) == ("published", network.said[0].external_id)
        assert reply.published_at == network.said[0].posted_at
        assert (len(network.calls), len(network.looks)) == (1, 1)
        assert len(txns(house, "award")) == 1
        assert_whole(house, network.said)

    @pytest.mark.parametrize("seen_at", [120, 300, 900])
    def test_a_thread_that_lags_is_read_at_120_300_and_900_seconds(
        self, house: House, network: Recorded, approved: int, later: Later, seen_at: int
    ) -> None:
        network.script = [After(LOST)]
        bus.drain()
        start = clock.now()
        hidden, network.said = network.said, []
        for second in range(30, 1000, 30):
            later(seconds=30)
            if second >= seen_at:
                network.said = hidden
            settling.settle()
        bus.drain()
        looked = [round((look - start).total_seconds(), -1) for look in network.looks]
        assert looked == [at for at in (120, 300, 900) if at <= seen_at]
        assert house.reply(approved).state == "published"
        assert_whole(house, network.said)

    def test_absent_three_times_a_person_decides_and_not_before(
        self, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        network.script = [LOST]
        bus.drain()
        for seconds in (125, 180, 600):
            for decide in (publishing.send_again, publishing.give_up):
                with pytest.raises(ConflictError), transaction(), house.scope():
                    decide(approved, house.sam)
            later(seconds=seconds)
            settling.settle()
        assert house.reply(approved).problem == "Not in the thread after three looks. Send it again?"
        later(hours=5)
        settling.settle()
        assert (len(network.calls), len(network.looks)) == (1, 3)
        with pytest.raises(NotAllowedError), transaction(), house.scope():
            publishing.send_again(approved, house.maya)
        with transaction(), house.scope():
            publishing.send_again(approved, house.sam)
        bus.drain()
        assert house.reply(approved).state == "published"
        assert_whole(house, network.said)

    def test_giving_up_opens_the_case_for_staff(
        self, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        network.script = [LOST]
        bus.drain()
        for seconds in (125, 180, 600):
            later(seconds=seconds)
            settling.settle()
        with transaction(), house.scope():
            publishing.give_up(approved, house.dana)
        reply = house.reply(approved)
        case = house.page(reply.case_id).case
        assert (reply.state, case.state, case.lane) == ("failed", "open", "staff")
        with pytest.raises(ConflictError), transaction(), house.scope():
            publishing.send_again(approved, house.dana)
        assert_whole(house, network.said)

    def test_sent_again_it_still_finds_the_first_try(
        self, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        """The first try did come through, and shows up only after the last look: the second is no second post."""
        network.script = [After(LOST)]
        bus.drain()
        hidden, network.said = network.said, []
        for seconds in (125, 180, 600):
            later(seconds=seconds)
            settling.settle()
        network.said = hidden
        with transaction(), house.scope():
            publishing.send_again(approved, house.sam)
        bus.drain()  # the network answers that it has this very text
        assert house.reply(approved).state == "unknown"
        later(seconds=125)
        settling.settle()
        bus.drain()
        assert house.reply(approved).external_id == hidden[0].external_id
        assert_whole(house, network.said)

    @pytest.mark.parametrize("error", [LOST, RateLimitedError(None), SignedOutError("ended"), ValueError("broken")])
    def test_a_look_that_fails_is_no_look(
        self, house: House, network: Recorded, approved: int, later: Later, error: Exception
    ) -> None:
        network.script, network.reading = [After(LOST)], [error, error]
        bus.drain()
        for _ in range(2):
            later(seconds=1000)
            settling.settle()
            assert (house.reply(approved).state, house.reply(approved).checks) == ("unknown", 0)
        later(seconds=1000)
        settling.settle()
        bus.drain()
        assert house.reply(approved).state == "published"
        assert_whole(house, network.said)

    def test_one_broken_look_does_not_stop_the_others(
        self, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        other = house.post(HOW_TO, author="c-bob")
        house.hear(other, drain=False)
        network.script = [After(LOST), After(LOST)]
        bus.drain()
        house.judge(house.submit(house.case_of(other), house.noor, ANSWER), house.sam)
        bus.drain()
        network.reading = [ValueError("broken")]
        later(seconds=200)
        settling.settle()
        bus.drain()
        with house.scope():
            found = session.execute(select(func.count()).where(Reply.state == "published")).scalar_one()
            session.rollback()
        assert found == 1
        assert house.reply(approved).state in {"unknown", "published"}

    @pytest.mark.parametrize(
        "alter",
        [
            lambda text: f"@ada {text}",
            lambda text: f"@Ada  @lumo\n {text}",
            lambda text: text.replace("'", "&#39;").replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            lambda text: "\u00a0".join(text.split(" ")),
            lambda text: text.replace("é", "e\u0301"),
            lambda text: text.replace("https://lumo.example/dark?a=1", "https://t.co/abc123"),
        ],
    )
    def test_a_text_that_the_network_altered_is_still_ours(
        self, house: House, network: Recorded, reply_id: int, review: int, later: Later, alter: Callable[[str], str]
    ) -> None:
        with transaction(), house.scope():
            session.execute(update(Brand).where(Brand.id == house.brand_id).values(policy={"allow_links": True}))
        network.alter, network.script = alter, [After(LOST)]
        house.judge(
            review, house.sam, "edit", text="Open  Settings > Display & café, https://lumo.example/dark?a=1 <now>"
        )
        bus.drain()
        later(seconds=125)
        settling.settle()
        bus.drain()
        assert house.reply(reply_id).state == "published"
        assert_whole(house, network.said)

    def test_other_words_or_another_thread_are_not_ours(
        self, house: House, network: Recorded, approved: int, asked: Post, later: Later
    ) -> None:
        network.script = [LOST]
        bus.drain()
        network.reply(asked.external_id, f"{ANSWER} ^noor", ReplyKey(9, clock.now()))
        network.reply("another", PUBLIC, ReplyKey(9, clock.now()))
        later(seconds=125)
        settling.settle()
        assert house.reply(approved).state == "unknown"

    @pytest.mark.parametrize("state", ["sending", "unknown", "published"])
    def test_rung_for_again_long_after_it_says_nothing(
        self, house: House, network: Recorded, approved: int, later: Later, state: str
    ) -> None:
        """The clock process is down, so nobody has looked; only the delivery comes back."""
        died = {"sending": [After(KeyboardInterrupt())], "unknown": [After(LOST)], "published": []}
        network.script = list(died[state])
        with suppress(KeyboardInterrupt), house.scope():
            publishing.publish(ReplyApproved(house.brand_id, approved))
        assert house.reply(approved).state == state
        later(hours=1)
        with house.scope():
            publishing.publish(ReplyApproved(house.brand_id, approved))
        bus.drain()
        assert (len(network.calls), house.reply(approved).state) == (1, state)

    def test_a_sender_that_died_is_unknown_and_found(
        self, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        network.script = [After(KeyboardInterrupt())]
        with pytest.raises(KeyboardInterrupt), house.scope():
            publishing.publish(ReplyApproved(house.brand_id, approved))
        assert house.reply(approved).state == "sending"
        bus.drain()
        settling.settle()
        assert house.reply(approved).state == "sending"
        later(seconds=125)
        for _ in range(2):
            settling.settle()
            bus.drain()
        assert house.reply(approved).state == "published"
        assert len(network.calls) == 1
        assert_whole(house, network.said)
