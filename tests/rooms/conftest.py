"""What several rooms' tests share: doing things at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask

from app.kernel.db import session

Together = Callable[[Sequence[Callable[[], Any]]], list[Any]]


@pytest.fixture
def together(app: Flask) -> Together:
    """`together([verb, …])` starts every verb at the same moment, each with its own session; their results in order.

    An error of any verb is the test's error. On SQLite the writers take turns; on PostgreSQL they truly race.
    """

    def run(verbs: Sequence[Callable[[], Any]]) -> list[Any]:
        session.rollback()
        start = Barrier(len(verbs))

        def alone(verb: Callable[[], Any]) -> Any:
            with app.app_context():
                start.wait(timeout=60)
                try:
                    return verb()
                finally:
                    session.remove()

        with ThreadPoolExecutor(len(verbs)) as pool:
            return list(pool.map(alone, verbs))

    return run
