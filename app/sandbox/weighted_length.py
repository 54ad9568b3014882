"""How long the sandbox network thinks a text is: the published v3 rules of weighted length.

Source of the rules: the configuration X publishes with its text library (version 3): limit 280, scale 100, default
weight 2, weight 1 for four ranges of code points, an emoji sequence counts 2, a link counts 23, text in NFC.
"""

import re
import unicodedata

LIMIT = 280
URL_WEIGHT = 23
HEAVY = 2

_LIGHT_RANGES = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))

# Top-level domains that make a bare name a link. Country codes are all two-letter assignments in use; of the general
# ones only those people really type: a rare ending left out costs a few characters of the count, nothing else.
_COUNTRY_CODES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cc cd "
    "cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb gd "
    "ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg "
    "kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv "
    "mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa "
    "sb sc sd se sg sh si sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug "
    "uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
)
_GENERAL_ENDINGS = (
    "app art arpa asia auto bank bar best bid bike bio biz blog business cafe cam capital care careers cash cat center "
    "chat church city click clinic cloud club coach codes coffee com community company computer consulting cool coop "
    "credit design dev digital direct directory earth eco edu education email energy events exchange expert express "
    "family fans farm fashion film finance fit flights food football foundation fun fund fyi gallery game games garden "
    "gift gives global gov green group guide guru health help homes hospital hotel house how ink institute int "
    "international jobs land law legal life limited link live loan love ltd map market marketing media menu mil mobi "
    "moda money movie museum name network net news ngo ninja now one online org page partners parts party pet photo "
    "photos pics pizza place plus press pro productions properties pub radio recipes red rent repair report rest "
    "restaurant review reviews rip rocks run sale salon school science services shoes shop show site social software "
    "solar solutions space store stream studio style support surf systems tax taxi team tech technology tel tips tools "
    "top tours town toys trade training travel tube university uno vacations video vip vision vote watch web webcam "
    "website wiki win wine work works world xyz yoga zone"
)
ENDINGS = "|".join(sorted((_COUNTRY_CODES + " " + _GENERAL_ENDINGS).split(), key=len, reverse=True))

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_TAIL = r"(?::\d{1,5})?(?:/[^\s<>\"']*[^\s<>\"'.,;:!?)\]}])?/?(?:\?[^\s<>\"']*[^\s<>\"'.,;:!?)\]}])?"
URL = re.compile(
    rf"(?<![A-Za-z0-9@＠$#＃_./-])(?:https?://)?(?:{_LABEL}\.){{1,8}}(?:{ENDINGS})(?![A-Za-z0-9_@-]|\.[A-Za-z0-9]){_TAIL}",
    re.IGNORECASE,
)

_PICTURE = (
    "[\u203c\u2049\u2122\u2139\u2194-\u2199\u21a9\u21aa\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u24c2\u25aa"
    "\u25ab\u25b6\u25c0\u25fb-\u25fe\u2600-\u27bf\u2934\u2935\u2b05-\u2b07\u2b1b\u2b1c\u2b50\u2b55\u3030\u303d\u3297"
    "\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001faff]"
)
_DRESSED = f"(?:{_PICTURE}|[\u00a9\u00ae](?=\ufe0f))(?:\ufe0f|[\U0001f3fb-\U0001f3ff])?"
EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"  # a flag is a pair of letters
    "|[0-9#*]\ufe0f?\u20e3"  # a keycap
    f"|{_PICTURE}[\U000e0020-\U000e007e]+\U000e007f"  # a flag of a region is spelt in tags
    f"|{_DRESSED}(?:\u200d{_DRESSED})*"  # a person, a family: joined pictures are one
)


def weighted_length(text: str) -> int:
    """The length of `text` as the network counts it, in units of which 280 are allowed."""
    text = unicodedata.normalize("NFC", text)
    length = 0
    end = 0
    for link in URL.finditer(text):
        length += _weight(text[end : link.start()]) + URL_WEIGHT
        end = link.end()
    return length + _weight(text[end:])


def _weight(text: str) -> int:
    """The weight of a stretch without links."""
    plain = EMOJI.sub("", text)
    pictures = sum(1 for _ in EMOJI.finditer(text))
    return pictures * HEAVY + sum(_weight_of(ord(character)) for character in plain)


def _weight_of(point: int) -> int:
    return 1 if any(low <= point <= high for low, high in _LIGHT_RANGES) else HEAVY
