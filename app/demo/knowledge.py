"""What the demo's brands tell their people, listen for, and know of skills: written as a manager would write it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import Any, Final

from app.brands import editing, knowledge, setting, skills
from app.brands.knowledge import Words
from app.kernel.db import brand_scope
from app.people.queries import by_email
from listeners import watching
from listeners.rules.topic import TOPICS

WATCHED: Final[Mapping[str, Sequence[str]]] = {
    "brightway": ("brightway bike", 'brightway -hotel -"brightway road"'),
    "northmill": ("northmill coffee", "northmill -football"),
}
SKILLS: Final[Mapping[str, Sequence[tuple[str, str, Sequence[str], Sequence[str]]]]] = {
    "brightway": (
        (
            "tech",
            "Battery and charging",
            ("battery", "charge", "range", "pin", "sạc", "电池", "배터리"),
            ("maya", "priya"),
        ),
        (
            "tech",
            "App and display",
            ("app", "pair", "display", "bluetooth", "màn hình", "앱", "配对"),
            ("maya", "jiwoo"),
        ),
        ("product", "Seats and loads", ("child seat", "rack", "panniers", "ghế", "座椅"), ("oskar", "minh")),
    ),
    "northmill": (
        ("product", "Grinding and brewing", ("grind", "espresso", "french press", "xay", "研磨", "분쇄"), ("oskar",)),
        ("delivery", "Boxes on their way", ("parcel", "tracking", "delivery", "giao hàng", "快递", "배송"), ("minh",)),
    ),
}
"""Topic, name, words, and the aliases of who has it."""
EXAMPLES: Final[Mapping[str, Sequence[str]]] = {
    "Seats and loads": (
        "how heavy may my toddler be for the rear carrier?",
        "which bags fit beside the back wheel?",
        "chở bé phía sau thì tối đa bao nhiêu ký?",
    ),
    "Grinding and brewing": (
        "how fine should the beans be for a moka pot?",
        "my cup tastes sour, should i use hotter water?",
        "드립으로 내리면 쓴데 굵기를 바꿔야 하나요?",
    ),
}
"""Questions that ask for a skill, by its name."""


def entries() -> dict[str, list[dict[str, Any]]]:
    """Facts and short answers by the handle of their brand."""
    file = resources.files("app.demo").joinpath("knowledge.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))


def plant(handle: str, brand_id: int, *, by: int) -> None:
    """Write them down for one brand, and look its profile over, in the caller's transaction."""
    with brand_scope(brand_id):
        for entry in entries()[handle]:
            words = {name: value for name, value in entry.items() if name != "kind"}
            knowledge.write(entry["kind"], Words(**words), by=by, topics=TOPICS)
        for topic, name, keywords, aliases in SKILLS[handle]:
            people = [found for alias in aliases if (found := by_email(f"{alias}@peerline.example"))]
            asked = EXAMPLES.get(name, ())
            skills.save(topic, name, keywords, people, topics=TOPICS, by=by, examples=asked)
        profile = setting.profile_of(setting.scope())
        handles = (*profile.handles, f"{handle}_help")
        setting.save_profile(replace(profile, handles=handles), by=by, seen=editing.mark(profile))
        watching.save({"all": WATCHED[handle]}, by=by, seen=editing.mark({}))
