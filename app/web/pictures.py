"""The reports' pictures: which figures become which shapes, each shape with the words that it says when pointed at."""

from __future__ import annotations

from flask_babel import format_date, get_locale, gettext, ngettext

from app.desk.rules.waiting import SPANS
from app.reports.funnel import Answers, Funnel
from app.reports.voice import Voice
from app.web.charts import Picture, Stack, columns, heat, up_and_down

HOURS = range(24)


def heard(voice: Voice) -> Picture:
    """Mentions by day."""
    return columns([
        Stack(
            (("rest", said.mentions - said.asking), ("asking", said.asking)),
            gettext("%(day)s: %(n)s heard, %(asking)s of them need a reply", day=_day(day), n=said.mentions,
                    asking=said.asking),
        )
        for day, said in voice.days
    ])  # fmt: skip


def answered(funnel: Funnel) -> Picture:
    """Questions by day: answered in time, late, not answered."""
    return columns([
        Stack(
            (("kept", day.kept), ("late", day.late), ("waiting", day.waiting)),
            gettext("%(day)s: %(kept)s answered in time, %(late)s late, %(waiting)s not answered", day=_day(day.day),
                    kept=day.kept, late=day.late, waiting=day.waiting),
        )
        for day in funnel.days
    ])  # fmt: skip


def moods(voice: Voice) -> Picture:
    """Friendly mentions above the line, sore ones below it, by day."""
    return up_and_down(
        [
            (
                said.positive,
                said.negative,
                gettext("%(day)s: %(up)s friendly, %(down)s sore", day=_day(day), up=said.positive, down=said.negative),
            )
            for day, said in voice.days
        ],
        ("glad", "sore"),
    )


def week(hours: tuple[tuple[int, ...], ...]) -> Picture:
    """Mentions by weekday and hour."""
    return heat([
        [
            (
                number,
                ngettext("%(day)s %(hour)s UTC: %(num)s mention", "%(day)s %(hour)s UTC: %(num)s mentions", number,
                         day=name, hour=f"{hour:02}–{hour + 1:02}"),
            )
            for hour, number in enumerate(row)
        ]
        for name, row in zip(weekdays(), hours, strict=True)
    ])  # fmt: skip


def waits(answers: Answers) -> Picture:
    """Answers by how long they were waited for."""
    return columns([
        Stack(
            (("kept", answers.waited[span]),),
            ngettext("%(span)s: %(num)s answer", "%(span)s: %(num)s answers", answers.waited[span], span=name),
        )
        for span, name in spans()
    ])  # fmt: skip


def weekdays() -> list[str]:
    """The days of the week in short, Monday first."""
    names: dict[int, str] = dict(get_locale().days["format"]["abbreviated"])
    return [names[place] for place in range(7)]


def spans() -> list[tuple[str, str]]:
    """The spans that waits are counted in: column and words."""
    return [(column, _until(minutes)) for column, minutes in SPANS.items()]


def busiest(hours: tuple[tuple[int, ...], ...]) -> tuple[str, int, int] | None:
    """The weekday and the three hours in a row that bring the most; None while there is nothing."""
    most = max(
        ((sum(row[start : start + 3]), -place, -start) for place, row in enumerate(hours) for start in range(22)),
        default=(0, 0, 0),
    )
    if not most[0]:
        return None
    return str(dict(get_locale().days["format"]["wide"])[-most[1]]), -most[2], -most[2] + 3


def _until(minutes: int | None) -> str:
    if minutes is None:
        return str(gettext("more"))
    if minutes < 60:  # noqa: PLR2004
        return str(gettext("%(n)s min", n=minutes))
    return str(gettext("%(n)s h", n=minutes // 60))


def _day(day: object) -> str:
    return str(format_date(day, "EEE d MMM"))
