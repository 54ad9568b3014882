"""`reassess`: judge history anew with the version that judges now; shows what would change before it counts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import click
from tqdm import tqdm

from app.brands import queries as brands
from app.brands.queries import BrandView
from app.cli.house import entered
from app.desk import rerouting
from app.desk.rules.routing import Signals, route
from app.kernel import audit
from app.kernel.db import brand_scope, session, transaction
from app.kernel.errors import UsageError
from listeners import judges, private, reassessing
from listeners.judges import Judge
from listeners.reassessing import Anew
from listeners.rules import risk
from listeners.rules.correcting import NONE, SEVERAL, said
from listeners.rules.influence import FAR, influence

FIELDS: Final = ("language", "intent", "topic", "mood", "anger", "urgency", "account_specific", "needs_reply")
EXAMPLES: Final = 2
SHOWN: Final = 8
"""Changes that are told for each field, the most frequent ones."""
LONGEST: Final = 90


@click.command()
@click.option("--brand", "handle", help="Only this brand, by its handle; without it, every brand.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only what was heard from this day on (UTC).")
@click.option("--apply", "is_real", is_flag=True, help="Write it. Without this, only the differences are shown.")
@click.option("--cases", is_flag=True, help="With --apply: open cases that nobody holds follow into their new lane.")
def command(handle: str | None, since: datetime | None, *, is_real: bool, cases: bool) -> None:
    """Judge history anew with the rules and the model that judge now; what people corrected stays.

    It can be ended at any moment: the next run goes on with what has not the newest version yet.
    """
    if cases and not is_real:
        raise UsageError("--cases goes with --apply: a look at the differences moves nothing.")
    start = since.replace(tzinfo=UTC) if since else None
    with entered():
        for brand in _brands(handle):
            with brand_scope(brand.id):
                judge = judges.judge_of(brand)
                count = reassessing.left(judge, start)
                session.rollback()
            print(f"@{brand.handle}: {count} mentions were judged by another version than {judge.version}.")
            if count and is_real:
                _write(judge, start, count, cases=cases)
            elif count:
                _show(judge, start, count)


def _brands(handle: str | None) -> tuple[BrandView, ...]:
    if handle is None:
        found = brands.all_brands()
    else:
        brand = brands.by_handle(handle)
        if brand is None:
            raise UsageError(f"There is no brand @{handle.lstrip('@')}.")
        found = (brand,)
    session.rollback()
    return found


@dataclass(slots=True)
class Differences:
    """What would change, by field and lane, with a few texts for each change."""

    looked_at: int = 0
    changed: int = 0
    ways: dict[str, Counter[tuple[str, str]]] = field(default_factory=dict)
    texts: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)

    def add(self, one: Anew, brand: BrandView) -> None:
        """Count one mention."""
        self.looked_at += 1
        changes = list(_changes(one, brand))
        self.changed += bool(changes)
        for name, was, now in changes:
            self.ways.setdefault(name, Counter())[was, now] += 1
            examples = self.texts.setdefault((name, was, now), [])
            if len(examples) < EXAMPLES:
                whole = one.text[:2_000]
                masked = private.masked(whole, brand)
                examples.append(" ".join(masked.split())[:LONGEST])

    def lines(self) -> Iterator[str]:
        """The table, as a person reads it."""
        yield f"  {self.changed} of {self.looked_at} would be judged otherwise."
        for name, ways in self.ways.items():
            yield f"  {name}: {ways.total()}"
            for (was, now), count in ways.most_common(SHOWN):
                yield f"    {count:>6}  {was} → {now}"
                yield from (f"            “{text}”" for text in self.texts[name, was, now])


def _changes(one: Anew, brand: BrandView) -> Iterator[tuple[str, str, str]]:
    was, now = (_lane(columns, brand, one) for columns in (one.before, one.after))
    if was != now:
        yield "lane", was, now
    for name in FIELDS:
        if one.before[name] != one.after[name]:
            yield name, str(one.before[name]), str(one.after[name])
    for name in (*sorted(SEVERAL), "level", "outcome"):
        before, after = (said(name, columns, brand.policy.suggest_bar) for columns in (one.before, one.after))
        if before != after:
            yield name, before, after
    before, after = (_skill(columns, brand) for columns in (one.before, one.after))
    if before != after:
        yield "skill", before, after


def _skill(columns: dict[str, Any], brand: BrandView) -> str:
    named = brand.skill_names.get(columns["detail"].get("skill") or 0)
    return named[1] if named else NONE


def _lane(columns: dict[str, Any], brand: BrandView, one: Anew) -> str:
    detail = columns["detail"]
    signals = Signals(
        intent=columns["intent"],
        anger=columns["anger"],
        risks=tuple(detail.get("risks", ())),
        private_kinds=frozenset(span[2] for span in detail.get("private", ())),
        risk_chance=risk.chance_in(detail),
        must_staff=columns["must_staff"],
        needs_reply=columns["needs_reply"],
        replyable=one.replyable,
        wants_human=detail.get("outcome") == "wants_human",
        wants_rest=detail.get("outcome") == "stop",
        far_heard=influence(one.author_followers) >= FAR,
    )
    return route(signals, staff_bar=brand.policy.staff_bar, suggest_bar=brand.policy.suggest_bar).lane


def _show(judge: Judge, since: datetime | None, count: int) -> None:
    found = Differences()
    with _bar(judge, count) as bar, brand_scope(judge.brand.id):
        for batch in reassessing.looked_at(judge, since):
            for one in batch:
                found.add(one, judge.brand)
            bar.update(len(batch))
    print("\n".join(found.lines()))
    print("  Nothing is written yet: --apply does it.")


def _write(judge: Judge, since: datetime | None, count: int, *, cases: bool) -> None:
    changed = moved = last = 0
    with _bar(judge, count) as bar:
        while True:
            with transaction(), brand_scope(judge.brand.id):
                ids = reassessing.next_ids(judge, since, last)
                others = reassessing.write(judge, ids)
                moved += rerouting.follow(others, "It was judged anew.", also_claimed=False) if cases else 0
            if not ids:
                break
            changed, last = changed + len(others), ids[-1]
            bar.update(len(ids))
    with transaction():
        audit.record(judge.brand.id, None, "brand.reassess", f"brand:{judge.brand.id}", version=judge.version)
    print(
        f"  {count} are judged anew, {changed} with other answers or chances"
        + (f"; {moved} cases changed their lane." if cases else ".")
    )


def _bar(judge: Judge, count: int) -> Any:
    return tqdm(total=count, unit="mentions", desc=f"@{judge.brand.handle}", disable=None, file=sys.stderr)
