"""Passwords, aliases, and how long a sign-in lasts."""

from datetime import UTC, datetime, timedelta

import pytest

from app.people.rules import (
    ABSOLUTE,
    ABSOLUTE_STAFF,
    IDLE,
    IDLE_STAFF,
    alias_problem,
    password_problem,
    sign_in_lasts,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("short pw", "at least 10"),
        ("x" * 129, "at most 128"),
        ("password123", "first that anybody"),
        ("PassWord123", "first that anybody"),
        ("maya@lumo.example", "first that anybody"),
        ("aaaaaaaaaaaa", "first that anybody"),
        ("abababababab", "first that anybody"),
    ],
)
def test_a_password_that_cannot_be_taken(password: str, words: str) -> None:
    assert words in (password_problem(password, email="Maya@lumo.example") or "")


@pytest.mark.parametrize("password", ["a quiet lamp at night", "x7!kQ2zz0-", "한국어 비밀번호 하나둘", "ab1 " * 32])
def test_length_is_what_counts(password: str) -> None:
    assert password_problem(password, email="maya@lumo.example") is None


@pytest.mark.parametrize("alias", ["maya", "m.", "anne-marie_2", "민준", "Thảo"])
def test_an_alias_in_any_script(alias: str) -> None:
    assert alias_problem(alias) is None


@pytest.mark.parametrize("alias", ["", "m", "x" * 21, "two words", "^maya", "@maya", "may\na", "maya\n"])
def test_what_is_no_alias(alias: str) -> None:
    assert alias_problem(alias) is not None


@pytest.mark.parametrize("staff", [True, False])
def test_a_sign_in_ends_when_idle_and_at_its_absolute_age(staff: bool) -> None:  # noqa: FBT001
    idle, absolute = (IDLE_STAFF, ABSOLUTE_STAFF) if staff else (IDLE, ABSOLUTE)

    def lasts(*, created: timedelta, seen: timedelta) -> bool:
        return sign_in_lasts(staff=staff, created_at=AT - created, seen_at=AT - seen, now=AT)

    assert lasts(created=idle, seen=idle)
    assert not lasts(created=idle + MOMENT, seen=idle + MOMENT)
    assert lasts(created=absolute, seen=MOMENT)
    assert not lasts(created=absolute + MOMENT, seen=MOMENT)


def test_staff_is_signed_out_sooner() -> None:
    assert IDLE_STAFF < IDLE
    assert ABSOLUTE_STAFF < ABSOLUTE
