"""What a person may correct in a judgement, how that changes it, and what it says of texts that are nearly the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Literal

from listeners.rules import risk, staff
from listeners.rules.assessment import NO_REPLY, Found, is_unread, properties_of
from listeners.rules.expertise import NEEDED
from listeners.rules.intent import INTENTS
from listeners.rules.language import UNKNOWN
from listeners.rules.likeness import SAME
from listeners.rules.outcome import ORDER
from listeners.rules.privacy import KINDS
from listeners.rules.risk import RISKS
from listeners.rules.topic import TOPICS

Field = Literal[
    "language",
    "intent",
    "topic",
    "mood",
    "anger",
    "urgency",
    "risks",
    "account_specific",
    "route",
    "level",
    "outcome",
    "private",
    "skill",
]
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
        "level": tuple(NEEDED),
        "outcome": ("none", *reversed(ORDER)),
        "private": KINDS,
        "skill": (),
    }
)
"""Every field that may be corrected, with what it can be. Languages and skills are the brand's; risks, and kinds of
private data, are any of them together.
"""
SEVERAL: Final = frozenset({"risks", "private"})
"""The fields of which several answers can be so at once."""
QUESTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "intent": "intent",
        "topic": "topic",
        "mood": "sentiment",
        "account_specific": "record",
        "route": "must_staff",
        "risks": "risk",
    }
)
"""The fields that models answer, with the name of the model's question. Of risks it is whether there
is any; which they are, and the other fields, stay with the rules.
"""
ANSWERED_AS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "intent": "intent",
        "topic": "topic",
        "mood": "sentiment",
        "account_specific": "account_specific",
        "route": "must_staff",
    }
)
"""Those of which every answer has its chance, with the name under which an assessment keeps chances and reasons."""
MEANT: Final[Mapping[str, str]] = MappingProxyType({"staff": "yes", "advocates": "no"})
NONE: Final = "none"
NOWHERE: Final = (0, 0)
"""Where private data stands that a person saw and the rules did not find."""
SCORES: Final = MappingProxyType({"negative": -0.5, "neutral": 0.0, "positive": 0.5})
"""The score that stands for a mood which a person told."""
_KEPT_UNLESS_THE_SAME: Final = frozenset({"stop", "wants_human"})
SURE: Final = 0.98
"""The chance that staff is needed when a person said so; the rest when they said the contrary."""
_TURNED_BY_MORE_THAN_A_WORD: Final = frozenset({"intent", "topic", "account_specific", "route", "skill"})
_IN_DETAIL: Final[Mapping[str, str]] = MappingProxyType(
    {"risks": "risks", "private": "private", "level": "expertise_level", "outcome": "outcome", "skill": "skill"}
)
_RESTING: Final[Mapping[str, Any]] = MappingProxyType(
    {"risks": [], "private": [], "level": "how_to", "outcome": NONE, "skill": None}
)
_CHANCE: Final = "risk_chance"
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
    detail = columns["detail"]
    if field in SEVERAL:
        several = detail.get("risks", ()) if field == "risks" else {span[2] for span in detail.get("private", ())}
        return ",".join(sorted(several)) or NONE
    if field in _IN_DETAIL:
        return str(detail.get(_IN_DETAIL[field], _RESTING[field]) or NONE)
    if field == "route":
        return "staff" if columns["must_staff"] >= suggest_bar else "advocates"
    if field == "account_specific":
        return "yes" if columns["account_specific"] else "no"
    return str(columns[field])


def taught_as(field: str, value: str) -> str:
    """What a person said of a field, as an answer to the model's question."""
    if field == "risks":
        return "no" if value == NONE else "yes"
    return MEANT.get(value, value)


def answered(field: str, columns: Mapping[str, Any], suggest_bar: float) -> str:
    """What the columns of an assessment answer to the model's question of a field."""
    if field == "risks":
        return "yes" if risk.chance_in(columns["detail"]) >= risk.LIKELY else "no"
    return taught_as(field, said(field, columns, suggest_bar))


def settled(field: str, value: str, languages: Iterable[str], skills: Iterable[int] = ()) -> str:
    """The value in the one form in which it is kept. `skills` are the ids of the brand's.

    Raises:
        ValueError: there is no such field, or it cannot be that.

    """
    if field not in CHOICES:
        raise ValueError(field)
    if field in SEVERAL:
        named = set(value.split(",")) - {NONE, ""}
        if named - set(CHOICES[field]):
            raise ValueError(value)
        return ",".join(sorted(named)) or NONE
    of_the_brand = {"language": (*languages, UNKNOWN), "skill": (NONE, *map(str, skills))}
    if value not in of_the_brand.get(field, CHOICES[field]):
        raise ValueError(value)
    return value


def corrected(columns: Mapping[str, Any], field: str, value: str, languages: Iterable[str]) -> dict[str, Any]:
    """The columns of an assessment with one field as a person says it is; whether a reply is due follows from them."""
    changed: dict[str, Any] = {**columns, "detail": dict(columns["detail"])}
    if field == "risks":
        changed["detail"]["risks"] = [] if value == NONE else value.split(",")
        changed["detail"].pop(_CHANCE, None)  # who looked knows more than a chance
    elif field == "private":
        changed["detail"]["private"] = _spans(changed["detail"].get("private", ()), set(value.split(",")) - {NONE})
    elif field in {"outcome", "skill"}:
        changed["detail"][field] = value if field == "outcome" else None if value == NONE else int(value)
    elif field == "level":
        changed["detail"]["expertise_level"], changed["expertise"] = value, NEEDED[value]
    elif field == "route":
        changed["must_staff"] = SURE if value == "staff" else round(1 - SURE, 4)
    elif field == "account_specific":
        changed["account_specific"] = value == "yes"
    else:
        changed[field] = int(value) if field in {"anger", "urgency"} else value
    if field == "mood":
        changed["sentiment"] = SCORES[value]
    if field == "language":
        changed["language_uncertain"] = False
    return _with_need(changed, languages)


