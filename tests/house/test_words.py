"""The house reads as one text: every module opens with a sentence, no word stands for two ideas, no file sprawls."""

from __future__ import annotations

import ast
import re

import pytest

from tests.house.source import ROOMS, ROOT, modules, tree

OURS = (*ROOMS, "migrations", "tests")
TEXTS = ("*.py", "*.md", "*.toml", "*.txt", "*.html", "*.css", "*.js", "Makefile", "Procfile", "run")
NOT_OURS = {".venv", ".data", ".git", "vendor", "__pycache__"}
MOST_LINES = 400
MARKS = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3, "HA" + "CK")) + r")\b")
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "services", "handlers"}
EMPTY_NAMES = re.compile(r"^_*(handle|process)_|(Manager|Service|Helper|Util|Utils)$")
MAY = {"handle_DATA", "handle_exception", "process_bind_param", "process_result_value", "handle_of"}
"""Names that a library asks us to give a method, and the handle of an account."""
MACHINE = re.compile(r"(/home/[a-z]|/Users/[A-Za-z]|/work/|[A-Z]:\\\\Users|/root/)")


def texts() -> list[str]:
    """Every text of the project that people wrote, relative to it."""
    found = {path for pattern in TEXTS for path in ROOT.rglob(pattern)}
    parts = {path: path.relative_to(ROOT).parts for path in found}
    return sorted(
        path.relative_to(ROOT).as_posix()
        for path, names in parts.items()
        if not NOT_OURS & set(names) and not any(name.endswith("_cache") for name in names)
    )


def test_every_module_opens_with_a_sentence() -> None:
    found = []
    for path in modules(*OURS):
        opening = ast.get_docstring(tree(path))
        sentence = (opening or "").partition("\n\n")[0].rstrip()
        if not sentence.endswith((".", ":", "?")):
            found.append(path.as_posix())
    assert found == []


def test_nothing_is_left_for_a_day_that_has_not_come() -> None:
    found = [name for name in texts() if MARKS.search((ROOT / name).read_text(encoding="utf-8"))]
    assert found == []


def test_no_module_is_a_drawer() -> None:
    assert [path.as_posix() for path in modules(*OURS) if EMPTY_WORDS & {*path.parts, path.stem}] == []


def test_no_name_says_nothing() -> None:
    found = []
    for path in modules(*ROOMS):
        for node in ast.walk(tree(path)):
            named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if named and EMPTY_NAMES.search(node.name) and node.name not in MAY:
                found.append(f"{path}:{node.lineno} {node.name}")
    assert found == []


@pytest.mark.parametrize("path", modules(*ROOMS), ids=str)
def test_a_file_is_read_in_one_sitting(path: object) -> None:
    assert len((ROOT / str(path)).read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_no_path_of_one_machine() -> None:
    found = []
    for name in texts():
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), start=1):
            if MACHINE.search(line) and "MACHINE = " not in line:
                found.append(f"{name}:{number}")
    assert found == []
