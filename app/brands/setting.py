"""A brand is set up: who it is, what it promises, how it routes. Each change is kept with its before and after."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from app.brands import editing, order_forms
from app.brands.models import Brand
from app.brands.queries import BrandView, brand, by_handle
from app.brands.rules import Policy
from app.kernel import audit
from app.kernel.db import current_brand, session
from app.kernel.errors import ConflictError, RefusedError

MOST_HANDLES = 10
MOST_NAME = 80
_HANDLE = re.compile(r"[A-Za-z0-9_]{1,40}")
_CODE = re.compile(r"[a-z]{2,3}")
_REGION = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Profile:
    """Who a brand is. The first handle is the usual one, the first language the one it writes when in doubt."""

    name: str
    handles: tuple[str, ...]
    languages: tuple[str, ...]
    regions: tuple[str, ...]
    order_forms: tuple[str, ...] = ()
    """How it writes its order numbers, see `order_forms.checked`."""


def profile_of(view: BrandView) -> Profile:
    """The profile as it stands."""
    return Profile(view.name, (view.handle, *view.handles), view.languages, view.regions, view.order_forms)


def save_profile(profile: Profile, *, by: int | None, seen: str) -> None:
    """Keep who the brand is.

    Raises:
        RefusedError: a name, handle, language, country or form of order numbers that is none.
        ConflictError: another brand's handle, or somebody changed the profile since `seen`.

    """
    row = editing.locked()
    before = profile_of(brand(row.id))
    editing.refuse_if_changed(seen, before)
    profile = _checked(profile, row)
    first, *others = profile.handles
    row.name, row.handle, row.handles = profile.name, first, others
    row.languages, row.regions = list(profile.languages), list(profile.regions)
    row.order_forms = list(profile.order_forms)
    session.flush()
    was, became = _differences(_plain(before), _plain(profile))
    audit.record(row.id, by, "brand.profile", f"brand:{row.id}", before=was, after=became)


def policy_values(view: BrandView, names: Sequence[str]) -> dict[str, Any]:
    """Some of the policy's values as they stand, JSON-able: what a form over them has seen."""
    every = view.policy.model_dump(mode="json")
    return {name: every[name] for name in names}


def try_policy(view: BrandView, values: Mapping[str, Any]) -> Policy:
    """The policy with other values in it; nothing is kept.

    Raises:
        RefusedError: a value out of its bounds, or two that contradict each other.

    """
    try:
        policy = Policy.model_validate(view.policy.model_dump(mode="json") | dict(values))
    except ValidationError as error:
        raise RefusedError(_sentence(error)) from None
    if policy.suggest_bar > policy.staff_bar:
        raise RefusedError("The bar for a suggestion lies at or below the bar for staff.")
    if policy.lease_minutes > policy.lease_most_minutes:
        raise RefusedError("A claim lasts at most as long as typing can extend it.")
    return policy


def save_policy(values: Mapping[str, Any], *, by: int | None, seen: str) -> Policy:
    """Keep some of the policy's values; what became of it. It counts from the next case on.

    Raises:
        RefusedError: as `try_policy`.
        ConflictError: somebody changed one of these values since `seen`.

    """
    row = editing.locked()
    view = brand(row.id)
    before = policy_values(view, tuple(values))
    editing.refuse_if_changed(seen, before)
    policy = try_policy(view, values)
    row.policy = policy.model_dump(mode="json", exclude_defaults=True)
    session.flush()
    was, became = _differences(before, policy_values(brand(row.id), tuple(values)))
    if became:
        audit.record(row.id, by, "brand.policy", f"brand:{row.id}", before=was, after=became)
    return policy


def name_topics(names: Mapping[str, str], *, by: int | None, seen: str) -> None:
    """Keep what the brand calls its topics; an empty name is the house's own.

    Raises:
        RefusedError: a name that is too long.
        ConflictError: somebody changed a name since `seen`.

    """
    row = editing.locked()
    before = brand(row.id).topic_names
    editing.refuse_if_changed(seen, before)
    kept = {topic: " ".join(name.split()) for topic, name in names.items() if name.strip()}
    if any(len(name) > MOST_NAME for name in kept.values()):
        raise RefusedError("A topic's name has at most 80 characters.")
    row.topic_names = kept
    session.flush()
    was, became = _differences(before, kept)
    audit.record(row.id, by, "brand.topics", f"brand:{row.id}", before=was, after=became)


def _checked(profile: Profile, row: Brand) -> Profile:
    name = " ".join(profile.name.split())
    handles = tuple(dict.fromkeys(handle.strip().lstrip("@＠") for handle in profile.handles if handle.strip()))
    languages, regions = tuple(dict.fromkeys(profile.languages)), tuple(dict.fromkeys(profile.regions))
    if not name or len(name) > MOST_NAME:
        raise RefusedError("A brand has a name of 1 to 80 characters.")
    if not handles or len(handles) > MOST_HANDLES:
        raise RefusedError("A brand has 1 to 10 handles, the usual one first.")
    for handle in handles:
        if not _HANDLE.fullmatch(handle):
            raise RefusedError(f"“{handle[:40]}” is no handle: it has 1 to 40 letters, digits or underscores.")
    if not languages or not all(_CODE.fullmatch(code) for code in languages):
        raise RefusedError("Choose at least one language.")
    if not all(_REGION.fullmatch(code) for code in regions):
        raise RefusedError("A country is written with two letters, as in US or VN.")
    taken = by_handle(handles[0])
    if taken is not None and taken.id != row.id:
        raise ConflictError(f"Another brand of this house has the handle @{handles[0]}.")
    return Profile(name, handles, languages, regions, order_forms.checked(profile.order_forms))


def _plain(profile: Profile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "handles": list(profile.handles),
        "languages": list(profile.languages),
        "regions": list(profile.regions),
        "order_forms": list(profile.order_forms),
    }


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was and what became of the values that are not the same."""
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return {name: before.get(name) for name in changed}, {name: after.get(name) for name in changed}


def _sentence(error: ValidationError) -> str:
    """What is wrong with the first value that is, in words."""
    first = error.errors()[0]
    field = str(first["loc"][0]).replace("_", " ") if first["loc"] else "hours"
    message = str(first["msg"]).removeprefix("Value error, ")
    return f"The value for {field} cannot be taken: {message[:1].lower()}{message[1:]}."


def scope() -> BrandView:
    """The brand in scope."""
    return brand(current_brand())
