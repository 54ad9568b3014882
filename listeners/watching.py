"""What a brand listens for besides what is addressed to it: kept per network, tried out on posts, obeyed at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.brands import editing, queries
from app.channels.accounts import AccountView
from app.channels.base import Post
from app.kernel import audit, clock
from app.kernel.db import current_brand, session
from app.kernel.errors import RefusedError
from listeners.hear import Item, NotOurs
from listeners.models import Watch
from listeners.queries import EVERY_NETWORK, HeardView, recently_heard, watch_lines
from listeners.rules.matching import MOST_LINES, BadLineError, Found, Rule, match, read, read_all


@dataclass(frozen=True, slots=True)
class Tried:
    """A post that was heard, and what the words that are tried out make of it."""

    post: HeardView
    found: Found | None


def save(typed: Mapping[str, Sequence[str]], *, by: int | None, seen: str) -> None:
    """Keep these lines, by network or EVERY_NETWORK. The next look at each network goes by them.

    Raises:
        RefusedError: a line that is no rule, or too many of them; the sentence names the line.
        ConflictError: somebody changed the words since `seen`.

    """
    checked = {channel: _checked(lines) for channel, lines in typed.items()}
    editing.locked()
    before = watch_lines()
    editing.refuse_if_changed(seen, before)
    at = clock.now()
    rows = {row.channel: row for row in session.execute(select(Watch)).scalars()}
    for channel, lines in checked.items():
        row = rows.get(channel)
        if row is None:
            row = Watch(brand_id=current_brand(), channel=channel)
            session.add(row)
        row.lines, row.updated_by, row.updated_at = lines, by, at
    session.flush()
    counts = {channel: len(lines) for channel, lines in checked.items()}
    audit.record(current_brand(), by, "brand.watch", f"brand:{current_brand()}", lines=counts)


def try_out(typed: Mapping[str, Sequence[str]]) -> tuple[Tried, ...]:
    """What these lines would make of the posts heard last, newest first.

    Raises:
        RefusedError: as `save`.

    """
    checked = {channel: _checked(lines) for channel, lines in typed.items()}
    rules: dict[str, tuple[Rule, ...]] = {}
    found = []
    for post in recently_heard():
        if post.channel not in rules:
            rules[post.channel] = read_all([*checked.get(EVERY_NETWORK, ()), *checked.get(post.channel, ())])
        found.append(Tried(post, match(rules[post.channel], post.text)))
    return tuple(found)


def rules_for(account: AccountView) -> tuple[Rule, ...]:
    """What an account listens for now: its brand's words for this network and for all, and its further handles."""
    kept = watch_lines()
    handles = [f"@{handle}" for handle in queries.brand(account.brand_id).handles]
    return read_all([*kept.get(EVERY_NETWORK, ()), *kept.get(account.channel, ()), *handles])


def only_ours(items: Iterable[Item], account: AccountView, rules: Sequence[Rule]) -> Iterator[Item]:
    """What a search brought: posts that address the account or match a rule, and the others as not ours."""
    for item in items:
        is_stranger = isinstance(item, Post) and account.handle.lower() not in item.summons
        yield NotOurs(item) if is_stranger and isinstance(item, Post) and match(rules, item.text) is None else item


def _checked(lines: Sequence[str]) -> list[str]:
    """The lines without empty and doubled ones, each read once to see that it is a rule."""
    kept = list(dict.fromkeys(plain for line in lines if (plain := " ".join(line.split()))))
    if len(kept) > MOST_LINES:
        raise RefusedError(f"At most {MOST_LINES} lines fit on one network. Shorten the list.")
    for line in kept:
        try:
            read(line)
        except BadLineError as error:
            raise RefusedError(f"The line “{line[:60]}”: {error}") from None
    return kept
