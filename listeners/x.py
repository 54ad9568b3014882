"""Our watch words → X's queries; X's JSON → posts: pure, forgiving of fields that are new, missing or spelled anew."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from app.channels import x_answers
from app.channels.base import Post
from listeners.hear import ANSWER, Unreadable
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
    """Every item of one answer of X or of one line of its stream, readable or not.

    An answer that is no JSON is one unreadable item.
    """
    try:
        body = json.loads(raw)
        items, people, others = x_answers.items_of(body), x_answers.people_in(body), x_answers.others_in(body)
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        yield Unreadable(ANSWER, raw, "X's answer is not the JSON it should be.")
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
    refers = x_answers.references(item)
    first = next(iter(x_answers.versions(item)), external_id)
    return Post(
        channel=CHANNEL,
        external_id=external_id,
        thread=str(item.get("conversation_id") or external_id),
        in_reply_to=refers.get("replied_to"),
        author_id=author_id,
        author_handle=str(author.get("username") or author_id),
        author_name=str(author.get("name") or author.get("username") or ""),
        author_followers=int((author.get("public_metrics") or {}).get("followers_count") or 0),
        text=x_answers.text_of(item),
        posted_at=datetime.fromisoformat(item["created_at"]),
        kind="repost" if "retweeted" in refers else "post",
        summons=x_answers.summons(item, people, others),
        edit_of=first if first != external_id else None,
    )
