"""Which language a mention is in: script, letters, grammar words, the model, and doubt said aloud."""

import pytest

from listeners.rules import language, text


def told(written: str, languages: tuple[str, ...] = ("en", "vi", "zh", "ko")) -> language.Tongue:
    return language.identify(text.clean(written).plain, languages).value


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("my phone won't charge since the update", "en"),
        ("@brand Still waiting on that callback, folks", "en"),
        ("Đơn hàng của mình tới đâu rồi shop ơi", "vi"),
        ("don hang cua minh toi dau roi shop oi", "vi"),
        ("ko dang nhap dc, giup minh voi", "vi"),
        ("快递什么时候到", "zh"),
        ("請問客服電話是幾號", "zh"),
        ("Aurora Plus 和 Aurora Max 有什么区别？", "zh"),
        ("배송 언제 와요", "ko"),
        ("앱이 자꾸 crash 나요", "ko"),
        ("荷物がまだ届きません", "ja"),
        ("¿Cuándo llega mi pedido? Llevo dos semanas esperando", "es"),
        ("Wo bleibt meine Bestellung, ich warte seit Tagen", "de"),
        ("Когда придёт мой заказ", "ru"),
    ],
)
def test_the_language_is_told(written: str, code: str) -> None:
    assert told(written).code == code


@pytest.mark.parametrize("written", ["ok", "lol", "merci", "@brand ???"])
def test_too_little_is_called_uncertain(written: str) -> None:
    assert told(written).uncertain


@pytest.mark.parametrize("written", ["", "😡😡😡", "12345", "@brand https://example.com/a"])
def test_no_letters_have_no_language(written: str) -> None:
    assert told(written) == language.Tongue("und", uncertain=True)


def test_a_word_or_two_fall_to_the_brands_own_language() -> None:
    assert told("xyz", ("ko", "en")).code == "ko"


def test_vietnamese_without_marks_is_said_to_be_so() -> None:
    assert told("Cảm ơn shop nhiều nha").marked
    assert not told("cam on shop nhieu nha, giao hang nhanh qua").marked


@pytest.mark.parametrize("text", ["Me can so xe nay to the nao", "Anh hai than hom nay phai tra tien hang"])
def test_vietnamese_without_marks_is_not_taken_for_the_english_words_it_spells(text: str) -> None:
    assert told(text).code == "vi"
