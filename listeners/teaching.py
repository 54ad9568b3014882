"""Corrections become a model: taught aside from all requests, tried beside the live one, live only when it is better.

The newest corrections try what the older ones taught, so nobody is tried on what they learned; what was tried is
exactly what judges from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update

from app.brands import queries as brands
from app.brands.queries import BrandView
from app.kernel import audit, clock
from app.kernel.bus import NotYetError
from app.kernel.db import current_brand, session, transaction
from app.kernel.errors import ConflictError, NotFoundError
from app.kernel.facts import MentionCorrected
from app.kernel.upsert import insert_new
from listeners import apart
from listeners.corrected import Correction, TaughtModel
from listeners.judges import Judge, corrected_texts, live_model
from listeners.lessons import SEED_WEIGHT, Lesson, seeds
from listeners.rules import trying
from listeners.rules.correcting import QUESTIONS, answered, taught_as
from listeners.rules.linear import Taught
from listeners.rules.remembering import Corrected
from listeners.rules.trying import LEAST, MOST_TRIED, Answer, Trial

QUIET: Final = timedelta(seconds=10)
"""Corrections that come in a row are learned together: so long nobody may have clicked."""
LONGEST: Final = timedelta(minutes=2)
MOST_LEARNED: Final = 10_000
"""Corrections, the newest, that one model learns from."""
OWN_VOICE: Final = 500
"""From so many corrections of a question on, its chances are laid on corrections alone; before, on our examples too."""
WORTH: Final = 3.0
"""What a person's correction counts beside one of our examples."""
KEPT: Final = 20
"""Models of a brand that are kept, the newest; besides the live one, older ones are dropped."""


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a new model is taught from and tried on, and the model that it must beat."""

    brand: BrandView
    learned: Sequence[Corrected]
    held: Sequence[Corrected]
    learned_until: int
    seen_until: int
    live_id: int | None
    live_version: str | None
    live: Taught | None


def learn(fact: MentionCorrected) -> None:
    """Teach the brand a new model, try it, and let it judge if it is better. Owns its transactions.

    Corrections that follow each other are learned together; while there are too few to learn from and to try on,
    nothing happens: they count word by word until then (see judges).

    Raises:
        NotYetError: somebody is correcting at this moment.

    """
    ground = _gathered(fact)
    session.rollback()
    if ground is None:
        return
    taught = taught_by(ground.brand, ground.learned)
    trial = compared(ground.brand, taught, ground.live, ground.held)
    with transaction():
        _keep(ground, taught, trial)


def _gathered(fact: MentionCorrected) -> _Ground | None:
    """What there is to learn; None while it is too little, or somebody learned it already."""
    newest = session.execute(select(Correction.id, Correction.at).order_by(Correction.id.desc()).limit(1)).one_or_none()
    if newest is None:
        return None
    own_at = session.execute(select(Correction.at).where(Correction.id == fact.correction_id)).scalar_one_or_none()
    now = clock.now()
    if now < newest.at + QUIET and own_at is not None and now < own_at + LONGEST:
        raise NotYetError("somebody is correcting", until=newest.at + QUIET)
    models = session.execute(
        select(
            TaughtModel.id, TaughtModel.version, TaughtModel.state, TaughtModel.learned_until, TaughtModel.seen_until
        )
        .order_by(TaughtModel.id.desc())
        .limit(KEPT)
    ).all()
    if any(one.seen_until >= newest.id for one in models):
        return None
    live = next((one for one in models if one.state == "live"), None) or _live_row()
    brand = brands.brand(current_brand())
    texts = sorted(map(_answered_by_models, corrected_texts(brand, MOST_LEARNED)), key=_newest)
    texts = [one for one in texts if one.said]
    judging = live_model()
    since = live.learned_until if live and judging else 0  # what a model learned that cannot be read is lost
    fresh = [one for one in texts if _newest(one) > since]
    if len(fresh) < 2 * LEAST:
        return None
    held = fresh[-min(len(fresh) // 2, MOST_TRIED) :]
    learned = texts[: len(texts) - len(held)]
    return _Ground(
        brand,
        learned,
        held,
        learned_until=_newest(learned[-1]),
        seen_until=newest.id,
        live_id=live.id if live else None,
        live_version=live.version if live else None,
        live=judging,
    )


def _live_row() -> Any:
    return session.execute(
        select(TaughtModel.id, TaughtModel.version, TaughtModel.learned_until).where(TaughtModel.state == "live")
    ).one_or_none()


def _answered_by_models(text: Corrected) -> Corrected:
    """Only what models answer: the other fields stay with the rules."""
    return replace(text, said=tuple(one for one in text.said if one.field in QUESTIONS))


def _newest(text: Corrected) -> int:
    return max((one.correction_id for one in text.said), default=0)


def taught_by(brand: BrandView, texts: Iterable[Corrected]) -> Taught:
    """A model of our examples and these corrections; the same one for the same corrections. Takes seconds."""
    lessons = [_lesson(brand, text) for text in texts]
    counts = {question: sum(question in lesson.said for lesson in lessons) for question in QUESTIONS.values()}
    planted = []
    for seed in seeds():
        for weight in (SEED_WEIGHT, 1.0):
            told = {name: value for name, value in seed.said.items() if (counts[name] >= OWN_VOICE) == (weight < 1.0)}
            if told:
                planted.append(replace(seed, said=told, weight=weight))
    taught = apart.teach(lessons, languages=brand.languages, regions=brand.regions, planted=planted)
    if taught is None:
        raise LookupError("our own examples are too few to teach anything")
    return replace(taught, by_people=counts["sentiment"] >= OWN_VOICE)


def _lesson(brand: BrandView, text: Corrected) -> Lesson:
    told = {QUESTIONS[one.field]: taught_as(one.field, one.now) for one in text.said}
    return Lesson(text.text, told, handles=(brand.handle, *brand.handles), weight=WORTH)


def compared(brand: BrandView, new: Taught, live: Taught | None, held: Sequence[Corrected]) -> Trial:
    """Both models on texts that neither learned from. Of what nobody clicked, the live one's answer counts as right."""
    answers: list[Answer] = []
    bar = brand.policy.suggest_bar
    for text in held:
        by_new = Judge(brand, new).columns(text.text, is_follow_up=False)
        by_live = Judge(brand, live).columns(text.text, is_follow_up=False)
        told = {one.field: taught_as(one.field, one.now) for one in text.said}
        for field in QUESTIONS:
            of_live = answered(field, by_live, bar)
            answers.append(
                Answer(field, told.get(field, of_live), field in told, answered(field, by_new, bar), of_live)
            )
    return trying.tried(len(held), answers)


