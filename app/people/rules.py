"""What roles may do, and what a good password and alias are."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

Role = Literal["advocate", "moderator", "manager"]
ROLES: tuple[Role, ...] = ("advocate", "moderator", "manager")
STAFF: frozenset[str] = frozenset({"moderator", "manager"})

LEAST_PASSWORD = 10
MOST_PASSWORD = 128
IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(days=7)
IDLE_STAFF = timedelta(minutes=60)
ABSOLUTE_STAFF = timedelta(hours=12)

_ALIAS = re.compile(r"[\w.-]{2,20}")
_COMMON = frozenset(
    {
        "password1",
        "password12",
        "password123",
        "passwordpassword",
        "1234567890",
        "12345678910",
        "0123456789",
        "1111111111",
        "qwertyuiop",
        "qwerty1234",
        "qwerty12345",
        "1q2w3e4r5t",
        "iloveyou123",
        "letmein1234",
        "welcome1234",
        "administrator",
        "abcdefghij",
    }
)


def password_problem(password: str, *, email: str = "") -> str | None:
    """Why a password cannot be taken, in words; None when it can (OWASP: length and common lists, no composition)."""
    if len(password) < LEAST_PASSWORD:
        return f"The password needs at least {LEAST_PASSWORD} characters."
    if len(password) > MOST_PASSWORD:
        return f"The password may have at most {MOST_PASSWORD} characters."
    if password.lower() in _COMMON or password.lower() == email.lower() or len(set(password)) < 4:  # noqa: PLR2004
        return "This password is among the first that anybody would try."
    return None


def alias_problem(alias: str) -> str | None:
    """Why an alias cannot be taken; None when it can."""
    return None if _ALIAS.fullmatch(alias) else "An alias has 2 to 20 letters, digits, dots, dashes or underscores."


def sign_in_lasts(*, staff: bool, created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a sign-in is still good: not idle too long, not older than its absolute life. Staff's is shorter."""
    idle, absolute = (IDLE_STAFF, ABSOLUTE_STAFF) if staff else (IDLE, ABSOLUTE)
    return now - seen_at <= idle and now - created_at <= absolute
