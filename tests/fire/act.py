"""Processes of the house that a test makes die: `python -m tests.fire.act` forks one for each line it is given.

A line is JSON: the environment of the process, its failpoint, for how many seconds it waits for an answer of the
network, and the acts it does. What comes back is its exit status, negative when a signal ended it. Forking from a
parent that has everything loaded makes a death cheap; the parent itself opens no database and no socket.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any

from app.channels import x_line
from app.desk import settling
from app.factory import create_app
from app.kernel import bus, failpoints
from app.kernel.db import transaction
from app.kernel.settings import Settings

ACTS = {"drain": bus.drain, "settle": settling.settle, "sweep": bus.sweep}


def main() -> None:
    """Fork, wait, say how it ended; until the input ends."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _live(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


def _live(told: dict[str, Any]) -> None:
    """Do the acts with so much patience for the network, then end."""
    status = 1
    os.dup2(2, 1)  # what the house logs must not be read as a status
    try:
        failpoints._SCRIPT = told["failpoint"]
        x_line.TIMEOUTS = (10.0, told["patience"])
        with create_app(Settings.from_environment(told["environment"])).app_context():
            with transaction():  # the first one compares the clocks
                pass
            for act in told["acts"]:
                ACTS[act]()
        status = 0
    except BaseException:  # noqa: BLE001  nothing may carry on behind the fork
        traceback.print_exc()
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
