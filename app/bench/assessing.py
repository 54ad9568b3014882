"""How fast the ears judge on one core with everything on, how fast they learn, and where the time goes."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable
from typing import Any, Final

from app.bench.texts import TEXTS
from listeners import apart
from listeners.lessons import Lesson, seeds, seeds_alone
from listeners.rules import features, privacy
from listeners.rules.assessment import Sight, assess, look
from listeners.rules.linear import Taught
from listeners.rules.reading import read
from listeners.rules.sentiment import judge

SEED: Final = 2013
LANGUAGES: Final = ("en", "vi", "zh", "ko")
REGIONS: Final = ("US", "VN")
LESSONS: Final = 10_000
NOISE: Final = 0.1
MOODS: Final = ("negative", "neutral", "positive")
TOPICS: Final = ("tech", "billing", "delivery", "product")


def measure(number: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Texts a second, seconds to learn from 10,000 rows, memory of both, and the share of each stage of a judgement."""
    texts = _texts(number)
    say("learning from the seeds")
    taught = _of_seeds()
    for text in texts[:50]:
        assess(text, taught=taught)
    say("judging")
    seconds = _seconds(lambda text: assess(text, taught=taught), texts)
    stages = _stages(texts[: max(200, number // 5)], taught)
    say("learning from 10,000 rows")
    learning_s, learning_mb = _learning()
    return {
        "texts": number,
        "characters": round(sum(map(len, texts)) / len(texts)),
        "texts_per_s": round(len(texts) / seconds),
        "share": stages,
        "train_10k_s": round(learning_s, 1),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "train_rss_mb": learning_mb,
    }


def _texts(number: int) -> list[str]:
    """The crowd's texts, each a little different so that nothing is remembered."""
    chance = random.Random(SEED)
    return [f"@joy {chance.choice(TEXTS)} ({chance.randrange(100_000)})" for _ in range(number)]


def _seconds(work: Callable[[str], object], texts: list[str]) -> float:
    """Processor seconds, so that a busy machine does not count."""
    began = time.process_time()
    for text in texts:
        work(text)
    return time.process_time() - began


def _stages(texts: list[str], taught: Taught) -> dict[str, float]:
    """The share of each stage in a judgement with everything on; what is left over is the other rules."""
    whole = _seconds(lambda text: assess(text, taught=taught), texts)
    readings = [read(text, LANGUAGES, ()) for text in texts]
    sights = [look(text) for text in texts]
    reading_of, sight_of = iter(readings), iter(sights)
    shares = {
        "reading": _seconds(lambda text: read(text, LANGUAGES, ()), texts),
        "privacy": _seconds(privacy.find, texts),
        "mood": _seconds(lambda _text: judge(next(reading_of)), texts),
        "words_for_models": _seconds(features.words_of, texts),
        "models": _seconds(lambda _text: _judged(taught, next(sight_of)), texts),
    }
    found = {name: round(spent / whole, 3) for name, spent in shares.items()}
    return found | {"other_rules": round(max(0.0, 1 - sum(found.values())), 3)}


def _judged(taught: Taught, sight: Sight) -> None:
    seen = taught.see(sight.words, sight.signs)
    for question in taught.models:
        taught.judge(question, seen, None, None)


def _of_seeds() -> Taught:
    """The models of our own examples, learned as a worker has them: elsewhere."""
    taught = apart.teach([], languages=LANGUAGES, regions=REGIONS, planted=seeds_alone())
    if taught is None:  # pragma: no cover - the files are part of the house
        raise ValueError("listeners/seeds holds too few examples")
    return taught


def _learning() -> tuple[float, float]:
    """The processor seconds and the memory, in MB, of a process that learns labels as people give them.

    The kind of text tells most of them, one in ten is told otherwise.
    """
    chance = random.Random(SEED)
    rows = []
    for text in _texts(LESSONS):
        kind = len(text.rpartition("(")[0]) if chance.random() > NOISE else chance.randrange(100)
        rows.append(Lesson(text, {"sentiment": MOODS[kind % len(MOODS)], "topic": TOPICS[kind % len(TOPICS)]}))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    apart.teach(rows, languages=LANGUAGES, regions=REGIONS, planted=seeds())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, round(after.ru_maxrss / 1024, 1)
