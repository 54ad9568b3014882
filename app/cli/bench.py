"""`bench`: measure, and print JSON."""

from __future__ import annotations

import json
import sys

import click

from app.bench import assessing, intake, pages
from app.bench.ground import Kind


@click.group()
def command() -> None:
    """Measure on a database of its own, thrown away afterwards. Figures of one run may be compared; others not."""


@command.command("intake")
@click.option("--mentions", type=click.IntRange(1000, 5_000_000), default=20_000, help="How many are taken in.")
@click.option("--db", "kind", type=click.Choice(["sqlite", "postgres"]), default="sqlite")
@click.option("--grown", is_flag=True, help="Measure again on top of 1,000,000 mentions.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON only.")
def intake_(mentions: int, kind: Kind, *, grown: bool, as_json: bool) -> None:
    """Measure how many mentions a second are heard, and go the whole way to a case."""

    def say(phase: str) -> None:
        if not as_json:
            print(f"… {phase}", file=sys.stderr, flush=True)

    found = intake.measure(mentions, kind, grown=grown, say=say)
    if as_json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:<24} {value}")


@command.command("pages")
@click.option("--mentions", type=click.IntRange(0, 10_000_000), default=100_000, help="How many stand in the database.")
@click.option("--db", "kind", type=click.Choice(["sqlite", "postgres"]), default="sqlite")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON only.")
def pages_(mentions: int, kind: Kind, *, as_json: bool) -> None:
    """Measure every page's server time and queries, for each role that may open it."""

    def say(phase: str) -> None:
        if not as_json:
            print(f"… {phase}", file=sys.stderr, flush=True)

    found = pages.measure(mentions, kind, say=say)
    if as_json:
        print(json.dumps(found))
        return
    for row in found:
        print(f"{row['route']:<34} {row['role']:<10} {row['p50_ms']:>7} ms {row['queries']:>3} queries")


@command.command("assess")
@click.option("--texts", type=click.IntRange(100, 1_000_000), default=5_000, help="How many are judged.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON only.")
def assess_(texts: int, *, as_json: bool) -> None:
    """Measure how many texts a second are judged on one core with everything on, and how fast it learns."""

    def say(phase: str) -> None:
        if not as_json:
            print(f"… {phase}", file=sys.stderr, flush=True)

    found = assessing.measure(texts, say)
    if as_json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name:<24} {value}")
