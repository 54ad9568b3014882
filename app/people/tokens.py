"""Words that open something: made at random, handed out once, and remembered here only as their hash."""

from __future__ import annotations

import hashlib
import secrets


def fresh() -> str:
    """A new token of 256 random bits, fit for URLs and cookies."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What is stored of it: SHA-256 is enough, since nobody can guess 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
