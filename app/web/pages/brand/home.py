"""A brand's settings at a glance, and the way from nothing to the first mention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, lazy_gettext

from app.brands import queries as brands
from app.channels import accounts
from app.kernel import clock
from app.people import roster
from app.web.pages.brand import connecting, forms, hearing, knowledge, networks, policy, profile, skills, team, watch
from app.web.seats import open_to
from listeners import queries as heard

pages = Blueprint("brand", __name__, url_prefix="/brand")
NEW = timedelta(days=1)
"""How long the first mention is shown where the steps to it ended."""
for part in (profile, watch, skills, policy, knowledge, team, networks, connecting, hearing):
    pages.register_blueprint(part.pages)
pages.add_app_template_global(forms.is_ticked, "is_ticked")
pages.add_app_template_global(forms.is_chosen, "is_chosen")
pages.add_app_template_global(forms.stands_now, "stands_now")


@dataclass(frozen=True, slots=True)
class Step:
    """One step from an empty brand to its first mention: where it is done, and whether it is."""

    endpoint: str
    word: LazyString
    why: LazyString
    done: bool


@pages.get("")
@open_to("manager")
def show() -> ResponseReturnValue:
    """Every part of the settings; above them the steps, until the first mention is heard and all are done."""
    first = heard.first_mention()
    steps = _steps(is_heard=first is not None)
    is_new = first is not None and clock.now() - first.heard_at < NEW
    done = all(step.done for step in steps)
    return render_template("brand/page.html", steps=steps, done=done, first=first if is_new else None)


def _steps(*, is_heard: bool) -> tuple[Step, ...]:
    """Each ticks itself by what is there, not by a page that was looked at."""
    connected = any(account.state == "connected" for account in accounts.of_brand())
    return (
        Step(
            "brand.profile.show",
            lazy_gettext("Say who the brand is"),
            lazy_gettext("Its name, handles, languages and countries."),
            g.brand.looked_over,
        ),
        Step(
            "brand.networks.show",
            lazy_gettext("Connect a network"),
            lazy_gettext("Without an account nothing is heard."),
            connected,
        ),
        Step(
            "brand.watch.show",
            lazy_gettext("Choose watch words"),
            lazy_gettext("Many customers write about you without addressing you."),
            any(heard.watch_lines().values()),
        ),
        Step(
            "brand.team.show",
            lazy_gettext("Invite the team"),
            lazy_gettext("A reply needs two people: one who writes it, one who reads it."),
            roster.has_company(),
        ),
        Step(
            "brand.knowledge.facts",
            lazy_gettext("Write down what is true"),
            lazy_gettext("Facts and short answers stand beside the editor."),
            brands.has_knowledge(),
        ),
        Step(
            "brand.networks.show",
            lazy_gettext("Hear the first mention"),
            lazy_gettext("It comes by itself, at the next look at the network."),
            is_heard,
        ),
    )
