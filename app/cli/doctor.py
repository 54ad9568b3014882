"""`doctor`: is anything wrong, and was every hour heard? One page of words, or JSON; exit code 1 when something is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from app.brands import queries as brands
from app.brands.queries import BrandView
from app.channels import accounts
from app.cli.house import entered
from app.desk import lookout
from app.kernel import bus, clock
from app.kernel.db import brand_scope, session
from listeners import completeness
from listeners import queries as heard
from listeners.completeness import HourView

LATE = timedelta(minutes=15)
"""An account that was not read to its end for so long is a finding."""
DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, where, and in words what it is."""

    where: str
    what: str


@click.command()
@click.option("--hour", type=click.DateTime(["%Y-%m-%dT%H", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]), help="An hour, UTC.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(hour: datetime | None, as_json: bool) -> None:  # noqa: FBT001  click passes it so
    """Say what is wrong; with --hour, say what was listened to in it as well, by which account, complete or not."""
    with entered():
        start = (hour.replace(tzinfo=UTC) if hour else clock.now()).replace(minute=0, second=0, microsecond=0)
        found, hours = list(_of_the_house()), []
        for brand in brands.all_brands():
            session.rollback()
            with brand_scope(brand.id):
                found += _of(brand)
                hours += _hour_of(brand, start)
        session.rollback()
    if hour is not None:
        found += [Finding(one["account"], one["says"]) for one in hours if one["verdict"] in {"partly", "nothing"}]
    if as_json:
        findings = [{"where": one.where, "what": one.what} for one in found]
        print(json.dumps({"well": not found, "findings": findings, "hour": start.isoformat(), "heard": hours}))
    else:
        _print(found, hours, start)
    raise SystemExit(1 if found else 0)


def _of_the_house() -> Iterator[Finding]:
    work = bus.backlog()
    if work["dead"]:
        yield Finding("the house", f"{work['dead']} steps of its work were given up; see /alerts/halted.")


def _of(brand: BrandView) -> Iterator[Finding]:
    """What is wrong with one brand, which is in scope."""
    hearings, at = heard.hearings(), clock.now()
    names = {}
    for account in accounts.of_brand():
        names[account.id] = f"{account.channel} @{account.handle}"
        hearing = hearings.get(account.id)
        heard_until = hearing.heard_until if hearing else account.connected_at
        if account.state == "signed_out":
            yield Finding(names[account.id], "The network no longer accepts its keys: connect it again.")
        elif account.state == "connected" and heard_until and at - heard_until > LATE:
            why = hearing.problem if hearing and hearing.problem else "Does a listener run (python3 -m app listen)?"
            yield Finding(names[account.id], f"Not heard since {heard_until:%Y-%m-%d %H:%M}. {why}")
    for gap in completeness.gaps((at - DAY, at)):
        if gap.kind != "deaf" and (gap.until is None or gap.kind == "lost"):
            yield Finding(names.get(gap.account_id, brand.name), f"From {gap.since:%Y-%m-%d %H:%M}: {gap.why}")
    stuck = len(lookout.stuck())
    if stuck:
        yield Finding(brand.name, f"{stuck} replies are stuck on their way; see /sending.")


def _hour_of(brand: BrandView, start: datetime) -> list[dict[str, Any]]:
    every = {one.id: one for one in accounts.of_brand() if one.state != "archive" and one.connected_at}
    since = {one.id: one.connected_at for one in every.values() if one.connected_at}
    return [
        {
            "brand": brand.name,
            "account": f"{every[account_id].channel} @{every[account_id].handle}",
            "verdict": views[0].verdict,
            "says": says(views[0]),
            "looks": views[0].looks,
            "seen": views[0].seen,
            "new": views[0].new,
            "missing": [[since.isoformat(), until.isoformat()] for since, until in views[0].missing],
        }
        for account_id, views in completeness.hours(since, start, 1).items()
    ]


def says(hour: HourView) -> str:
    """One hour of one account in words."""
    parts = ", ".join(f"{since:%H:%M}-{until:%H:%M}" for since, until in hour.missing)
    if hour.verdict in {"partly", "nothing"}:
        final = "; the network no longer shows it" if hour.lost else "; it is made up for when the account is heard"
        return f"Not listened to {hour.start:%Y-%m-%d} {parts}{final}."
    return {
        "complete": "Complete.",
        "ahead": "Complete so far.",
        "before": "The account was not connected yet.",
    }[hour.verdict]


def _print(found: list[Finding], hours: list[dict[str, Any]], start: datetime) -> None:
    print("All is well." if not found else f"{len(found)} things to look at:")
    for one in found:
        print(f"  {one.where}: {one.what}")
    print(f"Heard in the hour from {start:%Y-%m-%d %H:%M} UTC:")
    for heard_hour in hours:
        print(
            f"  {heard_hour['brand']}, {heard_hour['account']}: {heard_hour['says']} "
            f"{heard_hour['looks']} looks, {heard_hour['new']} new."
        )
    if not hours:
        print("  No account is connected.")
