"""Windows that overlap and close: what was said is heard once, whatever the network leaves out, repeats or refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.channels import accounts
from app.channels import x as adapter
from app.kernel import bus, clock
from app.kernel.db import session, transaction
from listeners.hear import Tally
from listeners.listen import WAIT_WHEN_UNTOLD, listen
from listeners.models import Cursor, Envelope, Mention, SetAside, Window
from tests.channels.sandbox import Network, running_network
from tests.flow.story import Story

pytestmark = pytest.mark.long

Later = Callable[..., None]
MENTIONS, TIMELINE = "GET /2/users/*/mentions", "GET /2/users/*/tweets"


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def story(app: Flask, running: Network) -> Story:  # noqa: ARG001
    return Story.begin(running.afresh())


def heard(story: Story) -> list[str]:
    """Every mention that is kept, by its words, as often as it is kept."""
    with story.house.scope():
        found = session.execute(select(Mention.text).order_by(Mention.posted_at, Mention.id)).scalars().all()
        session.rollback()
    return [text.removeprefix("@lumo ") for text in found]


def cursor(story: Story) -> Cursor | None:
    with story.house.scope():
        row = session.execute(select(Cursor)).scalar_one_or_none()
        session.expunge_all()
        session.rollback()
    return row


def windows(story: Story) -> list[tuple[int, int, bool]]:
    with story.house.scope():
        found = session.execute(select(Window.seen, Window.new, Window.closed).order_by(Window.id)).all()
        session.rollback()
    return [(row.seen, row.new, row.closed) for row in found]


class TestHearing:
    def test_what_was_said_is_kept_with_its_envelope_and_its_window(self, story: Story) -> None:
        story.says("ada", "@lumo one")
        story.says("bob", "@lumo two")
        assert story.listen() == Tally(heard=2, new=2)
        assert heard(story) == ["one", "two"]
        assert windows(story) == [(2, 2, True)]
        with story.house.scope():
            raws = session.execute(select(Envelope.raw).order_by(Envelope.id)).scalars().all()
            session.rollback()
        assert "@lumo two" in raws[0]

    def test_every_page_is_heard_and_stored_before_the_next_is_asked_for(
        self, story: Story, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(adapter, "PAGE", 5)
        for number in range(12):
            story.says("ada", f"@lumo {number}")
        story.network.fault("error_before", MENTIONS, skip=2)
        assert story.listen().new == 10
        assert windows(story) == [(10, 10, False)]
        assert story.listen() == Tally(heard=12, new=2, duplicates=10)
        assert heard(story) == [str(number) for number in range(12)]
        assert windows(story)[-1] == (12, 2, True)

    def test_windows_overlap_by_two_minutes_and_nothing_is_kept_twice(self, story: Story, later: Later) -> None:
        story.says("ada", "@lumo one")
        story.listen()
        later(seconds=100)
        assert story.listen() == Tally(heard=1, duplicates=1)
        later(seconds=100)
        story.listen()
        assert story.listen() == Tally()
        assert heard(story) == ["one"]

    def test_a_post_that_turns_up_late_is_heard_in_the_overlap(self, story: Story, later: Later) -> None:
        story.listen()
        later(seconds=60)
        story.listen()
        story.says("ada", "@lumo late", late_by=90)
        story.listen()
        assert heard(story) == ["late"]

    def test_a_pause_of_thirty_hours_is_made_up_for(self, story: Story, later: Later) -> None:
        story.listen()
        for hour in range(30):
            later(hours=1)
            story.says("ada", f"@lumo {hour}")
        story.listen()
        assert heard(story) == [str(hour) for hour in range(30)]

    def test_what_the_account_says_itself_is_set_aside_and_its_thread_known(self, story: Story) -> None:
        question = story.says("ada", "@lumo one")
        story.says("lumo", "Hello there.", reply_to=question["id"])
        story.says("lumo", "Good morning, all.")
        assert story.listen() == Tally(heard=3, new=1, set_aside=2)
        with story.house.scope():
            found = session.execute(select(SetAside.thread, SetAside.reason).order_by(SetAside.posted_at)).all()
            session.rollback()
        assert (found[0].thread, found[0].reason) == (question["conversation_id"], "own_post")

    def test_an_answer_given_on_the_network_closes_its_case(self, story: Story) -> None:
        question = story.says("ada", "@lumo how do I turn on dark mode in the app?")
        story.listen()
        bus.drain()
        story.says("lumo", "In Settings.", reply_to=question["id"])
        story.listen()
        bus.drain()
        case = story.house.page(story.case_of(question)).case
        assert (case.state, case.closed_reason) == ("closed", "answered_outside")


class TestTrouble:
    @pytest.mark.parametrize("kind", ["duplicate_items", "late_items"])
    def test_a_network_that_repeats_or_holds_back(self, story: Story, later: Later, kind: str) -> None:
        for number in range(6):
            story.says("ada", f"@lumo {number}")
        story.network.fault(kind, MENTIONS)
        story.listen()
        later(seconds=60)
        story.listen()
        assert heard(story) == [str(number) for number in range(6)]

    @pytest.mark.parametrize("endpoint", [MENTIONS, TIMELINE])
    @pytest.mark.parametrize("kind", ["error_before", "error_after", "drop_after", "truncated_json", "string_body"])
    def test_a_network_that_fails_leaves_the_window_open(
        self, story: Story, later: Later, kind: str, endpoint: str
    ) -> None:
        story.listen()
        before = cursor(story)
        assert before is not None
        later(minutes=10)
        story.says("ada", "@lumo one")
        story.network.fault(kind, endpoint)
        story.listen()
        after = cursor(story)
        assert after is not None
        assert after.heard_until == before.heard_until
        assert windows(story)[-1][2] is False
        later(minutes=10)
        story.listen()
        moved = cursor(story)
        assert moved is not None
        assert moved.heard_until > clock.now() - timedelta(seconds=5)
        assert heard(story) == ["one"]

    def test_a_rate_limit_is_waited_out_without_a_call(self, story: Story, later: Later) -> None:
        story.says("ada", "@lumo one")
        story.network.fault("rate_limited", MENTIONS, options={"reset_in": 600})
        assert story.listen() == Tally()
        fault = story.network.fault("error_before", MENTIONS)
        for _ in range(3):
            later(minutes=3)
            assert story.listen() == Tally()
        [left] = [each for each in story.network.control("GET", "/faults")["faults"] if each["id"] == fault["id"]]
        assert left["hits"] == 0
        story.network.control("DELETE", "/faults")
        later(minutes=2)
        assert story.listen().new == 1

    def test_a_limit_without_a_time_waits_a_while(self, story: Story, later: Later) -> None:
        story.network.fault("usage_capped", MENTIONS)
        story.listen()
        row = cursor(story)
        assert row is not None
        assert row.not_before is not None
        assert abs(row.not_before - clock.now() - WAIT_WHEN_UNTOLD) < timedelta(seconds=5)
        later(minutes=16)
        story.says("ada", "@lumo one")
        assert story.listen().new == 1

    def test_a_permission_that_ended_stops_the_listening_until_it_is_given_again(self, story: Story) -> None:
        house = story.house
        with transaction(), house.scope():
            view = accounts.account(house.account_id)
            accounts.connect(
                house.brand_id, "x", view.external_id, "lumo", credentials={"bearer_token": "old"},
                base_url=story.network.url,
            )  # fmt: skip
        listen(view)
        with house.scope():
            assert accounts.account(house.account_id).state == "signed_out"
            session.rollback()
        listening = accounts.to_listen_to()
        session.rollback()
        assert [each.handle for each in listening] == ["rival"]

    def test_two_brands_hear_their_own(self, story: Story) -> None:
        story.says("ada", "@lumo @rival who of you answers?")
        story.says("bob", "@rival hello")
        story.listen()
        every = accounts.to_listen_to()
        session.rollback()
        listen(next(account for account in every if account.handle == "rival"))
        counts = {}
        for house in (story.world.lumo, story.world.rival):
            with house.scope():
                counts[house.handle] = session.execute(select(func.count()).select_from(Mention)).scalar_one()
                session.rollback()
        assert counts == {"lumo": 1, "rival": 2}
