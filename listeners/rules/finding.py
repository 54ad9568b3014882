"""The shape of every single answer the ears give: a value, how sure, by what method, and because of which words."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Finding(Generic[Value]):
    """One judged question. `confidence` is 0..1; `reasons` are the words that decided, in plain form."""

    value: Value
    confidence: float
    method: str
    reasons: tuple[str, ...] = ()
