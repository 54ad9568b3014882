"""A reply on its way out, step by step, over a network that records what is said: fixtures of the publishing tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.channels import accounts
from app.channels.base import Post
from app.kernel.db import session
from moderation import queries as moderation
from tests.flow.spoken import ANSWER, Recorded
from tests.world import HOW_TO, House, World


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
