"""`replay`: hear an archive of real threads, the same way as live ones."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import cast

import click
from tqdm import tqdm

from app.brands import queries as brands
from app.brands.founding import found
from app.channels import accounts
from app.channels.accounts import AccountView
from app.cli.house import entered
from app.desk.queries import lanes_of
from app.kernel import bus
from app.kernel.db import brand_scope, session, transaction
from listeners.archive import CHANNEL, ArchivedPost, read_line
from listeners.hear import Item, NotOurs, Tally, Unreadable, take_in

BATCH = 500
"""Lines of the file that are heard together."""
ALL = "ALL"
LONGEST_WAIT = 60.0
"""Seconds: with --speed, longer silences of the archive are cut to this."""

Line = tuple[str, ArchivedPost | Unreadable]


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--brand", required=True, help="Handle of the brand whose threads are heard, or ALL.")
@click.option("--speed", type=click.FloatRange(min=0.001), help="Keep the archive's pace, so many times faster.")
@click.option("--json", "as_json", is_flag=True, help="End with one line of JSON.")
def command(file: Path, brand: str, speed: float | None, *, as_json: bool) -> None:
    """Hear FILE (one post as JSON a line) as if its network told it now, and let everything follow.

    Brands that the house does not know yet are made. Hearing a file again adds nothing.
    """
    started = time.monotonic()
    with entered():
        heard, seen = Tally(), set[int]()
        total = sum(1 for _ in _raw_lines(file))
        with tqdm(total=total, unit=" posts", disable=None, file=sys.stderr) as bar:
            for batch in _batches(file, brand, speed):
                for account, lines in _by_account(batch, brand, file.stem):
                    heard += _hear(account, lines)
                    seen.add(account.id)
                bus.drain()
                bar.update(len(batch))
        bus.drain()
        summary = _summary(heard, seen, time.monotonic() - started)
    _print(summary, as_json=as_json)


def _raw_lines(file: Path) -> Iterator[str]:
    """Lines that hold anything; bytes that are no UTF-8 become marks, and the line is then told as broken."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        yield from (line.rstrip("\n") for line in lines if line.strip())


def _batches(file: Path, brand: str, speed: float | None) -> Iterator[list[Line]]:
    """The file in batches; at the archive's pace, one batch per moment."""
    batch: list[Line] = []
    before: datetime | None = None
    for number, raw in enumerate(_raw_lines(file), start=1):
        read = read_line(raw, number)
        if speed and isinstance(read, ArchivedPost) and brand in {ALL, read.brand}:
            if before is not None and read.post.posted_at > before and batch:
                yield batch
                batch = []
                time.sleep(min(LONGEST_WAIT, (read.post.posted_at - before).total_seconds() / speed))
            before = read.post.posted_at
        batch.append((raw, read))
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _by_account(batch: Sequence[Line], brand: str, name: str) -> Iterator[tuple[AccountView, list[Line]]]:
    """The batch by the brand that hears it. A broken line names no brand: it stays with the line before it."""
    if brand != ALL:
        yield _account(brand), list(batch)
        return
    hearing: dict[str, list[Line]] = {}
    at = next((read.brand for _raw, read in batch if isinstance(read, ArchivedPost)), name)
    for raw, read in batch:
        at = read.brand if isinstance(read, ArchivedPost) else at
        hearing.setdefault(at, []).append((raw, read))
    for handle, lines in hearing.items():
        yield _account(handle), lines


def _account(handle: str) -> AccountView:
    """The brand's account for archived threads; brand and account are made when there are none."""
    known = brands.by_handle(handle)
    brand_id = known.id if known else None
    session.rollback()
    with transaction():
        brand_id = brand_id or found(handle, handle)
        with brand_scope(brand_id):
            account = accounts.by_handle(CHANNEL, handle)
            if account is None:
                account = accounts.account(accounts.connect(brand_id, CHANNEL, handle, handle))
            return account


def _hear(account: AccountView, lines: Sequence[Line]) -> Tally:
    raw = "\n".join(raw for raw, _read in lines)
    with transaction(), brand_scope(account.brand_id):
        return take_in(account, raw, _items(account, (read for _raw, read in lines)), origin="replay")


def _items(account: AccountView, lines: Iterable[ArchivedPost | Unreadable]) -> Iterator[Item]:
    for read in lines:
        if isinstance(read, Unreadable):
            yield read
        elif read.brand.lower() != account.handle.lower() or read.is_other_brands:
            yield NotOurs(read.post)
        else:
            yield read.post


def _summary(heard: Tally, account_ids: set[int], seconds: float) -> dict[str, object]:
    """What was heard now, and how the cases of these accounts stand."""
    lanes: dict[str, int] = {"staff": 0, "advocates": 0, "no_reply": 0}
    outside = 0
    for brand in brands.all_brands():
        with brand_scope(brand.id):
            for (lane, closed_reason), count in lanes_of(account_ids).items():
                lanes[lane] += count
                outside += count if closed_reason == "answered_outside" else 0
    session.rollback()
    cases = {"total": sum(lanes.values()), **lanes, "answered_outside": outside}
    return asdict(heard) | {"cases": cases, "seconds": round(seconds, 2)}


def _print(summary: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary))
        return
    cases = cast("dict[str, int]", summary["cases"])
    print(
        f"{summary['heard']} posts heard: {summary['new']} new, {summary['duplicates']} known, "
        f"{summary['set_aside']} set aside, {summary['quarantined']} that could not be read.\n"
        f"{cases['total']} cases: {cases['staff']} for staff, {cases['advocates']} for advocates, "
        f"{cases['no_reply']} that need no reply; the brands answered {cases['answered_outside']} outside.\n"
        f"{summary['seconds']} s."
    )
