"""The shape of every single answer the ears give: a value, how sure, by what method, and because of which words."""

from typing import Generic, NamedTuple, TypeVar

Value = TypeVar("Value")


class Finding(NamedTuple, Generic[Value]):
    """One judged question. `confidence` is 0..1; `reasons` are the words that decided, in plain form."""

    value: Value
    confidence: float
    method: str
    reasons: tuple[str, ...] = ()
