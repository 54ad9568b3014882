"""Doing something again and again until the process is asked to stop; what goes wrong is logged and tried again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

import structlog

from app.kernel.db import session

log = structlog.get_logger()


def rounds(each: Callable[[], float]) -> None:
    """Call `each` until SIGTERM or SIGINT; it says how many seconds to wait. A round under way is finished."""
    stop = threading.Event()

    def ask(_signum: int, _frame: FrameType | None) -> None:
        stop.set()

    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, ask)
    while not stop.is_set():
        try:
            pause = each()
        except Exception as error:
            log.exception("a round failed", error=repr(error))
            pause = 5.0
        finally:
            session.remove()
        stop.wait(pause)
