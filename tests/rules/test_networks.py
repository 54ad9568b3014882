"""However often an operator wants to look at an account, looking alone never uses up what its network allows."""

from __future__ import annotations

import pytest

from app.channels.networks import KINDS, pause_between_looks

CALLS_PER_LOOK = {"x": ("mentions", 1), "facebook": ("calls", 3), "bluesky": ("read", 6)}
"""What the adapter asks at a quiet look, of which allowance."""


@pytest.mark.parametrize("channel", KINDS)
@pytest.mark.parametrize("wanted", [0.1, 2.0, 60.0])
def test_looking_leaves_room(channel: str, wanted: float) -> None:
    kind, calls = CALLS_PER_LOOK[channel]
    allowed = [limit for limit in KINDS[channel].limits if limit.kind == kind]
    pause = pause_between_looks(channel, wanted)
    assert pause >= wanted
    assert allowed
    assert all(limit.seconds / pause * calls < limit.most for limit in allowed)
