"""How X writes posts down, in both of its spellings (tweet and post): pure, shared by its adapter and its reader."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.channels.base import OwnReply, Shown

TWEET_FIELDS = (
    "author_id",
    "conversation_id",
    "created_at",
    "entities",
    "in_reply_to_user_id",
    "lang",
    "note_tweet",
    "referenced_tweets",
    "reply_settings",
)
USER_FIELDS = ("name", "username", "public_metrics")
EXPANSIONS = ("author_id", "referenced_tweets.id", "referenced_tweets.id.author_id")

NOT_SUMMONED = "X lets an account answer only a post that mentions it, or quotes a post of its own."
RESTRICTED = "Its author lets only chosen people answer it."

Item = Mapping[str, Any]


def text_of(item: Item) -> str:
    """The whole text as its author sees it: the long form where there is one, markup characters as typed.

    Raises KeyError or TypeError when there is none.
    """
    text = (item.get("note_tweet") or item.get("note_post") or {}).get("text") or item["text"]
    if not isinstance(text, str):
        raise TypeError("text")
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def references(item: Item) -> dict[str, str]:
    """Ids of what the post refers to, by the kind of reference: replied_to, quoted, retweeted."""
    given = item.get("referenced_tweets") or item.get("referenced_posts") or []
    return {one.get("type"): str(one["id"]) for one in given}


def versions(item: Item) -> tuple[str, ...]:
    """Ids of all versions of the post, oldest first: each edit makes a new one."""
    given = item.get("edit_history_tweet_ids") or item.get("edit_history_post_ids") or []
    return tuple(sorted({str(one) for one in given}, key=lambda one: (len(one), one)))


def people_in(body: Item) -> dict[str, Item]:
    """The accounts that came along with an answer, by id."""
    return _by_id((body.get("includes") or {}).get("users") or [])


def others_in(body: Item) -> dict[str, Item]:
    """The posts that came along with an answer, by id."""
    includes = body.get("includes") or {}
    return _by_id(includes.get("tweets") or includes.get("posts") or [])


def _by_id(brought: Iterable[Any]) -> dict[str, Item]:
    """What came along, by id. What is no object with an id is passed over: no post of the answer may be lost by it."""
    return {str(one["id"]): one for one in brought if isinstance(one, dict) and one.get("id")}


def items_of(body: Item) -> list[Any]:
    """The posts that an answer is about: a list on most endpoints, one by itself on the stream and for one id."""
    data = body.get("data") or []
    if isinstance(data, dict):
        return [data]
    if not isinstance(data, list):
        raise TypeError("data")
    return data


def mentioned(item: Item) -> Iterator[str]:
    """Handles that the post names, also those that stand only in its long form."""
    long_form = item.get("note_tweet") or item.get("note_post") or {}
    for entities in (item.get("entities"), long_form.get("entities")):
        for one in (entities or {}).get("mentions") or []:
            if one.get("username"):
                yield str(one["username"])


def summons(item: Item, people: Mapping[str, Item], others: Mapping[str, Item]) -> tuple[str, ...]:
    """Handles, lower case, that X lets answer the post: those it mentions, and whom it quotes unless it is restricted.

    Accounts and posts are those that came along, by id.
    """
    called = {handle.lower() for handle in mentioned(item)}
    quoted = others.get(references(item).get("quoted", ""), {})
    whose = people.get(str(quoted.get("author_id")), {}).get("username")
    if whose and item.get("reply_settings") in {None, "everyone"}:
        called.add(str(whose).lower())
    return tuple(sorted(called))


def shown(body: Item, asked: Sequence[str], account_id: str, handle: str) -> dict[str, Shown]:
    """What an answer of X shows of the posts that were asked for, to an account with that id and handle.

    Raises KeyError, TypeError or AttributeError when a post cannot be read, or X neither shows it nor says that it is
    gone: what we fail to understand must not pass for deleted.
    """
    people, others = people_in(body), others_in(body)
    there = {str(item["id"]): item for item in items_of(body)}
    gone = {str(one.get("resource_id") or one.get("value")) for one in body.get("errors") or []}
    found = {each: Shown("gone") for each in asked if each in gone and each not in there}
    for each in asked:
        if each not in found:
            found[each] = _shown(there[each], people, others, account_id, handle)
    return found


def _shown(item: Item, people: Mapping[str, Item], others: Mapping[str, Item], account_id: str, handle: str) -> Shown:
    known = versions(item)
    newest = known[-1] if len(known) > 1 and known[-1] != str(item["id"]) else None
    why = ""
    if str(item.get("author_id")) != account_id and handle.lower() not in summons(item, people, others):
        why = NOT_SUMMONED if item.get("reply_settings") in {None, "everyone"} else RESTRICTED
    return Shown("closed" if why else "there", text_of(item), newest, why)


def own_replies(body: Item) -> Sequence[OwnReply]:
    """The answers among the posts of an account's own timeline."""
    found = []
    for item in items_of(body):
        target = references(item).get("replied_to")
        if target:
            found.append(OwnReply(str(item["id"]), target, text_of(item), datetime.fromisoformat(item["created_at"])))
    return found
