"""Starts the sandbox network by itself: `python -m app.sandbox --port 8001 --data plaza.sqlite --seed 7`."""

import argparse
import contextlib
import json
import os
import signal
import sys

from app.sandbox.server import serve


def main() -> None:
    """Serves until stopped; says in one line of JSON where it listens.

    The control token is taken from PEERLINE_SANDBOX_TOKEN; without it one is made and told in that line.
    """
    parser = argparse.ArgumentParser(prog="app.sandbox", description="The sandbox network, on this machine only.")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--data", default=":memory:", help="SQLite file that keeps the network's world")
    parser.add_argument("--seed", type=int, default=1, help="tells every id and token of a new world")
    arguments = parser.parse_args()
    given = os.environ.get("PEERLINE_SANDBOX_TOKEN")

    def ready(url: str, token: str) -> None:
        line = {"ready": True, "url": url} | ({} if given else {"control_token": token})
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    with contextlib.suppress(KeyboardInterrupt):
        serve(
            "127.0.0.1",
            arguments.port,
            arguments.data,
            arguments.seed,
            control_token=given,
            portal_url=os.environ.get("PEERLINE_PORTAL_URL"),
            ready=ready,
        )


if __name__ == "__main__":
    main()
