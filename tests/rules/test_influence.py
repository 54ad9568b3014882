"""How far a voice carries: by magnitudes, from nobody to a million."""

from listeners.rules.influence import FAR, influence


def test_each_further_zero_carries_a_sixth_further() -> None:
    steps = [influence(10**zeros) for zeros in range(1, 7)]
    assert [round(step, 1) for step in steps] == [0.2, 0.3, 0.5, 0.7, 0.8, 1.0]
    assert steps == sorted(steps)


def test_nobody_is_heard_nowhere_and_nothing_carries_further_than_a_million() -> None:
    assert influence(-5) == influence(0) == 0.0
    assert influence(90_000_000) == 1.0


def test_ten_thousand_readers_are_many() -> None:
    assert influence(9_000) < FAR <= influence(10_100)
