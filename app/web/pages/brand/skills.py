"""The brand's topics by their names, their parts, and who knows which part."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.brands import editing, queries, setting
from app.brands import skills as verbs
from app.brands.queries import SkillView
from app.kernel.errors import NotFoundError, RefusedError
from app.people import queries as people
from app.people import roster
from app.people.queries import MemberView
from app.web import seats
from app.web.pages.brand import forms
from app.web.seats import open_to

pages = Blueprint("skills", __name__)


@pages.get("/skills")
@open_to("manager")
def show() -> ResponseReturnValue:
    """Every topic with its skills and their people."""
    every = queries.skills()
    names = setting.scope().topic_names
    holders = {member_id for skill in every for member_id in skill.member_ids}
    members = people.members(holders) if holders else {}
    return render_template(
        "brand/skills.html",
        topics=[(topic, [skill for skill in every if skill.topic == topic]) for topic in forms.topics()],
        names=names,
        aliases={skill.id: _aliases(skill, members) for skill in every},
        seen=editing.mark(names),
    )


@pages.post("/topics")
@open_to("manager", again=show)
def save_topics() -> ResponseReturnValue:
    """Keep what the brand calls its topics."""
    names = {topic: forms.given(f"topic_{topic}") for topic in forms.topics()}
    setting.name_topics(names, by=seats.person().member_id, seen=request.form.get("seen", ""))
    flash(gettext("Saved. Your people read these names."))
    return redirect(url_for("brand.skills.show"), 303)


@pages.get("/skills/new")
@open_to("manager")
def new() -> ResponseReturnValue:
    """A skill that is still to be described."""
    return _form(None)


@pages.post("/skills/new")
@open_to("manager", again=new)
def add() -> ResponseReturnValue:
    """Keep a new skill."""
    return _kept(None)


@pages.get("/skills/<skill:skill_id>")
@open_to("manager")
def edit(skill_id: int) -> ResponseReturnValue:
    """One skill, its words and its people."""
    return _form(_skill(skill_id))


@pages.post("/skills/<skill:skill_id>")
@open_to("manager", again=edit)
def change(skill_id: int) -> ResponseReturnValue:
    """Keep it."""
    return _kept(skill_id)


@pages.post("/skills/<skill:skill_id>/remove")
@open_to("manager")
def remove(skill_id: int) -> ResponseReturnValue:
    """Take it away."""
    verbs.remove(skill_id, by=seats.person().member_id)
    flash(gettext("Removed. Cases that it was told for keep their topic."))
    return redirect(url_for("brand.skills.show"), 303)


def _skill(skill_id: int) -> SkillView:
    found = next((skill for skill in queries.skills() if skill.id == skill_id), None)
    if found is None:
        raise NotFoundError("There is no such skill. It may have been removed.")
    return found


def _form(skill: SkillView | None) -> ResponseReturnValue:
    members = people.members(skill.member_ids) if skill and skill.member_ids else {}
    return render_template(
        "brand/skill.html",
        skill=skill,
        topics=forms.topics(),
        topic=skill.topic if skill else request.args.get("topic", ""),
        aliases=_aliases(skill, members) if skill else "",
        seen=editing.mark(verbs.marked(skill)) if skill else "",
    )


def _aliases(skill: SkillView, members: Mapping[int, MemberView]) -> str:
    return ", ".join(sorted(members[one].alias for one in skill.member_ids if one in members))


def _kept(skill_id: int | None) -> ResponseReturnValue:
    verbs.save(
        forms.given("topic"),
        forms.given("name"),
        forms.words("keywords"),
        _members(),
        topics=forms.topics(),
        by=seats.person().member_id,
        skill_id=skill_id,
        seen=request.form.get("seen", ""),
        examples=forms.lines("examples"),
    )
    flash(gettext("Saved. The next cases with these words are shown to these people first."))
    return redirect(url_for("brand.skills.show"), 303)


def _members() -> set[int]:
    """The people whose aliases were typed.

    Raises:
        RefusedError: nobody of the brand signs like that, or two people do.

    """
    typed = [word.lstrip("^") for word in forms.words("people")]
    there = roster.by_alias(typed) if typed else {}
    for alias in map(str.lower, typed):
        if alias not in there:
            raise RefusedError(str(gettext("Nobody in the team signs as ^%(alias)s.", alias=alias[:20])))
        if len(there[alias]) > 1:
            said = gettext("Two people in the team sign as ^%(alias)s. Ask one of them to change it.", alias=alias[:20])
            raise RefusedError(str(said))
    return {there[alias.lower()][0] for alias in typed}
