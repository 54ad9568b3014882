"""The Graph API's language for what is wanted: `id,from{name},comments.limit(5).order(chronological){message}`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.sandbox.facebook_problems import GraphRefusal, bad

_TOKEN = re.compile(r"\s*([A-Za-z_]\w*|[.,{}()])")
_VALUE = re.compile(r"([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Field:
    """One wanted field: its name, its modifiers, and what is wanted inside of it."""

    name: str
    modifiers: Mapping[str, str] = field(default_factory=dict)
    inside: tuple["Field", ...] = ()


def parse(text: str) -> tuple[Field, ...]:
    """The fields of a `fields=` parameter. Raises the network's error for what is no such list."""
    reader = _Reader(text)
    found = reader.fields()
    if reader.at != len(text.rstrip()):
        raise reader.trouble()
    return found


class _Reader:
    """Reads from left to right; `at` is where it stands."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fields(self) -> tuple[Field, ...]:
        found: list[Field] = []
        while self.peek() not in ("", "}"):
            found.append(self.one())
            if self.peek() != ",":
                break
            self.take()
        return tuple(found)

    def one(self) -> Field:
        name = self.take()
        modifiers: dict[str, str] = {}
        inside: tuple[Field, ...] = ()
        if not name.isidentifier():
            raise self.trouble()
        while self.peek() in (".", "{"):
            if self.take() == ".":
                modifier = self.take()
                self.expect("(")
                value = _VALUE.match(self.text, self.at)
                if value is None:
                    raise self.trouble()
                modifiers[modifier], self.at = value[1], value.end()
            else:
                inside = self.fields()
                self.expect("}")
        return Field(name, modifiers, inside)

    def peek(self) -> str:
        found = _TOKEN.match(self.text, self.at)
        return found[1] if found else ""

    def take(self) -> str:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            raise self.trouble()
        self.at = found.end()
        return found[1]

    def expect(self, wanted: str) -> None:
        if self.take() != wanted:
            raise self.trouble()

    def trouble(self) -> GraphRefusal:
        return bad(f"Syntax error in field expansion at character {self.at}")
