"""What roles may do, and what a good password and alias are."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Literal

Role = Literal["advocate", "moderator", "manager"]
ROLES: tuple[Role, ...] = ("advocate", "moderator", "manager")
STAFF: frozenset[str] = frozenset({"moderator", "manager"})

MOST_EMAIL = 254
LEAST_PASSWORD = 10
MOST_PASSWORD = 128
IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(days=7)
IDLE_STAFF = timedelta(minutes=60)
ABSOLUTE_STAFF = timedelta(hours=12)

_ALIAS = re.compile(r"[\w.-]{2,20}")
_COMMON = frozenset(
    """
    0000000000 0123456789 01234567890 0987654321 1111111111 1122334455 11223344556677 1212121212
    123123123123 1234567890 1234567891 12345678910 123456789a 1472583690 1q2w3e4r5t 1q2w3e4r5t6y
    1qaz2wsx3edc 9876543210 a123456789 aa12345678 aa123456789 abc123456789 abcd123456 abcdefg123
    abcdefghij admin12345 admin123456 administrator asdfghjkl1 asdfghjkl123 baseball123 basketball
    changeme123 changeme1234 charlie123 computer123 dragon1234 football123 iloveyou12 iloveyou123
    iloveyou1234 internet123 letmein123 letmein1234 liverpool1 manchester michael123 monkey1234
    mypassword1 mypassword123 p@ssw0rd123 p@ssword123 passw0rd123 password12 password123 password1234
    password12345 passwordpassword peerline123 peerline1234 pokemon123 princess123 q1w2e3r4t5
    q1w2e3r4t5y6 qazwsxedcrfv qwerty1234 qwerty12345 qwerty123456 qwertyuiop qwertyuiop123 samsung123
    secret1234 secretpassword startrek123 starwars123 sunshine123 superman123 trustno1trustno1
    welcome123 welcome1234 welcome2024 welcome2025 welcome2026 whatever123 zaq12wsxcde zxcvbnm123
    """.split()  # noqa: SIM905  words in lines are easier to read and to add to than a column of strings
)


def email_problem(email: str) -> str | None:
    """Why this cannot be an e-mail address; None when it can. Only mail itself proves one."""
    local, _, domain = email.partition("@")
    odd = any(letter.isspace() or letter in '<>(),;:"[]\\' or not letter.isprintable() for letter in email)
    if not local or "." not in domain or "@" in domain or odd or len(email) > MOST_EMAIL:
        return "This is not an e-mail address."
    return None


def password_problem(password: str, *, email: str = "", name: str = "") -> str | None:
    """Why a password cannot be taken, in words; None when it can (OWASP: length and common lists, no composition)."""
    if len(password) < LEAST_PASSWORD:
        return f"The password needs at least {LEAST_PASSWORD} characters."
    if len(password) > MOST_PASSWORD:
        return f"The password may have at most {MOST_PASSWORD} characters."
    if password.lower() in _COMMON or len(set(password)) < 4:  # noqa: PLR2004
        return "This password is among the first that anybody would try."
    own = {_letters(email), _letters(email.partition("@")[0]), _letters(name)} - {""}
    if _letters(password) in own:
        return "This password is your own name or address, which anybody would try. Choose other words."
    return None


def _letters(text: str) -> str:
    """A text without what people put around their name to make a password of it."""
    return "".join(letter for letter in text.lower() if letter.isalpha())


def alias_problem(alias: str) -> str | None:
    """Why an alias cannot be taken; None when it can."""
    return None if _ALIAS.fullmatch(alias) else "An alias has 2 to 20 letters, digits, dots, dashes or underscores."


_FAMILIES = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
"""Most browsers claim to be all the others as well: the first mark that is found is the true one."""


def browser_of(user_agent: str) -> str:
    """The family and system of a browser, as in "Firefox on Android"; empty when neither is known."""
    family = next((name for mark, name in _FAMILIES if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " on ".join(part for part in (family, system) if part)


LEAST_PAUSE, MOST_PAUSE = 1, 90
"""Days."""
_NAME = re.compile(r"[^\x00-\x1f\x7f<>@]{1,80}")


def name_problem(name: str) -> str | None:
    """Why a name cannot be taken; None when it can."""
    return None if _NAME.fullmatch(name) and name.strip() else "A name has 1 to 80 characters, and no < > or @."


def pause_problem(days: int) -> str | None:
    """Why nobody can pause for so many days; None when they can."""
    return None if LEAST_PAUSE <= days <= MOST_PAUSE else f"A pause lasts {LEAST_PAUSE} to {MOST_PAUSE} days."


def sign_in_lasts(*, staff: bool, created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a sign-in is still good: not idle too long, not older than its absolute life. Staff's is shorter."""
    idle, absolute = (IDLE_STAFF, ABSOLUTE_STAFF) if staff else (IDLE, ABSOLUTE)
    return now - seen_at <= idle and now - created_at <= absolute
