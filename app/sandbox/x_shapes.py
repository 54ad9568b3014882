"""How the sandbox network writes posts and users down: the JSON of X's API v2, only what was asked for."""

from collections.abc import Sequence
from typing import Any

from app.sandbox import accounts, entities, posts, x_problems
from app.sandbox.accounts import Account
from app.sandbox.posts import Post
from app.sandbox.store import Store, iso
from app.sandbox.x_parameters import Fields

Json = dict[str, Any]
_EXPANSION_FIELDS = {
    "author_id": "author_id",
    "in_reply_to_user_id": "in_reply_to_user_id",
    "referenced_tweets.id": "referenced_tweets",
    "referenced_tweets.id.author_id": "referenced_tweets",
    "entities.mentions.username": "entities",
}


def user(store: Store, account: Account, asked: frozenset[str]) -> Json:
    """A user: id, name and username always, the rest if asked for."""
    shape: Json = {"id": account.id, "name": account.name, "username": account.handle}
    if "created_at" in asked:
        shape["created_at"] = iso(account.created_ms)
    if "description" in asked:
        shape["description"] = account.bio
    if "verified" in asked:
        shape["verified"] = account.verified
    if "verified_type" in asked:
        shape["verified_type"] = ("business" if account.is_brand else "blue") if account.verified else "none"
    if "protected" in asked:
        shape["protected"] = False
    if "public_metrics" in asked:
        said = store.number("SELECT count(*) FROM post WHERE author_id = ? AND deleted = 0", account.id)
        shape["public_metrics"] = {
            "followers_count": account.followers,
            "following_count": account.following,
            "tweet_count": said,
            "listed_count": account.followers // 200,
            "like_count": 0,
        }
    return shape


def tweet(store: Store, post: Post, fields: Fields) -> Json:
    """A post: id, text and edit history always, the rest if asked for or needed by an expansion."""
    asked = fields.tweet | {_EXPANSION_FIELDS[name] for name in fields.expansions if name in _EXPANSION_FIELDS}
    text = _as_served(store, entities.shortened(post.text))
    shape: Json = {
        "id": str(post.id),
        "text": text,
        "edit_history_tweet_ids": [str(version) for version in posts.versions(store, post)],
    }
    cheap = {
        "author_id": post.author_id,
        "conversation_id": str(post.conversation_id),
        "created_at": iso(post.created_ms),
        "lang": post.lang,
        "reply_settings": post.reply_settings,
        "possibly_sensitive": False,
        "display_text_range": [post.display_from, len(text)],
    }
    shape |= {name: value for name, value in cheap.items() if name in asked}
    if "in_reply_to_user_id" in asked and (parent := _parent(store, post)):
        shape["in_reply_to_user_id"] = parent.author_id
    if "referenced_tweets" in asked and (references := referenced(post)):
        shape["referenced_tweets"] = [{"type": kind, "id": str(post_id)} for kind, post_id in references]
    if "public_metrics" in asked:
        shape["public_metrics"] = _metrics(store, post)
    if "entities" in asked and (found := _entities(store, text)):
        shape["entities"] = found
    if "note_tweet" in asked and entities.shortened(post.text) != post.text:
        whole = _as_served(store, post.text)
        in_it = _entities(store, whole) if "entities" in asked else {}
        shape["note_tweet"] = {"text": whole} | ({"entities": in_it} if in_it else {})
    return shape


def listing(store: Store, found: Sequence[Post], fields: Fields, errors: Sequence[Json] = ()) -> Json:
    """Several posts: data, what they refer to, and what is missing. Empty parts are left out, as on X."""
    body: Json = {}
    if found:
        body["data"] = [tweet(store, post, fields) for post in found]
    includes, missing = _includes(store, found, fields)
    if includes:
        body["includes"] = includes
    if problems := [*errors, *missing]:
        body["errors"] = problems
    return body


def referenced(post: Post) -> list[tuple[str, int]]:
    """What a post refers to, in X's words."""
    kinds = (("retweeted", post.repost_of), ("quoted", post.quote_of), ("replied_to", post.reply_to))
    return [(kind, post_id) for kind, post_id in kinds if post_id is not None]


