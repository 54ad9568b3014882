"""What a caller may ask of the sandbox network's API: every query parameter read, checked and refused as X does."""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.sandbox import x_problems
from app.sandbox.posts import Span
from app.sandbox.store import to_ms

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
ID = re.compile(r"[0-9]{1,19}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z")


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


# The names X knows. Those this network holds nothing for are accepted and stay absent, as they do on X.
TWEET_FIELDS = _words(
    "article attachments author_id card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls edit_history_tweet_ids entities geo id in_reply_to_user_id lang media_metadata "
    "non_public_metrics note_tweet organic_metrics possibly_sensitive promoted_metrics public_metrics "
    "referenced_tweets reply_settings scopes source suggested_source_links suggested_source_links_with_counts text "
    "withheld"
)
USER_FIELDS = _words(
    "affiliation confirmed_email connection_status created_at description entities id is_identity_verified location "
    "most_recent_tweet_id name parody pinned_tweet_id profile_banner_url profile_image_url protected public_metrics "
    "receives_your_dm subscription subscription_type url username verified verified_followers_count verified_type "
    "withheld"
)
EXPANSIONS = _words(
    "article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet "
    "attachments.poll_ids author_id edit_history_tweet_ids entities.mentions.username entities.note.mentions.username "
    "geo.place_id in_reply_to_user_id referenced_tweets.id referenced_tweets.id.attachments.media_keys "
    "referenced_tweets.id.author_id"
)
USER_EXPANSIONS = frozenset(("affiliation.user_id", "most_recent_tweet_id", "pinned_tweet_id"))

USER_SHAPE = frozenset(("user.fields", "tweet.fields", "expansions"))
TWEET_SHAPE = USER_SHAPE | {"media.fields", "poll.fields", "place.fields"}
LIST = TWEET_SHAPE | {"since_id", "until_id", "start_time", "end_time", "max_results", "pagination_token"}


@dataclass(frozen=True, slots=True)
class Fields:
    """Which parts of posts and users the caller asked for beyond the default ones."""

    tweet: frozenset[str]
    user: frozenset[str]
    expansions: frozenset[str]


@dataclass(frozen=True, slots=True)
class Page:
    """Which stretch of a list, and how many at most."""

    span: Span
    max_results: int


def fields(query: Mapping[str, str], *, of_users: bool = False) -> Fields:
    """The asked-for fields and expansions. Raises the network's 400 for a name X does not know."""
    return Fields(
        tweet=_names(query, "tweet.fields", TWEET_FIELDS),
        user=_names(query, "user.fields", USER_FIELDS),
        expansions=_names(query, "expansions", USER_EXPANSIONS if of_users else EXPANSIONS),
    )


def known_only(query: Mapping[str, str], known: frozenset[str]) -> None:
    """Raises the network's 400 for a parameter the endpoint does not have."""
    for name, value in query.items():
        if name not in known:
            names = ",".join(sorted(known))
            raise x_problems.invalid(name, value, f"The query parameter [{name}] is not one of [{names}]")


def page(query: Mapping[str, str], *, lowest: int, default: int) -> Page:
    """The asked-for stretch. Raises the network's 400 for numbers, ids, times or tokens out of form."""
    max_results = _whole(query, "max_results", lowest, 100, default)
    token = query.get("pagination_token") or query.get("next_token")
    until_id = _id(query, "until_id")
    if token is not None:
        behind = _from_token(token)
        until_id = behind if until_id is None else min(until_id, behind)
    span = Span(_id(query, "since_id"), until_id, _moment(query, "start_time"), _moment(query, "end_time"))
    return Page(span, max_results)


def ids(query: Mapping[str, str]) -> list[int]:
    """The 1 to 100 ids of a look-up, each once, in order."""
    given = [part for part in query.get("ids", "").split(",") if part]
    if not 1 <= len(given) <= 100:  # noqa: PLR2004 - the look-up's published size
        raise x_problems.invalid("ids", query.get("ids", ""), "The `ids` query parameter needs 1 to 100 values")
    return list(dict.fromkeys(checked_id("ids", part) for part in given))


def checked_id(name: str, value: str) -> int:
    """The id as a number. Raises the network's 400 when it is none."""
    if not ID.fullmatch(value) or int(value) >= 1 << 63:
        message = f"The `{name}` query parameter value [{value}] does not match ^[0-9]{{1,19}}$"
        raise x_problems.invalid(name, value, message)
    return int(value)


def next_token(last_id: int) -> str:
    """An opaque word for "what comes after this post" (base 36, as X calls its own)."""
    digits = ""
    while last_id:
        last_id, rest = divmod(last_id, 36)
        digits = _ALPHABET[rest] + digits
    return "b26v" + digits


def _from_token(token: str) -> int:
    digits = token.removeprefix("b26v")
    if digits == token or not re.fullmatch(r"[0-9a-z]{1,13}", digits):
        message = f"The `pagination_token` query parameter value [{token}] is not valid"
        raise x_problems.invalid("pagination_token", token, message)
    return min(int(digits, 36), (1 << 63) - 1)


def _names(query: Mapping[str, str], parameter: str, known: frozenset[str]) -> frozenset[str]:
    asked = frozenset(name for name in query.get(parameter, "").split(",") if name)
    for name in sorted(asked - known):
        message = f"The `{parameter}` query parameter value [{name}] is not one of [{','.join(sorted(known))}]"
        raise x_problems.invalid(parameter, name, message)
    return asked


def _whole(query: Mapping[str, str], name: str, lowest: int, highest: int, default: int) -> int:
    value = query.get(name)
    if value is None:
        return default
    if not re.fullmatch(r"[0-9]{1,9}", value) or not lowest <= int(value) <= highest:
        message = f"The `{name}` query parameter value [{value}] is not between {lowest} and {highest}"
        raise x_problems.invalid(name, value, message)
    return int(value)


def _id(query: Mapping[str, str], name: str) -> int | None:
    return checked_id(name, query[name]) if name in query else None


def _moment(query: Mapping[str, str], name: str) -> int | None:
    value = query.get(name)
    if value is None:
        return None
    with contextlib.suppress(ValueError):  # in form, yet no day of the calendar
        if _TIME.fullmatch(value):
            return to_ms(datetime.fromisoformat(value))
    message = f"The `{name}` query parameter value [{value}] is not a valid RFC3339 date-time"
    raise x_problems.invalid(name, value, message)
