"""Who answers: every assessment gets exactly one lane, and what must not go to advocates never does."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.desk.rules.routing import SENSITIVE, Route, Signals, is_kept_from_advocates, route

quick = settings(max_examples=60, deadline=None, derandomize=True, database=None)
CALM = Signals("question", 0, (), frozenset(), risk_chance=0.02, must_staff=0.1, needs_reply=True, replyable=True)
"""A question that anybody who knows the product can answer."""

signals = st.builds(
    Signals,
    intent=st.sampled_from(["question", "complaint", "praise", "crisis", "other", "unheard of"]),
    anger=st.integers(0, 3),
    risks=st.lists(st.sampled_from(["legal", "safety", "fraud", "unheard of"]), max_size=2, unique=True).map(tuple),
    private_kinds=st.frozensets(st.sampled_from(["card", "id", "phone", "iban", "email", "order"]), max_size=2),
    risk_chance=st.floats(0, 1),
    must_staff=st.floats(0, 1),
    needs_reply=st.booleans(),
    replyable=st.booleans(),
    wants_human=st.booleans(),
    wants_rest=st.booleans(),
    far_heard=st.booleans(),
)
bars = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted)


def routed(seen: Signals, *, suggest: float = 0.25, staff: float = 0.45) -> Route:
    return route(seen, staff_bar=staff, suggest_bar=suggest)


@pytest.mark.parametrize(
    ("change", "lane", "words"),
    [
        ({}, "advocates", "Public knowledge"),
        ({"must_staff": 0.2499}, "advocates", "25%"),
        ({"must_staff": 0.25}, "staff", "staff decides"),
        ({"must_staff": 0.4499}, "staff", "staff decides"),
        ({"must_staff": 0.45}, "staff", "account"),
        ({"anger": 2}, "advocates", "Public knowledge"),
        ({"anger": 3}, "staff", "furious"),
        ({"anger": 2, "far_heard": True}, "staff", "many read"),
        ({"anger": 1, "far_heard": True}, "advocates", "Public knowledge"),
        ({"intent": "crisis"}, "staff", "danger"),
        ({"risks": ("legal",)}, "staff", "legal steps"),
        ({"risks": ("fraud", "press")}, "staff", "fraud and it speaks of the press"),
        ({"risks": ("something new",)}, "staff", "something new"),
        ({"private_kinds": frozenset({"card"})}, "staff", "private data (card)"),
        ({"private_kinds": frozenset({"phone", "iban"})}, "staff", "private data (iban, phone)"),
        ({"private_kinds": frozenset({"order"})}, "advocates", "Public knowledge"),
        ({"wants_human": True}, "staff", "a person of the company"),
        ({"wants_rest": True}, "staff", "left alone"),
        ({"risk_chance": 0.0899}, "advocates", "Public knowledge"),
        ({"risk_chance": 0.09}, "staff", "may hold a risk (9%)"),
        ({"risk_chance": 0.09, "needs_reply": False}, "staff", "may hold a risk"),
        ({"risk_chance": 0.9, "replyable": False}, "staff", "takes no reply"),
        ({"needs_reply": False}, "no_reply", "Nothing here asks"),
        ({"needs_reply": False, "anger": 3}, "staff", "furious"),  # fury is never passed over in silence
        ({"replyable": False}, "staff", "takes no reply"),
        ({"replyable": False, "needs_reply": False}, "no_reply", "Nothing here asks"),
    ],
)
def test_lanes_and_their_reasons(change: dict[str, object], lane: str, words: str) -> None:
    made = routed(replace(CALM, **change))
    assert made.lane == lane
    assert words in made.reason


def test_a_mere_chance_may_be_overruled_and_a_hard_rule_not() -> None:
    assert not is_kept_from_advocates(replace(CALM, must_staff=0.9))
    assert not is_kept_from_advocates(replace(CALM, risk_chance=0.5))
    assert is_kept_from_advocates(replace(CALM, risks=("legal",)))
    assert is_kept_from_advocates(replace(CALM, replyable=False))


@quick
@given(signals, bars)
def test_every_assessment_gets_exactly_one_lane_with_a_reason(seen: Signals, at: list[float]) -> None:
    made = routed(seen, suggest=at[0], staff=at[1])
    assert made.lane in {"staff", "advocates", "no_reply"}
    assert made.reason


@quick
@given(signals, bars)
def test_what_is_risky_furious_or_private_never_leaves_staff(seen: Signals, at: list[float]) -> None:
    made = routed(seen, suggest=at[0], staff=at[1])
    grave = seen.risks or seen.intent == "crisis" or seen.anger == 3 or seen.private_kinds & SENSITIVE
    if grave or seen.wants_human:
        assert made.lane == "staff"
        assert is_kept_from_advocates(seen)
    if not seen.replyable:
        assert made.lane != "advocates"


@quick
@given(signals, bars, st.floats(0, 1))
def test_more_need_for_staff_never_moves_a_case_away_from_staff(seen: Signals, at: list[float], more: float) -> None:
    less, more = sorted((seen.must_staff, more))
    before = routed(replace(seen, must_staff=less), suggest=at[0], staff=at[1])
    after = routed(replace(seen, must_staff=more), suggest=at[0], staff=at[1])
    assert before.lane == after.lane or (before.lane, after.lane) == ("advocates", "staff")


@quick
@given(signals, bars, st.floats(0, 1))
def test_more_chance_of_a_risk_moves_cases_to_staff_alone(seen: Signals, at: list[float], more: float) -> None:
    less, more = sorted((seen.risk_chance, more))
    before = routed(replace(seen, risk_chance=less), suggest=at[0], staff=at[1])
    after = routed(replace(seen, risk_chance=more), suggest=at[0], staff=at[1])
    assert after.lane in {before.lane, "staff"}
