"""`assess`: judge every text of a file, so that the ears can be measured against what people said."""

from __future__ import annotations

import codecs
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, get_args

import click
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from tqdm import tqdm

from app.brands.rules import Policy
from app.desk.rules.routing import Signals, route
from app.kernel.errors import UsageError
from listeners.labelled import LabelIs, Row, read_row
from listeners.learning import sprouted, teach
from listeners.lessons import Lesson
from listeners.rules import risk
from listeners.rules.assessment import Assessed, assess
from listeners.rules.linear import Taught
from listeners.rules.outcome import outcome

FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
SPAN_TYPES: Final = {
    "card": "CARD",
    "id": "NATIONAL_ID",
    "phone": "PHONE",
    "email": "EMAIL",
    "iban": "IBAN",
    "ip": "IP",
    "order": "ORDER_ID",
}
LANES: Final = {"staff": "staff", "advocates": "advocate", "no_reply": "none"}
MOST_COMPLAINTS: Final = 10
"""Broken lines that are told one by one; the others are counted."""


class BrandConfig(BaseModel):
    """What the assessment knows of a brand, as a file may say it."""

    model_config = ConfigDict(extra="forbid")

    languages: tuple[str, ...] = ("en", "vi", "zh", "ko")
    regions: tuple[str, ...] = ("US", "VN")
    handles: tuple[str, ...] = ()
    order_pattern: str | None = None
    staff_bar: float = Field(default=Policy().staff_bar, ge=0, le=1)
    suggest_bar: float = Field(default=Policy().suggest_bar, ge=0, le=1)

    @field_validator("languages")
    @classmethod
    def _codes(cls, languages: tuple[str, ...]) -> tuple[str, ...]:
        codes = tuple(code.strip().lower() for code in languages)
        if wrong := next((code for code in codes if not re.fullmatch("[a-z]{2}", code)), None):
            raise ValueError(f"{wrong!r} is no code of a language, as en, vi, zh and ko are")
        return codes

    @field_validator("order_pattern")
    @classmethod
    def _readable(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"it is no regular expression: {error}") from error
        if pattern and _may_take_for_ever(pattern):
            raise ValueError("a repetition within a repetition, or of alternatives, may take for ever on some texts")
        return pattern

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if {"staff_bar", "suggest_bar"} <= self.model_fields_set and self.suggest_bar > self.staff_bar:
            raise ValueError("suggest_bar lies at or below staff_bar")
        return self


def _may_take_for_ever(pattern: str) -> bool:
    """Whether a group is repeated that holds a repetition or alternatives: some texts are then tried for ever."""
    plain = re.sub(r"(?<!\))\{\d+\}", "", re.sub(r"\\.|\[\^?\]?[^\]]*\]", "x", pattern))
    while group := re.search(r"\((?:\?(?:[:=!]|<[=!]|P?<\w+>))?([^()]*)\)([*+{]?)", plain):
        repeats = bool(re.search(r"[*+{|?]", group[1]))
        if group[2] and repeats:
            return True
        plain = f"{plain[: group.start()]}{'x+' if repeats else 'x'}{plain[group.end(1) + 1 :]}"
    return False


