"""A brand with two accounts on one network: what either says is its own, and each answers what addresses it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from app.channels import accounts
from app.channels.base import Post
from app.desk import replies
from app.desk.models import Case, Reply
from app.desk.rules.hand import Hand
from app.kernel import bus
from app.kernel.db import session, transaction
from listeners.hear import Context, Item, NotOurs, Tally, take_in
from listeners.models import Mention, SetAside
from tests.world import HOW_TO, KEYS, House, World

HELP = "lumohelp"


@pytest.fixture
def house(world: World) -> House:
    return world.lumo


def connect(house: House, handle: str, channel: str = "x", keys: dict[str, str] | None = None) -> int:
    with transaction(), house.scope():
        return accounts.connect(house.brand_id, channel, f"own-{handle}", handle, credentials=keys)


@pytest.fixture
def helping(house: House) -> int:
    """The brand's second account."""
    return connect(house, HELP, keys=KEYS)


def hear(house: House, account_id: int, *items: Item) -> Tally:
    """Hear posts by one of the brand's accounts; nothing follows from it yet."""
    with transaction(), house.scope():
        tally = take_in(accounts.account(account_id), "{}", items, origin="poll")
    assert tally.heard == len(items) == tally.new + tally.duplicates + tally.set_aside + tally.quarantined
    return tally


def reasons(house: House) -> list[str]:
    with house.scope():
        found = session.execute(select(SetAside.reason).order_by(SetAside.id)).scalars().all()
        session.rollback()
    return list(found)


class TestWhatTheOtherSays:
    @pytest.fixture
    def question(self, house: House) -> Post:
        asked = house.post(HOW_TO)
        house.hear(asked)
        return asked

    @pytest.mark.parametrize("of", ["id", "handle"])
    def test_it_is_the_brands_own_and_answers_the_case(
        self, house: House, helping: int, question: Post, of: str
    ) -> None:
        answer = house.own_post("In Settings. @lumohelp knows more.", question)
        other = {"author_handle": "renamed"} if of == "id" else {"author_id": "another", "author_handle": "LUMO"}
        assert hear(house, helping, replace(answer, **other)) == Tally(heard=1, set_aside=1)
        bus.drain()
        assert reasons(house) == ["own_post"]
        case = house.page(house.case_of(question)).case
        assert (case.state, case.closed_reason) == ("closed", "answered_outside")

    @pytest.mark.parametrize("found_as", [Context, NotOurs])
    def test_it_is_the_brands_own_also_where_it_was_not_looked_for(
        self, house: House, helping: int, question: Post, found_as: type[Context | NotOurs]
    ) -> None:
        hear(house, helping, found_as(house.own_post("In Settings.", question)))
        assert reasons(house) == ["own_post"]

    def test_an_account_that_must_be_connected_again_is_still_the_brands(
        self, house: House, helping: int, question: Post
    ) -> None:
        with transaction(), house.scope():
            accounts.mark_signed_out(helping)
        said = replace(house.own_post("We look into it.", question), author_id="own-lumohelp", author_handle=HELP)
        assert house.hear(said).set_aside == 1

    def test_an_account_that_only_holds_a_replay_is_nobody_and_so_is_one_of_elsewhere(
        self, house: House, world: World
    ) -> None:
        connect(house, "ada")
        connect(house, "bob", channel="bluesky", keys=KEYS)
        connect(world.rival, "eve", keys=KEYS)
        posts = [house.post(HOW_TO, author=f"own-{handle}") for handle in ("ada", "bob", "eve")]
        named = [replace(one, author_handle=one.author_id.removeprefix("own-")) for one in posts]
        assert house.hear(*named) == Tally(heard=3, new=3)
        with house.scope():
            assert len(session.execute(select(Mention.id)).all()) == 3


class TestWhatIsSaidToTheOther:
    """@lumo's watch words find a post that addresses @lumohelp alone, and @lumo may not answer it."""

    @pytest.fixture
    def asked(self, house: House) -> Post:
        return replace(house.post(HOW_TO.replace("@lumo", "@lumohelp, my lumo:")), summons=(HELP,))

    @staticmethod
    def standing(house: House, post: Post) -> tuple[int, bool, int, str]:
        """Account and answerability of the mention; account and lane of its case."""
        with house.scope():
            mention = session.execute(select(Mention.account_id, Mention.replyable)).one()
            case = session.execute(select(Case.account_id, Case.lane).where(Case.thread == post.thread)).one()
            session.rollback()
        return (*mention, *case)

    @pytest.mark.parametrize("at_once", [False, True], ids=["later", "at once"])
    def test_the_other_may_answer_once_it_has_heard_it_too(
        self, house: House, helping: int, asked: Post, *, at_once: bool
    ) -> None:
        assert hear(house, house.account_id, asked) == Tally(heard=1, new=1)
        if not at_once:
            bus.drain()
            assert self.standing(house, asked) == (house.account_id, False, house.account_id, "staff")
        assert hear(house, helping, asked) == Tally(heard=1, duplicates=1)
        bus.drain()
        assert self.standing(house, asked) == (helping, True, helping, "advocates")
        assert speaker(house, replied(house, asked, house.maya)) == helping

    def test_once_given_it_stays_and_nothing_follows_any_more(self, house: House, helping: int, asked: Post) -> None:
        for account_id in (house.account_id, helping):
            hear(house, account_id, asked)
            bus.drain()
        for account_id in (house.account_id, helping):
            assert hear(house, account_id, asked) == Tally(heard=1, duplicates=1)
            assert bus.drain() == 0
        assert self.standing(house, asked) == (helping, True, helping, "advocates")

    def test_a_draft_goes_with_it(self, house: House, helping: int, asked: Post) -> None:
        house.hear(asked)
        case_id = house.case_of(asked)
        house.claim(case_id, house.sam)
        with transaction(), house.scope():
            draft_id = replies.save_draft(case_id, house.sam, "In Settings.").id
        hear(house, helping, asked)
        bus.drain()
        assert speaker(house, draft_id) == helping
        assert self.standing(house, asked)[2] == helping

    def test_an_answer_that_was_handed_in_keeps_it_where_it_is(self, house: House, helping: int, asked: Post) -> None:
        house.hear(asked)
        replied(house, asked, house.sam)
        hear(house, helping, asked)
        bus.drain()
        assert self.standing(house, asked) == (house.account_id, False, house.account_id, "staff")

    def test_what_either_may_answer_stays_with_who_heard_it_first(self, house: House, helping: int) -> None:
        both = house.post(HOW_TO, summons=("lumo", HELP))
        house.hear(both)
        hear(house, helping, both)
        assert bus.drain() == 0
        assert self.standing(house, both)[:3] == (house.account_id, True, house.account_id)


def replied(house: House, post: Post, hand: Hand) -> int:
    """Somebody hands an answer in; its id."""
    case_id = house.case_of(post)
    house.claim(case_id, hand)
    with transaction(), house.scope():
        return replies.submit(case_id, hand, "Open Settings, then Display, then Dark.").id


def speaker(house: House, reply_id: int) -> int:
    """The account through which a reply is said."""
    with house.scope():
        found = session.execute(select(Reply.account_id).where(Reply.id == reply_id)).scalar_one()
        session.rollback()
    return found
