"""How much of its share a page has used: calls per day, told as percentages in every answer's headers."""

import json
import threading

from app.sandbox import facebook_problems as problems
from app.sandbox.store import Store

DEFAULT = 4800
"""Calls per 24 hours, for a page with one engaged person: the least that the network promises."""
_DAY = 86_400


class Usage:
    """Counts calls per page or person over windows of a day; counts live in memory, the limit in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, int]] = {}

    def limit(self) -> int:
        """Calls per window."""
        return int(self._store.remembered("facebook_limit") or DEFAULT)

    def change(self, limit: int) -> None:
        """Another limit; every window starts afresh."""
        self._store.remember("facebook_limit", str(limit))
        self.forget()

    def forget(self) -> None:
        """Starts every window afresh."""
        with self._lock:
            self._windows.clear()

    def count(self, caller_id: str) -> dict[str, str]:
        """Counts one call and gives the answer's headers. Raises the network's error when nothing is left."""
        now, limit = int(self._store.now().timestamp()), self.limit()
        with self._lock:
            ends, used = self._windows.get(caller_id, (0, 0))
            if now >= ends or ends > now + _DAY:  # over, or the clock was turned back
                ends, used = now + _DAY, 0
            self._windows[caller_id] = (ends, min(used + 1, limit))
        if used >= limit:
            refusal = problems.too_many()
            refusal.headers = self.headers(caller_id, 100, minutes=-(-(ends - now) // 60))
            raise refusal
        return self.headers(caller_id, (used + 1) * 100 // limit)

    @staticmethod
    def headers(caller_id: str, percent: int, *, minutes: int = 0) -> dict[str, str]:
        """The two headers: the app's share, and the page's, with the minutes until it may call again."""
        figures = {"call_count": percent, "total_cputime": percent // 2, "total_time": percent // 2}
        of_page = {"type": "pages", **figures, "estimated_time_to_regain_access": minutes}
        return {
            "X-App-Usage": json.dumps(figures),
            "X-Business-Use-Case-Usage": json.dumps({caller_id: [of_page]}),
        }
