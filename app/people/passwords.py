"""Argon2id, and an answer that takes the same time whether or not the account exists."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class _Cost:
    """OWASP's first choice (19 MiB, 2 passes, 1 lane). Tests make it cheap, through `make_cheap`."""

    hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hashed(password: str) -> str:
    """The hash to store."""
    return _Cost.hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Whether the password is right. Without a stored hash the same work is done, for nothing."""
    try:
        return _Cost.hasher.verify(stored or _nobodys(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other costs than today's and should be made anew."""
    return _Cost.hasher.check_needs_rehash(stored)


def make_cheap() -> None:
    """The real algorithm with the smallest parameters: only for tests and for planting the demo world."""
    _Cost.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    _nobodys.cache_clear()


@cache
def _nobodys() -> str:
    return hashed("nobody has this password")
