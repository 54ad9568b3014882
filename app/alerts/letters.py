"""What a mail about alerts says: kinds, how many, and links. Never a customer's words, never a person's data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_SENTENCES = {
    "offered": ("A question came for you", "{count} questions came for you"),
    "given": ("A colleague gave you a case", "Colleagues gave you {count} cases"),
    "judged": ("There is a verdict on your answer", "There are verdicts on {count} of your answers"),
    "second_look": ("The second look at your answer was taken", "{count} second looks at your answers were taken"),
    "published": ("Your answer stands in the thread", "{count} of your answers stand in their threads"),
    "thanked": ("A customer said thanks to you", "Customers said thanks to you {count} times"),
    "taken_back": ("Points were taken back", "Points were taken back for {count} answers"),
    "named": ("A colleague named you in a note", "Colleagues named you in {count} notes"),
    "hot": ("An angry or risky case waits for staff", "{count} angry or risky cases wait for staff"),
    "late": ("A promise is about to be missed", "{count} promises are about to be missed"),
    "unknown": ("A reply is stuck on its way", "{count} replies are stuck on their way"),
    "halted": ("One step of the house's work stands still", "{count} steps of the house's work stand still"),
    "hearing": ("Something may have escaped our ears", "{count} times something may have escaped our ears"),
    "appealed": ("An author asks for a second look", "Authors ask for {count} second looks"),
}


class Letter(NamedTuple):
    """A letter's two parts."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One kind in a digest: how many, and the whole address of where they are."""

    kind: str
    count: int
    link: str


def sentence(kind: str, count: int) -> str:
    """What happened, in one sentence without its full stop."""
    one, many = _SENTENCES[kind]
    return one if count == 1 else many.format(count=count)


def digest(brand: str, lines: Sequence[Line], *, all_link: str, wish_link: str, stop_link: str) -> Letter:
    """What somebody has not read yet in one brand. A single line is its own subject."""
    said = sentence(lines[0].kind, lines[0].count) if len(lines) == 1 else f"{len(lines)} things to know"
    parts = "\n\n".join(f"{sentence(line.kind, line.count)}:\n{line.link}" for line in lines)
    return Letter(
        f"{brand}: {said[0].lower()}{said[1:]}",
        f"Hello,\n\nthis is new for you at {brand}.\n\n{parts}\n\n"
        f"All of it, and what came before:\n{all_link}\n\n"
        f"You choose what is mailed to you, and when:\n{wish_link}\n\n"
        f"To get no more mails like this, without signing in:\n{stop_link}\n\nPeerline\n",
    )
