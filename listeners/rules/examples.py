"""Our own examples as they stand in their files: they teach first, and show what people say whatever they ask."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources


@cache
def files() -> tuple[tuple[str, str], ...]:
    """Every file of examples, by name: its name and what is written in it."""
    folder = resources.files("listeners").joinpath("seeds")
    return tuple(
        (file.name, file.read_text(encoding="utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".txt")
    )


def texts() -> Iterator[str]:
    """The examples alone, without what they are examples of."""
    for _name, written in files():
        yield from (line for line in written.splitlines() if line.strip() and not line.startswith(("#", "[")))
