"""How X counts: 280 weighted characters, by its published counting rules (configuration 3).

Text is taken in NFC. A character weighs 1 in U+0000-10FF, U+2000-200D, U+2010-201F and U+2032-2037, otherwise 2;
an emoji sequence weighs 2 however many code points it has; a link weighs 23, with or without a scheme.
So Chinese and Korean cost 2 a character, and so do the Vietnamese letters of U+1EA0-1EF9.
"""

from __future__ import annotations

import unicodedata

import regex

from app.channels.base import Length

LIMIT = 280
LINK_WEIGHT = 23
EMOJI_WEIGHT = 2

_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_COUNTRIES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd "
    "cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd "
    "ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg "
    "kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv "
    "mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa "
    "sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug "
    "uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
)
_GENERAL = (
    "app art asia blog business cafe chat city click cloud club com community company coop design dev digital edu "
    "email events expert express fun games global gov group guide help host info int jobs life link live ltd market "
    "media mil mobi museum name net network news one online org page photo photos plus pro review reviews sale service "
    "services shop site social software solutions space store studio support systems team tech tel tips today tools "
    "top travel tv video vip web website wiki win work world xyz zone"
)
_TLD = "|".join(sorted({*_COUNTRIES.split(), *_GENERAL.split()}, key=lambda name: (-len(name), name)))
"""Endings that make a bare name a link. A rare one that is missing here costs a wrong count, nothing else."""
_LATIN = r"A-Za-z0-9\u00C0-\u024F\u1E00-\u1EFF"
_BARE = rf"(?:[{_LATIN}](?:[{_LATIN}_-]{{0,61}}[{_LATIN}])?\.)+"
_ANY = r"(?:[^\s\p{P}\p{Z}](?:[^\s./?#:@!\"'(),;\[\]]{0,61}[^\s\p{P}\p{Z}])?\.)+"
_PATH_LETTER = rf"[{_LATIN}\u0400-\u04FF!*';:=+,.$/%#\[\]_~@|&-]"
_PATH_END = rf"[{_LATIN}\u0400-\u04FF=_#/+-]"
_ASIDE = rf"\({_PATH_LETTER}*\)"
_LINK = regex.compile(
    r"(?<![A-Za-z0-9@＠$#＃_./-])"  # Chinese, Korean and marked letters may stand right before a link, ours may not
    rf"(?:https?://{_ANY}|{_BARE})(?:{_TLD})(?![A-Za-z0-9@_-]|\.[A-Za-z0-9])"
    rf"(?::[0-9]{{1,5}})?(?:/(?:{_PATH_LETTER}|{_ASIDE})*(?:{_PATH_END}|{_ASIDE}))?/?"
    rf"(?:\?(?:{_PATH_LETTER}|[?()])*{_PATH_END})?",
    regex.IGNORECASE,
)
_EMOJI = regex.compile(
    r"\p{Regional_Indicator}{2}"
    r"|[0-9#*]\uFE0F?\u20E3"
    r"|\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?(?:[\U000E0020-\U000E007F]+)?"
    r"(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)*"
)
_TEXT_SYMBOLS = frozenset("©®™")
"""Pictographic by Unicode, plain characters to X unless a variation selector follows."""


def measure(text: str) -> Length:
    """The weighted length of a text."""
    text = unicodedata.normalize("NFC", text)
    used, at = 0, 0
    for link in _LINK.finditer(text):
        used += _weight(text[at : link.start()]) + LINK_WEIGHT
        at = link.end()
    return Length(used + _weight(text[at:]), LIMIT)


def has_link(text: str) -> bool:
    """Whether X would turn a part of the text into a link, or somebody tried to write one."""
    return "://" in text or _LINK.search(unicodedata.normalize("NFC", text)) is not None


def _weight(text: str) -> int:
    used, at = 0, 0
    for emoji in _EMOJI.finditer(text):
        if emoji.group() in _TEXT_SYMBOLS:
            continue
        used += sum(map(_weight_of, text[at : emoji.start()])) + EMOJI_WEIGHT
        at = emoji.end()
    return used + sum(map(_weight_of, text[at:]))


def _weight_of(letter: str) -> int:
    point = ord(letter)
    return 1 if any(low <= point <= high for low, high in _LIGHT) else 2
