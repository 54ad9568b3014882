"""The two life stories of the desk: no path leads to public without a verdict, and none goes in circles unseen."""

import pytest

from app.desk.rules.states import CASE, LIVE_CASE, LIVE_REPLY, REPLY, SPOKEN_REPLY, may_follow


def before(story: dict[str, frozenset[str]], state: str) -> set[str]:
    """The states that a state may follow."""
    return {earlier for earlier in story if may_follow(story, earlier, state)}


def reachable(story: dict[str, frozenset[str]], start: str, *, without: str) -> set[str]:
    """Every state that a life can come to that never passes through `without`."""
    seen, at = set(), [start]
    while at:
        state = at.pop()
        if state not in seen and state != without:
            seen.add(state)
            at += story[state]
    return seen


@pytest.mark.parametrize("story", [CASE, REPLY], ids=["case", "reply"])
def test_a_story_is_closed_and_never_stays_where_it_is(story: dict[str, frozenset[str]]) -> None:
    for state, following in story.items():
        assert following <= story.keys()
        assert state not in following


def test_a_reply_is_published_only_from_sending_or_when_found_in_the_thread() -> None:
    assert before(REPLY, "published") == {"sending", "unknown"}
    assert before(REPLY, "unknown") == {"sending"}
    assert before(REPLY, "sending") == {"approved"}


def test_approved_comes_from_a_verdict_or_from_what_certainly_was_not_said() -> None:
    assert before(REPLY, "approved") == {"in_review", "sending", "unknown"}


@pytest.mark.parametrize("gate", ["in_review", "approved", "sending"])
def test_no_draft_becomes_public_past_a_gate(gate: str) -> None:
    assert "published" not in reachable(REPLY, "draft", without=gate)


def test_what_was_said_is_never_a_draft_again() -> None:
    assert not REPLY["published"] & LIVE_REPLY
    assert REPLY["failed"] == REPLY["withdrawn"] == frozenset()


def test_live_and_spoken_states_are_those_that_block_a_second_answer() -> None:
    assert {"draft", "in_review", "approved", "sending", "unknown"} == LIVE_REPLY
    assert {"approved", "sending", "unknown", "published"} == SPOKEN_REPLY
    assert CASE.keys() - {"answered", "closed"} == LIVE_CASE


def test_a_case_can_always_be_opened_again_or_is_still_open() -> None:
    assert all("open" in reachable(CASE, state, without="") for state in CASE)


@pytest.mark.parametrize(
    ("story", "now", "then", "may"),
    [
        (REPLY, "draft", "published", False),
        (REPLY, "draft", "approved", False),
        (REPLY, "approved", "in_review", True),
        (REPLY, "approved", "published", False),
        (REPLY, "published", "draft", False),
        (CASE, "open", "in_review", False),
        (CASE, "closed", "open", True),
        (CASE, "unknown", "closed", False),
    ],
)
def test_single_steps(story: dict[str, frozenset[str]], now: str, then: str, may: bool) -> None:  # noqa: FBT001
    assert may_follow(story, now, then) is may