@click.command()
@click.option("--in", "source", type=FILE, required=True, help="Rows with id and text, one as JSON a line.")
@click.option("--out", "target", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--train", type=FILE, multiple=True, help="Labelled rows that teach it first, as corrections would.")
@click.option("--brand-config", type=FILE, help="A JSON file: languages, regions, handles, order_pattern, both bars.")
@click.option("--label-is", type=click.Choice(get_args(LabelIs)), default="sentiment", help="What `label` means.")
def command(source: Path, target: Path, train: tuple[Path, ...], brand_config: Path | None, label_is: LabelIs) -> None:
    """Judge every row of a file; write one JSON object a row, in the same order.

    A line that cannot be read is told and left out.
    """
    brand = _brand(brand_config)
    _refuse_to_write(target, (source, *train, *([brand_config] if brand_config else [])))
    taught = _taught(train, brand, label_is)
    rows = Rows(source)
    # Half of a sign that takes two is no UTF-8: it goes out as JSON's own escape, as it came in.
    with target.open("w", encoding="utf-8", errors="backslashreplace") as out:
        for row in rows:
            out.write(json.dumps(judged(row, brand, taught, label_is), ensure_ascii=False) + "\n")
    left_out = f"; {rows.broken} could not be read and were left out" if rows.broken else ""
    print(f"{rows.read} rows judged{left_out}. They are in {target}.", file=sys.stderr)


def _refuse_to_write(target: Path, read: tuple[Path, ...]) -> None:
    """Before anything is learned: no folder to write into, or a file that is being read."""
    if not target.parent.is_dir():
        raise UsageError(f"{target}: there is no folder {target.parent}. Nothing was read.")
    for file in read:
        if target.exists() and target.samefile(file):
            raise UsageError(
                f"{target} is read, so the answers cannot be written over it. Name another file for --out."
            )


def _taught(files: tuple[Path, ...], brand: BrandConfig, label_is: LabelIs) -> Taught:
    """What the rows of these files teach, and on standard error how well it was learned."""
    if not files:
        return sprouted()
    lessons = [
        Lesson(row.text, row.said(label_is), handles=_handles(row, brand)) for file in files for row in Rows(file)
    ]
    taught = teach(lessons, languages=brand.languages, regions=brand.regions)
    if taught is None:
        print("These rows teach nothing: too few of them say what a text is.", file=sys.stderr)
        return sprouted()
    for question, model in taught.models.items():
        record = model.record
        print(
            f"{question}: learned from {record.rows} rows; of those held back {record.right:.1%} right "
            f"(the rules {record.rules_right:.1%}), calibration error {record.calibration_error:.3f}.",
            file=sys.stderr,
        )
    return taught


def _brand(file: Path | None) -> BrandConfig:
    if file is None:
        return BrandConfig()
    try:
        return BrandConfig.model_validate_json(file.read_bytes().removeprefix(codecs.BOM_UTF8))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ").removeprefix("Input should ")
        line = _line_of(file, str(first["loc"][0])) if first["loc"] else ""
        raise UsageError(f"{file}{line}: {f'{where}: ' if where else ''}{message}.") from error


def _line_of(file: Path, name: str) -> str:
    """Where a name stands in a file, as in ", line 3"; empty where it does not."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((f", line {number}" for number, line in enumerate(lines, start=1) if f'"{name}"' in line), "")


@dataclass(slots=True)
class Rows:
    """The rows of a file, with a progress bar; counts those that were read and those that could not be."""

    file: Path
    read: int = 0
    broken: int = 0

    def __iter__(self) -> Iterator[Row]:
        size = self.file.stat().st_size
        with (
            self.file.open("rb") as lines,
            tqdm(total=size, unit="B", unit_scale=True, desc=self.file.name, disable=None, file=sys.stderr) as bar,
        ):
            for number, line in enumerate(lines, start=1):
                bar.update(len(line))
                if not line.strip():
                    continue
                try:
                    row = read_row(line.decode("utf-8", errors="replace").removeprefix("\ufeff"))
                except ValueError as error:
                    self._tell(number, error)
                    continue
                self.read += 1
                yield row

    def _tell(self, number: int, error: ValueError) -> None:
        self.broken += 1
        if self.broken <= MOST_COMPLAINTS:
            tqdm.write(f"{self.file.name}, line {number}: {error}; it is left out.", file=sys.stderr)


def judged(row: Row, brand: BrandConfig, taught: Taught, label_is: LabelIs) -> dict[str, Any]:
    """The answer to one row, in the words of those who score it; `label` answers what `label` means in the file."""
    found = assess(
        row.text,
        languages=brand.languages,
        regions=brand.regions,
        handles=_handles(row, brand),
        order_pattern=brand.order_pattern,
        taught=taught,
    )
    turned_out = outcome(row.text, brand.languages).value
    mood = "neutral" if found.mood == "unknown" else found.mood
    return {
        "id": row.id,
        "lang": found.language,
        "label": {"sentiment": mood, "intent": found.intent, "topic": found.topic}[label_is],
        "score": found.sentiment or 0.0,
        "intent": found.intent,
        "sentiment": mood,
        "urgency": found.urgency,
        "anger": found.anger,
        "topic": found.topic,
        "account_specific": found.account_specific,
        "risk": found.risk_chance >= risk.LIKELY,
        "pii": bool(found.private),
        "spans": [{"start": span.start, "end": span.end, "type": SPAN_TYPES[span.kind]} for span in found.private],
        "must_staff": found.must_staff,
        "route": _route(found, _bars(found, brand, taught)),
        "outcome": turned_out,
        "reasons": found.reasons,
    }


def _handles(row: Row, brand: BrandConfig) -> tuple[str, ...]:
    return (*brand.handles, row.brand) if row.brand else brand.handles


def _bars(found: Assessed, brand: BrandConfig, taught: Taught) -> tuple[float, float]:
    """The staff bar and the suggest bar: the brand's own, or the one that was laid on what it taught."""
    model = taught.models.get("must_staff")
    laid = model is not None and found.language in model.languages and "suggest_bar" not in brand.model_fields_set
    low = model.bar if laid and model is not None and model.bar is not None else brand.suggest_bar
    return max(brand.staff_bar, low), low


def _route(found: Assessed, bars: tuple[float, float]) -> str:
    """Who answers a first contact that our account may answer, by the same rules as a case."""
    signals = Signals(
        intent=found.intent,
        anger=found.anger,
        risks=found.risks,
        private_kinds=frozenset(span.kind for span in found.private),
        risk_chance=found.risk_chance,
        must_staff=found.must_staff,
        needs_reply=found.needs_reply,
        replyable=True,
    )
    return LANES[route(signals, staff_bar=bars[0], suggest_bar=bars[1]).lane]
