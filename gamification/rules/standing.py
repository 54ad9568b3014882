"""Who stands where: dense ranks, and a member's neighbours, so that not only the top is worth looking at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

SPAN = 3
"""Neighbours shown above and below."""


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the board; equal points share a rank."""

    rank: int
    member_id: int
    points: int


def ranked(points: Mapping[int, int]) -> tuple[Place, ...]:
    """Members by points, the most first, dense ranks: equal points share a place and leave none out."""
    ranks = {number: rank for rank, number in enumerate(sorted(set(points.values()), reverse=True), start=1)}
    places = [Place(ranks[number], member_id, number) for member_id, number in points.items()]
    return tuple(sorted(places, key=lambda place: (place.rank, place.member_id)))


def shown(places: Sequence[Place], member_id: int, *, top: int, span: int = SPAN) -> tuple[tuple[Place, ...], ...]:
    """The runs of places worth showing: the top, and the member's neighbours where they are not near it."""
    at = next((index for index, place in enumerate(places) if place.member_id == member_id), None)
    head = min(top, len(places))
    if at is None or at - span <= head:
        end = head if at is None else max(head, min(at + span + 1, len(places)))
        return (tuple(places[:end]),) if end else ()
    return (tuple(places[:head]), tuple(places[at - span : at + span + 1]))


def to_the_next(places: Collection[Place], member_id: int) -> int | None:
    """How many points a member is short of the rank above; None at the top, or without a place."""
    mine = next((place for place in places if place.member_id == member_id), None)
    if mine is None or mine.rank == 1:
        return None
    return next(place.points for place in places if place.rank == mine.rank - 1) - mine.points
