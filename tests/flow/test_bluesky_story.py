"""The whole loop on Bluesky's own servers: a customer asks, is answered, writes on, and is forgotten when they wish."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from app.channels import accounts
from app.channels.base import Network, OwnReply
from app.desk import publishing, settling
from app.desk.models import Case, CaseMention, Reply
from app.kernel import bus
from app.kernel.crypto import vault
from app.kernel.db import session, transaction
from app.kernel.facts import ReplyApproved
from listeners.following import follow
from listeners.hear import Tally
from listeners.listen import listen
from listeners.models import Mention, SetAside
from tests.channels.bluesky_net import bluesky_url  # noqa: F401  a fixture
from tests.world import House, World

if TYPE_CHECKING:
    from tests.channels.bluesky_people import Person

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
Later = Callable[..., None]
QUESTION = "how do I turn on dark mode in the app?"
ANSWER = "Open Settings, then Display, then Dark."
PUBLIC = f"{ANSWER} ^maya"


class Killed(BaseException):
    """The process is gone: nothing of it runs on."""


@dataclass
class Story:
    """A brand of the house with its account on the network, and a customer there."""

    house: House
    brand: Person
    customer: Person

    def asks(self, words: str = QUESTION) -> str:
        """The customer asks the brand something new; the post's address."""
        uri = self.customer.says(f"@{self.brand.handle} {words}")
        self.brand.waits_to_be_told_of(uri)
        return uri

    def hears(self) -> Tally:
        """Hear what is new and what is said in known threads, and let everything follow."""
        with self.house.scope():
            account = accounts.account(self.house.account_id)
            session.rollback()
        tally = listen(account) + follow(account)
        bus.drain()
        return tally

    def case_of(self, thread: str) -> Case:
        """The case on a thread."""
        with self.house.scope():
            case = session.execute(select(Case).where(Case.thread == thread)).scalar_one()
            session.expunge(case)
            session.rollback()
        return case

    def approved(self, thread: str) -> int:
        """Maya's answer, approved by Sam and not yet on its way; the reply's id."""
        self.house.judge(self.house.submit(self.case_of(thread).id, self.house.maya, ANSWER), self.house.sam)
        with self.house.scope():
            found = session.execute(select(Reply.id).where(Reply.state == "approved")).scalar_one()
            session.rollback()
        return found

    def publishes(self, reply_id: int) -> None:
        """What the worker does with an approved reply, and nothing else."""
        with self.house.scope():
            publishing.publish(ReplyApproved(self.house.brand_id, reply_id))

    def answers(self, uri: str) -> list[str]:
        """What the customer sees of the brand under a post, in words."""
        return [str(post.record.text) for post in self.customer.sees_of(self.brand, uri)]


@pytest.fixture
def story(world: World, bluesky_url: str) -> Story:  # noqa: F811
    from tests.channels.bluesky_people import Network as People  # here: its library takes two seconds to import

    people = People(bluesky_url)
    brand, customer, house = people.person("lumo"), people.person("ada"), world.lumo
    with transaction(), house.scope():
        account_id = accounts.connect(
            house.brand_id,
            "bluesky",
            brand.did,
            brand.handle,
            credentials={"app_password": brand.app_password()},
            base_url=bluesky_url,
        )
    return Story(replace(house, account_id=account_id, handle=brand.handle), brand, customer)


def test_from_a_question_to_thanks(story: Story) -> None:
    asked = story.asks()
    assert story.hears().new == 1
    case = story.case_of(asked)
    assert (case.state, case.lane) == ("open", "advocates")

    story.approved(asked)
    bus.drain()
    assert story.answers(asked) == [PUBLIC]
    assert story.case_of(asked).state == "answered"

    [answer] = story.customer.sees_of(story.brand, asked)
    assert answer.record.reply.root.uri == answer.record.reply.parent.uri == asked
    thanks = story.customer.says("thanks, that worked", reply_to=str(answer.uri))
    story.brand.waits_to_be_told_of(thanks)
    assert story.hears().new == 1
    with story.house.scope():
        joined = session.execute(
            select(Mention.external_id, Mention.thread).join(CaseMention, CaseMention.mention_id == Mention.id)
        ).all()
        own = session.execute(select(SetAside.external_id, SetAside.reason)).all()
        session.rollback()
    assert {tuple(row) for row in joined} == {(asked, asked), (thanks, asked)}
    assert {tuple(row) for row in own} == {(str(answer.uri), "own_post")}
    assert story.case_of(asked).state == "answered"
    assert story.hears().new == 0  # the same windows once more