def _includes(store: Store, found: Sequence[Post], fields: Fields) -> tuple[Json, list[Json]]:
    """What the posts refer to, as far as it was asked for, and an error for each that is gone."""
    users: dict[str, Account] = {}
    tweets: dict[int, Post] = {}
    errors: dict[int, Json] = {}
    for post in found:
        users |= {account.id: account for account in _people(store, post, fields.expansions)}
        others, gone = _others(store, post, fields.expansions)
        tweets |= {other.id: other for other in others}
        errors |= {post_id: x_problems.not_found("tweet", "referenced_tweets.id", str(post_id)) for post_id in gone}
    includes: Json = {}
    if users:
        includes["users"] = [user(store, account, fields.user) for account in users.values()]
    if tweets:
        includes["tweets"] = [tweet(store, post, fields) for post in tweets.values()]
    return includes, list(errors.values())


def _people(store: Store, post: Post, expansions: frozenset[str]) -> list[Account]:
    """The accounts a post leads to by these expansions."""
    ids: list[str] = []
    handles: list[str] = []
    if "author_id" in expansions:
        ids.append(post.author_id)
    if "in_reply_to_user_id" in expansions and (parent := _parent(store, post)):
        ids.append(parent.author_id)
    if "referenced_tweets.id.author_id" in expansions:
        others = (posts.get(store, post_id) for _, post_id in referenced(post))
        ids += [other.author_id for other in others if other and not other.deleted]
    if "entities.mentions.username" in expansions:
        handles = entities.handles(post.text)
    found = [accounts.by_id(store, each) for each in ids] + [accounts.by_handle(store, each) for each in handles]
    return [account for account in found if account]


def _others(store: Store, post: Post, expansions: frozenset[str]) -> tuple[list[Post], list[int]]:
    """The posts a post leads to by these expansions, and the ids of those that are gone."""
    ids: list[int] = []
    if expansions & {"referenced_tweets.id", "referenced_tweets.id.author_id"}:
        ids += [post_id for _, post_id in referenced(post)]
    if "edit_history_tweet_ids" in expansions:
        ids += posts.versions(store, post)
    found = {post_id: posts.get(store, post_id) for post_id in ids}
    standing = [other for other in found.values() if other and not other.deleted]
    return standing, [post_id for post_id, other in found.items() if other is None or other.deleted]


def _parent(store: Store, post: Post) -> Post | None:
    return posts.get(store, post.reply_to) if post.reply_to else None


def _metrics(store: Store, post: Post) -> Json:
    counted = posts.counts(store, post)
    return {
        "retweet_count": counted["repost_of"],
        "reply_count": counted["reply_to"],
        "like_count": 0,
        "quote_count": counted["quote_of"],
        "bookmark_count": 0,
        "impression_count": 0,
    }


def _as_served(store: Store, text: str) -> str:
    """The text as X serves it: links wrapped by its shortener, and the three characters of markup escaped."""
    end = 0
    served = ""
    for link in entities.links(text):
        served += _escaped(text[end : link.start]) + posts.short_address(store, link.value)
        end = link.end
    return served + _escaped(text[end:])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _entities(store: Store, served: str) -> Json:
    named = []
    for span in entities.mentions(served):
        account = accounts.by_handle(store, span.value)
        entry = {"start": span.start, "end": span.end, "username": account.handle if account else span.value}
        named.append(entry | ({"id": account.id} if account else {}))
    tags = [{"start": span.start, "end": span.end, "tag": span.value} for span in entities.hashtags(served)]
    urls = []
    for span in entities.links(served):
        written = store.remembered(span.value) or span.value
        full = written if "://" in written else f"http://{written}"
        urls.append(
            {"start": span.start, "end": span.end, "url": span.value, "expanded_url": full}
            | {"display_url": full.partition("://")[2][:30]}
        )
    found = {"mentions": named, "hashtags": tags, "urls": urls}
    return {name: entries for name, entries in found.items() if entries}
