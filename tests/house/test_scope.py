"""No row of another brand: who may look across brands is named here, and nothing is looked up by its id alone."""

from __future__ import annotations

import ast

import pytest

from app.kernel.db import Base, BrandRow
from tests.house.source import ROOMS, modules, tree

ACROSS = {
    "app/alerts/mailing.py": "the clock mails alerts of every brand",
    "app/alerts/queries.py": "who has a seat in several brands sees in which of them something is new",
    "app/alerts/reading.py": "the clock drops old alerts of every brand",
    "app/alerts/wishes.py": "a mail's link is opened by somebody who is not signed in",
    "app/channels/accounts.py": "every connected account is listened to",
    "app/channels/consents.py": "the clock drops old questions of every brand",
    "app/desk/claims.py": "the clock ends claims of every brand",
    "app/desk/settling.py": "the clock settles replies of every brand",
    "app/desk/waking.py": "the clock wakes cases of every brand",
    "app/people/invitations.py": "a link is held by somebody who is in no brand yet",
    "app/people/profile.py": "an alias is one's own in every brand of its member",
    "app/people/sign_in.py": "a person may have a seat in several brands",
    "app/kernel/audit.py": "the clock proves every brand's chain",
    "gamification/ledger.py": "the clock vests points of every brand",
    "listeners/handed.py": "what networks handed over to every brand is forgotten",
    "listeners/hear.py": "envelopes of every brand are forgotten",
}
"""Each of them goes back to one brand before it reads more than ids, or shows nothing to anybody but the person."""
ELSEWHERE = {"app/kernel/db.py"}
BEFORE_A_BRAND = {
    *("brand", "house", "delivery", "lease", "mail", "seed_model"),
    *("member", "sign_in", "known_browser", "ticket", "way_in_ask", "second_factor", "recovery_code"),
}
"""Tables that are not a brand's: the brands themselves, people, their sign-ins, and the house's own."""


def test_only_named_modules_look_across_brands() -> None:
    using = set()
    for path in modules(*ROOMS):
        names = {node.id for node in ast.walk(tree(path)) if isinstance(node, ast.Name)}
        names |= {node.attr for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
        if names & {"across_brands", "_ACROSS"}:
            using.add(path.as_posix())
    assert using - ELSEWHERE == ACROSS.keys()


def test_no_brands_row_is_fetched_by_its_id_alone() -> None:
    """`session.get` may answer from the session's memory, past the brand: it is for tables that are no brand's."""
    brands_own = {mapper.class_.__name__ for mapper in Base.registry.mappers if issubclass(mapper.class_, BrandRow)}
    found = []
    for path in modules(*ROOMS):
        for node in ast.walk(tree(path)):
            is_get = isinstance(node, ast.Call) and ast.unparse(node.func) in {"session.get", "session.get_one"}
            if is_get and node.args and ast.unparse(node.args[0]).split(".")[-1] in brands_own:
                found.append(f"{path}:{node.lineno}")
    assert found == []


def tables() -> list[str]:
    return sorted(Base.metadata.tables)


@pytest.mark.parametrize("name", tables())
def test_every_table_is_a_brands_or_is_named_as_none(name: str) -> None:
    table = Base.metadata.tables[name]
    mapped = [mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table]
    assert len(mapped) == 1
    is_brands = issubclass(mapped[0], BrandRow)
    assert is_brands is (name not in BEFORE_A_BRAND)
    assert not is_brands or not table.c.brand_id.nullable


@pytest.mark.parametrize("name", [name for name in tables() if "brand_id" in Base.metadata.tables[name].c])
def test_a_link_between_two_brands_tables_carries_the_brand(name: str) -> None:
    for constraint in Base.metadata.tables[name].foreign_key_constraints:
        if "brand_id" in constraint.referred_table.c:
            assert constraint.column_keys[0] == "brand_id", f"{name} → {constraint.referred_table.name}"
