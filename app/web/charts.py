"""From numbers to shapes: where the bars of a picture stand, in units of its own box. The templates draw them.

Every picture is stretched to its place, so shapes carry no text; words and numbers stand around them in HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

STEP, BAR, TALL = 10.0, 8.0, 100.0
"""Width of a column with its gap, width of its bar, height of the box."""
_LEVELS = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """One rectangle: where, which colour (a class of the style sheet), and what it says when it is pointed at."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    says: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes in a box; `top` is the number at its upper edge, `foot` the one at its lower."""

    shapes: tuple[Shape, ...]
    width: float
    height: float
    top: int
    foot: int = 0

    @property
    def base(self) -> float:
        """Where nothing is, seen from above."""
        return self.height * self.top / (self.top + self.foot) if self.top + self.foot else self.height


@dataclass(frozen=True, slots=True)
class Stack:
    """One column: its parts from the bottom up, each a colour and a number, and what it says."""

    parts: tuple[tuple[str, int], ...]
    says: str


def nice(number: int) -> int:
    """The smallest round number that is not below this one; its half is a whole number too, but for 1."""
    if number <= _SMALL[-1]:
        return next(step for step in _SMALL if step >= number)
    power = 1
    while True:
        for step in _ROUND:
            if step * power >= number:
                return step * power
        power *= 10


_SMALL = (1, 2, 4, 6, 8)
_ROUND = (10, 12, 16, 20, 24, 30, 40, 50, 60, 80)


def columns(stacks: Sequence[Stack]) -> Picture:
    """Columns beside each other, each of parts on top of each other."""
    top = nice(max((sum(number for _kind, number in stack.parts) for stack in stacks), default=1) or 1)
    shapes = []
    for place, stack in enumerate(stacks):
        seen = 0
        for kind, number in stack.parts:
            if number:
                y = TALL * (1 - (seen + number) / top)
                shapes.append(_shape(place, y, TALL * number / top, kind, stack.says))
            seen += number
    return Picture(tuple(shapes), STEP * len(stacks), TALL, top)


def up_and_down(columns_: Sequence[tuple[int, int, str]], kinds: tuple[str, str]) -> Picture:
    """Columns that grow up and down from one line: how much above, how much below, and what it says."""
    top = nice(max((up for up, _down, _says in columns_), default=1) or 1)
    foot = nice(max((down for _up, down, _says in columns_), default=1) or 1)
    scale = TALL / (top + foot)
    shapes = []
    for place, (up, down, says) in enumerate(columns_):
        if up:
            shapes.append(_shape(place, (top - up) * scale, up * scale, kinds[0], says))
        if down:
            shapes.append(_shape(place, top * scale, down * scale, kinds[1], says))
    return Picture(tuple(shapes), STEP * len(columns_), TALL, top, foot)


def heat(rows: Sequence[Sequence[tuple[int, str]]]) -> Picture:
    """A field of cells, each the darker the more there is: five shades, the lightest for nothing."""
    most = max((number for row in rows for number, _says in row), default=0)
    shapes = tuple(
        Shape(STEP * x, STEP * y, STEP - 1, STEP - 1, f"heat-{shade(number, most)}", says)
        for y, row in enumerate(rows)
        for x, (number, says) in enumerate(row)
    )
    return Picture(shapes, STEP * max(map(len, rows), default=0), STEP * len(rows), most)


def shade(number: int, most: int) -> int:
    """Which of the shades a number has, 0 for nothing at all."""
    if not number or not most:
        return 0
    return min(_LEVELS - 1, 1 + (_LEVELS - 1) * (number - 1) // most)


def _shape(place: int, y: float, height: float, kind: str, says: str) -> Shape:
    return Shape(STEP * place + (STEP - BAR) / 2, round(y, 2), BAR, round(height, 2), kind, says)
