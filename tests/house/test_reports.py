"""Reports read every table and write none; every act that the house records can be said in words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from app.web.acts import SENTENCES, SUBJECTS
from moderation.rules.policy import VERDICTS
from tests.house.source import ROOMS, called, modules, tree

WRITES = {"insert", "update", "delete", "transaction", "changed", "emit", "record", "insert_new", "add_up", "empty"}
"""What a module calls to write a row, or to have one written."""
ON_THE_SESSION = {"add", "add_all", "merge", "delete", "flush", "commit", "bulk_save_objects", "bulk_insert_mappings"}
ON_RECORD = {"app.kernel.audit.record", "app.people.account.note"}
"""Who writes a line of the audit; both are handed the act in the third place."""
FILLED_IN = {
    "review.{}": VERDICTS,
    "appeal.{}": ("upheld", "overturned"),
    "brand.{}_add": ("fact", "answer"),
    "brand.{}_change": ("fact", "answer"),
    "brand.{}_remove": ("fact", "answer"),
}
"""Acts that the code puts together, and the words that it fills in."""


@pytest.mark.parametrize("path", modules("app/reports"), ids=str)
def test_reports_write_nothing(path: Path) -> None:
    found = []
    for name, line in called(path):
        *owner, last = name.split(".")
        on_session = bool(owner) and owner[-1] == "session" and last in ON_THE_SESSION
        if on_session or (last in WRITES and (not owner or owner[-1] in {"audit", "bus", "upsert", "sqlalchemy"})):
            found.append(f"{line}: {name}")
    assert found == []


def full_names(path: Path) -> dict[str, str]:
    """What a module calls things by, and where each of them is at home."""
    own = ".".join(path.with_suffix("").parts)
    names = {node.name: f"{own}.{node.name}" for node in tree(path).body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.asname: alias.name for alias in node.names if alias.asname}
    return names


def put_on_record() -> Iterator[tuple[ast.FunctionDef, list[ast.expr]]]:
    """Every call that writes a line of the audit, as what it hands over, with the function that it stands in."""
    for path in modules(*ROOMS):
        names = full_names(path)
        for function in [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef)]:
            for call in [node for node in ast.walk(function) if isinstance(node, ast.Call)]:
                first, dot, rest = ast.unparse(call.func).partition(".")
                if names.get(first, first) + dot + rest in ON_RECORD and names.get(function.name) not in ON_RECORD:
                    yield function, call.args


def worded(node: ast.expr, function: ast.FunctionDef) -> list[str]:
    """Every text that an expression can be; what is filled in stands as {}, and a name as what is assigned to it."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=one, orelse=other):
            return worded(one, function) + worded(other, function)
        case ast.JoinedStr(values=parts):
            return ["".join(pieces) for pieces in product(*(worded(part, function) for part in parts))]
        case ast.FormattedValue(value=ast.IfExp() as chosen):
            return worded(chosen, function)
        case ast.Name(id=name):
            given = [each for each in ast.walk(function) if isinstance(each, ast.Assign)]
            values = [each.value for each in given if name in map(ast.unparse, each.targets)]
            return [text for value in values for text in worded(value, function)] or ["{}"]
    return ["{}"]


def recorded() -> set[str]:
    """Every act of the house."""
    found: set[str] = set()
    for function, (_brand_or_member, _by, act, *_rest) in put_on_record():
        for text in worded(act, function):
            found |= {text.replace("{}", word) for word in FILLED_IN[text]} if "{}" in text else {text}
    return found


def test_every_act_has_its_sentence() -> None:
    assert recorded() - SENTENCES.keys() == set()


def test_every_subject_has_its_name() -> None:
    subjects = {
        text.partition(":")[0]
        for function, (_brand, _by, _act, *subject) in put_on_record()
        for one in subject
        for text in worded(one, function)
    }
    assert subjects - {"{}"} - SUBJECTS.keys() == set()


def test_acts_are_found_in_the_code() -> None:
    assert {"case.claim", "reply.publish", "review.approve", "brand.fact_add", "brand.skill_add"} <= recorded()
    assert {"way_in.send", "customer.reveal"} <= recorded()


def test_lines_of_the_audit_are_written_in_one_place() -> None:
    calls = [(path.as_posix(), name.split(".")[-1]) for path in modules(*ROOMS) for name, _line in called(path)]
    writing = {path for path, name in calls if name == "AuditRow"}
    assert writing == {"app/kernel/audit.py"}


@pytest.mark.parametrize("act", SENTENCES)
def test_a_sentence_says_who_and_what(act: str) -> None:
    words = str(SENTENCES[act])
    assert words.count("%(who)s") == words.count("%(what)s") == 1
    assert words.endswith(".")