def test_what_the_customer_adds_for_nobody_in_particular_joins_the_case(story: Story, later: Later) -> None:
    """Bluesky tells a mentioned account nothing of what the author adds under their own post."""
    asked = story.asks()
    story.hears()
    added = story.customer.says("it is the green one, if that matters", reply_to=asked)
    elsewhere = story.customer.says("and the weather is fine")
    story.brand.waits_to_see(added)  # whoever wrote it sees it before all others
    later(minutes=5)  # by then the thread is read again
    assert story.hears().new == 1
    case_id = story.case_of(asked).id
    page = story.house.page(case_id)
    assert [(post.external_id, post.text) for post in page.thread if post.external_id == added] == [
        (added, "it is the green one, if that matters")
    ]
    assert elsewhere not in {post.external_id for post in page.thread}
    assert page.case.thread_revision == 2


def test_a_question_that_is_deleted_before_the_answer_goes_out_is_not_answered(story: Story) -> None:
    asked = story.asks()
    story.hears()
    reply_id = story.approved(asked)
    story.customer.deletes(asked)
    bus.drain()
    assert story.house.reply(reply_id).state == "withdrawn"
    assert story.case_of(asked).state == "closed"
    assert story.brand.has_said() == []


def test_a_question_that_is_edited_before_the_answer_goes_out_is_read_again(story: Story) -> None:
    asked = story.asks()
    story.hears()
    reply_id = story.approved(asked)
    story.customer.changes(asked, f"@{story.brand.handle} how do I turn OFF dark mode in the app?")
    bus.drain()
    assert story.house.reply(reply_id).state == "in_review"
    assert story.brand.has_said() == []


def test_a_question_whose_author_blocks_us_meanwhile_is_not_answered(story: Story) -> None:
    asked = story.asks()
    story.hears()
    reply_id = story.approved(asked)
    story.customer.blocks(story.brand.did)
    story.brand.waits_until_hidden(asked)
    bus.drain()
    view = story.house.reply(reply_id)
    assert view.state != "published"
    assert "blocks our account" in " ".join(event.words for event in story.house.page(view.case_id).history)
    assert story.brand.has_said() == []


class TestKilledAfterTheCall:
    """The reply stands in the thread, and the house does not know."""

    @pytest.fixture
    def asked(self, story: Story) -> str:
        asked = story.asks()
        story.hears()
        return asked

    @pytest.fixture
    def lost(self, story: Story, asked: str, monkeypatch: pytest.MonkeyPatch) -> int:
        """A reply whose sender died between the network's answer and its record."""
        reply_id = story.approved(asked)

        def die(place: str) -> None:
            if place == "publish.after_call":
                raise Killed

        with monkeypatch.context() as patched:
            patched.setattr(publishing, "hit", die)
            with pytest.raises(Killed):
                story.publishes(reply_id)
        session.rollback()
        assert story.house.reply(reply_id).state == "sending"
        return reply_id

    def test_it_is_found_in_the_thread(self, story: Story, asked: str, lost: int, later: Later) -> None:
        later(seconds=121)
        settling.settle()  # whoever was sending it is gone
        settling.settle()  # read back
        bus.drain()
        assert story.house.reply(lost).state == "published"
        assert story.answers(asked) == [PUBLIC]

    def test_said_again_it_stands_there_once(
        self, story: Story, asked: str, lost: int, later: Later, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As on a day when the network's index is hours behind: a person finds nothing, and sends it again."""
        from app.channels.bluesky import Bluesky

        def nothing(_self: Network, *_asked: object, **_named: object) -> tuple[OwnReply, ...]:
            return ()

        with monkeypatch.context() as behind:
            behind.setattr(Bluesky, "own_replies", nothing)
            later(seconds=121)
            settling.settle()
            for seconds in (1, 300, 900):
                later(seconds=seconds)
                settling.settle()
        with transaction(), story.house.scope():
            publishing.send_again(lost, story.house.sam)
        bus.drain()
        assert story.house.reply(lost).state == "published"
        assert story.answers(asked) == [PUBLIC]


def test_the_session_is_kept_sealed_and_opened_once(story: Story) -> None:
    """Bluesky lets an account sign in thirty times in five minutes; every worker opens the account anew."""
    with story.house.scope():
        channel, door = accounts.door_of(story.house.account_id)
        session.rollback()
    assert (channel, "session" in door.keys) == ("bluesky", False)
    story.asks()
    for _ in range(2):
        story.hears()
    with story.house.scope():
        kept = accounts.door_of(story.house.account_id)[1].keys["session"]
        stored = session.execute(select(accounts.Account.credentials)).scalars().all()
        session.rollback()
    assert kept not in "".join(filter(None, stored))
    assert kept in str([vault().open(story.house.brand_id, one) for one in stored if one])
    story.hears()
    with story.house.scope():
        assert accounts.door_of(story.house.account_id)[1].keys["session"] == kept
        session.rollback()
