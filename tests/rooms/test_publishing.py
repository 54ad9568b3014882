"""An approved reply is said once or not at all, exactly as it was approved, whatever the network answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.channels import accounts
from app.channels.base import (
    ChannelError,
    Post,
    RateLimitedError,
    RefusedByNetworkError,
    SignedOutError,
    UnknownOutcomeError,
    UnreachableError,
)
from app.desk import publishing, replies
from app.desk.models import Reply
from app.kernel import audit, bus, clock
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotAllowedError, PeerlineError
from app.kernel.facts import ReplyApproved
from moderation import queries as moderation
from moderation.models import Decision, Review
from tests.flow.spoken import After, Recorded, assert_whole, standing, txns
from tests.world import HOW_TO, House, World

Later = Callable[..., None]
ANSWER = "Open Settings, then Display, then Dark."
PUBLIC = f"{ANSWER} ^maya"
LOST = UnknownOutcomeError("the line went dead")


@pytest.fixture
def network(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorded]:  # noqa: ARG001
    """The network of every account, recorded; an account that is signed out has none, as in production."""
    recorded, real = Recorded(), accounts.open_network

    def opened(account_id: int) -> Recorded:
        real(account_id)
        return recorded

    monkeypatch.setattr(accounts, "open_network", opened)
    yield recorded
    assert len(recorded.said) <= 1 or len({own.in_reply_to for own in recorded.said}) == len(recorded.said)


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def asked(house: House, network: Recorded) -> Post:  # noqa: ARG001
    post = house.post(HOW_TO)
    house.hear(post)
    return post


@pytest.fixture
def review(house: House, asked: Post) -> int:
    """Maya's answer, waiting to be judged."""
    return house.submit(house.case_of(asked), house.maya, ANSWER)


@pytest.fixture
def reply_id(house: House, review: int) -> int:
    with house.scope():
        view = moderation.review(review)
        session.rollback()
    assert view is not None
    return view.subject_id


@pytest.fixture
def approved(house: House, review: int, reply_id: int) -> int:
    """Maya's answer, approved by Sam and not yet on its way."""
    house.judge(review, house.sam)
    return reply_id


