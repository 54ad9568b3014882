"""Watch words at work: found on the network, heard at the next look, and tried out on what was heard before."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.brands import editing
from app.kernel.audit import AuditRow
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, RefusedError
from listeners import queries, watching
from listeners.models import Mention, SetAside
from tests.channels.sandbox import Network, running_network
from tests.flow.story import Story


@pytest.fixture(scope="module")
def running() -> Iterator[Network]:
    with running_network() as started:
        yield started


@pytest.fixture
def story(app: Flask, running: Network) -> Story:  # noqa: ARG001
    return Story.begin(running.afresh())


def watch(story: Story, seen: str | None = None, **lines: list[str]) -> None:
    with transaction(), story.house.scope():
        now = editing.mark(queries.watch_lines())
        watching.save(lines, by=story.house.dana.member_id, seen=now if seen is None else seen)


def kept(story: Story) -> tuple[set[str], dict[str, str]]:
    """The words of what became a mention, and of what was set aside with its reason."""
    with story.house.scope():
        mentions = set(session.execute(select(Mention.text)).scalars())
        aside = {row.text: row.reason for row in session.execute(select(SetAside)).scalars()}
        session.rollback()
    return mentions, aside


def test_words_that_were_just_saved_are_heard_at_the_next_look(story: Story) -> None:
    story.says("ada", "my lumo lamp is broken")
    story.says("bob", "illumolight is something else")
    assert story.listen().heard == 0
    watch(story, all=["lumo"])
    story.says("cai", "a lumo pie, how odd")
    tally = story.listen()
    assert kept(story) == ({"my lumo lamp is broken", "a lumo pie, how odd"}, {})
    assert tally.new == 2
    with story.house.scope():
        assert not any(session.execute(select(Mention.replyable)).scalars())
        session.rollback()


def test_what_the_rule_does_not_mean_is_set_aside_and_what_is_addressed_to_us_never(story: Story) -> None:
    watch(story, x=['lumo -"lumo pie"'])
    story.says("ada", "a lumo pie beside my lumo lamp")
    story.says("bob", "grandma's lumo pie")
    story.says("cai", "@lumo I love lumo pie")
    story.listen()
    mentions, aside = kept(story)
    assert mentions == {"a lumo pie beside my lumo lamp", "@lumo I love lumo pie"}
    assert aside == {"grandma's lumo pie": "not_ours"}


def test_words_are_tried_out_on_what_was_heard_before_anything_is_saved(story: Story) -> None:
    for number in range(3):
        story.says("ada", f"@lumo lamp {number}")
    story.listen()
    with story.house.scope():
        tried = watching.try_out({"all": ['"lamp 1"'], "facebook": ["lamp"]})
        session.rollback()
        assert [(one.post.text, one.found is not None) for one in tried] == [
            ("@lumo lamp 2", False),
            ("@lumo lamp 1", True),
            ("@lumo lamp 0", False),
        ]
        assert queries.watch_lines() == {}
        session.rollback()


def test_a_bad_line_and_a_second_saver_change_nothing(story: Story) -> None:
    watch(story, all=["lumo", " lumo ", ""])
    with pytest.raises(RefusedError, match="The line “-pie”: This line only says"):
        watch(story, all=["apple", "-pie"])
    with pytest.raises(ConflictError, match="kept below"):
        watch(story, seen=editing.mark({}), all=["apple"])
    with pytest.raises(RefusedError, match="At most 200 lines"):
        watch(story, all=[f"word{number}" for number in range(201)])
    with story.house.scope():
        assert queries.watch_lines() == {"all": ["lumo"]}
        acts = session.execute(select(AuditRow.detail).where(AuditRow.act == "brand.watch")).scalars().all()
        session.rollback()
    assert acts == [{"lines": {"all": 1}}]


def test_how_listening_goes_is_kept_for_people(story: Story) -> None:
    story.says("ada", "@lumo hello")
    story.listen()
    story.network.fault("usage_capped", "GET /2/users/*/mentions")
    story.listen()
    with story.house.scope():
        hearing = queries.hearings()[story.house.account_id]
        assert hearing.last_new is not None
        assert hearing.looked_at is not None
        assert hearing.problem == "The network asks us to wait."
        session.rollback()
