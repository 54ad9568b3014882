"""Which colleagues a note calls by name."""

from __future__ import annotations

import re
from collections.abc import Iterable

_CALLED = re.compile(r"(?<![\w@.])@([\w.-]{2,21})")


def called(text: str, people: Iterable[tuple[int, str]]) -> tuple[int, ...]:
    """Whom of these people, as (id, alias), a text calls as @alias; each once, in the order of the text.

    Capitals do not matter, nor does the full stop of a sentence that ends with a name. An address is no call.
    """
    by_alias: dict[str, list[int]] = {}
    for member_id, alias in people:
        by_alias.setdefault(alias.casefold(), []).append(member_id)
    found: dict[int, None] = {}
    for word in _CALLED.findall(text):
        name = word.casefold()
        for member_id in by_alias.get(name, by_alias.get(name.rstrip(".-_"), [])):
            found[member_id] = None
    return tuple(found)
