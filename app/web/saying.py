"""Numbers with their meaning: shares, changes and waits as a person says them."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from flask_babel import format_date, format_decimal, gettext, ngettext

from app.reports.rules.shares import Change, Share
from app.web.formats import span_words


def whole(number: int) -> str:
    """A count as people write it."""
    return str(format_decimal(number))


def of(share: Share) -> str:
    """A share: "93 of 100", or "3 of 4" where there is too little for more."""
    if not share.is_known:
        return str(gettext("none yet"))
    if share.is_small:
        return str(gettext("%(part)s of %(whole)s", part=share.part, whole=share.whole))
    if share.part == share.whole:
        return str(gettext("all %(whole)s", whole=whole(share.whole)))
    return str(gettext("%(part)s of %(whole)s", part=share.of_100, whole=100))


def between(share: Share) -> str:
    """How sure a share is; nothing where the counts themselves say how little is known."""
    if share.is_small:
        return ""
    low, high = share.between
    return str(gettext("very likely between %(low)s and %(high)s of 100", low=low, high=high))


def change(counts: Change, days: int) -> str:
    """What changed against the same number of days before; nothing is made of what chance explains."""
    if not counts.before:
        return str(gettext("nothing in the %(days)s days before", days=days)) if counts.now else ""
    if not counts.is_clear:
        return str(gettext("about as many as in the %(days)s days before", days=days))
    if counts.percent is None:
        return str(gettext("%(before)s in the %(days)s days before", before=whole(counts.before), days=days))
    if counts.percent > 0:
        return str(gettext("%(n)s %% more than in the %(days)s days before", n=whole(counts.percent), days=days))
    return str(gettext("%(n)s %% fewer than in the %(days)s days before", n=whole(-counts.percent), days=days))


def sign_of(counts: Change) -> str:
    """What changed, as short as a table needs it: "+12 %", or nothing where chance explains it."""
    if not counts.is_clear:
        return "="
    if counts.percent is None:
        return f"{counts.now - counts.before:+d}".replace("-", "\N{MINUS SIGN}")
    return f"{counts.percent:+d} %".replace("-", "\N{MINUS SIGN}")


def moved(now: Share, before: Share) -> str:
    """How a share stands to the one before it."""
    if not before.is_known or not now.is_known:
        return ""
    if not now.differs_from(before):
        return str(gettext("before that %(share)s, no clear difference", share=of(before)))
    return str(gettext("before that %(share)s", share=of(before)))


def about(minutes: float | None) -> str:
    """A wait that is known to a span: "38 min", "1 h 12 min"."""
    if minutes is None:
        return str(gettext("none yet"))
    if minutes < 1:
        return str(gettext("under a minute"))
    rounded = round(minutes) if minutes < 60 else 5 * round(minutes / 5)  # noqa: PLR2004  no finer than it is known
    return span_words(timedelta(minutes=rounded))


def days_words(number: int) -> str:
    """A number of days."""
    return str(ngettext("%(num)s day", "%(num)s days", number))


def register(app: Flask) -> None:
    """Teach the templates these words."""
    app.jinja_env.filters.update(
        whole=whole,
        of=of,
        between=between,
        about=about,
        sign_of=sign_of,
        days_words=days_words,
        date_words=lambda day: str(format_date(day, "EEE d MMM")),
    )
    app.jinja_env.globals.update(change_words=change, moved_words=moved, share_of=Share)
