"""What searches and stream rules see of a post on the sandbox network, and how a search goes through them."""

from app.sandbox import accounts, posts, search_query
from app.sandbox.posts import Post, Span
from app.sandbox.search_query import Subject
from app.sandbox.store import Store

_CHUNK = 500


def found(store: Store, matches: search_query.Test, span: Span, count: int) -> list[Post]:
    """At most `count` posts of the span that match, newest first."""
    shown: list[Post] = []
    people: dict[str, str] = {}
    while len(shown) < count:
        chunk = posts.everything(store, span, _CHUNK)
        shown += [post for post in chunk if matches(subject(store, post, people))]
        if len(chunk) < _CHUNK:
            break
        span = Span(span.since_id, chunk[-1].id, span.start_ms, span.end_ms)
    return shown[:count]


def subject(store: Store, post: Post, people: dict[str, str]) -> Subject:
    """What a query sees of a post; `people` remembers handles by id over one search."""

    def handle_of(account_id: str) -> str:
        if account_id not in people:
            account = accounts.by_id(store, account_id)
            people[account_id] = account.handle.lower() if account else ""
        return people[account_id]

    parent = posts.get(store, post.reply_to) if post.reply_to else None
    return Subject(
        text=post.text,
        author=handle_of(post.author_id),
        answered=handle_of(parent.author_id) if parent else "",
        conversation_id=post.conversation_id,
        lang=post.lang,
        is_reply=post.reply_to is not None,
        is_repost=post.repost_of is not None,
        is_quote=post.quote_of is not None,
    )
