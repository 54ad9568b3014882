"""What the address of the Mentions page asks for: read once, shown as choices and chips, handed on as a wish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlencode

from flask import g, url_for
from flask_babel import LazyString, format_date, gettext, lazy_gettext

from app.desk.standing import stands_in
from app.web import entered
from app.web.formats import INTENTS, LANES, NETWORKS, TOPICS, language_name
from app.web.refs import name_of, number_of
from listeners.listing import NAMES, Kind, Marks, Wish
from listeners.rules.words import asked

KINDS = {
    "mention": lazy_gettext("Mentions"),
    "set_aside": lazy_gettext("Set aside"),
    "quarantined": lazy_gettext("Unreadable"),
}
STATES = {
    "open": lazy_gettext("open"),
    "claimed": lazy_gettext("claimed"),
    "in_review": lazy_gettext("in review"),
    "sending": lazy_gettext("being sent"),
    "unknown": lazy_gettext("being looked for in the thread"),
    "answered": lazy_gettext("answered"),
    "closed": lazy_gettext("closed"),
}
MOODS = {
    "positive": lazy_gettext("friendly"),
    "neutral": lazy_gettext("neutral"),
    "negative": lazy_gettext("unhappy"),
}
ANGERS = {
    "1": lazy_gettext("annoyed or more"),
    "2": lazy_gettext("angry or more"),
    "3": lazy_gettext("furious"),
}
_FIELDS: dict[str, tuple[LazyString, Mapping[str, LazyString | str] | None]] = {
    "kind": (lazy_gettext("What became of it"), KINDS),
    "lane": (lazy_gettext("Lane"), LANES),
    "state": (lazy_gettext("State"), STATES),
    "language": (lazy_gettext("Language"), None),
    "intent": (lazy_gettext("What it asks for"), INTENTS),
    "mood": (lazy_gettext("Mood"), MOODS),
    "topic": (lazy_gettext("Topic"), TOPICS),
    "anger": (lazy_gettext("Anger"), ANGERS),
    "network": (lazy_gettext("Network"), NETWORKS),
}
_TYPED = ("q", "by", "since", "until", "private")
_MARK_KINDS = {"mention": "mention", "set_aside": "aside", "quarantined": "unreadable"}


@dataclass(frozen=True, slots=True)
class Field:
    """One choice among known values, "" for any."""

    name: str
    word: LazyString
    options: dict[str, str]
    chosen: str


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that narrows the list, in words, and what the address says without it."""

    words: str
    without: dict[str, str]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the address asks for; anything in it that nobody offers is left out as if it were not there."""

    chosen: dict[str, str]

    @property
    def fields(self) -> list[Field]:
        """The choices of the form."""
        return [
            Field(name, word, _options(name), self.chosen.get(name, "")) for name, (word, _known) in _FIELDS.items()
        ]

    @property
    def chips(self) -> list[Chip]:
        """Everything but the kind, which has its own tabs."""
        return [
            Chip(_in_words(name, value), {key: kept for key, kept in self.chosen.items() if key != name})
            for name, value in self.chosen.items()
            if name != "kind"
        ]

    @property
    def finds_nothing(self) -> bool:
        """Whether what was typed holds no letter and no digit to look for."""
        return "q" in self.chosen and not asked(self.chosen["q"]).terms

    def address(self) -> str:
        """The list under this address, without what was left empty."""
        return url_for("mentions.show") + (f"?{urlencode(self.chosen)}" if self.chosen else "")

    def with_(self, **values: str) -> dict[str, str]:
        """The address with other values; an empty one takes its name out."""
        return {name: value for name, value in (self.chosen | values).items() if value}

    def wish(self) -> Wish:
        """The same, as the ears understand it."""
        one = self.chosen.get
        until = _day(one("until", ""))
        kinds: tuple[Kind, ...] = tuple(name for name in NAMES if one("kind", name) == name)
        return Wish(
            kinds=kinds,
            asked=asked(one("q", "")),
            handle=one("by", ""),
            channel=one("network", ""),
            language=one("language", ""),
            intent=one("intent", ""),
            mood=one("mood", ""),
            topic=one("topic", ""),
            anger=int(one("anger", "0")),
            private="private" in self.chosen,
            since=_day(one("since", "")),
            until=until + timedelta(days=1) if until else None,
            among=stands_in(one("lane", ""), one("state", "")),
        )


def read(arguments: Mapping[str, str]) -> Narrowed:
    """What of the address narrows the list."""
    chosen = {}
    for name in (*_FIELDS, *_TYPED):
        value = " ".join(arguments.get(name, "").split())[:300]
        if value and _is_meant(name, value):
            chosen[name] = value
    return Narrowed(chosen)


def marks(text: str) -> Marks | None:
    """A place in the list as an address names it; None for anything else."""
    parts = text.split(".")
    if len(parts) != len(NAMES):
        return None
    numbers = [
        0 if part == "-" else number_of(_MARK_KINDS[kind], part) for kind, part in zip(NAMES, parts, strict=True)
    ]
    first, second, third = numbers
    return None if first is None or second is None or third is None else (first, second, third)


def marks_name(place: Marks) -> str:
    """A place in the list for an address."""
    return ".".join(
        name_of(_MARK_KINDS[kind], number) if number else "-" for kind, number in zip(NAMES, place, strict=True)
    )


def _is_meant(name: str, value: str) -> bool:
    if name in _FIELDS:
        return value in _options(name)
    if name in {"since", "until"}:
        return _day(value) is not None
    return name != "private" or value == "yes"


def _options(name: str) -> dict[str, str]:
    known = _FIELDS[name][1]
    if known is None:
        return {code: language_name(code) for code in (*g.brand.languages, "und")}
    return {key: str(word) for key, word in known.items()}


def _in_words(name: str, value: str) -> str:
    if name in _FIELDS:
        return f"{_FIELDS[name][0]}: {_options(name)[value]}"
    if name == "q":
        return str(gettext("Search: %(words)s", words=value))
    if name == "by":
        return str(gettext("By %(who)s", who=f"@{value.lstrip('@')}"))
    if name == "private":
        return str(gettext("With private data"))
    day = format_date(date.fromisoformat(value), "medium")
    return str(gettext("From %(day)s on", day=day) if name == "since" else gettext("Up to %(day)s", day=day))


def _day(value: str) -> datetime | None:
    """The beginning of a day, in UTC; None when it is no day."""
    day = entered.day(value)
    return datetime.combine(day, time(), UTC) if day else None
