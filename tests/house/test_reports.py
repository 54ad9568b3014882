"""Reports read every table and write none; every act that the house records can be said in words."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.web.acts import SENTENCES
from moderation.rules.policy import VERDICTS
from tests.house.source import ROOMS, called, imported, modules, tree

WRITES = {"insert", "update", "delete", "transaction", "changed", "emit", "record", "insert_new", "add_up", "empty"}
"""What a module calls to write a row, or to have one written."""
ON_THE_SESSION = {"add", "add_all", "merge", "delete", "flush", "commit", "bulk_save_objects", "bulk_insert_mappings"}
FILLED_IN = {
    "review.{}": VERDICTS,
    "appeal.{}": ("upheld", "overturned"),
    "brand.{}_{}": ("fact_add", "fact_change", "answer_add", "answer_change"),
    "brand.{}_remove": ("fact", "answer"),
}
"""Acts that the code puts together, and the words that it fills in."""
ACT = re.compile(r"[a-z_]+\.[a-z_]+")


@pytest.mark.parametrize("path", modules("app/reports"), ids=str)
def test_reports_write_nothing(path: Path) -> None:
    found = []
    for name, line in called(path):
        *owner, last = name.split(".")
        on_session = bool(owner) and owner[-1] == "session" and last in ON_THE_SESSION
        if on_session or (last in WRITES and (not owner or owner[-1] in {"audit", "bus", "upsert", "sqlalchemy"})):
            found.append(f"{line}: {name}")
    assert found == []


def acts(path: Path) -> Iterator[str]:
    """Every act that a module records, or hands to who records it; what is filled in stands as {}."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
            if text in FILLED_IN or re.fullmatch(r"[a-z]+\.(\{\}_?|[a-z_]+)+", text):
                yield text
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and ACT.fullmatch(node.value):
            yield node.value


def recorded() -> set[str]:
    """Every act of the house. A module that records names its acts itself, or in a module that imports it."""
    heads = {act.split(".")[0] for act in SENTENCES}
    found: set[str] = set()
    for path in modules(*ROOMS):
        names = imported(path)
        if not {"app.kernel.audit", "app.people.account.note"} & names or path.as_posix().startswith("app/web"):
            continue
        for act in acts(path):
            if act.split(".")[0] in heads:
                found |= {_filled(act, word) for word in FILLED_IN[act]} if "{}" in act else {act}
    return found


def _filled(act: str, word: str) -> str:
    head, _, tail = act.partition(".")
    return f"{head}.{word if tail.endswith('{}') else tail.replace('{}', word)}"


def test_every_act_has_its_sentence() -> None:
    assert recorded() - SENTENCES.keys() == set()


def test_acts_are_found_in_the_code() -> None:
    assert {"case.claim", "reply.publish", "review.approve", "member.join", "brand.found"} <= recorded()


@pytest.mark.parametrize("act", SENTENCES)
def test_a_sentence_says_who_and_what(act: str) -> None:
    words = str(SENTENCES[act])
    assert words.count("%(who)s") == words.count("%(what)s") == 1
    assert words.endswith(".")
