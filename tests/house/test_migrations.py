"""Migrations make exactly the models' database, each one both ways, with data in it, on both kinds of database."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from app.factory import create_app
from app.kernel import clock, schema
from app.kernel.db import Base, db, session
from app.kernel.settings import Settings, normalise_database_url
from tests.conftest import POSTGRES, SECRET
from tests.house.source import ROOT, imported
from tests.world import HOW_TO, plant

pytestmark = pytest.mark.long

VERSIONS = ROOT / "migrations" / "versions"
FOREVER = ("audit_row", "point_txn", "point_entry", "decision")
FROM_THE_START = ("brand", "member", "membership", "mention", "case", "reply", "review", "audit_row", "delivery")
"""Tables of the first migration, whose rows later ones must carry both ways."""
FULL_TEXT = "heard_words_found"
"""SQLite's full-text table, and the tables it keeps for itself under this name: no model's, and no rows of ours."""
ONLY_ON = {"ix_heard_words_words": "postgresql"}
"""Indexes of one kind of database alone."""
NAME = re.compile(r"(\d{4})_[a-z]+(_[a-z0-9]+)+")


def scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config)


def revisions() -> list[str]:
    """Every revision, the oldest first."""
    return [script.revision for script in reversed(list(scripts().walk_revisions()))]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> Iterator[Engine]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        yield create_engine(f"sqlite:///{tmp_path / 'empty.sqlite3'}", poolclass=NullPool)
        return
    assert POSTGRES is not None
    name = f"peerline_migrations_{worker_id}"
    server = create_engine(normalise_database_url(POSTGRES), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield create_engine(server.url.set(database=name), poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def shape(engine: Engine) -> dict[str, Any]:
    """All that a database says of its tables: columns, keys, links, checks, indexes with their conditions."""
    with engine.connect() as connection:
        look = inspect(connection)
        columns, keys, unique, links, checks, indexes = (
            {table: said for (_schema, table), said in every().items()}
            for every in (
                look.get_multi_columns,
                look.get_multi_pk_constraint,
                look.get_multi_unique_constraints,
                look.get_multi_foreign_keys,
                look.get_multi_check_constraints,
                look.get_multi_indexes,
            )
        )
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"], column.get("comment"))
                for column in columns[table]
            },
            "primary key": plain(keys[table]),
            "unique": named(unique[table]),
            "links": named(links[table]),
            "checks": named(checks[table]),
            "indexes": named(indexes[table]),
        }
        for table in tables(engine)
    }


def tables(engine: Engine) -> list[str]:
    """Every table that the house knows."""
    names = inspect(engine).get_table_names()
    return [name for name in names if name != "alembic_version" and not name.startswith(FULL_TEXT)]


def named(things: Any) -> dict[str, str]:
    return {str(thing["name"]): plain(thing) for thing in things}


def plain(thing: Any) -> str:
    """Keys, links and conditions as text that can be compared."""
    if isinstance(thing, dict):
        return "; ".join(f"{name}: {plain(thing[name])}" for name in sorted(thing))
    if isinstance(thing, list | tuple):
        return ", ".join(map(plain, thing))
    return str(thing)


def triggers(engine: Engine) -> list[str]:
    """The locks on what must never change."""
    sqlite = "SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    postgres = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
    with engine.connect() as connection:
        rows = connection.execute(text(sqlite if engine.dialect.name == "sqlite" else postgres))
        return list(rows.scalars())


def test_migrations_have_numbers_verbs_and_one_line_of_descent() -> None:
    files = sorted(path.stem for path in VERSIONS.glob("*.py") if path.stem != "__init__")
    assert all(NAME.fullmatch(name) for name in files), files
    assert [name[:4] for name in files] == [f"{number:04}" for number in range(1, len(files) + 1)]
    assert revisions() == [name[:4] for name in files]
    assert scripts().get_heads() == [schema.head()]
    downs = [scripts().get_revision(revision).down_revision for revision in revisions()]
    assert downs == [None, *revisions()[:-1]]


@pytest.mark.parametrize("path", sorted((ROOT / "migrations").rglob("*.py")), ids=lambda path: path.stem)
def test_migrations_import_nothing_of_the_house(path: Path) -> None:
    roots = {name.lstrip(".").partition(".")[0] for name in imported(path.relative_to(ROOT))}
    assert roots <= {"alembic", "sqlalchemy"} | sys.stdlib_module_names


def test_migrations_make_the_models(empty: Engine) -> None:
    schema.upgrade(empty)
    with empty.connect() as connection:
        not_here = {name for name, kind in ONLY_ON.items() if kind != empty.dialect.name}
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_object": lambda _thing, name, *_rest: name not in not_here and not name.startswith(FULL_TEXT),
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_the_models_alone_would_make_the_same_shape(empty: Engine) -> None:
    """What alembic does not compare: checks, conditions of indexes, comments."""
    Base.metadata.create_all(empty)
    modelled = shape(empty)
    Base.metadata.drop_all(empty)
    schema.upgrade(empty)
    migrated = shape(empty)
    assert migrated.keys() == modelled.keys()
    for table, said in modelled.items():
        assert migrated[table] == said, table


def test_each_migration_goes_up_down_and_up_to_the_same_shape(empty: Engine) -> None:
    before: tuple[Any, Any] = (shape(empty), triggers(empty))
    for number, revision in enumerate(revisions()):
        schema.upgrade(empty, revision)
        after = (shape(empty), triggers(empty))
        schema.downgrade(empty, revisions()[number - 1] if number else "base")
        assert (shape(empty), triggers(empty)) == before, f"down from {revision}"
        schema.upgrade(empty, revision)
        assert (shape(empty), triggers(empty)) == after, f"up to {revision} again"
        before = after


def test_migrations_go_down_and_up_with_data_in_them(empty: Engine, tmp_path: Path) -> None:
    schema.upgrade(empty)
    grow(empty, tmp_path)
    counted = counts(empty)
    assert counted["point_txn"] == 0
    assert min(counted[table] for table in ("brand", "mention", "case", "review", "audit_row")) > 0
    every = revisions()
    if len(every) > 1:
        schema.downgrade(empty, every[0])
        schema.upgrade(empty)
        kept = counts(empty)
        assert [kept[table] for table in FROM_THE_START] == [counted[table] for table in FROM_THE_START]
    schema.downgrade(empty, "base")
    assert shape(empty) == {}
    schema.upgrade(empty)
    assert set(counts(empty).values()) == {0}


def grow(engine: Engine, folder: Path) -> None:
    """A small world with a question and its answer in review."""
    url = engine.url.render_as_string(hide_password=False)
    environment = {"DATABASE_URL": url, "PEERLINE_SECRET": SECRET, "PEERLINE_DATA_DIR": str(folder)}
    house = create_app(Settings.from_environment(environment))
    with house.app_context():
        lumo = plant().lumo
        post = lumo.post(HOW_TO)
        lumo.hear(post)
        lumo.submit(lumo.case_of(post), lumo.maya)
        session.remove()
        clock.forget()
        db.engine.dispose()


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            table: connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()  # noqa: S608
            for table in tables(engine)
        }


def test_what_is_written_for_ever_cannot_be_changed_or_deleted(empty: Engine, tmp_path: Path) -> None:
    schema.upgrade(empty)
    grow(empty, tmp_path)
    for statement in ("UPDATE audit_row SET act = 'nothing'", "DELETE FROM audit_row"):
        with pytest.raises(DBAPIError, match="never changed"), empty.begin() as connection:
            connection.execute(text(statement))
    guarded = "\n".join(triggers(empty))
    assert all(f" ON {table}" in guarded or f".{table} " in guarded for table in FOREVER), guarded
