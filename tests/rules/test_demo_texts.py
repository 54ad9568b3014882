"""What the demo's customers write: lifelike in number and kind, sendable, and free of anybody's real data."""

import random
import re
import unicodedata
from collections import Counter
from itertools import chain
from types import SimpleNamespace

import pytest

from app.channels.x_length import has_link, measure
from app.demo import traffic
from app.demo.traffic import Text, Then, next_words

TEXTS = traffic.texts()
FOLLOW_UPS = traffic.follow_ups()
KINDS = {
    "question", "complaint", "fury", "praise", "sarcasm", "spam", "private", "crisis", "chatter", "technical",
}  # fmt: skip
THEN = {"thanks", "still_broken", "more", "wants_human", "stop"}
LETTERS = {"vi": r"[a-zà-ỹđ]", "zh": r"[一-鿿]", "ko": r"[가-힣]", "en": r"[a-z]"}
SIGNATURE = 25
"""What an answer leaves free on X: a space and the longest signature."""
CARD = re.compile(r"4242424242424242|4111111111111111")
PHONE = re.compile(r"1?[2-9]\d\d55501\d\d|0\d{3}55501\d|010555001\d\d|1[3-9]\d555001\d\d")
"""US 555-01xx; for Viet Nam, Korea and China the same idea, as their plans keep no numbers for fiction."""
NUMBER = re.compile(r"(?P<order>order |주문번호 )?(?P<number>\d(?:[ .-]?\d){6,})")
EMAIL = re.compile(r"[\w.+-]+@(?P<host>[\w-]+(?:\.[\w-]+)+)", re.ASCII)
OUTSIDE = re.compile(r"(?<![\w.@-])[\w.-]+\.(?:com|net|org|io|ly|vn|kr|cn|me|shop|store)\b", re.ASCII)


def everything_said() -> list[str]:
    """All that anybody of the demo writes in public, answers included."""
    told = chain.from_iterable((text.text, *(then.text for then in text.then)) for text in TEXTS)
    later = chain.from_iterable(ways for kinds in FOLLOW_UPS.values() for ways in kinds.values())
    return [*told, *later, *traffic.answers().values()]


def test_the_world_is_large_and_mixed() -> None:
    languages = Counter(text.language for text in TEXTS)
    assert len(TEXTS) >= 170
    assert set(languages) == {"en", "vi", "zh", "ko"}
    assert min(languages.values()) >= 25
    for language in languages:
        assert {text.kind for text in TEXTS if text.language == language} == KINDS
    assert {text.brand for text in TEXTS} == {"brightway", "northmill"}
    told = Counter(then.kind for text in TEXTS for then in text.then)
    assert set(told) == THEN


def test_nothing_is_written_twice() -> None:
    assert max(Counter(text.handle.lower() for text in TEXTS).values()) == 1
    assert max(Counter(unicodedata.normalize("NFC", said.casefold()) for said in everything_said()).values()) == 1


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.handle)
def test_a_text_can_be_sent(text: Text) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_]{1,15}", text.handle)
    assert text.name
    assert text.followers >= 0
    assert re.search(rf"@{text.brand}\b", text.text, re.ASCII)
    assert re.search(LETTERS[text.language], text.text.replace(f"@{text.brand}", ""), re.IGNORECASE)
    for said in (text.text, *(f"@{text.brand} {then.text}" for then in text.then)):
        assert measure(said).left >= 0, said
    assert [then.kind in THEN for then in text.then] == [True] * len(text.then)
    assert all(then.kind not in traffic.ENDINGS for then in text.then[:-1])


@pytest.mark.parametrize("language", ["en", "vi", "zh", "ko"])
def test_everybody_can_follow_up_in_their_language(language: str) -> None:
    kinds = FOLLOW_UPS[language]
    assert set(kinds) == {"thanks", "still_broken"}
    assert all(len(ways) >= 5 for ways in kinds.values())
    assert all(measure(f"@brightway {said}").left >= 0 for ways in kinds.values() for said in ways)


def reserved_in(said: str) -> set[str]:
    """The kinds of private data in a text. Raises AssertionError where it could be somebody's."""
    kinds = set()
    for found in NUMBER.finditer(said):
        digits = re.sub(r"\D", "", found["number"])
        kind = "order" if found["order"] else "card" if CARD.fullmatch(digits) else "phone"
        assert kind != "phone" or PHONE.fullmatch(digits), said
        kinds.add(kind)
    for found in EMAIL.finditer(said):
        assert found["host"] == "example.com", said
        kinds.add("email")
    assert all(re.search(r"(?:^|\.)example\.(?:com|net)$", site) for site in OUTSIDE.findall(said)), said
    return kinds


def test_no_number_or_address_can_be_anybodys() -> None:
    assert set().union(*map(reserved_in, everything_said())) == {"email", "card", "phone", "order"}


@pytest.mark.parametrize(
    "said",
    [
        "call me on 206-555-0244",
        "gọi mình 0903 556 018 nha",
        "010-5551-0199로 전화 주세요",
        "打我电话 139 5551 0188",
        "mail me at ann@example.org",
        "card 5555 5555 5555 4444",
        "my ssn is 536-90-4399",
        "win at bit.ly/now",
    ],
)
def test_what_could_be_somebodys_is_noticed(said: str) -> None:
    with pytest.raises(AssertionError):
        reserved_in(said)


