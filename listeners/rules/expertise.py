"""How much one must know to answer, and whether only someone with the customer's record can."""

import re
from typing import Final

from listeners.rules.finding import Finding
from listeners.rules.reading import Reading

NEEDED: Final = {"how_to": 0.2, "account": 0.4, "troubleshooting": 0.5, "deep_technical": 0.9}
DEEP_AT_LEAST: Final = 4.0
DEEP_WITH_A_FAULT: Final = 3.0
MOST_OF_MARKS: Final = 3.0
_DIGIT: Final = re.compile(r"\d")
# What only people who opened the machine write: hexadecimal, electrical and radio measurements, registers, traces.
# Where none can begin is settled by one letter, before its many forms are tried.
_MARK: Final = re.compile(
    r"(?<!\w)(?=[-+\dA-Zv])"
    r"(?:0x[0-9a-f]{1,8}\b|(?<!\.)[+-]?\d+(?:[.,]\d+)? ?(?:mV|kV|VAC|VDC|V|mA|A|mAh|Ah|Wh|kWh|kW|W|kHz|MHz|GHz|Hz|"
    r"dBm|dBi?|ms|µs|us|ns|ppm|mΩ|kΩ|Ω|ohms?|kbps|Mbps|rpm|RPM|Nm|hPa|kPa|pF|nF|µF|uF|mm|µm|°C|K)(?![A-Za-z\d])"
    r"|[A-Z]{1,4}-?\d{2,5}\b|v?\d+\.\d+\.\d+\b|(?:MTU|CRC|ACK|RST|TCP|UDP|CAN|PID|BMS|MCU|ESC)\b)"
)
OWN_TOPICS: Final = frozenset({"billing", "delivery", "account", "travel", "loyalty", "lostprop"})
PUBLIC_INTENTS: Final = frozenset({"praise", "spam", "other"})


def account_specific(reading: Reading, topic: str, intent: str) -> Finding[bool]:
    """Whether the customer's own record is needed: words of an own order, charge, booking against public words."""
    if intent in PUBLIC_INTENTS:
        return Finding(False, 0.7, "intent", (intent,))
    own = reading.weight("account", "account")
    if intent != "question" or _in_trouble(reading):
        own += reading.weight("account", "mine")
    public = reading.weight("account", "public") + reading.weight("account", "how")
    if topic in OWN_TOPICS:
        own += 1.0
    needed = own >= 2.0 and own > public  # noqa: PLR2004  (one clear word of ownership)
    return Finding(needed, min(0.9, 0.5 + abs(own - public) / 10), "words", reading.said("account", "account", "mine"))


def _in_trouble(reading: Reading) -> bool:
    """Whether something is wrong: only then does "my subscription" mean the record and not the kind of thing."""
    return reading.weight("intent", "complaint") > 0 or reading.weight("urgency", "today") > 0


def level(reading: Reading, *, own_record: bool) -> Finding[str]:
    """how_to, troubleshooting, deep_technical or account; deep words win, then the own record, then the fault.

    Technical words and marks (measurements, hexadecimal, error codes) gather; one alone may stand in any question.
    """
    marks = technical_marks(reading)
    deep = reading.weight("expertise", "deep_technical") + min(MOST_OF_MARKS, len(marks))
    fault = reading.weight("expertise", "troubleshooting")
    how_to = reading.weight("expertise", "how_to")
    if deep >= DEEP_AT_LEAST or (deep >= DEEP_WITH_A_FAULT and fault):
        return Finding("deep_technical", 0.6, "words", (*reading.said("expertise", "deep_technical"), *marks))
    if own_record:
        return Finding("account", 0.6, "own record", reading.said("account", "account", "mine"))
    if fault > 0 and fault >= how_to / 2:
        return Finding("troubleshooting", 0.6, "words", reading.said("expertise", "troubleshooting"))
    return Finding("how_to", 0.5 if how_to else 0.3, "words", reading.said("expertise", "how_to"))


def technical_marks(reading: Reading) -> tuple[str, ...]:
    """Measurements, codes and protocol names as written, each once."""
    plain = reading.clean.plain
    if not _DIGIT.search(plain):
        return ()
    return tuple(dict.fromkeys(_MARK.findall(plain)))


def needed(reading: Reading, step: str) -> float:
    """0..1: the step's value (how-to 0.2, fault 0.5, deep 0.9), moved up by at most 0.1 for many technical words."""
    technical = reading.weight("expertise", "deep_technical") + reading.weight("expertise", "troubleshooting")
    return min(1.0, NEEDED[step] + min(0.1, 0.02 * technical))
