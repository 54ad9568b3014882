"""People who live on a running Bluesky network, and use its own client; imported where such a network runs."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from atproto import Client, models
from atproto.exceptions import BadRequestError

from app.supervise import wait_until
from tests.channels.bluesky_net import NO_LIMITS

POSTS = "app.bsky.feed.post"
HISTORY = timedelta(seconds=60)
"""How long ago people here begin to write, a second apart, so that no test waits for time to pass."""
T = TypeVar("T")


@dataclass(frozen=True)
class Network:
    """A running network."""

    url: str
    """The address of the data server on which everybody here lives."""

    def person(self, name: str) -> Person:
        """Somebody new, whose handle begins with this name."""
        client = Client(self.url)
        client.request.set_additional_headers({"x-ratelimit-bypass": NO_LIMITS})
        handle = f"{name}-{secrets.token_hex(4)}.test"
        made = client.com.atproto.server.create_account(
            models.ComAtprotoServerCreateAccount.Data(email=f"{handle}@mail.example", handle=handle, password=handle)
        )
        client.login(handle, handle, fetch_bsky_profile=False)
        client.update_base_url(self.url)  # by address: the directory knows it by name
        person = Person(client, handle, made.did)
        until_seen(person.is_known)
        return person


@dataclass
class Person:
    """Somebody with an account, who uses Bluesky's own client. Later posts have later times."""

    client: Client
    handle: str
    did: str
    _written: datetime = field(default_factory=lambda: datetime.now(UTC) - HISTORY)

    def begin_again(self) -> None:
        """What is written from now on is later than anything that was."""
        self._written = datetime.now(UTC) - HISTORY

    def is_known(self) -> bool:
        """Whether the AppView knows the account."""
        return bool(self.client.get_profile(self.did).did)

    def says(self, words: str, *, reply_to: str | None = None, quoting: str | None = None) -> str:
        """Post, as people do, and wait until everybody sees it; the post's address."""
        self._written += timedelta(seconds=1)
        record = models.AppBskyFeedPost.Record(
            text=words,
            created_at=self._written.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            facets=self.client.detect_facets(words) or None,
            reply=self._reply_to(reply_to) if reply_to else None,
            embed=models.AppBskyEmbedRecord.Main(record=self._strong(quoting)) if quoting else None,
        )
        uri = str(self.client.app.bsky.feed.post.create(self.did, record).uri)
        until_seen(lambda: self.sees(uri))
        return uri

    def sees(self, uri: str) -> str | None:
        """The words of a post as this person sees it in the thread; None where it is not shown."""
        try:
            view = self.client.get_post_thread(uri, depth=0, parent_height=0).thread
        except BadRequestError:  # not found
            return None
        return str(view.post.record.text) if hasattr(view, "post") else None

    def sees_under(self, uri: str) -> list[Any]:
        """The posts right under that one, oldest first, as this person sees them."""
        replies = self.client.get_post_thread(uri, depth=1, parent_height=0).thread.replies or []
        return sorted((view.post for view in replies if hasattr(view, "post")), key=lambda post: post.indexed_at)

    def sees_of(self, somebody: Person, under: str) -> list[Any]:
        """What somebody said right under that post, once it is all that their server has of it."""
        refs = models.ComAtprotoRepoListRecords.Params(repo=somebody.did, collection=POSTS, limit=100)
        records = somebody.client.com.atproto.repo.list_records(refs).records
        written = {each.uri for each in records if each.value.reply and each.value.reply.parent.uri == under}

        def all_of_it() -> list[list[Any]]:
            try:
                seen = [post for post in self.sees_under(under) if post.author.did == somebody.did]
            except BadRequestError:  # the post above was deleted
                seen = []
            return [seen] if {post.uri for post in seen} == written else []

        return until_seen(all_of_it)[0]

    def waits_to_see(self, uri: str) -> None:
        """Until a post is shown to this person."""
        until_seen(lambda: self.sees(uri) is not None)

    def waits_to_be_told_of(self, uri: str) -> None:
        """Until a post is among this person's notifications."""
        listing = self.client.app.bsky.notification.list_notifications
        until_seen(lambda: uri in {each.uri for each in listing().notifications})

    def has_said(self) -> list[str]:
        """Every post of this person, in words, as their own server has it."""
        asked = models.ComAtprotoRepoListRecords.Params(repo=self.did, collection=POSTS, limit=100)
        return [str(each.value.text) for each in self.client.com.atproto.repo.list_records(asked).records]

    def waits_until_hidden(self, uri: str) -> None:
        """Until a post is no longer among those that this person may list."""
        until_seen(lambda: not self.client.get_posts([uri]).posts)

    def waits_until_closed(self, uri: str) -> None:
        """Until this person may not reply to that post."""
        until_seen(lambda: any(post.viewer.reply_disabled for post in self.client.get_posts([uri]).posts))

    def changes(self, uri: str, words: str) -> None:
        """Put other words into a post of their own."""
        did, name = uri.removeprefix("at://").split("/")[0::2]
        old = self.client.com.atproto.repo.get_record(
            models.ComAtprotoRepoGetRecord.Params(repo=did, collection=POSTS, rkey=name)
        ).value
        old.text, old.facets = words, self.client.detect_facets(words) or None
        self.client.com.atproto.repo.put_record(
            models.ComAtprotoRepoPutRecord.Data(repo=did, collection=POSTS, rkey=name, record=old)
        )
        until_seen(lambda: self.sees(uri) == words)

    def deletes(self, uri: str) -> None:
        """Delete a post of their own, and wait until nobody sees it."""
        self.client.delete_post(uri)
        until_seen(lambda: self.sees(uri) is None)

    def lets_nobody_reply(self, uri: str) -> None:
        """Close the replies of a post of their own."""
        gate = models.AppBskyFeedThreadgate.Record(post=uri, created_at=self.client.get_current_time_iso(), allow=[])
        self.client.app.bsky.feed.threadgate.create(self.did, gate, rkey=uri.rpartition("/")[2])

    def blocks(self, did: str) -> None:
        """Block somebody."""
        block = models.AppBskyGraphBlock.Record(subject=did, created_at=self.client.get_current_time_iso())
        self.client.app.bsky.graph.block.create(self.did, block)

    def passes_on(self, uri: str) -> None:
        """Repost somebody's post."""
        repost = models.AppBskyFeedRepost.Record(
            subject=self._strong(uri), created_at=self.client.get_current_time_iso()
        )
        self.client.app.bsky.feed.repost.create(self.did, repost)

    def app_password(self) -> str:
        """A password for one program, as the settings of the account give it."""
        asked = models.ComAtprotoServerCreateAppPassword.Data(name=f"peerline {secrets.token_hex(3)}")
        return str(self.client.com.atproto.server.create_app_password(asked).password)

    def revokes_app_passwords(self) -> None:
        """Take back what was given to programs."""
        for each in self.client.com.atproto.server.list_app_passwords().passwords:
            data = models.ComAtprotoServerRevokeAppPassword.Data(name=each.name)
            self.client.com.atproto.server.revoke_app_password(data)

    def _reply_to(self, uri: str) -> models.AppBskyFeedPost.ReplyRef:
        parent = self._strong(uri)
        above = self._post(uri).record.reply
        return models.AppBskyFeedPost.ReplyRef(parent=parent, root=above.root if above else parent)

    def _strong(self, uri: str) -> models.ComAtprotoRepoStrongRef.Main:
        return models.ComAtprotoRepoStrongRef.Main(uri=uri, cid=self._post(uri).cid)

    def _post(self, uri: str) -> Any:
        return until_seen(lambda: self.client.get_posts([uri]).posts)[0]


def until_seen(look: Callable[[], T], seconds: float = 90) -> T:
    """What `look` finds, once it finds something: what everybody sees is a moment behind what was written."""
    found: list[T] = []

    def there() -> bool:
        try:
            found[:] = [look()]
        except BadRequestError:  # not known yet
            return False
        return bool(found[0])

    wait_until(there, timeout=seconds)
    return found[0]
