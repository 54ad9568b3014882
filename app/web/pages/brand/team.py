"""Who belongs to the brand: invited by link, with a role, languages and topics; paused and called back."""

from __future__ import annotations

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from app.brands import editing
from app.desk import leaving
from app.kernel import mail
from app.kernel.errors import RefusedError
from app.people import invitations, roster
from app.people import queries as people
from app.people import team as verbs
from app.people.rules import ROLES
from app.web import seats
from app.web.pages.brand import forms
from app.web.refs import number_of
from app.web.seats import open_to

pages = Blueprint("team", __name__)


@pages.get("/team")
@open_to("manager")
def show() -> ResponseReturnValue:
    """The team, a page at a time, and the invitations that are open."""
    return _drawn()


@pages.post("/team/invite")
@open_to("manager", again=show)
def invite() -> ResponseReturnValue:
    """Make a link for one address; it is shown here once, because it cannot be told a second time."""
    chosen = request.form.getlist("languages")
    if not chosen:
        raise RefusedError("Choose at least one language: it decides which questions are offered.")
    invited = invitations.invite(
        seats.seat().brand_id,
        forms.given("email"),
        forms.given("role"),
        languages=[code for code in chosen if code in g.brand.languages],
        topics=[topic for topic in request.form.getlist("topics") if topic in forms.topics()],
        by=seats.person().member_id,
    )
    return _drawn(link=mail.link(invited.path), mailed=invited.mailed, email=forms.given("email"))


@pages.post("/team/invitations/<invitation:invitation_id>/revoke")
@open_to("manager")
def revoke(invitation_id: int) -> ResponseReturnValue:
    """The link is worth nothing from now on."""
    invitations.revoke(invitation_id, seats.person().member_id)
    flash(gettext("Taken back. The link is worth nothing now."))
    return redirect(url_for("brand.team.show"), 303)


@pages.get("/team/<member:member_id>")
@open_to("manager")
def edit(member_id: int) -> ResponseReturnValue:
    """One of the team."""
    member = roster.teammate(member_id)
    languages = tuple(dict.fromkeys((*g.brand.languages, *member.languages)))
    return render_template(
        "brand/teammate.html",
        member=member,
        roles=ROLES,
        languages=languages,
        topics=forms.topics(),
        seen=editing.mark(verbs.marked(member.role, member.languages, member.topics)),
    )


@pages.post("/team/<member:member_id>")
@open_to("manager", again=edit)
def change(member_id: int) -> ResponseReturnValue:
    """Another role, other languages or topics."""
    verbs.change(
        member_id,
        forms.given("role"),
        languages=request.form.getlist("languages"),
        topics=[topic for topic in request.form.getlist("topics") if topic in forms.topics()],
        by=seats.person().member_id,
        seen=request.form.get("seen", ""),
    )
    flash(gettext("Saved. It counts with their next click."))
    return redirect(url_for("brand.team.show"), 303)


@pages.post("/team/<member:member_id>/suspend")
@open_to("manager", again=edit)
def suspend(member_id: int) -> ResponseReturnValue:
    """Out, for now: signed out, and what they held goes back."""
    returned = leaving.suspend(member_id, by=seats.person().member_id)
    given_back = ngettext("%(num)s case went back to its queue.", "%(num)s cases went back to their queues.", returned)
    flash(gettext("Suspended and signed out. Drafts are kept.") + (f" {given_back}" if returned else ""))
    return redirect(url_for("brand.team.edit", member_id=member_id), 303)


@pages.post("/team/<member:member_id>/reinstate")
@open_to("manager", again=edit)
def reinstate(member_id: int) -> ResponseReturnValue:
    """Back, with the role they had."""
    verbs.reinstate(member_id, by=seats.person().member_id)
    flash(gettext("Back in the team, with the role of before."))
    return redirect(url_for("brand.team.edit", member_id=member_id), 303)


def _drawn(*, link: str = "", mailed: bool = False, email: str = "") -> ResponseReturnValue:
    role = request.args.get("role") if request.args.get("role") in ROLES else None
    after = request.args.get("after", "")
    found = roster.team(role=role, after=_place(after), limit=roster.PER_PAGE + 1)
    shown = found[: roster.PER_PAGE]
    return render_template(
        "brand/team.html",
        team=shown,
        more=shown[-1].member_id if len(found) > roster.PER_PAGE else None,
        role=role,
        roles=ROLES,
        invitations=[one for one in people.invitations(limit=20) if one.state == "open"],
        topics=forms.topics(),
        link=link,
        mailed=mailed,
        email=email,
    )


def _place(name: str) -> int | None:
    """The membership of the member after whom the page goes on."""
    number = number_of("member", name) if name else None
    return roster.teammate(number).membership_id if number is not None else None
