"""Passwords, aliases, and how long a sign-in lasts."""

from datetime import UTC, datetime, timedelta

import pytest

from app.people.rules import (
    ABSOLUTE,
    ABSOLUTE_STAFF,
    IDLE,
    IDLE_STAFF,
    alias_problem,
    browser_of,
    email_problem,
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
        ("welcome2026", "first that anybody"),
        ("maya@lumo.example", "your own name or address"),
        ("Maya.Lindqvist.1990", "your own name or address"),
        ("aaaaaaaaaaaa", "first that anybody"),
        ("abababababab", "first that anybody"),
    ],
)
def test_a_password_that_cannot_be_taken(password: str, words: str) -> None:
    assert words in (password_problem(password, email="Maya@lumo.example", name="Maya Lindqvist") or "")


@pytest.mark.parametrize("password", ["a quiet lamp at night", "x7!kQ2zz0-", "한국어 비밀번호 하나둘", "ab1 " * 32])
def test_length_is_what_counts(password: str) -> None:
    assert password_problem(password, email="maya@lumo.example") is None


def test_words_beside_ones_name_are_ones_own_choice() -> None:
    assert password_problem("maya rows at dawn", email="maya@lumo.example", name="Maya Lindqvist") is None
    assert password_problem("a quiet lamp", email="", name="") is None


@pytest.mark.parametrize("email", ["a@b.example", "đào@quán.example", "first.last+tag@sub.b.example"])
def test_an_address(email: str) -> None:
    assert email_problem(email) is None


@pytest.mark.parametrize(
    "email",
    [
        "",
        "a",
        "a@b",
        "@b.example",
        "a b@c.example",
        "a@b.example,c@d.example",
        "a@b@c.example",
        "a@b.example\n",
        "<a@b.example>",
        "a" * 250 + "@b.example",
    ],
)
def test_what_is_no_address(email: str) -> None:
    assert email_problem(email) is not None


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/141.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0 Safari/537.36 Edg/141.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/18.0 Safari/605.1.15", "Safari on Mac"),
        ("curl/8.5.0", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_known_by_its_family_and_system(user_agent: str, name: str) -> None:
    assert browser_of(user_agent) == name


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
