"""A brand is set up by its manager: what cannot be is refused, what changed is on record, the second saver is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.brands import editing, queries, setting, skills
from app.desk import skilling, trial
from app.kernel.audit import AuditRow
from app.kernel.db import session, transaction
from app.kernel.errors import ConflictError, NotFoundError, PeerlineError, RefusedError
from tests.rooms.corrected import correct, heard_now, said_of, take_back
from tests.world import FURIOUS, HOW_TO, House, World

NIGHT = {"zone": "UTC", "week": [[[0, 60]]] * 7, "holidays": []}


def profile(house: House, seen: str | None = None, **words: Any) -> None:
    with transaction(), house.scope():
        now = setting.profile_of(setting.scope())
        marked = editing.mark(now) if seen is None else seen
        setting.save_profile(replace(now, **words), by=house.dana.member_id, seen=marked)


KNOB = "@lumo knob on my kettle wobbles, the purple one"


def policy(house: House, seen: str | None = None, **values: Any) -> None:
    with transaction(), house.scope():
        now = editing.mark(setting.policy_values(setting.scope(), tuple(values)))
        setting.save_policy(values, by=house.dana.member_id, seen=now if seen is None else seen)


def skill(house: House, name: str = "Lights", **more: Any) -> int:
    given = {"topic": "tech", "keywords": ["dark mode"], "members": [house.maya.member_id]} | more
    with transaction(), house.scope():
        return skills.save(name=name, topics=("tech", "billing"), by=house.dana.member_id, **given)


def view(house: House) -> queries.BrandView:
    with house.scope():
        found = setting.scope()
        session.rollback()
    return found


def acts(house: House, act: str) -> list[dict[str, Any]]:
    with house.scope():
        found = session.execute(select(AuditRow.detail).where(AuditRow.act == act).order_by(AuditRow.seq)).scalars()
        details = list(found)
        session.rollback()
    return details


class TestProfile:
    def test_name_handles_languages_and_countries_are_kept_and_on_record(self, world: World) -> None:
        assert view(world.lumo).looked_over is False
        profile(world.lumo, name=" Lumo  Lamps ", handles=("@lumo", "lumo_help", "lumo"), regions=("DE",))
        now = view(world.lumo)
        assert (now.name, now.handle, now.handles, now.regions) == ("Lumo Lamps", "lumo", ("lumo_help",), ("DE",))
        assert now.looked_over
        assert acts(world.lumo, "brand.profile") == [
            {
                "before": {"name": "Lumo", "handles": ["lumo"], "regions": ["US"]},
                "after": {"name": "Lumo Lamps", "handles": ["lumo", "lumo_help"], "regions": ["DE"]},
            }
        ]

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            ({"name": " "}, "1 to 80"),
            ({"handles": ()}, "1 to 10 handles"),
            ({"handles": ("lu mo",)}, "is no handle"),
            ({"languages": ()}, "at least one language"),
            ({"regions": ("Germany",)}, "two letters"),
            ({"handles": ("rival",)}, "Another brand"),
        ],
    )
    def test_what_is_none_is_refused(self, world: World, words: dict[str, Any], sentence: str) -> None:
        before = view(world.lumo)
        with pytest.raises(PeerlineError, match=sentence):
            profile(world.lumo, **words)
        assert view(world.lumo) == before

    def test_the_second_saver_is_told(self, world: World) -> None:
        seen = editing.mark(setting.profile_of(view(world.lumo)))
        profile(world.lumo, seen, name="First")
        with pytest.raises(ConflictError, match="kept below"):
            profile(world.lumo, seen, name="Second")
        assert view(world.lumo).name == "First"


class TestPolicy:
    def test_only_what_differs_is_stored_and_the_change_is_on_record(self, world: World) -> None:
        policy(world.lumo, promise_minutes=90, lease_minutes=20)
        assert view(world.lumo).policy.promise_minutes == 90
        assert acts(world.lumo, "brand.policy") == [
            {"before": {"promise_minutes": 120}, "after": {"promise_minutes": 90}}
        ]
        policy(world.lumo, promise_minutes=90)
        assert len(acts(world.lumo, "brand.policy")) == 1

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"promise_minutes": 1}, "promise minutes cannot be taken"),
            ({"staff_bar": 1.5}, "staff bar"),
            ({"staff_bar": 0.2}, "at or below the bar for staff"),
            ({"lease_minutes": 60}, "typing can extend"),
            ({"hours": {"zone": "Mars", "week": [[]] * 7}}, "no such time zone"),
        ],
    )
    def test_values_that_cannot_be_are_refused_in_words(
        self, world: World, values: dict[str, Any], sentence: str
    ) -> None:
        with pytest.raises(RefusedError, match=sentence):
            policy(world.lumo, **values)
        assert acts(world.lumo, "brand.policy") == []

    def test_two_managers_on_different_pages_do_not_meet_and_on_the_same_page_do(self, world: World) -> None:
        seen = editing.mark(setting.policy_values(view(world.lumo), ["promise_minutes"]))
        policy(world.lumo, allow_links=True)
        policy(world.lumo, seen, promise_minutes=60)
        with pytest.raises(ConflictError):
            policy(world.lumo, seen, promise_minutes=30)
        assert view(world.lumo).policy.promise_minutes == 60

    def test_the_next_case_is_promised_in_business_hours(self, world: World) -> None:
        house = world.lumo
        policy(house, hours=NIGHT, promise_minutes=90)
        post = house.post(HOW_TO)
        house.hear(post)
        case = house.page(house.case_of(post)).case
        assert case.due_at - case.offered_at > timedelta(hours=22)
        assert case.due_at.hour == 0


class TestTopicsAndSkills:
    def test_topics_are_called_as_the_brand_likes(self, world: World) -> None:
        with transaction(), world.lumo.scope():
            names = {"tech": " App  and lights ", "billing": ""}
            setting.name_topics(names, by=world.lumo.dana.member_id, seen=editing.mark({}))
        assert view(world.lumo).topic_names == {"tech": "App and lights"}

    def test_a_moderator_tells_the_skill_and_the_next_question_like_it_has_it_too(self, world: World) -> None:
        house = world.lumo
        skill(house)
        straps = skill(house, "Straps", keywords=[], examples=["which bolts hold the toddler chair on the carrier?"])
        post = heard_now(house, "@lumo the purple knob of my kettle wobbles a lot since yesterday")
        assert said_of(house, post).skill_id is None
        correct(house, post, "skill", str(straps))
        told = [heard_now(house, text, f"c-{n}") for n, text in enumerate((KNOB, "@lumo toddler chair, bolts?"))]
        assert [said_of(house, one).skill_id for one in (post, *told)] == [straps, straps, straps]
        with house.scope():
            assert [skilling.told_for(house.case_of(one)) for one in (post, *told)] == [straps, straps, straps]
            session.rollback()
        with pytest.raises(RefusedError):
            correct(house, post, "skill", "999")
        take_back(house, post, "skill")
        assert said_of(house, heard_now(house, KNOB, "c-zoe")).skill_id is None

    def test_a_cases_skill_is_told_by_its_words_and_goes_with_the_skill(self, world: World) -> None:
        house = world.lumo
        lights, bills = skill(house), skill(house, "Refunds", topic="billing", keywords=["refund"], members=[])
        posts = [house.post(text, author=f"c-{n}") for n, text in enumerate((HOW_TO, "@lumo hello there, what is up?"))]
        house.hear(*posts)
        with house.scope():
            told = [skilling.told_for(house.case_of(post)) for post in posts]
            session.rollback()
        assert told == [lights, None]
        with house.scope():
            assert queries.skills_of(house.maya.member_id) == {lights}
            assert [one.id for one in queries.skills()] == [bills, lights]
            session.rollback()

    @pytest.mark.parametrize(
        ("words", "error", "sentence"),
        [
            ({"name": ""}, RefusedError, "1 to 60"),
            ({"topic": "cooking"}, RefusedError, "one of the topics"),
            ({"keywords": ["x"] * 1 + [str(n) for n in range(60)]}, RefusedError, "at most 50 words"),
            ({"examples": ["x" * 301]}, RefusedError, "at most 30 examples"),
            ({"name": "lights"}, ConflictError, "already"),
            ({"name": "Other", "skill_id": 999}, NotFoundError, "no such skill"),
        ],
    )
    def test_skills_that_cannot_be_are_refused(
        self, world: World, words: dict[str, Any], error: type[PeerlineError], sentence: str
    ) -> None:
        skill(world.lumo)
        with pytest.raises(error, match=sentence):
            skill(world.lumo, **words)

    def test_a_skill_is_changed_once_and_removed_for_good(self, world: World) -> None:
        house, by = world.lumo, world.lumo.dana.member_id
        skill_id = skill(house)
        with house.scope():
            seen = editing.mark(skills.marked(queries.skills()[0]))
            session.rollback()
        skill(house, "Lamps", skill_id=skill_id, seen=seen, members=[])
        with pytest.raises(ConflictError):
            skill(house, "Late", skill_id=skill_id, seen=seen)
        with pytest.raises(NotFoundError), transaction(), world.rival.scope():
            skills.remove(skill_id, by=by)
        with transaction(), house.scope():
            skills.remove(skill_id, by=by)
            assert queries.skills() == ()


def test_other_bars_are_tried_out_on_the_last_cases(world: World) -> None:
    house = world.lumo
    house.hear(*(house.post(text, author=f"c-{n}") for n, text in enumerate((HOW_TO, FURIOUS, f"{HOW_TO} please"))))
    with house.scope():
        same = trial.bars((0.45, 0.25), (0.45, 0.25))
        strict = trial.bars((0.45, 0.25), (0.0, 0.0))
        session.rollback()
    assert (same.looked_at, same.moved) == (3, 0)
    assert [(move.before, move.after, move.count) for move in strict.moves] == [("advocates", "staff", 2)]
    assert {mention.text for mention in strict.moves[0].examples} == {HOW_TO, f"{HOW_TO} please"}