def remembered(columns: Mapping[str, Any], field: str) -> dict[str, Any]:
    """What must be kept of the columns, so that a correction of the field can be taken back exactly."""
    if field in _IN_DETAIL:
        kept = {_IN_DETAIL[field]: columns["detail"].get(_IN_DETAIL[field], _RESTING[field])}
        if field == "risks" and _CHANCE in columns["detail"]:
            kept[_CHANCE] = columns["detail"][_CHANCE]
        return kept | ({"expertise": columns["expertise"]} if field == "level" else {})
    return {name: columns[name] for name in _COLUMNS.get(field, (field,))}


def restored(
    columns: Mapping[str, Any], field: str, before: Mapping[str, Any], languages: Iterable[str]
) -> dict[str, Any]:
    """The columns with one field as it was judged before a person corrected it; `before` is what `remembered` gave."""
    changed: dict[str, Any] = {**columns, "detail": dict(columns["detail"])}
    for name, value in before.items():
        (changed["detail"] if name in {_IN_DETAIL.get(field), _CHANCE} else changed)[name] = value
    return _with_need(changed, languages)


def followed(
    before: Mapping[str, Any], after: Mapping[str, Any], languages: Iterable[str], *, is_told: bool
) -> dict[str, Any]:
    """The columns `after` corrections with the chance for staff that follows from them; take-backs lead back exactly.

    By the rules' own reasons: one that is gone, or new, leaves the others as heavy as they were. Where every danger is
    gone that was found before, no model that had seen it is believed any more. `is_told`: a person said who answers,
    and the chance stays as it is.
    """
    changed: dict[str, Any] = {**after, "detail": dict(after["detail"])}
    if is_told:
        return changed
    was, had_danger = _by_rules(before, languages)
    first = changed["detail"].pop("by_itself", None) or {
        "must_staff": before["must_staff"],
        "rules": was,
        "danger": had_danger,
    }
    now, has_danger = _by_rules(changed, languages)
    if (now, has_danger) == (first["rules"], first["danger"]):
        changed["must_staff"] = first["must_staff"]
        return changed
    left = min(1.0, (1 - first["must_staff"]) * (1 - now) / (1 - first["rules"]))
    chance = 1 - left
    if first["danger"] and not has_danger:
        chance = min(chance, now)
    changed["must_staff"], changed["detail"]["by_itself"] = round(chance, 4), first
    return changed


def _by_rules(columns: Mapping[str, Any], languages: Iterable[str]) -> tuple[float, bool]:
    """The chance for staff that the rules' reasons make, and whether one of them is a danger."""
    detail = columns["detail"]
    found = Found(
        intent=columns["intent"],
        mood=columns["mood"],
        anger=columns["anger"],
        urgency=columns["urgency"],
        risks=tuple(detail.get("risks", ())),
        topic=columns["topic"],
        step=said("level", columns, 0.0),
        own_record=columns["account_specific"],
        asks_for_own=False,
    )
    unread = is_unread(columns["language"], languages)
    names = properties_of(found, {span[2] for span in detail.get("private", ())}, unread=unread)
    dangers = {"crisis", "anger 3", "private data", *found.risks}
    return staff.judge(names, found.intent).value, not dangers.isdisjoint(names)


def holds_too(one: Said, judged: str, nearness: float) -> str | None:
    """What a correction makes of the same field of a near text that was `judged` by itself; None: nothing.

    It holds only where the house errs in the same way: a text that is judged otherwise differs in what matters, unless
    the texts are the same but for a name or a mark, and it is no matter of mood, which a single word turns. A danger
    that was found is never taken back by likeness; and anger, urgency, and the need for staff or for the customer's
    record only where the texts are the same: "charged for shipping" is not "charged twice for shipping".
    """
    errs_alike = one.was == judged or (nearness >= SAME and one.field in _TURNED_BY_MORE_THAN_A_WORD)
    if not errs_alike or one.now == judged or one.field in {"language", "private"}:
        return None  # which language and which numbers stand in one text says nothing of another
    if one.field == "risks":
        found, told = set(judged.split(",")) - {NONE}, set(one.now.split(",")) - {NONE}
        return ",".join(sorted(found | told)) if told - found else None
    if one.field == "intent" and judged == "crisis":
        return None
    calmer = one.field in {"anger", "urgency"} and int(one.now) < int(judged)
    calmer = calmer or (one.field, one.now) in {("route", "advocates"), ("account_specific", "no")}
    if nearness < SAME and (calmer or (one.field == "outcome" and judged in _KEPT_UNLESS_THE_SAME)):
        return None
    return one.now


def _spans(found: Iterable[Any], kinds: set[str]) -> list[list[Any]]:
    """The spans of these kinds, and for each kind that was not found one of no length."""
    kept = [list(span) for span in found if span[2] in kinds]
    return kept + [[*NOWHERE, kind] for kind in sorted(kinds - {span[2] for span in kept})]


def _with_need(changed: dict[str, Any], languages: Iterable[str]) -> dict[str, Any]:
    """No answer is due to advertising and chatter; what holds a risk, or a language nobody reads, is looked at."""
    unread = is_unread(changed["language"], languages)
    risky = bool(changed["detail"].get("risks"))
    changed["needs_reply"] = risky or unread or changed["intent"] not in NO_REPLY
    return changed
