"""The story is told in one place: every fact has its followers, every follower a lasting name, every setting a page."""

from __future__ import annotations

import ast
import dataclasses
import re
import typing
from datetime import datetime
from pathlib import Path

import pytest

from app import pipeline
from app.kernel import facts
from app.kernel.bus import Subscriber
from app.kernel.facts import FACTS, Fact
from app.kernel.settings import Settings
from tests.house.source import ROOMS, ROOT, modules, tree

LASTING = {
    "MentionsHeard": ["listeners.assess.assess_heard"],
    "OwnPostsHeard": ["app.desk.cases.own_posts_heard"],
    "SummonsHeard": ["app.desk.addressed.summons_heard"],
    "PostsSetAside": ["listeners.indexing.index_set_aside"],
    "PostsChanged": ["listeners.changing.follow"],
    "PostsNamed": ["listeners.handed.look_up"],
    "MentionsChanged": ["app.desk.changed.mentions_changed"],
    "MentionsAssessed": ["app.desk.cases.open_or_join", "listeners.indexing.index_assessed"],
    "MentionCorrected": ["app.desk.rerouting.mention_corrected", "listeners.teaching.learn"],
    "ReplyApproved": ["app.desk.publishing.publish"],
    "ReplyPublished": [
        "gamification.ledger.award_published",
        "app.desk.answered.remember",
        "app.alerts.telling.published",
    ],
    "CustomerThanked": ["gamification.ledger.thank", "app.desk.thanks.keep", "app.alerts.telling.thanked"],
    "TakeDownAsked": ["app.desk.publishing.take_down"],
    "ReplyTakenDown": ["gamification.ledger.reverse", "app.alerts.telling.taken_back"],
    "ColleaguesNamed": ["app.desk.notes.lay_before", "app.alerts.telling.named"],
    "CaseGiven": ["app.alerts.telling.given"],
    "ReplyJudged": ["app.alerts.telling.judged"],
    "AppealAsked": ["app.alerts.telling.appealed"],
    "AppealDecided": ["app.alerts.telling.looked_again"],
    "MailDue": ["app.kernel.mail.deliver"],
    "WayInAsked": ["app.people.way_in.answer"],
}
"""Names as stored deliveries hold them: renaming one orphans the rows of a running house, so it needs a migration."""
SETTINGS = Path("app/kernel/settings.py")
READS = {"app/kernel/settings.py", "app/kernel/failpoints.py", "app/bootstrap.py"}
"""Where the environment is read inside of the house; the sandbox, the supervisor and commands pass theirs on."""
OUTSIDE = ("app/sandbox/", "app/supervise/", "app/cli/", "app/bench/")


def test_every_fact_has_its_place_in_the_story() -> None:
    assert set(pipeline.ON) == set(FACTS.values())
    assert all(pipeline.ON.values())


def test_every_kind_of_fact_is_registered() -> None:
    defined = {thing for thing in vars(facts).values() if isinstance(thing, type) and issubclass(thing, Fact)}
    assert defined - {Fact} == set(FACTS.values())


@pytest.mark.parametrize("name", FACTS)
def test_a_fact_says_what_happened_and_carries_no_text(name: str) -> None:
    fact = FACTS[name]
    assert (fact.__doc__ or "").strip().endswith(".")
    hints = typing.get_type_hints(fact)
    fields = {field.name: hints[field.name] for field in dataclasses.fields(fact)}
    assert set(fields.values()) <= {int, bool, float, datetime, tuple[int, ...]}


def test_subscribers_keep_their_names() -> None:
    names = {fact.__name__: [one.name for one in subscribers] for fact, subscribers in pipeline.ON.items()}
    assert names == LASTING


def test_a_subscriber_that_talks_to_a_network_or_reckons_for_seconds_is_alone() -> None:
    alone = {one.name for subscribers in pipeline.ON.values() for one in subscribers if one.alone}
    on_networks = {
        "app.desk.publishing.publish",
        "app.desk.publishing.take_down",
        "app.kernel.mail.deliver",
        "listeners.handed.look_up",
    }
    assert alone == on_networks | {"listeners.teaching.learn"}


def test_no_verb_follows_two_facts_under_one_name() -> None:
    every: list[Subscriber] = [one for subscribers in pipeline.ON.values() for one in subscribers]
    assert len({one.name for one in every}) == len(every)


@pytest.mark.parametrize("beat", pipeline.EVERY, ids=lambda beat: beat.verb.__name__)
def test_what_the_clock_starts_is_a_verb_of_the_house_with_its_reason(beat: pipeline.Beat) -> None:
    assert callable(beat.verb)
    assert beat.verb.__module__.partition(".")[0] in ROOMS
    assert beat.seconds > 0
    assert beat.what


def documented(page: str = "docs/settings.md") -> dict[str, str]:
    """The variables of the page, each with its meaning."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| (.+?) \| (.+?) \|$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) == len({name for name, _meaning, _default in rows})
    return {name: meaning for name, meaning, default in rows if meaning.strip() and default.strip()}


def read_in(path: Path) -> set[str]:
    """The variables that a module asks the environment for, itself or through a command's option."""
    source = (ROOT / path).read_text(encoding="utf-8")
    asked = re.findall(r"\benv(?:iron)?(?:\.get\(|\[)\s*\"([A-Z_]+)\"|envvar=\"([A-Z_]+)\"", source)
    return {name for found in asked for name in found if name} - {"PATH", "HOME"}


def test_every_setting_has_its_line_on_the_page_and_every_line_its_setting() -> None:
    everywhere = set[str]().union(*map(read_in, modules(*ROOMS)))
    for_tests = set(re.findall(r"PEERLINE_[A-Z]+(?=:)", (ROOT / ".ci/run").read_text(encoding="utf-8")))
    for_tests = for_tests.union(*map(read_in, modules("tests")))
    assert documented().keys() == everywhere | for_tests


def test_the_settings_object_is_documented_first() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    first_table = page.partition("## What is read before")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)`", first_table, re.MULTILINE)) == read_in(SETTINGS)
    assert all(field.description for field in Settings.model_fields.values())


def test_the_readme_sets_what_is_on_the_page_and_counts_the_proxy_that_it_asks_for() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^    export ([A-Z_]+)=(\S+)", readme, re.MULTILINE))
    assert told.keys() <= documented().keys()
    assert "Put a TLS proxy in front" in readme
    assert told["PEERLINE_PROXIES"] == "1"


def test_nothing_else_reads_the_environment() -> None:
    found = []
    for path in modules(*ROOMS):
        attributes = {ast.unparse(node) for node in ast.walk(tree(path)) if isinstance(node, ast.Attribute)}
        asks = attributes & {"os.environ", "os.getenv"}
        if asks and path.as_posix() not in READS and not path.as_posix().startswith(OUTSIDE):
            found.append(path.as_posix())
    assert found == []