def test_the_first_posts_show_a_day_of_it() -> None:
    first = traffic.first()
    assert len(first) == 8
    shown = {(text.language, text.kind) for text in first}
    assert {("en", kind) for kind in ("question", "fury", "praise", "private", "technical")} <= shown
    assert {(language, "question") for language in ("ko", "vi", "zh")} <= shown
    assert {text.brand for text in first} == {"brightway", "northmill"}


def test_answers_are_short_and_belong_to_a_question_of_their_language() -> None:
    by_handle, answers = {text.handle: text for text in TEXTS}, traffic.answers()
    assert len(answers) >= 40
    for handle, answer in answers.items():
        asked = by_handle[handle]
        assert asked.kind == "question", handle
        assert measure(answer).left >= SIGNATURE, handle
        assert not has_link(answer), handle
        assert "@" not in answer, handle
        assert re.search(LETTERS[asked.language], answer, re.IGNORECASE), handle
    assert {by_handle[handle].language for handle in answers} == {"en", "vi", "zh", "ko"}
    assert {by_handle[handle].brand for handle in answers} == {"brightway", "northmill"}


def asker(*then: Then) -> Text:
    return Text("brightway", "sid", "Sid", 1, "ko", "question", "@brightway 왜 이래요", then)


def test_a_customers_own_story_comes_before_the_common_words() -> None:
    told = asker(Then("still_broken", "그대로예요"), Then("more", "앱은 5.4예요"))
    chance = random.Random(1)
    assert [next_words(told, before, FOLLOW_UPS, chance).text for before in (0, 1)] == ["그대로예요", "앱은 5.4예요"]
    after = next_words(told, 2, FOLLOW_UPS, chance)
    assert after.text in FOLLOW_UPS["ko"][after.kind]
    assert next_words(asker(), 0, FOLLOW_UPS, random.Random(7)) == next_words(asker(), 0, FOLLOW_UPS, random.Random(7))


class Plaza:
    """A sandbox in memory: what was written, newest first, as its control API tells it."""

    def __init__(self) -> None:
        self.written: list[dict[str, object]] = []

    def post(self, handle: str, text: str, reply_to: str | None = None, **_more: object) -> dict[str, object]:
        place = str(len(self.written) + 1)
        root = next((post["conversation_id"] for post in self.written if post["id"] == reply_to), place)
        made: dict[str, object] = {
            "id": place, "handle": handle, "text": text, "reply_to": reply_to, "conversation_id": root, "deleted": False
        }  # fmt: skip
        self.written.append(made)
        return made

    def posts(self, **which: str) -> list[dict[str, object]]:
        wanted = {key: value for key, value in which.items() if key != "limit"}
        return [post for post in reversed(self.written) if wanted.items() <= post.items()]


@pytest.fixture
def stage() -> SimpleNamespace:
    """The demo's customers before an empty network; `waiting` may be set."""
    on = SimpleNamespace(plaza=Plaza(), waiting=0)
    on.steps = traffic.speak(on.plaza, random.Random(2013), lambda: on.waiting)
    return on


def said_to_answers(stage: SimpleNamespace, handle: str, answers: int) -> list[str]:
    """What a customer says when the brand answers them so many times; two rounds are waited for each."""
    text = next(text for text in TEXTS if text.handle == handle)
    to, heard = stage.plaza.post(handle, text.text)["id"], []
    for _ in range(answers):
        answer = stage.plaza.post(text.brand, "try this", reply_to=to)["id"]
        for _ in range(2):
            next(stage.steps)
        followed = stage.plaza.posts(reply_to=answer)
        heard += [str(post["text"]).removeprefix(f"@{text.brand} ") for post in followed]
        to = followed[0]["id"] if followed else to
    return heard


def test_a_story_is_told_answer_by_answer_and_ends(stage: SimpleNamespace) -> None:
    story = next(text for text in TEXTS if text.handle == "nadia_k").then
    assert [then.kind for then in story] == ["still_broken", "thanks"]
    assert said_to_answers(stage, "nadia_k", answers=4) == [then.text for then in story]


def test_who_has_no_story_follows_up_in_their_language(stage: SimpleNamespace) -> None:
    assert next(text for text in TEXTS if text.handle == "hz_baoma").then == ()
    (said,) = said_to_answers(stage, "hz_baoma", answers=1)
    assert said in [*FOLLOW_UPS["zh"]["thanks"], *FOLLOW_UPS["zh"]["still_broken"]]


def test_customers_stay_away_while_enough_is_waiting(stage: SimpleNamespace) -> None:
    stage.waiting = traffic.OPEN_AT_MOST
    assert next(stage.steps) == "enough is waiting"
    assert stage.plaza.written == []
    stage.waiting = traffic.OPEN_AT_MOST - 1
    assert "writes" in next(stage.steps)
    assert len(stage.plaza.written) == 1


def test_the_same_seed_tells_the_same_day() -> None:
    def day() -> list[str]:
        steps = traffic.speak(Plaza(), random.Random(5), lambda: 0)  # type: ignore[arg-type]
        return [next(steps) for _ in range(12)]

    assert day() == day()
