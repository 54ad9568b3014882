"""How often an account may call each endpoint: windows of 15 minutes, told in every answer's headers."""

import json
import threading

from app.sandbox import x_problems
from app.sandbox.store import Store

WINDOW_SECONDS = 900

# Calls per window as X published them in August 2026: for a user, and for an app's bearer token.
DEFAULTS: dict[str, tuple[int, int]] = {
    "GET /2/users/me": (75, 75),
    "GET /2/users/:id": (900, 300),
    "GET /2/users/by/username/:username": (900, 300),
    "GET /2/users/:id/mentions": (300, 450),
    "GET /2/users/:id/tweets": (900, 1500),
    "GET /2/tweets": (900, 450),
    "GET /2/tweets/:id": (900, 450),
    "GET /2/tweets/search/recent": (300, 450),
    "GET /2/tweets/search/stream": (50, 50),
    "GET /2/tweets/search/stream/rules": (450, 450),
    "POST /2/tweets/search/stream/rules": (100, 100),
    "POST /2/tweets": (100, 100),
    "DELETE /2/tweets/:id": (50, 50),
}


class RateLimits:
    """Counts calls per endpoint and caller; counts live in memory, changed limits in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, str, bool], tuple[int, int]] = {}

    def limits(self) -> dict[str, tuple[int, int]]:
        """Calls per window for each endpoint: (user, app)."""
        changed = json.loads(self._store.remembered("rate_limits") or "{}")
        return DEFAULTS | {endpoint: (int(user), int(app)) for endpoint, (user, app) in changed.items()}

    def change(self, endpoint: str, limit: int) -> None:
        """Sets one endpoint's limit for users and apps alike. Raises KeyError for an endpoint that does not exist."""
        if endpoint not in DEFAULTS:
            raise KeyError(endpoint)
        changed = json.loads(self._store.remembered("rate_limits") or "{}")
        self._store.remember("rate_limits", json.dumps(changed | {endpoint: (limit, limit)}))
        self.forget()

    def forget(self) -> None:
        """Starts every window afresh."""
        with self._lock:
            self._windows.clear()

    def count(self, endpoint: str, account_id: str, *, is_user: bool) -> dict[str, str]:
        """Counts one call and gives the answer's headers. Raises the network's 429 when the window is used up."""
        user, app = self.limits()[endpoint]
        limit = user if is_user else app
        now = int(self._store.now().timestamp())
        key = (endpoint, account_id, is_user)
        with self._lock:
            reset, used = self._windows.get(key, (0, 0))
            if now >= reset or reset > now + WINDOW_SECONDS:  # over, or the clock was turned back
                reset, used = now + WINDOW_SECONDS, 0
            self._windows[key] = (reset, min(used + 1, limit))
        headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(limit - used - 1, 0)),
            "x-rate-limit-reset": str(reset),
        }
        if used >= limit:
            raise x_problems.too_many(headers)
        return headers
