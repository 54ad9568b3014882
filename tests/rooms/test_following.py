"""Threads are read again, parents fetched, edits and deletions noticed: what the network does not tell, we look up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select

from app.channels import accounts, networks
from app.kernel import bus, clock
from app.kernel.db import session
from listeners.following import FOLLOWED_FOR, follow
from listeners.hear import Tally
from listeners.models import Mention, SetAside, ThreadLook
from tests.channels.sandbox import Network, running_network
from tests.flow.story import Story
from tests.world import HOW_TO

pytestmark = pytest.mark.long

Later = Callable[..., None]


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def story(app: Flask, running: Network) -> Story:  # noqa: ARG001
    return Story.begin(running.afresh())


@pytest.fixture
def tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if X did not tell of later replies, like other networks."""
    silent = replace(networks.kind("x"), tells_of_replies=False)
    monkeypatch.setattr(networks, "KINDS", dict(networks.KINDS) | {"x": silent})


def follows(story: Story, *, again: bool = True) -> Tally:
    story.network.clock.moment = clock.now()
    with story.house.scope():
        account = accounts.account(story.house.account_id)
        session.rollback()
    return follow(account, again=again)


def shown(story: Story, case_id: int) -> list[tuple[str, str]]:
    """The thread as the case's page shows it: whose post, and its words."""
    return [(post.who, post.text) for post in story.house.page(case_id).thread]


def test_a_deleted_question_is_noticed_and_closed(story: Story) -> None:
    posts = [story.says(f"c{number}", HOW_TO) for number in range(3)]
    story.listen()
    bus.drain()
    story.network.control("DELETE", f"/posts/{posts[1]['id']}")
    assert follows(story).changed == 1
    bus.drain()
    states = [story.house.page(story.case_of(post)).case for post in posts]
    assert [case.closed_reason for case in states] == [None, "source_gone", None]
    assert states[1].mention.text == ""
    assert follows(story).changed == 0


def test_an_edit_is_noticed_with_its_new_words(story: Story) -> None:
    post = story.says("ada", HOW_TO)
    story.listen()
    bus.drain()
    newer = story.network.control("PATCH", f"/posts/{post['id']}", {"text": "@lumo how do I turn on LIGHT mode?"})
    follows(story)
    bus.drain()
    mention = story.house.page(story.case_of(post)).case.mention
    assert (mention.text, mention.answered_under) == ("@lumo how do I turn on LIGHT mode?", newer["id"])
    assert follows(story) == Tally()
    assert story.listen().new == 0, "the new version is no new mention"


def test_batch_after_batch_every_recent_mention_has_its_turn(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listeners.following.MOST_LOOKED_UP", 2)
    posts = [story.says(f"c{number}", HOW_TO) for number in range(5)]
    story.listen()
    for post in posts:
        story.network.control("DELETE", f"/posts/{post['id']}")
    assert [follows(story).changed for _ in range(4)] == [2, 2, 1, 0]


def test_the_posts_that_a_mention_answers_are_fetched_and_shown(story: Story) -> None:
    root = story.says("eve", "My lamp flickers, what now?")
    middle = story.says("bob", "Ask the makers.", reply_to=root["id"])
    question = story.says("ada", HOW_TO, reply_to=middle["id"])
    story.listen()
    bus.drain()
    assert [follows(story, again=False).set_aside for _ in range(3)] == [1, 1, 0]
    case = story.case_of(question)
    assert shown(story, case) == [("stranger", root["text"]), ("stranger", middle["text"]), ("customer", HOW_TO)]


def test_a_parent_that_is_gone_is_asked_for_once(story: Story) -> None:
    root = story.says("eve", "My lamp flickers, what now?")
    story.says("ada", HOW_TO, reply_to=root["id"])
    story.network.control("DELETE", f"/posts/{root['id']}")
    story.listen()
    bus.drain()
    assert follows(story, again=False).changed == 1
    fault = story.network.fault("error_before", "GET /2/tweets")
    assert follows(story, again=False) == Tally()
    [left] = [each for each in story.network.control("GET", "/faults")["faults"] if each["id"] == fault["id"]]
    assert left["hits"] == 0


@pytest.mark.usefixtures("tells_nothing")
class TestThreads:
    def test_what_the_customer_says_later_joins_the_case(self, story: Story, later: Later) -> None:
        question = story.says("ada", HOW_TO)
        story.listen()
        bus.drain()
        follows(story)
        later(minutes=5)
        story.says("ada", "I mean on the phone, not on the web?", reply_to=question["id"])
        story.says("bob", "Same here.", reply_to=question["id"])
        tally = follows(story)
        bus.drain()
        assert (tally.new, tally.set_aside) == (1, 1)
        assert [who for who, _text in shown(story, story.case_of(question))] == ["customer", "customer", "stranger"]
        with story.house.scope():
            assert len(session.execute(select(Mention.id)).all()) == 2
            assert session.execute(select(SetAside.reason)).scalars().all() == ["context"]
            session.rollback()

    def test_a_thread_that_grew_quiet_is_let_go_and_taken_up_again(self, story: Story, later: Later) -> None:
        question = story.says("ada", HOW_TO)
        story.listen()
        follows(story)
        later(days=FOLLOWED_FOR.days, hours=1)
        follows(story)
        assert due(story) == [False]
        story.says("ada", "@lumo hello?", reply_to=question["id"])
        story.listen()
        follows(story)
        assert due(story) == [True]

    def test_a_round_reads_only_so_many_threads_those_first_that_wait_longest(
        self, story: Story, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("listeners.following.THREADS_AT_ONCE", 2)
        for number in range(5):
            story.says(f"c{number}", HOW_TO)
        story.listen()
        reads = []
        original = networks.opened

        def counting(channel: str, door: object) -> object:
            network = original(channel, door)  # type: ignore[arg-type]
            asked = network.thread
            network.thread = lambda thread, page: reads.append(thread) or asked(thread, page)  # type: ignore[method-assign, func-returns-value]
            return network

        monkeypatch.setattr(networks, "opened", counting)
        for _ in range(3):
            follows(story, again=False)
        assert len(reads) == len(set(reads)) == 5


def due(story: Story) -> list[bool]:
    with story.house.scope():
        found = session.execute(select(ThreadLook.due_at)).scalars().all()
        session.rollback()
    return [moment is not None for moment in found]
