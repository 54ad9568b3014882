"""What the demo's brands tell their people can be stored as it is, and stands beside answers in every language."""

from __future__ import annotations

import pytest
from flask import Flask

from app.brands import queries
from app.brands.founding import found
from app.demo import knowledge
from app.demo.people import BRANDS
from app.kernel.db import brand_scope, session, transaction
from app.people import members
from listeners import queries as heard
from listeners.rules.matching import read_all


@pytest.mark.parametrize("handle", BRANDS)
def test_everything_is_planted_and_stands_beside_answers(app: Flask, handle: str) -> None:  # noqa: ARG001
    name, languages, regions = BRANDS[handle]
    with transaction():
        brand_id = found(handle, name, languages=languages, regions=regions)
        dana = members.add("dana@peerline.example", "Dana", "dana", "a long enough password")
        members.join(brand_id, dana, "manager")
        knowledge.plant(handle, brand_id, by=dana)
    with brand_scope(brand_id):
        for kind in ("fact", "answer"):
            there = {one.language for one in queries.knowledge(kind)}
            assert there == set(languages)
        topic = {"brightway": "tech", "northmill": "product"}[handle]
        assert {language: queries.short_answers(topic, language, "en")[0].language for language in languages} == {
            language: language for language in languages
        }
        assert len(read_all(heard.watch_lines()["all"])) == 2
        assert all(skill.keywords for skill in queries.skills())
        session.rollback()
