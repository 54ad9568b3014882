"""Starts and ends the processes of one machine, and finds the Redis and PostgreSQL servers they need."""

from app.supervise.children import Child, SuperviseError, Supervisor, answer_of, wait_until
from app.supervise.servers import (
    RedisServer,
    embedded_redis,
    find_postgres_bindir,
    temporary_postgres,
    temporary_redis,
)

__all__ = [
    "Child",
    "RedisServer",
    "SuperviseError",
    "Supervisor",
    "answer_of",
    "embedded_redis",
    "find_postgres_bindir",
    "temporary_postgres",
    "temporary_redis",
    "wait_until",
]
