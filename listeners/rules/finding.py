"""The shape of every single answer the ears give: a value, how sure, by what method, and because of which words."""

from typing import Any, Generic, NamedTuple, TypeVar

Value = TypeVar("Value")


class Finding(NamedTuple, Generic[Value]):
    """One judged question. `confidence` is 0..1; `reasons` are the words that decided, in plain form."""

    value: Value
    confidence: float
    method: str
    reasons: tuple[str, ...] = ()


class How(NamedTuple):
    """The method that answered a question, and how sure that is, 0..1: what is kept of a finding beside its value."""

    method: str
    confidence: float


def how_of(finding: Finding[Any]) -> How:
    """How a finding was come by, as it is stored."""
    return How(finding.method, round(finding.confidence, 2))
