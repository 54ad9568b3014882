"""The network's two spellings: callers that ask in the newer words ("post") are understood and answered in them."""

from typing import Any

from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.wrappers import Request

_PARAMETER = "post.fields"
# The first of several words is the one an answer is given in.
_OLDER = {
    "edit_history_post_ids": "edit_history_tweet_ids",
    "note_post": "note_tweet",
    "referenced_posts": "referenced_tweets",
}
_EXPANSIONS = _OLDER | {"referenced_posts": "referenced_tweets.id"}
_NEWER = {older: newer for newer, older in _OLDER.items()} | {
    "tweets": "posts",
    "tweet_count": "post_count",
    "retweet_count": "repost_count",
}
_OLD_PROBLEMS, _NEW_PROBLEMS = "https://api.twitter.com/2/problems/", "https://api.x.com/2/problems/"


def in_older_words(request: Request) -> bool:
    """Whether the caller asks in the older words; if not, its question is put into them."""
    if _PARAMETER not in request.args:
        return True
    asked: MultiDict[str, str] = MultiDict(request.args)
    # What a post refers to, and who wrote it, are no fields in the newer words: they come by themselves.
    fields = [_OLDER.get(name, name) for name in asked.pop(_PARAMETER, "").split(",")]
    asked["tweet.fields"] = ",".join([*fields, "author_id", "referenced_tweets", "in_reply_to_user_id"])
    if "expansions" in asked:
        asked["expansions"] = ",".join(_EXPANSIONS.get(name, name) for name in asked["expansions"].split(","))
    request.args = ImmutableMultiDict(asked)
    return False


def in_newer_words(said: Any) -> Any:
    """An answer in the newer words."""
    if isinstance(said, dict):
        return {_NEWER.get(name, name): _problem(in_newer_words(value)) for name, value in said.items()}
    return [in_newer_words(each) for each in said] if isinstance(said, list) else said


def _problem(value: Any) -> Any:
    return value.replace(_OLD_PROBLEMS, _NEW_PROBLEMS) if isinstance(value, str) else value
