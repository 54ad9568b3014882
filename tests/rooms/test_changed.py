"""What a customer edits or deletes is followed: in whatever order we hear of it, and never answered as it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from flask import Flask
from sqlalchemy import select

from app.channels import accounts
from app.channels.base import Post, RateLimitedError, Shown
from app.desk import publishing, settling
from app.desk import queries as desk
from app.kernel import bus, clock
from app.kernel.bus import NotYetError
from app.kernel.db import session, transaction
from app.kernel.facts import ReplyApproved
from listeners.hear import Changed, Item, Tally, take_in
from listeners.models import Mention
from listeners.queries import mentions
from tests.flow.spoken import Recorded, history
from tests.world import FURIOUS, HOW_TO, House, World

pytestmark = pytest.mark.long

ANSWER = "Open Settings, then Display, then Dark."


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


@pytest.fixture
def network(house: House, monkeypatch: pytest.MonkeyPatch) -> Recorded:  # noqa: ARG001
    recorded = Recorded()
    monkeypatch.setattr(accounts, "open_network", lambda _account_id: recorded)
    return recorded


def hear(house: House, *items: Item, drain: bool = True) -> Tally:
    with transaction(), house.scope():
        tally = take_in(accounts.account(house.account_id), "{}", items, origin="webhook")
    parts = (tally.new, tally.duplicates, tally.set_aside, tally.quarantined, tally.changed)
    assert tally.heard == len(items) == sum(parts)
    if drain:
        bus.drain()
    return tally


def edited(post: Post, text: str, seconds: int = 10) -> Changed:
    return Changed("x", post.external_id, "edited", text, post.posted_at + timedelta(seconds=seconds))


def gone(post: Post, seconds: int = 30) -> Changed:
    return Changed("x", post.external_id, "gone", at=post.posted_at + timedelta(seconds=seconds))


def stored(house: House, post: Post) -> tuple[str, int, bool]:
    with house.scope():
        row = session.execute(
            select(Mention.text, Mention.version, Mention.gone_at).where(Mention.external_id == post.external_id)
        ).one()
        session.rollback()
    return row.text, row.version, row.gone_at is not None


class TestWhatIsKept:
    @pytest.mark.parametrize("order", list(permutations(range(4)))[::3], ids=lambda order: "".join(map(str, order)))
    def test_in_any_order_and_twice_the_end_is_the_same(self, house: House, order: tuple[int, ...]) -> None:
        post = house.post(HOW_TO)
        events: list[Item] = [post, edited(post, "@lumo second", 10), edited(post, "@lumo third", 20), gone(post)]
        for place in order:
            hear(house, events[place])
        for place in order:
            assert hear(house, events[place]) == Tally(heard=1, duplicates=1)
        assert stored(house, post) == ("", 4, True)
        assert house.page(house.case_of(post)).case.closed_reason in {"source_gone", "nothing_to_answer"}

    def test_the_later_of_two_edits_holds(self, house: House) -> None:
        post = house.post(HOW_TO)
        hear(house, edited(post, "@lumo third", 20), post)
        hear(house, edited(post, "@lumo second", 10))
        assert stored(house, post) == ("@lumo third", 3, False)

    def test_an_edit_under_a_new_id_is_the_same_mention(self, house: House) -> None:
        post = house.post(HOW_TO, external_id="100")
        second = replace(post, external_id="101", edit_of="100", text="@lumo how do I turn on light mode?")
        third = replace(post, external_id="102", edit_of="100", text="@lumo never mind the mode, where is the app?")
        assert hear(house, post).new == 1
        assert hear(house, third) == Tally(heard=1, changed=1)
        assert hear(house, second) == hear(house, third) == hear(house, post) == Tally(heard=1, duplicates=1)
        assert stored(house, post) == (third.text, 2, False)
        with house.scope():
            [view] = mentions(session.execute(select(Mention.id)).scalars()).values()
            session.rollback()
        assert (view.external_id, view.answered_under) == ("100", "102")

    def test_an_edit_that_is_heard_alone_stands_for_its_post(self, house: House) -> None:
        post = house.post(HOW_TO, external_id="100")
        second = replace(post, external_id="101", edit_of="100", text="@lumo how do I turn on light mode?")
        assert hear(house, second).new == 1
        assert hear(house, post, second) == Tally(heard=2, duplicates=2)
        assert stored(house, post) == (second.text, 1, False)

    def test_a_change_that_no_database_holds_is_quarantined(self, house: House) -> None:
        post = house.post(HOW_TO)
        assert hear(house, replace(gone(post), external_id="x" * 200), post) == Tally(heard=2, new=1, quarantined=1)

    def test_the_assessment_follows_the_words(self, house: House) -> None:
        post = house.post(HOW_TO)
        hear(house, post)
        case_id = house.case_of(post)
        assert house.page(case_id).case.lane == "advocates"
        hear(house, edited(post, FURIOUS))
        case = house.page(case_id).case
        assert (case.lane, case.mention.text, case.thread_revision) == ("staff", FURIOUS, 2)


class TestWhatFollows:
    def test_a_deleted_question_is_closed(self, house: House) -> None:
        post = house.post(HOW_TO)
        hear(house, post)
        hear(house, gone(post))
        case = house.page(house.case_of(post)).case
        assert (case.state, case.closed_reason) == ("closed", "source_gone")

    def test_whoever_writes_an_answer_keeps_the_draft(self, house: House) -> None:
        post = house.post(HOW_TO)
        hear(house, post)
        case_id = house.case_of(post)
        house.claim(case_id, house.maya)
        hear(house, gone(post))
        assert house.page(case_id).case.state == "closed"
        assert "source_gone" in history(house, case_id)

    def test_another_question_of_the_customer_is_asked_instead(self, house: House) -> None:
        first, second = house.post(HOW_TO), None
        hear(house, first)
        second = house.post("@lumo and how do I change the font size?", reply_to=first)
        hear(house, second)
        hear(house, gone(second))
        case = house.page(house.case_of(first)).case
        assert (case.state, case.mention.external_id) == ("open", first.external_id)

    @pytest.mark.parametrize("judged", [False, True], ids=["in review", "approved"])
    def test_an_answer_to_what_was_deleted_is_taken_back(
        self,
        house: House,
        network: Recorded,
        judged: bool,  # noqa: FBT001
    ) -> None:
        post, review = _answered(house)
        if judged:
            house.judge(review, house.sam)
        hear(house, gone(post))
        assert network.calls == []
        page = house.page(house.case_of(post))
        assert (page.case.state, page.case.closed_reason, page.live_reply) == ("closed", "source_gone", None)

    def test_an_approval_is_void_once_the_question_was_edited(self, house: House, network: Recorded) -> None:
        post, review = _answered(house)
        house.judge(review, house.sam)
        hear(house, edited(post, "@lumo how do I turn OFF dark mode in the app?"))
        page = house.page(house.case_of(post))
        assert network.calls == []
        assert page.live_reply is not None
        assert (page.live_reply.state, page.live_reply.version) == ("in_review", 2)
        assert "edited" in (page.live_reply.problem or "")

    def test_a_reply_waits_until_its_case_has_counted_the_change(self, house: House, network: Recorded) -> None:
        post, review = _answered(house)
        house.judge(review, house.sam)
        hear(house, edited(post, "@lumo how do I turn OFF dark mode in the app?"), drain=False)
        [(reply, _case)] = _on_their_way(house)
        with house.scope(), pytest.raises(NotYetError):
            publishing.publish(ReplyApproved(house.brand_id, reply.id))
        assert network.calls == []


def _answered(house: House) -> tuple[Post, int]:
    post = house.post(HOW_TO)
    hear(house, post)
    return post, house.submit(house.case_of(post), house.maya, ANSWER)


class TestTheLastLook:
    """Nobody told us of the change: the network shows it when the answer is about to be said."""

    @pytest.fixture
    def approved(self, house: House, network: Recorded) -> Post:  # noqa: ARG002
        post, review = _answered(house)
        house.judge(review, house.sam)
        return post

    def test_a_question_that_stands_is_answered(self, house: House, network: Recorded, approved: Post) -> None:
        bus.drain()
        assert [call[1] for call in network.calls] == [approved.external_id]
        assert house.page(house.case_of(approved)).case.state == "answered"

    def test_a_question_that_is_gone_is_not(self, house: House, network: Recorded, approved: Post) -> None:
        network.changed[approved.external_id] = Shown("gone")
        bus.drain()
        case = house.page(house.case_of(approved)).case
        assert (network.calls, case.state, case.closed_reason) == ([], "closed", "source_gone")

    def test_a_question_that_reads_otherwise_is_reviewed_again(
        self, house: House, network: Recorded, approved: Post
    ) -> None:
        network.changed[approved.external_id] = Shown("there", "@lumo how do I turn OFF dark mode?")
        bus.drain()
        page = house.page(house.case_of(approved))
        assert network.calls == []
        assert page.live_reply is not None
        assert page.live_reply.state == "in_review"
        house.judge(house.review_of(page.live_reply.id), house.sam)
        bus.drain()
        assert len(network.calls) == 1

    def test_a_newer_version_is_what_is_answered(self, house: House, network: Recorded, approved: Post) -> None:
        network.changed[approved.external_id] = Shown("there", HOW_TO, newest_id="5001")
        network.changed["5001"] = Shown("there", "@lumo how do I turn OFF dark mode?")
        bus.drain()
        page = house.page(house.case_of(approved))
        assert page.live_reply is not None
        house.judge(house.review_of(page.live_reply.id), house.sam)
        bus.drain()
        assert [call[1] for call in network.calls] == ["5001"]

    def test_where_no_answer_is_taken_staff_is_told_why(self, house: House, network: Recorded, approved: Post) -> None:
        network.changed[approved.external_id] = Shown("closed", why="Its author blocked our account.")
        bus.drain()
        page = house.page(house.case_of(approved))
        assert (network.calls, page.live_reply) == ([], None)
        assert (page.case.state, page.case.lane) == ("open", "staff")
        assert "blocked our account" in page.case.lane_reason

    def test_a_look_that_must_wait_holds_the_answer_back(
        self,
        house: House,
        network: Recorded,
        approved: Post,
        later: Callable[..., None],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        until = clock.now() + timedelta(minutes=10)

        def refuse(_self: Recorded, _ids: object) -> None:
            raise RateLimitedError(until)

        with monkeypatch.context() as patch:
            patch.setattr(Recorded, "look_up", refuse)
            bus.drain()
            later(minutes=9)
            settling.settle()
        [(reply, _case)] = _on_their_way(house)
        assert (network.calls, reply.state, reply.check_at) == ([], "approved", until)
        later(minutes=2)
        settling.settle()
        assert [call[1] for call in network.calls] == [approved.external_id]


def _on_their_way(house: House) -> tuple[tuple[desk.ReplyView, desk.CaseView], ...]:
    with house.scope():
        found = desk.on_their_way()
        session.rollback()
    return found


def test_nothing_is_left_undone(app: Flask, house: House) -> None:  # noqa: ARG001
    """A change of a post that we never heard asks nobody for anything."""
    assert hear(house, gone(house.post("who is this"))).changed == 1
    assert bus.backlog() == {"pending": 0, "dead": 0}
