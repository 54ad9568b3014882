"""X's filtered stream: rules kept in step with what a brand listens for, and one connection that ends instead of dying.

tweepy asks for the rules and signs; the connection is read here, because tweepy's own loop reconnects at once and for
ever, and one bad line ends it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

import requests
import tweepy
from urllib3.exceptions import HTTPError

from app.channels import x_answers, x_line
from app.channels.base import Door, RateLimitedError, RefusedByNetworkError, SignedOutError, UnreachableError
from app.channels.x_line import API, UNREADABLE, Host, body_of

SILENCE = 30.0
"""Seconds without a byte after which the line counts as dead; X sends an empty line every 20."""
LONGEST = 2 * 1024 * 1024
"""Bytes of one line; of a longer one its beginning is handed on, to be put aside as unreadable."""
_TAG = "peerline/"
_READ = 65536


def stream(door: Door, queries: Sequence[str]) -> Iterator[str]:
    """See the contract. What other rules of the same app bring is not handed on."""
    token = door.keys.get("bearer_token")
    if not token:
        raise RefusedByNetworkError("X opens its stream only to an app's own token, which this account does not have.")
    client = tweepy.StreamingClient(token, return_type=requests.Response, wait_on_rate_limit=False)
    client.session.mount(API, Host(door.base_url or API, (x_line.TIMEOUTS[0], SILENCE)))
    client.session.headers["Accept-Encoding"] = "identity"  # a compressed stream hands nothing over until it is full
    with closing(client.session):
        ours = _keep_rules(door, client, queries)
        with closing(_opened(door, client)) as answer:
            yield ""
            for line in _lines(answer):
                if not line:
                    yield ""
                elif not _is_ours(line, ours):
                    continue
                elif _hangs_up(line):
                    return
                else:
                    yield line


def _keep_rules(door: Door, client: tweepy.StreamingClient, queries: Sequence[str]) -> frozenset[str]:
    """Add the rules that are missing and delete those that nobody asks for any more; ids of the account's own rules.

    Only rules with the account's own tag are touched: an app may serve other accounts, and other programs.
    """
    tag = _TAG + door.external_id
    wanted = dict.fromkeys([f"@{door.handle} -is:retweet", *queries])
    standing = {rule["value"]: str(rule["id"]) for rule in _rules(door, client) if rule.get("tag") == tag}
    missing = [tweepy.StreamRule(value=value, tag=tag) for value in wanted if value not in standing]
    stale = [standing.pop(value) for value in list(standing) if value not in wanted]
    if stale:
        _ask(door, "rules", lambda: client.delete_rules(stale))
    if missing:
        made = _ask(door, "rules", lambda: client.add_rules(missing))
        standing |= {rule["value"]: str(rule["id"]) for rule in made.get("data") or []}
    if refused := [value for value in wanted if value not in standing]:
        raise RefusedByNetworkError(f"X does not take this as a rule of its stream: {refused[0]}")
    return frozenset(standing.values())


def _rules(door: Door, client: tweepy.StreamingClient) -> list[Mapping[str, Any]]:
    answer = _ask(door, "rules", client.get_rules)
    return [rule for rule in answer.get("data") or [] if isinstance(rule, dict) and "value" in rule and "id" in rule]


def _ask(door: Door, kind: str, call: Any) -> Mapping[str, Any]:
    try:
        return body_of(x_line.ask(door.meter, kind, call))
    except SignedOutError as error:
        raise RefusedByNetworkError("X does not take the app's token for its stream.") from error
    except ValueError as error:
        raise UnreachableError(UNREADABLE) from error


def _opened(door: Door, client: tweepy.StreamingClient) -> requests.Response:
    """The open connection.

    Raises:
        RateLimitedError: X counts too many connections; the time it names is kept to.
        RefusedByNetworkError: trying again by itself would not help: the token, the plan, or no rules at all.
        UnreachableError: no connection came about, X is in trouble, or somebody else holds the app's one line.

    """
    door.meter.spend("stream")
    params = {
        "tweet.fields": ",".join(x_answers.TWEET_FIELDS),
        "user.fields": ",".join(x_answers.USER_FIELDS),
        "expansions": ",".join(x_answers.EXPANSIONS),
    }
    headers = {"Authorization": f"Bearer {client.bearer_token}"}
    try:
        answer: requests.Response = client.session.get(
            f"{API}/2/tweets/search/stream", params=params, headers=headers, stream=True
        )
    except requests.RequestException as error:
        raise UnreachableError("X's stream cannot be reached.") from error
    if answer.ok:
        x_line.tell(door.meter, "stream", answer)
        return answer
    with closing(answer):
        refused = x_line.in_our_words(answer, "")
        if "TooManyConnections" in answer.text:  # it is told as 429, and has nothing to do with any count of calls
            raise UnreachableError("The one line that X gives an app for its stream is in use.")
    x_line.tell(door.meter, "stream", answer)
    if isinstance(refused, RateLimitedError):
        raise refused
    if answer.status_code >= requests.codes.server_error:
        raise UnreachableError(f"X's stream answered {answer.status_code}.")
    raise RefusedByNetworkError(f"X does not open its stream to this app (it answered {answer.status_code}).")


def _lines(answer: requests.Response) -> Iterator[str]:
    """Every line as text, as soon as it is whole; "" for an empty one. Ends when the line is cut or goes silent."""
    kept = b""
    skipping = False
    try:
        while piece := answer.raw.read1(_READ, decode_content=True):
            *whole, kept = (kept + piece).split(b"\n")
            for line in whole:
                if not skipping:
                    yield line.strip().decode("utf-8", "replace")
                skipping = False
            if len(kept) > LONGEST and not skipping:
                yield kept[:LONGEST].decode("utf-8", "replace")
                skipping = True
            kept = b"" if skipping else kept
    except (requests.RequestException, HTTPError, OSError):
        return


def _is_ours(line: str, ours: frozenset[str]) -> bool:
    """Whether one of our rules brought it; what cannot be read may be ours."""
    try:
        rules = json.loads(line)["matching_rules"]
        return not rules or any(str(rule["id"]) in ours for rule in rules)
    except (ValueError, KeyError, TypeError, RecursionError):
        return True


def _hangs_up(line: str) -> bool:
    """Whether it is X's word that it closes the connection, with no post in it."""
    try:
        said = json.loads(line)
        return "data" not in said and bool(said["errors"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return False
