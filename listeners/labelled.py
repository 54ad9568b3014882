"""A text of a file, with what people said of it: the rows that measure the assessment and the rows that teach it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

LabelIs = Literal["topic", "intent", "sentiment"]
MOODS: Final = frozenset({"negative", "neutral", "positive"})


@dataclass(frozen=True, slots=True)
class Row:
    """One text and its columns as they stood in the file."""

    id: Any
    text: str
    brand: str
    columns: Mapping[str, Any]

    def said(self, label_is: LabelIs) -> dict[str, str]:
        """What people said of the text, by the question it teaches: sentiment, intent, topic, must_staff, record,
        risk.

        `label` is the mood unless `label_is` says otherwise; a column of the field's own name says it too. Who may
        answer is told by `route_ok` (staff alone: must_staff yes; without staff: no) or, where
        that is missing, by `route`; both: either.
        """
        found: dict[str, str] = {}
        if isinstance(label := self.columns.get("label"), str):
            found[label_is] = label
        for field in ("sentiment", "intent", "topic"):
            if isinstance(value := self.columns.get(field), str):
                found[field] = value
        if found.get("sentiment") not in {None, *MOODS}:
            del found["sentiment"]
        allowed = _words(self.columns.get("route_ok")) or _words(self.columns.get("route"))
        if allowed:
            found["must_staff"] = "yes" if allowed == {"staff"} else "either" if "staff" in allowed else "no"
        if isinstance(own := self.columns.get("account_specific"), bool):
            found["record"] = "yes" if own else "no"
        if isinstance(risky := self.columns.get("risk"), bool):
            found["risk"] = "yes" if risky else "no"
        return found


def _words(value: Any) -> set[str]:
    """The words of a column that holds one or several; none of anything else."""
    several = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return {word for word in several if isinstance(word, str)}


def read_row(raw: str) -> Row:
    """The row that one line of JSON holds.

    Raises:
        ValueError: no JSON object, or one without an id and a text; the message says which.

    """
    try:
        columns = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no JSON") from error
    if not isinstance(columns, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - to who reads the file it is a broken line
    text, brand = columns.get("text"), columns.get("brand")
    if not isinstance(text, str) or columns.get("id") is None:
        raise ValueError("it has no id or no text")
    return Row(columns["id"], text, brand if isinstance(brand, str) else "", columns)