def _keep(ground: _Ground, taught: Taught, trial: Trial) -> None:
    """Store what was taught and how it did; it judges from now on if it won. Nothing, if the live one has changed."""
    live = session.execute(
        select(TaughtModel).where(TaughtModel.state == "live").with_for_update()
    ).scalar_one_or_none()
    if (live.id if live else None) != ground.live_id:
        return
    at, brand_id = clock.now(), ground.brand.id
    session.execute(update(TaughtModel).where(TaughtModel.state == "shadow").values(state="retired"))
    row = {
        "brand_id": brand_id,
        "version": taught.version,
        "state": "shadow",
        "model": taught.to_bytes(),
        "mentions": len(ground.learned),
        "learned_until": ground.learned_until,
        "seen_until": ground.seen_until,
        "record": {question: asdict(model.record) for question, model in taught.models.items()},
        "trial": trial.to_json(),
        "made_at": at,
        "replaced": ground.live_version,
    }
    made = insert_new(TaughtModel, [row], TaughtModel.id)
    if made and trial.wins:
        if live is not None:
            live.state, live.live_until = "retired", at
            session.flush()
        _judges_now(made[0].id)
        audit.record(brand_id, None, "model.promote", f"model:{made[0].id}", version=taught.version)
    drop_old()


def _judges_now(model_id: int) -> None:
    session.execute(
        update(TaughtModel)
        .where(TaughtModel.id == model_id)
        .values(state="live", live_since=clock.now(), live_until=None, taken_back_by=None)
    )


def drop_old() -> None:
    """Models that judged long ago, or never did; the one that judged before the live one can be gone back to."""
    before = select(TaughtModel.replaced).where(
        TaughtModel.brand_id == current_brand(), TaughtModel.state == "live", TaughtModel.replaced.is_not(None)
    )
    kept = select(TaughtModel.id).where(TaughtModel.brand_id == current_brand()).order_by(TaughtModel.id.desc())
    oldest = session.execute(kept.limit(1).offset(KEPT - 1)).scalar()
    if oldest is not None:
        session.execute(
            delete(TaughtModel).where(
                TaughtModel.id < oldest,
                TaughtModel.state != "live",
                TaughtModel.version.not_in(session.execute(before).scalars().all()),
            )
        )


def take_back(model_id: int, *, by: int) -> None:
    """A manager takes the live model back: the one that it replaced judges again, or our own examples do.

    Raises:
        NotFoundError: no such model.
        ConflictError: it does not judge now.

    """
    row = session.execute(select(TaughtModel).where(TaughtModel.id == model_id).with_for_update()).scalar_one_or_none()
    if row is None:
        raise NotFoundError("There is no such model.")
    if row.state != "live":
        raise ConflictError("This model does not judge any more, so there is nothing to take back.")
    at = clock.now()
    row.state, row.live_until, row.taken_back_by = "retired", at, by
    session.flush()
    before = select(TaughtModel.id).where(TaughtModel.version == row.replaced)
    earlier = session.execute(before).scalar() if row.replaced else None
    if earlier is not None:
        _judges_now(earlier)
    audit.record(row.brand_id, by, "model.take_back", f"model:{model_id}", version=row.version)
