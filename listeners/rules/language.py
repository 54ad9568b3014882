"""Which language a mention is written in: the script tells most, a small bundled model the rest, and doubt is said."""

import copy
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from listeners.rules import phrases
from listeners.rules.finding import Finding

UNKNOWN: Final = "und"
# The brand's languages compete with the ones most often met beside them; more candidates only add confusion.
COMMON: Final = ("en", "es", "fr", "de", "pt", "it", "nl", "id", "tl", "tr", "vi")
ENOUGH_WORDS: Final = 4
ENOUGH_CHARACTERS: Final = 4
SURE: Final = 0.75
SAMPLE: Final = 600
PLAINLY_ENGLISH_WORDS: Final = 5
PLAINLY_ENGLISH_SHARE: Final = 0.33
NEARLY_ALL: Final = 0.8

_SCRIPTS: Final = (
    ("ko", re.compile("[가-힣ㄱ-ㅎㅏ-ㅣ]")),
    ("ja", re.compile("[ぁ-ゟァ-ヺ]")),
    ("zh", re.compile("[㐀-䶿一-鿿]")),
    ("ru", re.compile("[а-яёА-ЯЁ]")),
    ("th", re.compile("[ก-๛]")),
    ("ar", re.compile("[\u0620-\u06ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("el", re.compile("[α-ωΑ-Ω]")),
    ("km", re.compile("[\u1780-\u17ff]")),
    ("lo", re.compile("[\u0e80-\u0eff]")),
)
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_FOREIGN = re.compile("[^\x00-\u024f\u1e00-\u1eff\u2000-\u2bff\ufe00-\ufe0f\U0001f000-\U0001faff]")
# Letters that only Vietnamese writes: ơ, ư and the vowels with two marks; đ is left out, Croatian has it too.
_VIETNAMESE = re.compile("[ơưƠƯ\u1ea0-\u1ef9]")
# A Vietnamese syllable without marks: every word of the language has this shape, most longer foreign words do not.
_SYLLABLE = re.compile(
    "(?:b|ch?|d|gh?|gi|h|kh?|l|m|ngh?|nh?|ph?|qu|r|s|th?|tr|v|x)?"
    "(?:i[eu]|ieu|ye|yeu|uo[iu]?|uye?|uya|ua[yi]?|u[ei]|o[ae][iyo]?|oi|oo|a[iouy]|e[ou]|ia|[aeiouy])"
    "(?:ch?|m|ng|nh?|p|t)?"
)
# Beginnings and rhymes that its syllables have and words of its neighbours seldom do: nguoi, khong, thuong, chien.
_TELLING_SYLLABLE = re.compile(
    "(?:ngh?|kh|nh|ph|th|tr|qu|gi)(?:[aeiouy]|u[aoy]|i[ae]|o[ae])[a-z]{0,3}"
    "|[a-z]{0,3}(?:uo(?:i|n|ng|c|t|m|p|u)|ie(?:n|ng|u|m|t|c|p)|uye[nt]|oa(?:n|i|ng|t|c|y)|inh|anh|ang|ong|ung|uu|iu)"
)


@dataclass(frozen=True, slots=True)
class Tongue:
    """`code` is an ISO 639-1 code or "und"; `uncertain` when too little or too mixed was written to be sure."""

    code: str
    uncertain: bool
    marked: bool = True


@cache
def _model() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=64)
def _identifier(candidates: tuple[str, ...]) -> LanguageIdentifier:
    """The model held to the candidates; a shallow copy, since loading takes most of a second and the tables are big."""
    identifier = copy.copy(_model())
    known = set(identifier.labels)
    identifier.set_languages([code for code in candidates if code in known])
    return identifier


def forget() -> None:
    """Give the model's memory back; the next text that needs it loads it again."""
    _identifier.cache_clear()
    _model.cache_clear()


@lru_cache(maxsize=64)
def _candidates(languages: tuple[str, ...]) -> tuple[str, ...]:
    written_in_latin = [code for code in languages if code not in {script for script, _ in _SCRIPTS}]
    return tuple(dict.fromkeys([*written_in_latin, *COMMON]))


def identify(plain: str, languages: tuple[str, ...] = ("en", "vi", "zh", "ko")) -> Finding[Tongue]:
    """The language of a cleaned text (no handles, no links); `languages` are the brand's and win a close call."""
    sample = plain[:SAMPLE]
    latin = _LATIN.findall(sample)
    if _FOREIGN.search(sample):
        counts = {code: len(pattern.findall(sample)) for code, pattern in _SCRIPTS}
        if counts["ja"] and counts["ja"] * 8 >= counts["zh"]:
            counts["ja"] += counts["zh"]
        best = max(counts, key=lambda code: counts[code])
        # One Chinese or Korean character says as much as a Latin word: "Lumo Plus 有什么区别" is Chinese.
        if counts[best] and counts[best] >= len(latin):
            sure = counts[best] >= ENOUGH_CHARACTERS
            return Finding(Tongue(best, not sure), 0.99 if sure else 0.6, "script", ())
    if not latin:
        return Finding(Tongue(UNKNOWN, uncertain=True), 0.0, "no letters", ())
    found = _vietnamese(sample, latin)  # its letters tell it also to a brand that does not read it
    if found is not None:
        return found
    words = [word.lower() for word in latin]
    if "en" in languages and len(words) >= PLAINLY_ENGLISH_WORDS and sample.isascii():
        english = phrases.words("en", "function")
        said = [word for word in words if word in english]
        # Most mentions are plain English; their grammar words tell as surely as the model, ten times faster.
        if len(said) >= PLAINLY_ENGLISH_SHARE * len(words) and not _only_english().isdisjoint(said):
            return Finding(Tongue("en", uncertain=False, marked=False), 0.97, "grammar words", tuple(said[:3]))
    return _ranked(sample, words, languages)


@cache
def _only_english() -> frozenset[str]:
    """English grammar words that are no syllable of Vietnamese without marks, as he, than and can are."""
    return frozenset(word for word in phrases.words("en", "function") if not _SYLLABLE.fullmatch(word))


def writes_vietnamese(plain: str) -> bool:
    """Whether letters that only Vietnamese has occur at all."""
    return _VIETNAMESE.search(plain) is not None


def _vietnamese(sample: str, latin: list[str]) -> Finding[Tongue] | None:
    special = _VIETNAMESE.findall(sample)
    if special and len(special) * 6 >= len(latin):
        sure = len(latin) >= ENOUGH_WORDS or len(special) > 1
        return Finding(Tongue("vi", not sure), 0.98 if sure else 0.8, "letters", tuple(dict.fromkeys(special))[:3])
    return None


def _ranked(sample: str, words: list[str], languages: tuple[str, ...]) -> Finding[Tongue]:
    short = phrases.pairs("vi", "teencode")
    chance = dict(_identifier(_candidates(languages)).rank(sample))
    marked = any(not word.isascii() for word in words)
    evidence: list[str] = []
    english = phrases.words("en", "function")
    if "vi" in languages:
        function = phrases.words("vi", "function")
        evidence = [word for word in words if word in function or word in short]
        shaped = [word for word in words if _SYLLABLE.fullmatch(word)]
        telling = [word for word in shaped if _TELLING_SYLLABLE.fullmatch(word)]
        chance["vi"] += max(0.0, len(evidence) / len(words) - 0.35) * 1.2
        if len(words) > 1:
            chance["vi"] += max(0.0, len(shaped) / len(words) - 0.7) * 2.5
        if len(words) >= ENOUGH_WORDS:
            chance["vi"] += max(0.0, len({*evidence, *telling}) / len(set(words)) - 0.3) * 3
        if len(words) >= PLAINLY_ENGLISH_WORDS and len(shaped) > NEARLY_ALL * len(words):
            english = _only_english()
    if "en" in languages:
        chance["en"] = chance.get("en", 0.0) + sum(word in english for word in words) / len(words) * 0.8
    ranking = sorted(((weight, code) for code, weight in chance.items()), reverse=True)
    total = sum(weight for weight, _ in ranking)
    (first, code), (second, _) = ranking[0], ranking[1]
    doubtful = first < 0.6 or (code not in languages and first < 0.95)  # noqa: PLR2004
    if len(words) < 3 and doubtful and not evidence:  # noqa: PLR2004  (a word or two: the brand's own language)
        first, code = min(first, 0.3), languages[0] if languages else UNKNOWN
    if code not in languages and first < SURE:
        ours = [(weight, mine) for weight, mine in ranking if mine in languages and weight > first / 4]
        if ours:
            first, code = ours[0]
    sure = len(words) >= ENOUGH_WORDS and first - second >= 0.2  # noqa: PLR2004  (the margin of doubt)
    reasons = tuple(evidence[:3]) if code == "vi" else ()
    return Finding(Tongue(code, not sure, marked), min(1.0, first / total), "py3langid", reasons)
