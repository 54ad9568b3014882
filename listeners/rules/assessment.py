"""The whole answer of the ears to one text: every question judged on one reading, with the words that decided."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final, Self

from listeners.rules import (
    anger,
    expertise,
    features,
    intent,
    language,
    privacy,
    risk,
    sentiment,
    staff,
    topic,
    urgency,
)
from listeners.rules.finding import Finding, How, how_of
from listeners.rules.linear import Taught
from listeners.rules.privacy import Span
from listeners.rules.reading import BOOKED, Reading, read

__all__ = ["ASSESSMENT_VERSION", "Assessed", "Finding", "How", "Sight", "Span", "assess", "look"]

ASSESSMENT_VERSION: Final = "rules-5"
DEEP: Final = "deep technical"
MOST_REASONS: Final = 6
LONGEST_REASON: Final = 60
LIKELIEST: Final = 3
NO_REPLY: Final = frozenset({"spam", "other"})
SURE_OF_NO_REPLY: Final = 0.6
BOOKED_OR_UNKNOWN: Final = frozenset({*BOOKED, language.UNKNOWN})
_STAFF_KINDS: Final = frozenset({"card", "id", "phone", "iban"})


@dataclass(frozen=True, slots=True)
class Assessed:
    """What was judged of one text.

    `sentiment` is None where unknown. `expertise` and `must_staff` are 0..1; `must_staff` is the combined chance of
    staff.judge. `risk_chance` is the chance of a risk of whatever kind, 0..1: a model may raise it, and never lowers
    what the rules found. `private` are spans over the original text (its first 10,000 characters). `reasons` maps a
    field to the words that decided it; fields that fell to their default are left out. `how` maps a field to the method
    that answered it and how sure that is, 0..1. `sure` holds, of the fields that a model answered, the chances of its
    likeliest answers.
    """

    language: str
    language_uncertain: bool
    sentiment: float | None
    mood: str
    intent: str
    anger: int
    urgency: int
    risks: tuple[str, ...]
    topic: str
    expertise: float
    expertise_level: str
    account_specific: bool
    private: tuple[Span, ...]
    must_staff: float
    needs_reply: bool
    risk_chance: float
    reasons: dict[str, tuple[str, ...]]
    version: str = ASSESSMENT_VERSION
    how: dict[str, How] = field(default_factory=dict)
    sure: dict[str, dict[str, float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """A small dictionary of plain JSON values; fields at their resting value (no risk, no span) are left out."""
        plain: dict[str, Any] = {
            "language": self.language,
            "sentiment": self.sentiment,
            "mood": self.mood,
            "intent": self.intent,
            "anger": self.anger,
            "urgency": self.urgency,
            "topic": self.topic,
            "expertise": self.expertise,
            "expertise_level": self.expertise_level,
            "must_staff": self.must_staff,
            "needs_reply": self.needs_reply,
            "version": self.version,
        }
        if self.language_uncertain:
            plain["language_uncertain"] = True
        if self.account_specific:
            plain["account_specific"] = True
        if self.risks:
            plain["risks"] = list(self.risks)
        if self.risk_chance != risk.chance(self.risks):
            plain["risk_chance"] = self.risk_chance
        if self.private:
            plain["private"] = [list(span) for span in self.private]
        if self.reasons:
            plain["reasons"] = {question: list(words) for question, words in self.reasons.items()}
        if self.how:
            plain["how"] = {question: list(how) for question, how in self.how.items()}
        if self.sure:
            plain["sure"] = self.sure
        return plain

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Self:
        """The assessment that to_json wrote. Raises KeyError when a field that is always written is missing."""
        return cls(
            language=plain["language"],
            language_uncertain=plain.get("language_uncertain", False),
            sentiment=plain["sentiment"],
            mood=plain["mood"],
            intent=plain["intent"],
            anger=plain["anger"],
            urgency=plain["urgency"],
            risks=tuple(plain.get("risks", ())),
            topic=plain["topic"],
            expertise=plain["expertise"],
            expertise_level=plain["expertise_level"],
            account_specific=plain.get("account_specific", False),
            private=tuple(Span(*span) for span in plain.get("private", ())),
            must_staff=plain["must_staff"],
            needs_reply=plain["needs_reply"],
            risk_chance=risk.chance_in(plain),
            reasons={question: tuple(words) for question, words in plain.get("reasons", {}).items()},
            version=plain["version"],
            how={question: How(*how) for question, how in plain.get("how", {}).items()},
            sure=plain.get("sure", {}),
        )


@dataclass(frozen=True, slots=True)
class Sight:
    """A text as a model sees it: its words, what the rules answered, and their answers to vote with, by question."""

    text: str
    found: Assessed
    words: list[str]
    signs: Mapping[str, float]
    votes: Mapping[str, str]


def assess(
    text: str,
    *,
    languages: tuple[str, ...] = ("en", "vi", "zh", "ko"),
    regions: tuple[str, ...] = ("US", "VN"),
    handles: tuple[str, ...] = (),
    order_pattern: str | None = None,
    taught: Taught | None = None,
) -> Assessed:
    """Judges one text; never raises for any str. Time is bounded: only the first 10,000 characters are read.

    `languages` are those the brand reads, `regions` the countries whose phone numbers count, `handles` the brand's
    own names (dropped before judging), `order_pattern` a regular expression for its order numbers. What the brand
    `taught` answers in place of the rules where it was taught enough; private data, anger and danger
    stay with the rules, and of a risk it may raise the chance, not take back what they found.
    """
    reading = read(text, languages, handles)
    found = _by_rules(reading, languages, privacy.find(reading.clean.original, regions, order_pattern))
    if taught is None:
        return found
    code, reader = found.language, taught.models.get("intent")
    learned = code in languages and reader is not None and code in reader.languages
    return _as_taught(reading, found, taught, unread=_unread(reading, languages) and not learned)


def look(
    text: str,
    *,
    languages: tuple[str, ...] = ("en", "vi", "zh", "ko"),
    regions: tuple[str, ...] = ("US", "VN"),
    handles: tuple[str, ...] = (),
) -> Sight:
    """What a model is shown of one text, when it learns and when it answers."""
    reading = read(text, languages, handles)
    found = _by_rules(reading, languages, privacy.find(reading.clean.original, regions, None))
    return _sight(reading, found)


def _sight(reading: Reading, found: Assessed) -> Sight:
    answers = {
        "score": found.sentiment or 0.0,
        f"mood {found.mood}": 1.0,
        f"intent {found.intent}": 1.0,
        f"topic {found.topic}": 1.0,
        f"step {found.expertise_level}": 1.0,
        "anger": found.anger / 3,
        "urgency": found.urgency / 3,
        "must staff": found.must_staff,
        "own record": float(found.account_specific),
        "risk": float(bool(found.risks)),
        "private": float(bool(found.private)),
    }
    votes = {
        "sentiment": found.mood,
        "intent": found.intent,
        "topic": found.topic,
        "record": "yes" if found.account_specific else "no",
        "risk": "yes" if found.risks else "no",
        "must_staff": "yes" if found.must_staff >= staff.AS_GOOD_AS_STAFF else "no",
    }
    words = features.words_of(reading.clean.plain)
    return Sight(reading.clean.original, found, words, features.signs(reading, answers), votes)


def _as_taught(reading: Reading, found: Assessed, taught: Taught, *, unread: bool) -> Assessed:
    """The rules' answers with those of the brand's models in their place, where they were taught."""
    sight = _sight(reading, found)
    seen = taught.see(sight.words, sight.signs)
    reasons, sure, how = dict(found.reasons), dict[str, dict[str, float]](), dict(found.how)
    tongue = None if found.language_uncertain and not unread else found.language

    def ranked(question: str, about: str) -> Mapping[str, float]:
        answer = taught.judge(question, seen, sight.votes[question], tongue)
        if answer is None:
            return {}
        reasons[about] = _short((*answer.reasons, *reasons.get(about, ())))
        sure[about] = {said: round(chance, 3) for said, chance in islice(answer.value.items(), LIKELIEST)}
        how[about] = how_of(answer)
        return answer.value

    moods, intents, topics = ranked("sentiment", "sentiment"), ranked("intent", "intent"), ranked("topic", "topic")
    own = ranked("record", "account_specific")
    # Our own examples tell moods apart, but not how strong they are: only people's rows do that better than the rules.
    score = moods.get("positive", 0.0) - moods.get("negative", 0.0) if moods and taught.by_people else found.sentiment
    wants = found.intent if found.intent == "crisis" else _intent_of(intents, found.intent)
    if intents:  # not always the likeliest is taken, and a crisis is never up to a model
        by_model = wants in intents and found.intent != "crisis"
        how["intent"] = How("model", round(intents[wants], 2)) if by_model else found.how["intent"]
    properties = Found(
        intent=wants,
        mood=next(iter(moods), found.mood),
        anger=found.anger,
        urgency=found.urgency,
        risks=found.risks,
        topic=next(iter(topics), found.topic),
        step=found.expertise_level,
        own_record=next(iter(own)) == "yes" if own else found.account_specific,
        asks_for_own=_own_words(reading),
    )
    judged = staff.judge(properties_of(properties, [span.kind for span in found.private], unread=unread), wants)
    reasons["must_staff"], how["must_staff"] = judged.reasons, how_of(judged)
    chances = ranked("must_staff", "must_staff")
    # Deeply technical questions are rare in what teaches: a model may not make less of one than it weighs by itself.
    least = min(judged.value, staff.CHANCES[DEEP]) if DEEP in judged.reasons else 0.0
    risky = taught.judge("risk", seen, sight.votes["risk"], tongue)
    if risky is not None:
        sure["risk"] = {said: round(chance, 3) for said, chance in risky.value.items()}
        if next(iter(risky.value)) == "yes":  # words that speak against a risk explain none
            reasons["risks"] = _short((*reasons.get("risks", ()), *risky.reasons))
    return replace(
        found,
        mood=properties.mood,
        sentiment=None if score is None else round(score, 4),
        intent=wants,
        topic=properties.topic,
        account_specific=properties.own_record,
        must_staff=round(max(chances["yes"] if chances else judged.value, least), 4),
        needs_reply=_needs_reply(wants, found.risks, unread=unread),
        risk_chance=max(found.risk_chance, round(risky.value.get("yes", 0.0), 4) if risky else 0.0),
        reasons={field: words for field, words in reasons.items() if words},
        version=f"{found.version}+{taught.version}",
        how=how,
        sure=sure,
    )


def _intent_of(ranked: Mapping[str, float], by_rules: str) -> str:
    """The likeliest intent; one that asks for no reply only when it is likely indeed, or the rules say it too."""
    for answer, chance in ranked.items():
        if answer not in NO_REPLY or answer == by_rules or chance >= SURE_OF_NO_REPLY:
            return answer
    return by_rules


def _unread(reading: Reading, languages: tuple[str, ...]) -> bool:
    return bool(reading.clean.plain) and is_unread(reading.tongue.value.code, languages)


def is_unread(code: str, languages: Iterable[str]) -> bool:
    """Whether a text is in a language that the brand does not read, or that our rules have no words of."""
    return code not in BOOKED_OR_UNKNOWN or code not in {*languages, language.UNKNOWN}


def _by_rules(reading: Reading, languages: tuple[str, ...], private: tuple[Span, ...]) -> Assessed:
    score = sentiment.judge(reading)
    risks = risk.judge(reading)
    crisis = risk.crisis(reading, risks.value)
    wants = intent.judge(reading, score.value, risks.value, crisis=crisis.value)
    hot = anger.judge(reading, score.value)
    about = topic.judge(reading, risks.value, wants.value)
    soon = urgency.judge(reading, wants.value, crisis=crisis.value)
    own = expertise.account_specific(reading, about.value, wants.value)
    step = expertise.level(reading, own_record=own.value)
    mood = sentiment.mood_of(score.value)
    unread = _unread(reading, languages)
    reasons = {
        "language": reading.tongue.reasons,
        "sentiment": score.reasons,
        "intent": wants.reasons,
        "anger": hot.reasons if hot.value else (),
        "urgency": soon.reasons if soon.value > 1 else (),
        "risks": risks.reasons,
        "topic": about.reasons,
        "expertise": step.reasons,
        "account_specific": own.reasons if own.value else (),
        "private": tuple(dict.fromkeys(span.kind for span in private)),
    }
    properties = Found(
        wants.value, mood, hot.value, soon.value, risks.value, about.value, step.value, own.value, _own_words(reading)
    )
    staff_only = staff.judge(properties_of(properties, [span.kind for span in private], unread=unread), wants.value)
    reasons["must_staff"] = staff_only.reasons
    return Assessed(
        language=reading.tongue.value.code,
        language_uncertain=reading.tongue.value.uncertain,
        sentiment=None if score.value is None else round(score.value, 4),
        mood=mood,
        intent=wants.value,
        anger=hot.value,
        urgency=soon.value,
        risks=risks.value,
        topic=about.value,
        expertise=round(expertise.needed(reading, step.value), 2),
        expertise_level=step.value,
        account_specific=own.value,
        private=private,
        must_staff=round(staff_only.value, 4),
        needs_reply=_needs_reply(wants.value, risks.value, unread=unread),
        risk_chance=risk.chance(risks.value),
        reasons={name: _short(words) for name, words in reasons.items() if words},
        how={
            "language": how_of(reading.tongue),
            "sentiment": how_of(score),
            "intent": how_of(wants),
            "anger": how_of(hot),
            "urgency": how_of(soon),
            "risks": how_of(risks),
            "topic": how_of(about),
            "expertise": how_of(step),
            "account_specific": how_of(own),
            "must_staff": how_of(staff_only),
        },
    )


@dataclass(frozen=True, slots=True)
class Found:
    """The single answers that the chance of "staff only" is made of."""

    intent: str
    mood: str
    anger: int
    urgency: int
    risks: tuple[str, ...]
    topic: str
    step: str
    own_record: bool
    asks_for_own: bool


def _own_words(reading: Reading) -> bool:
    """Whether words of an own charge or access were said at all: a price or a way to register is public."""
    return reading.weight("account", "account") > reading.weight("account", "how")


def properties_of(found: Found, private: Iterable[str], *, unread: bool) -> tuple[str, ...]:
    """The names under which staff.judge knows what was found; `private` are kinds of private data."""
    complaint = found.intent == "complaint"
    sore = complaint or found.mood == "negative"
    checks = (
        ("crisis", found.intent == "crisis"),
        *((name, True) for name in found.risks),
        ("anger 3", found.anger == 3),  # noqa: PLR2004  (the top of the scale)
        ("anger 2", found.anger == 2),  # noqa: PLR2004
        ("private data", not _STAFF_KINDS.isdisjoint(private)),
        ("own record", found.own_record),
        ("money", found.topic in {"billing", "account"} and (sore or found.own_record or found.asks_for_own)),
        ("conduct", sore and found.topic == "service"),
        ("urgent", found.urgency >= 2),  # noqa: PLR2004  (blocked today, or worse)
        (DEEP, found.step == "deep_technical"),
        ("unread language", unread),
        ("complaint", complaint),
    )
    return tuple(name for name, holds in checks if holds)


def _needs_reply(intent: str, risks: tuple[str, ...], *, unread: bool) -> bool:
    """No answer is due to advertising and chatter; what holds a risk, or no rule could read, is looked at."""
    return bool(risks) or unread or intent not in NO_REPLY


def _short(words: tuple[str, ...]) -> tuple[str, ...]:
    """The first few of them, each once: models and rules often hear the same word."""
    return tuple(list(dict.fromkeys(word[:LONGEST_REASON] for word in words))[:MOST_REASONS])
