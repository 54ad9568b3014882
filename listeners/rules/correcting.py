"""What a person may correct in a judgement, how that changes it, and what it says of texts that are nearly the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from listeners.rules.assessment import NO_REPLY
from listeners.rules.intent import INTENTS
from listeners.rules.language import UNKNOWN
from listeners.rules.likeness import SAME
from listeners.rules.risk import RISKS
from listeners.rules.topic import TOPICS

Field = Literal["language", "intent", "topic", "mood", "anger", "urgency", "risks", "account_specific", "route"]
STEPS: Final = ("0", "1", "2", "3")
CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "language": (),
        "intent": INTENTS,
        "topic": TOPICS,
        "mood": ("negative", "neutral", "positive"),
        "anger": STEPS,
        "urgency": STEPS,
        "risks": RISKS,
        "account_specific": ("no", "yes"),
        "route": ("advocates", "staff"),
    }
)
"""Every field that may be corrected, with what it can be. Languages are the brand's; risks are any of them together."""
QUESTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {"intent": "intent", "topic": "topic", "mood": "sentiment", "account_specific": "record", "route": "must_staff"}
)
"""The fields that models answer, with the name of the model's question. The others stay with the rules."""
ANSWERED_AS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "intent": "intent",
        "topic": "topic",
        "mood": "sentiment",
        "account_specific": "account_specific",
        "route": "must_staff",
    }
)
"""The same fields with the name under which an assessment keeps its chances and reasons."""
MEANT: Final[Mapping[str, str]] = MappingProxyType({"staff": "yes", "advocates": "no"})
NO_RISK: Final = "none"
SCORES: Final = MappingProxyType({"negative": -0.5, "neutral": 0.0, "positive": 0.5})
"""The score that stands for a mood which a person told."""
SURE: Final = 0.98
"""The chance that staff is needed when a person said so; the rest when they said the contrary."""
_TURNED_BY_MORE_THAN_A_WORD: Final = frozenset({"intent", "topic", "account_specific", "route"})
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"language": ("language", "language_uncertain"), "mood": ("mood", "sentiment"), "route": ("must_staff",)}
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of one field of a text: what the house had judged, and what it is."""

    correction_id: int
    mention_id: int
    member_id: int
    field: str
    was: str
    now: str


def said(field: str, columns: Mapping[str, Any], suggest_bar: float) -> str:
    """What the columns of an assessment say of a field, as a correction would say it."""
    if field == "risks":
        return ",".join(sorted(columns["detail"].get("risks", ()))) or NO_RISK
    if field == "route":
        return "staff" if columns["must_staff"] >= suggest_bar else "advocates"
    if field == "account_specific":
        return "yes" if columns["account_specific"] else "no"
    return str(columns[field])


def settled(field: str, value: str, languages: Iterable[str]) -> str:
    """The value in the one form in which it is kept.

    Raises:
        ValueError: there is no such field, or it cannot be that.

    """
    if field not in CHOICES:
        raise ValueError(field)
    if field == "risks":
        named = set(value.split(",")) - {NO_RISK, ""}
        if named - set(RISKS):
            raise ValueError(value)
        return ",".join(sorted(named)) or NO_RISK
    if value not in ((*languages, UNKNOWN) if field == "language" else CHOICES[field]):
        raise ValueError(value)
    return value


def corrected(columns: Mapping[str, Any], field: str, value: str, languages: Iterable[str]) -> dict[str, Any]:
    """The columns of an assessment with one field as a person says it is; whether a reply is due follows from them."""
    changed: dict[str, Any] = {**columns, "detail": dict(columns["detail"])}
    if field == "risks":
        changed["detail"]["risks"] = [] if value == NO_RISK else value.split(",")
    elif field == "route":
        changed["must_staff"] = SURE if value == "staff" else round(1 - SURE, 4)
    elif field == "account_specific":
        changed["account_specific"] = value == "yes"
    elif field in {"anger", "urgency"}:
        changed[field] = int(value)
    else:
        changed[field] = value
    if field == "mood":
        changed["sentiment"] = SCORES[value]
    if field == "language":
        changed["language_uncertain"] = False
    return _with_need(changed, languages)


def remembered(columns: Mapping[str, Any], field: str) -> dict[str, Any]:
    """What must be kept of the columns, so that a correction of the field can be taken back exactly."""
    if field == "risks":
        return {"risks": list(columns["detail"].get("risks", ()))}
    return {name: columns[name] for name in _COLUMNS.get(field, (field,))}


def restored(
    columns: Mapping[str, Any], field: str, before: Mapping[str, Any], languages: Iterable[str]
) -> dict[str, Any]:
    """The columns with one field as it was judged before a person corrected it; `before` is what `remembered` gave."""
    changed: dict[str, Any] = {**columns, "detail": dict(columns["detail"])}
    if field == "risks":
        changed["detail"]["risks"] = list(before["risks"])
    else:
        changed.update(before)
    return _with_need(changed, languages)


def holds_too(one: Said, judged: str, nearness: float) -> str | None:
    """What a correction makes of the same field of a near text that was `judged` by itself; None: nothing.

    It holds only where the house errs in the same way: a text that is judged otherwise differs in what matters, unless
    the texts are the same but for a name or a mark, and it is no matter of mood, which a single word turns. A danger
    that was found is never taken back by likeness, and anger or urgency only where the texts are the same.
    """
    errs_alike = one.was == judged or (nearness >= SAME and one.field in _TURNED_BY_MORE_THAN_A_WORD)
    if not errs_alike or one.now == judged:
        return None
    if one.field == "risks":
        found, told = set(judged.split(",")) - {NO_RISK}, set(one.now.split(",")) - {NO_RISK}
        return ",".join(sorted(found | told)) if told - found else None
    if one.field == "intent" and judged == "crisis":
        return None
    if one.field == "language":
        return None
    if one.field in {"anger", "urgency"} and int(one.now) < int(judged) and nearness < SAME:
        return None
    return one.now


def _with_need(changed: dict[str, Any], languages: Iterable[str]) -> dict[str, Any]:
    """No answer is due to advertising and chatter; what holds a risk, or a language nobody reads, is looked at."""
    unread = changed["language"] not in {*languages, UNKNOWN}
    risky = bool(changed["detail"].get("risks"))
    changed["needs_reply"] = risky or unread or changed["intent"] not in NO_REPLY
    return changed
