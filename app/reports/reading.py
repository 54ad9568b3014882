"""How reports read: sums of columns by day, the part of the talk that was asked for, and live work by its indexes."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Date, Select, Subquery, and_, func, literal_column, select, type_coerce, union_all

from app.desk.models import Case
from app.desk.rules.states import LIVE_CASE
from app.kernel.db import current_brand, session
from app.reports.rules.periods import Part

Asked = TypeVar("Asked", bound=Select[*tuple[Any, ...]])
MOST_LIVE = 10_000
"""Live cases that a report looks at, of each kind: a crisis with more is said as "more than"."""


def day_of(column: Any) -> ColumnElement[Any]:
    """The day of a moment, in UTC."""
    if session.connection().dialect.name == "postgresql":
        return type_coerce(func.date(func.timezone("UTC", column)), Date)
    return type_coerce(func.date(column), Date)


def only(statement: Asked, model: Any, part: Part) -> Asked:
    """The statement, about this part of what is said."""
    for name in ("channel", "language", "topic"):
        wanted = getattr(part, name)
        if wanted is not None:
            statement = statement.where(getattr(model, name) == wanted)
    return statement


def live_cases(part: Part) -> Subquery:
    """Cases that wait for an answer: lane, state, offered_at, due_at. Read through the partial indexes of live work."""
    is_open = and_(  # a bound state would hide the index from SQLite; without the lanes it would take another one
        Case.state == literal_column("'open'"), Case.lane.in_(("staff", "advocates"))
    )
    under_way = Case.state.in_([literal_column(f"'{state}'") for state in sorted(LIVE_CASE - {"open"})])
    columns = (Case.lane, Case.state, Case.offered_at, Case.due_at)
    halves = [
        only(select(*columns).where(Case.brand_id == current_brand(), which), Case, part).limit(MOST_LIVE).subquery()
        for which in (is_open, under_way)
    ]
    return union_all(*(select(half) for half in halves)).subquery()
