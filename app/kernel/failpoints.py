"""Named places where a test makes a process die or fail: how the crash matrix proves that nothing is said twice."""

from __future__ import annotations

import os
import signal

_SCRIPT = os.environ.get("PEERLINE_FAILPOINT", "")
"""`name:kill` or `name:raise`, set by the crash tests only; read once, so that a hit costs one comparison."""


class FailpointError(RuntimeError):
    """The error that `name:raise` asks for."""


def hit(name: str) -> None:
    """Do what the script says for this place, if anything."""
    if not _SCRIPT:
        return
    wanted, _, action = _SCRIPT.partition(":")
    if wanted != name:
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise FailpointError(name)
