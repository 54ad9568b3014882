"""Posts as Plaza shows them: each with its author, its time, its pieces, and its place in the thread."""

from dataclasses import dataclass, replace

from app.sandbox import accounts, page_text, posts
from app.sandbox.accounts import Account
from app.sandbox.page_text import Piece
from app.sandbox.posts import Post
from app.sandbox.store import Store, iso

DEEPEST = 3
_HUES = 6


@dataclass(frozen=True, slots=True)
class Face:
    """An account as it is drawn: name without acting characters, first letter, one of six colours."""

    handle: str
    name: str
    bio: str
    initial: str
    hue: int
    is_brand: bool
    followers: int


@dataclass(frozen=True, slots=True)
class Card:
    """One post as the pages show it; `depth` is its indentation, `latest` the brand's newest answer beside it."""

    id: int
    conversation_id: int
    face: Face
    lang: str
    pieces: list[Piece]
    signature: str
    written: str
    ago: str
    answering: str
    quoted: "Card | None"
    replies: int
    depth: int
    deleted: bool
    edited: bool
    mine: bool
    latest: "Card | None" = None


def face(account: Account) -> Face:
    """How an account is drawn."""
    name = page_text.plain(account.name).strip() or account.handle
    return Face(
        handle=account.handle,
        name=name,
        bio=page_text.plain(account.bio),
        initial=name[0].upper(),
        hue=sum(account.handle.lower().encode()) % _HUES,
        is_brand=account.is_brand,
        followers=account.followers,
    )


def card(store: Store, post: Post, me: Account | None, *, depth: int = 0, with_quote: bool = True) -> Card:
    """One post, with the post it quotes."""
    author = accounts.by_id(store, post.author_id)
    if author is None:
        raise LookupError(post.author_id)
    typed, signature = page_text.without_signature(post, of_brand=author.is_brand)
    quoted = posts.get(store, post.quote_of) if post.quote_of and with_quote else None
    parent = posts.get(store, post.reply_to) if post.reply_to else None
    answered = accounts.by_id(store, parent.author_id) if parent else None
    return Card(
        id=post.id,
        conversation_id=post.conversation_id,
        face=face(author),
        lang=post.lang,
        pieces=page_text.pieces(store, typed),
        signature=page_text.plain(signature),
        written=iso(post.created_ms),
        ago=page_text.ago((store.now_ms() - post.created_ms) / 1000),
        answering=answered.handle if answered and answered.id != author.id else "",
        quoted=card(store, quoted, me, with_quote=False) if quoted and not quoted.deleted else None,
        replies=posts.counts(store, post)["reply_to"],
        depth=min(depth, DEEPEST),
        deleted=post.deleted,
        edited=post.id != post.first_id,
        mine=me is not None and me.id == author.id,
    )


def thread(store: Store, conversation_id: int, me: Account | None) -> list[Card]:
    """A whole thread, every reply right below what it answers; deleted posts stay as gaps above their answers."""
    found = posts.conversation(store, conversation_id)
    chains = posts.chains(store, conversation_id)
    answers: dict[int | None, list[Post]] = {}
    for post in found:
        parent = chains.get(post.reply_to) if post.reply_to else None
        answers.setdefault(parent, []).append(post)

    shown: list[Card] = []
    waiting = [(post, 0) for post in reversed(answers.get(None, []))]
    while waiting:
        post, depth = waiting.pop()
        below = answers.get(post.first_id, [])
        if not post.deleted or below:
            shown.append(card(store, post, me, depth=depth))
        waiting += [(answer, depth + 1) for answer in reversed(below)]
    return shown


def timeline(store: Store, before: int | None, count: int, me: Account | None) -> list[Card]:
    """The newest threads, each with its first post and the brand's newest answer."""
    return [_with_answer(store, post, me) for post in posts.threads(store, before, count)]


def _with_answer(store: Store, first: Post, me: Account | None) -> Card:
    whole = [post for post in posts.conversation(store, first.conversation_id) if not post.deleted]
    brands = {account.id for account in accounts.everyone(store, "brand")}
    answers = [post for post in whole if post.author_id in brands and post.reply_to]
    latest = card(store, answers[-1], me) if answers else None
    return replace(card(store, first, me), replies=len(whole) - 1, latest=latest)
