"""Our watch words → X's queries; X's JSON → posts: pure, forgiving of fields that are new, missing or spelled anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from app.channels.base import Post
from listeners.hear import Unreadable
from listeners.rules.matching import Rule, holds_back_a_word

CHANNEL = "x"
MOST_QUERY = 512
_WITHOUT = " -is:retweet"
_PLAIN = re.compile(r"[@#]?\w+", re.ASCII)


def queries_of(rules: Iterable[Rule]) -> tuple[str, ...]:
    """The searches that bring everything the rules may match, each within X's length; our own rules decide again.

    Unwanted phrases that hold a wanted word stay out: X would turn down posts that say it elsewhere too.
    """
    queries: list[str] = []
    room = MOST_QUERY - len(_WITHOUT) - 2
    for rule in rules:
        one = _clause(rule, room)
        if queries and len(queries[-1]) + len(" OR ") + len(one) <= room:
            queries[-1] += f" OR {one}"
        else:
            queries.append(one)
    return tuple(f"({query}){_WITHOUT}" for query in queries)


def _clause(rule: Rule, room: int) -> str:
    """The rule in X's words; where it is too long, fewer of them, which bring more and never less."""
    unwanted = [term for term in rule.unwanted if not holds_back_a_word(rule, term)]
    words = [_said(term.shown) for term in rule.wanted] + [f"-{_said(term.shown)}" for term in unwanted]
    while len(words) > 1 and len(" ".join(words)) + 2 > room:
        words.pop()
    return f"({' '.join(words)})" if len(words) > 1 else words[0]


def _said(shown: str) -> str:
    return shown if _PLAIN.fullmatch(shown) else f'"{shown}"'


def read_page(raw: str) -> Iterator[Post | Unreadable]:
    """Every item of one answer of X, readable or not; an answer that is no JSON is one unreadable item."""
    try:
        body = json.loads(raw)
        items, includes = list[Any](body.get("data") or []), body.get("includes") or {}
        people = {str(user["id"]): user for user in includes.get("users") or []}
        others = {str(post["id"]): post for post in includes.get("tweets") or includes.get("posts") or []}
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        yield Unreadable("answer", raw, "X's answer is not the JSON it should be.")
        return
    for number, item in enumerate(items, start=1):
        try:
            yield read_post(item, people, others)
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError) as error:
            reason = f"The post cannot be read: {type(error).__name__} {error}."
            yield Unreadable(f"item {number}", json.dumps(item, ensure_ascii=False), reason)


def read_post(item: Mapping[str, Any], people: Mapping[str, Any], others: Mapping[str, Any]) -> Post:
    """One post. Raises KeyError, ValueError or TypeError when what makes a post a post is missing."""
    external_id, author_id = str(item["id"]), str(item["author_id"])
    author = people.get(author_id) or {}
    related = item.get("referenced_tweets") or item.get("referenced_posts") or []
    by_type = {one.get("type"): str(one["id"]) for one in related}
    quoted = others.get(by_type.get("quoted", ""), {})
    quoted_author = people.get(str(quoted.get("author_id")), {}).get("username")
    mentioned = [one.get("username", "") for one in (item.get("entities") or {}).get("mentions") or []]
    summons = {handle.lower() for handle in [*mentioned, quoted_author] if handle}
    text = (item.get("note_tweet") or item.get("note_post") or {}).get("text") or item["text"]
    if not isinstance(text, str):
        raise TypeError("text")
    return Post(
        channel=CHANNEL,
        external_id=external_id,
        thread=str(item.get("conversation_id") or external_id),
        in_reply_to=by_type.get("replied_to"),
        author_id=author_id,
        author_handle=str(author.get("username") or author_id),
        author_name=str(author.get("name") or author.get("username") or ""),
        author_followers=int((author.get("public_metrics") or {}).get("followers_count") or 0),
        text=text,
        posted_at=datetime.fromisoformat(item["created_at"]),
        kind="repost" if "retweeted" in by_type else "post",
        summons=tuple(sorted(summons)),
    )