def history(house: House, case_id: int) -> list[str]:
    return [event.act for event in house.page(case_id).history]


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
            publishing.settle()
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
            publishing.settle()
            with house.scope():
                publishing.publish(ReplyApproved(house.brand_id, approved))
        assert len(network.calls) == 1
        later(minutes=2)
        publishing.settle()
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
            publishing.settle()
            assert len(network.calls) == tried
            later(minutes=minutes)
            publishing.settle()
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
        publishing.settle()
        reply = house.reply(approved)
        assert (reply.state, len(network.calls)) == ("approved", 1)
        assert "not connected" in (reply.problem or "")
        with transaction(), house.scope():
            accounts.connect(house.brand_id, "x", "own-lumo", "lumo", credentials={"bearer_token": "new"})
        later(minutes=16)
        publishing.settle()
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
        publishing.settle()
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
        publishing.settle()
        assert network.looks == []
        later(seconds=15)
        for _ in range(2):
            publishing.settle()
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
            publishing.settle()
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
            publishing.settle()
        assert house.reply(approved).problem == "Not in the thread after three looks. Send it again?"
        later(hours=5)
        publishing.settle()
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
            publishing.settle()
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
            publishing.settle()
        network.said = hidden
        with transaction(), house.scope():
            publishing.send_again(approved, house.sam)
        bus.drain()  # the network answers that it has this very text
        assert house.reply(approved).state == "unknown"
        later(seconds=125)
        publishing.settle()
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
            publishing.settle()
            assert (house.reply(approved).state, house.reply(approved).checks) == ("unknown", 0)
        later(seconds=1000)
        publishing.settle()
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
        publishing.settle()
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
            from app.brands.models import Brand

            session.execute(update(Brand).where(Brand.id == house.brand_id).values(policy={"allow_links": True}))
        network.alter, network.script = alter, [After(LOST)]
        house.judge(
            review, house.sam, "edit", text="Open  Settings > Display & café, https://lumo.example/dark?a=1 <now>"
        )
        bus.drain()
        later(seconds=125)
        publishing.settle()
        bus.drain()
        assert house.reply(reply_id).state == "published"
        assert_whole(house, network.said)

    def test_other_words_or_another_thread_are_not_ours(
        self, house: House, network: Recorded, approved: int, asked: Post, later: Later
    ) -> None:
        network.script = [LOST]
        bus.drain()
        network.reply(asked.external_id, f"{ANSWER} ^noor")
        network.reply("another", PUBLIC)
        later(seconds=125)
        publishing.settle()
        assert house.reply(approved).state == "unknown"

    def test_a_sender_that_died_is_unknown_and_found(
        self, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        network.script = [After(KeyboardInterrupt())]
        with pytest.raises(KeyboardInterrupt), house.scope():
            publishing.publish(ReplyApproved(house.brand_id, approved))
        assert house.reply(approved).state == "sending"
        bus.drain()
        publishing.settle()
        assert house.reply(approved).state == "sending"
        later(seconds=125)
        for _ in range(2):
            publishing.settle()
            bus.drain()
        assert house.reply(approved).state == "published"
        assert len(network.calls) == 1
        assert_whole(house, network.said)


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
        publishing.settle()
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
        publishing.settle()
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
            from app.desk.queries import all_of_thread

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
        publishing.settle()
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


class TestRaces:
    """Two at once: one wins, the other is told, and nothing is half done. On PostgreSQL they truly overlap."""

    def at_once(self, app: Flask, *acts: Callable[[], object]) -> list[BaseException | None]:
        """Run the acts in threads that start together; what each raised."""
        gate, came = threading.Barrier(len(acts)), [None] * len(acts)
        session.remove()

        def run(place: int, act: Callable[[], object]) -> None:
            with app.app_context():
                gate.wait(10)
                try:
                    act()
                except PeerlineError as error:
                    came[place] = error  # type: ignore[call-overload]
                finally:
                    session.remove()

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return list(came)

    def test_two_moderators_approve_at_once(
        self, app: Flask, house: House, network: Recorded, review: int, reply_id: int
    ) -> None:
        came = self.at_once(
            app, lambda: house.judge(review, house.sam), lambda: house.judge(review, house.tess, "edit", text="Other.")
        )
        assert sorted(type(error).__name__ for error in came) == ["ConflictError", "NoneType"]
        bus.drain()
        assert len(network.said) == 1
        with house.scope():
            assert session.execute(select(func.count()).select_from(Decision)).scalar_one() == 1
            session.rollback()
        winner = house.sam if came[0] is None else house.tess
        assert house.reply(reply_id).approved_by == winner.member_id
        assert_whole(house, network.said)

    def test_approval_against_withdrawal(
        self, app: Flask, house: House, network: Recorded, review: int, reply_id: int
    ) -> None:
        def withdraw() -> None:
            with transaction(), house.scope():
                replies.withdraw(reply_id, house.maya)

        came = self.at_once(app, lambda: house.judge(review, house.sam), withdraw)
        bus.drain()
        reply = house.reply(reply_id)
        assert [error is None for error in came].count(True) == 1
        assert (reply.state, len(network.said)) == (("published", 1) if came[0] is None else ("withdrawn", 0))
        assert_whole(house, network.said)

    def test_eight_hands_publish_one_approval(self, app: Flask, house: House, network: Recorded, approved: int) -> None:
        def publish() -> None:
            with house.scope():
                publishing.publish(ReplyApproved(house.brand_id, approved))

        self.at_once(app, *[publish] * 8)
        bus.drain()
        assert len(network.calls) == 1
        assert_whole(house, network.said)

    def test_two_clocks_settle_at_once(
        self, app: Flask, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        network.script = [After(LOST)]
        bus.drain()
        later(seconds=125)
        self.at_once(app, publishing.settle, publishing.settle, publishing.settle)
        bus.drain()
        assert (house.reply(approved).state, len(network.calls)) == ("published", 1)
        assert_whole(house, network.said)

    def test_two_persons_send_again_at_once(
        self, app: Flask, house: House, network: Recorded, approved: int, later: Later
    ) -> None:
        network.script = [LOST]
        bus.drain()
        for seconds in (125, 180, 600):
            later(seconds=seconds)
            publishing.settle()

        def decide(decision: Callable[..., None]) -> Callable[[], None]:
            def act() -> None:
                with transaction(), house.scope():
                    decision(approved, house.sam)

            return act

        came = self.at_once(app, decide(publishing.send_again), decide(publishing.give_up))
        assert sorted(type(error).__name__ for error in came) == ["ConflictError", "NoneType"]
        bus.drain()
        assert (house.reply(approved).state, len(network.said)) == (
            ("published", 1) if came[0] is None else ("failed", 0)
        )
        assert_whole(house, network.said)


class TestFourEyes:
    @pytest.mark.parametrize("who", ["sam", "dana"])
    def test_nobody_judges_their_own_words_whatever_their_role(
        self, house: House, network: Recorded, asked: Post, who: str
    ) -> None:
        author = getattr(house, who)
        review = house.submit(house.case_of(asked), author)
        for verdict in ("approve", "edit", "return", "reject"):
            with pytest.raises(NotAllowedError):
                house.judge(review, author, verdict, reason="because", text="x")
        bus.drain()
        assert network.calls == []
        house.judge(review, house.tess)
        bus.drain()
        assert len(network.said) == 1
        assert txns(house) == []  # staff is paid otherwise
        assert_whole(house, network.said)

    def test_advocates_judge_nobody(self, house: House, review: int, network: Recorded) -> None:
        with pytest.raises(NotAllowedError), transaction(), house.scope():
            replies.judge(review, house.noor, "approve", seen_revision=1)
        bus.drain()
        assert network.calls == []

    def test_a_moderator_who_has_not_seen_the_newest_post_decides_nothing(
        self, house: House, network: Recorded, review: int, asked: Post
    ) -> None:
        house.hear(house.post("@lumo it is the old model", reply_to=asked))
        with pytest.raises(ConflictError), transaction(), house.scope():
            replies.judge(review, house.sam, "approve", seen_revision=1)
        bus.drain()
        assert network.calls == []
        with house.scope():
            assert session.execute(select(Review.state).where(Review.id == review)).scalar_one() == "open"
            session.rollback()

    def test_the_database_itself_refuses_an_approval_by_the_author(self, house: House, reply_id: int) -> None:
        for values in (
            {"state": "approved"},
            {"approved_by": house.maya.member_id},
            {"state": "published", "approved_by": house.sam.member_id, "approved_hash": "h"},
        ):
            with pytest.raises(IntegrityError), transaction(), house.scope():
                session.execute(update(Reply).where(Reply.id == reply_id).values(**values))


class TestTheDatabaseRefuses:
    """The second wall: what code must not do, the database does not take, on both kinds."""

    @pytest.fixture
    def row(self, house: House, approved: int) -> dict[str, object]:
        """The approved reply as plain columns."""
        table = Reply.__table__
        with house.scope():
            found = session.execute(sa.select(table).where(table.c.id == approved)).mappings().one()
            session.rollback()
        return {name: value for name, value in found.items() if name != "id"}

    def add(self, row: dict[str, object]) -> None:
        with transaction():
            session.execute(insert(Reply.__table__).values(**row))  # type: ignore[arg-type]

    def test_two_replies_on_their_way_for_one_mention(self, row: dict[str, object]) -> None:
        for state in ("approved", "sending", "unknown", "published"):
            with pytest.raises(IntegrityError):
                self.add(row | {"state": state, "external_id": "1"})
        with pytest.raises(IntegrityError):
            self.add(row | {"state": "draft"})  # a second live one on the case
        self.add(row | {"state": "withdrawn"})

    def test_a_reply_of_one_brand_on_anything_of_another(self, world: World, row: dict[str, object]) -> None:
        rival = world.rival
        post = rival.post("@rival how do I pair it?")
        rival.hear(post)
        case_id = rival.case_of(post)
        mention_id = rival.page(case_id).case.mention.id
        theirs = {
            "brand_id": rival.brand_id,
            "case_id": case_id,
            "mention_id": mention_id,
            "account_id": rival.account_id,
            "author_id": rival.maya.member_id,
            "approved_by": rival.sam.member_id,
        }
        for column, value in theirs.items():
            with pytest.raises(IntegrityError):
                self.add(row | {"state": "withdrawn", column: value})
        self.add(row | {"state": "withdrawn"} | theirs)

    @pytest.mark.parametrize("table", ["point_txn", "point_entry", "audit_row", "decision"])
    def test_rows_that_are_never_changed(self, house: House, network: Recorded, approved: int, table: str) -> None:
        bus.drain()
        assert house.reply(approved).state == "published"
        for statement in (f"UPDATE {table} SET brand_id = brand_id", f"DELETE FROM {table}"):  # noqa: S608
            with pytest.raises(DatabaseError, match="never changed"), transaction():
                session.execute(sa.text(statement))
        assert_whole(house, network.said)

    def test_a_line_changed_in_spite_of_that_is_named(self, house: House, approved: int) -> None:
        bus.drain()
        assert house.reply(approved).state == "published"
        with transaction(), house.scope():
            last = session.execute(select(audit.AuditRow.seq).order_by(audit.AuditRow.seq.desc()).limit(1)).scalar_one()
            row = session.execute(select(audit.AuditRow).where(audit.AuditRow.seq == last - 1)).scalar_one()
            session.expunge(row)
            kind = session.connection().dialect.name
            if kind == "postgresql":
                session.execute(sa.text("ALTER TABLE audit_row DISABLE TRIGGER ALL"))
            else:
                session.execute(sa.text("DROP TRIGGER audit_row_no_update"))
            session.execute(update(audit.AuditRow).where(audit.AuditRow.id == row.id).values(act="reply.nothing"))
            if kind == "postgresql":
                session.execute(sa.text("ALTER TABLE audit_row ENABLE TRIGGER ALL"))
        with house.scope():
            assert audit.first_broken(house.brand_id) == last - 1
            session.rollback()
