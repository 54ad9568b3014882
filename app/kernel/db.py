"""The door to the database: who commits, whose rows may be seen, and what happens only after a commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, cast

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, CursorResult, DateTime, Delete, Integer, MetaData, Update, event
from sqlalchemy.engine import Connection, Dialect, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, mapped_column, with_loader_criteria
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.types import TypeDecorator

from app.kernel.errors import NetworkInTransactionError, NoBrandInScopeError

Id = BigInteger().with_variant(Integer, "sqlite")
"""Primary keys: 64 bits on PostgreSQL; SQLite counts only a plain INTEGER by itself."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC, on both databases. A naive value is refused rather than guessed at."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Hand the driver UTC; SQLite keeps no zone, so it gets the naive form of the same moment."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone reached the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give every moment back aware and in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table is made of; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: sa.JSON, list[Any]: sa.JSON}  # noqa: RUF012


class BrandRow:
    """Mixed into every table whose rows belong to one brand: the session then shows them to that brand alone."""

    brand_id: Mapped[int] = mapped_column(Id, index=False)


db = SQLAlchemy(metadata=Base.metadata, disable_autonaming=True, session_options={"expire_on_commit": False})
session = db.session

_ACROSS: Final = -1
_brand: ContextVar[int | None] = ContextVar("brand", default=None)
_writing: ContextVar[bool] = ContextVar("writing", default=False)
_synchronous: ContextVar[str] = ContextVar("synchronous", default="FULL")
_after: ContextVar[list[Callable[[], None]] | None] = ContextVar("after_commit", default=None)
on_begin: list[Callable[[Connection], None]] = []
"""Called with the connection at the start of every writing transaction (the clock compares itself there)."""


@contextmanager
def brand_scope(brand_id: int) -> Iterator[None]:
    """Within it, every ORM query sees this brand's rows and no other's; what was written is flushed on leaving."""
    token = _brand.set(brand_id)
    try:
        yield
        if _writing.get():
            session.flush()
    finally:
        _brand.reset(token)


@contextmanager
def across_brands() -> Iterator[None]:
    """Within it, queries see every brand's rows. Only modules that a house test names may use it."""
    token = _brand.set(_ACROSS)
    try:
        yield
    finally:
        _brand.reset(token)


def current_brand() -> int:
    """The brand in scope.

    Raises:
        NoBrandInScopeError: none is set, or the scope spans brands.

    """
    brand_id = _brand.get()
    if brand_id is None or brand_id == _ACROSS:
        raise NoBrandInScopeError("no single brand is in scope")
    return brand_id


@contextmanager
def transaction() -> Iterator[None]:
    """One writing transaction: commits at the end, rolls back on any error, then runs the after-commit callbacks.

    Verbs flush and never commit; requests, deliveries and the publisher open this. It does not nest.
    """
    if _writing.get():
        raise RuntimeError("a transaction inside a transaction: the outer one already owns the commit")
    if session.registry.has() and session().in_transaction():
        session.rollback()  # a read that went before must not hold an old snapshot
    session.expunge_all()  # nor may a row be judged by what it was before
    writing, after = _writing.set(True), _after.set([])
    callbacks: list[Callable[[], None]] = []
    try:
        for prepare in on_begin:
            prepare(session.connection())
        yield
        session.commit()
        callbacks = _after.get() or []
    except BaseException:
        session.rollback()
        raise
    finally:
        _writing.reset(writing)
        _after.reset(after)
    for callback in callbacks:
        callback()


def after_commit(callback: Callable[[], None]) -> None:
    """Run `callback` once the transaction at hand is durable; never when it is rolled back."""
    waiting = _after.get()
    if waiting is None:
        raise RuntimeError("after_commit outside a transaction")
    waiting.append(callback)


def changed(statement: Update | Delete) -> int:
    """Run an UPDATE or DELETE; how many rows it met. The conditional UPDATE is how two rivals are told apart."""
    if not (session.identity_map or session.new):
        # Nothing is loaded that the change could make stale; to look for it would cost more than the change itself.
        statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


def writing() -> bool:
    """Whether a writing transaction is open here."""
    return _writing.get()


def refuse_network_in_transaction() -> None:
    """Every door to a network calls this first.

    Raises:
        NetworkInTransactionError: a transaction is open, so a slow network would hold its locks.

    """
    if _writing.get() or (session.registry.has() and session().in_transaction()):
        raise NetworkInTransactionError("a network call inside a database transaction")


@event.listens_for(Session, "do_orm_execute")
def _keep_to_the_brand(state: ORMExecuteState) -> None:
    """Add the brand to every ORM statement; refuse one on a brand's table when no brand is set."""
    brand_id = _brand.get()
    if brand_id == _ACROSS or state.is_insert:
        return
    if brand_id is None:
        if any(issubclass(mapper.class_, BrandRow) for mapper in state.all_mappers):
            raise NoBrandInScopeError(f"no brand is set for a query on {state.all_mappers[0].class_.__name__}")
        brand_id = 0  # a joined brand table shows nothing
    state.statement = state.statement.options(_only(brand_id))


@lru_cache(maxsize=1024)
def _only(brand_id: int) -> LoaderCriteriaOption:
    """The condition for one brand, made once: to make it anew costs as much as many a statement."""
    return with_loader_criteria(BrandRow, lambda cls: cls.brand_id == brand_id, include_aliases=True)


@event.listens_for(Session, "before_flush")
def _write_only_for_the_brand(flushing: Session, _context: object, _instances: object) -> None:
    """Refuse to store a row of another brand than the one in scope."""
    brand_id = _brand.get()
    if brand_id == _ACROSS:
        return
    for row in (*flushing.new, *flushing.dirty, *flushing.deleted):
        if isinstance(row, BrandRow) and row.brand_id != brand_id:
            raise NoBrandInScopeError(f"a row of {type(row).__name__} belongs to another brand than the one in scope")


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Waiting comes first, then safety: a busy database waits, a commit is on disk, foreign keys hold."""
    if type(connection).__module__.partition(".")[0] != "sqlite3":
        return
    connection.isolation_level = None  # we say BEGIN ourselves, see below
    synchronous = f"synchronous={_synchronous.get()}"
    for pragma in ("busy_timeout=10000", synchronous, "foreign_keys=ON", "cache_size=-32000"):
        connection.execute(f"PRAGMA {pragma}")


@contextmanager
def ahead_of_the_disk() -> Iterator[None]:
    """Within it, SQLite's commits do not wait for the disk; all of them are there on leaving.

    For work that is made anew from its beginning if the power fails meanwhile. PostgreSQL goes on as before.
    """
    session.remove()
    db.engine.dispose()
    token = _synchronous.set("NORMAL")
    try:
        yield
    finally:
        _synchronous.reset(token)
        session.remove()
        db.engine.dispose()
    if db.engine.dialect.name == "sqlite":
        with closing(db.engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    """A writer takes SQLite's one write lock at once: upgrading a read lock later can fail without waiting."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


def turn_on_wal(connection: Any) -> None:
    """Switch a new SQLite file to WAL, once, at creation: two processes switching at once lock each other out."""
    connection.execute("PRAGMA journal_mode=WAL")
