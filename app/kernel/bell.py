"""Redis as a doorbell: one connection with short patience, because the database is the truth and can wait."""

from __future__ import annotations

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def connect(url: str) -> redis.Redis:
    """A connection that gives up within two seconds: a web request must not hang on a doorbell."""
    return redis.Redis.from_url(
        url, socket_timeout=10, socket_connect_timeout=2, retry=Retry(NoBackoff(), 1), health_check_interval=30
    )


def is_reachable(url: str) -> bool:
    """Whether Redis answers."""
    try:
        return bool(connect(url).ping())
    except redis.RedisError:
        return False
