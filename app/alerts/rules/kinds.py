"""The kinds of alerts: who may get each, and the way in which it reaches people who have not chosen."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from app.people.rules import ROLES, STAFF

Way = Literal["off", "portal", "email", "at_once"]
WAYS: tuple[Way, ...] = get_args(Way)
"""Not at all; under the bell; under the bell and in the next digest; under the bell and by mail without waiting."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of alert: the roles that may get it, and its way until they choose."""

    roles: frozenset[str]
    way: Way
    rest: timedelta = timedelta(0)
    """How long nothing more of a gathered kind is told to the same person; nothing for kinds told one by one."""


_EVERYBODY = frozenset[str](ROLES)
_ADVOCATES = frozenset({"advocate"})

KINDS: dict[str, Kind] = {
    "offered": Kind(_ADVOCATES, "email", timedelta(minutes=30)),
    "given": Kind(_EVERYBODY, "at_once"),
    "judged": Kind(_EVERYBODY, "email"),
    "second_look": Kind(_EVERYBODY, "email"),
    "published": Kind(_EVERYBODY, "portal"),
    "thanked": Kind(_EVERYBODY, "email"),
    "taken_back": Kind(_ADVOCATES, "email"),
    "named": Kind(STAFF, "at_once"),
    "hot": Kind(STAFF, "email", timedelta(minutes=15)),
    "late": Kind(STAFF, "email", timedelta(minutes=15)),
    "unknown": Kind(STAFF, "email", timedelta(minutes=15)),
    "halted": Kind(STAFF, "email", timedelta(minutes=60)),
    "appealed": Kind(STAFF, "email"),
    "hearing": Kind(frozenset({"manager"}), "at_once", timedelta(minutes=60)),
}
"""Kinds with a rest are gathered: one alert says how many things wait now, however many came since the last one."""


def kinds_for(role: str) -> tuple[str, ...]:
    """The kinds that somebody in this role may get."""
    return tuple(name for name, kind in KINDS.items() if role in kind.roles)


def is_due(noticed: Iterable[datetime], *, told_at: datetime | None, rest: timedelta, now: datetime) -> bool:
    """Whether to tell somebody of a gathered kind again: something came since the last time, and that is long enough
    ago.
    """
    if told_at is None:
        return any(True for _at in noticed)
    return now - told_at >= rest and any(at > told_at for at in noticed)


def suits(topic: str, *, knows: Collection[str], topics_off: Collection[str]) -> bool:
    """Whether a question's topic is one to tell an advocate of: one that they know, or any when none is on record."""
    return topic not in topics_off and (not knows or topic in knows)
