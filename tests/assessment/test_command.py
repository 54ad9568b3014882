"""`assess` over a file: a row in, a row out, in the words of those who score it; what is broken is told, not fatal."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main

ROWS = [
    {"id": 1, "text": "@joy how do I turn on dark mode?", "brand": "joy"},
    {"id": "b", "text": "you charged my card twice, call me on 206-555-0144"},
    {"id": "c", "text": "win cash from home, click the link in my bio, 100% free money"},
    {"id": "d", "text": "客服很有耐心，非常满意，谢谢"},
    {"id": "e", "text": "こんにちは、ありがとう"},
]
FIELDS = {
    "id", "lang", "label", "score", "intent", "sentiment", "urgency", "anger", "topic", "account_specific", "risk",
    "pii", "spans", "must_staff", "route", "outcome", "reasons",
}  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    return path


def assessed(file: Path, *more: str | Path) -> list[dict[str, Any]]:
    target = file.with_suffix(".out")
    assert main(["assess", "--in", str(file), "--out", str(target), *map(str, more)]) == 0
    return [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]


def test_every_row_is_answered_in_order_and_in_full(file: Path) -> None:
    found = assessed(file)
    assert [row["id"] for row in found] == [1, "b", "c", "d", "e"]
    assert all(row.keys() == FIELDS for row in found)
    assert [row["route"] for row in found] == ["advocate", "staff", "none", "advocate", "staff"]
    assert [row["label"] for row in found][3:] == ["positive", "neutral"]
    assert found[1]["spans"] == [{"start": 38, "end": 50, "type": "PHONE"}]
    assert all(-1 <= row["score"] <= 1 and 0 <= row["must_staff"] <= 1 for row in found)


def test_broken_lines_are_told_and_left_out(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with file.open("ab") as lines:
        lines.write(b'{"id": 9, "te\n[1]\n{"id": 10}\n\n{"id": 11, "text": "late \xff but read"}\n')
    found = assessed(file)
    told = capfd.readouterr().err
    assert [row["id"] for row in found][5:] == [11]
    assert all(f"line {number}" in told for number in (6, 7, 8))
    assert "3 could not be read" in told


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("{", "JSON"),
        ('{"bar": 1}', "line 1: bar"),
        ('{"regions": ["US"],\n "staff_bar": 2}', "line 2: staff_bar"),
        ('{"staff_bar": 0.1, "suggest_bar": 0.3}', "suggest_bar lies at or below"),
        ('{"order_pattern": "("}', "no regular expression"),
        ('{"order_pattern": "(a+)+$"}', "may take for ever"),
        ('{"order_pattern": "(?:LU-(?:a|b)\\\\d)*x"}', "may take for ever"),
        ('{"order_pattern": "(?:a?){30}a{30}"}', "may take for ever"),
        ('{"languages": ["en", "zh-Hant"]}', "no code of a language"),
    ],
)
def test_a_brand_config_that_is_wrong_is_told_in_one_line(
    file: Path, config: str, says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    brand = file.with_suffix(".json")
    brand.write_text(config, encoding="utf-8")
    words = ["assess", "--in", str(file), "--out", str(file.with_suffix(".out")), "--brand-config", str(brand)]
    assert main(words) == 2
    told = capfd.readouterr().err.strip()
    assert says in told
    assert "\n" not in told


def test_nothing_that_is_read_is_written_over(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = file.read_bytes()
    assert main(["assess", "--in", str(file), "--out", str(file)]) == 2
    labelled = ["--train", str(file)]
    other = file.with_name("other.jsonl")
    other.write_bytes(before)
    assert main(["assess", "--in", str(other), "--out", str(file), *labelled]) == 2
    assert file.read_bytes() == before
    assert capfd.readouterr().err.count("Name another file for --out.") == 2


def test_a_missing_folder_is_told_before_anything_is_learned(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["assess", "--in", str(file), "--out", str(file.parent / "no" / "out.jsonl"), "--train", str(file)]) == 2
    )
    assert "there is no folder" in capfd.readouterr().err


def test_the_brand_says_how_it_writes_order_numbers(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + b'{"id": 1, "text": "where is NV-77-kilo?"}\n')
    brand = file.with_suffix(".json")
    brand.write_text(json.dumps({"order_pattern": r"NV(?:-\d{2})+-[a-z]+"}), encoding="utf-8")
    (found,) = assessed(file, "--brand-config", brand)
    assert found["spans"] == [{"start": 9, "end": 19, "type": "ORDER_ID"}]


def test_the_brand_says_what_it_reads_and_where_its_bar_is(file: Path) -> None:
    brand = file.with_suffix(".json")
    brand.write_text(json.dumps({"staff_bar": 0, "suggest_bar": 0, "regions": ["VN"]}), encoding="utf-8")
    assert {row["route"] for row in assessed(file, "--brand-config", brand)} == {"staff", "none"}


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    """Forty rows in which a made-up word tells the topic, and every second one wants staff."""
    path = tmp_path / "lessons.jsonl"
    rows = [
        {"id": n, "text": f"my {'flurb' if n % 2 else 'snorp'} number {n}", "topic": ["gadget", "animal"][n % 2],
         "label": ["negative", "positive"][n % 2], "route_ok": [["staff"], ["advocate"]][n % 2]}
        for n in range(40)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_labelled_rows_teach_it_first(file: Path, lessons: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file.write_text(
        '{"id": 1, "text": "my snorp number 77"}\n{"id": 2, "text": "my flurb number 88"}\n', encoding="utf-8"
    )
    before, after = assessed(file), assessed(file, "--train", lessons)
    assert [row["topic"] for row in after] == ["gadget", "animal"]
    assert [row["label"] for row in after] == ["negative", "positive"]
    assert after[0]["must_staff"] > 0.5 > after[1]["must_staff"]
    assert {"gadget", "animal"}.isdisjoint(row["topic"] for row in before)
    assert "topic: learned from 40 rows" in capfd.readouterr().err


@pytest.mark.parametrize(
    "columns",
    [
        {"route_ok": "staff"},
        {"route_ok": 1, "label": 2, "topic": None},
        {"route_ok": ["advocate"], "other": ["advocate", "staff"]},
        {"topic": "common", "once": "rare"},
    ],
    ids=["a word for a list", "no words", "one meaning", "one answer but for a single row"],
)
def test_odd_labels_teach_what_they_can(file: Path, tmp_path: Path, columns: dict[str, object]) -> None:
    path = tmp_path / "odd.jsonl"
    once = {"topic": columns["once"]} if "once" in columns else {}
    other = {"route_ok": columns["other"]} if "other" in columns else {}
    rows = [
        {"id": n, "text": f"my lamp number {n} hums"} | columns | (other if n % 2 else {}) | (once if n == 3 else {})
        for n in range(320)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert len(assessed(file, "--train", path)) == len(assessed(file))


def test_half_a_sign_comes_out_as_it_came_in(file: Path) -> None:
    file.write_text('{"id": "\\ud800", "text": "where is my order? \\ud83d"}\n', encoding="utf-8")
    (found,) = assessed(file)
    assert found["id"] == "\ud800"


def test_a_label_may_be_a_topic(file: Path, lessons: Path) -> None:
    file.write_text('{"id": 1, "text": "a flurb"}\n', encoding="utf-8")
    columns = [json.loads(line) for line in lessons.read_text(encoding="utf-8").splitlines()]
    rows = [{"id": row["id"], "text": row["text"], "label": row["topic"]} for row in columns]
    lessons.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (found,) = assessed(file, "--train", lessons, "--label-is", "topic")
    assert found["label"] == found["topic"] == "animal"


def test_rows_that_say_nothing_teach_nothing(file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert assessed(file, "--train", file) == assessed(file)
    assert "teach nothing" in capfd.readouterr().err
