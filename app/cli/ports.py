"""Whether a port is free, told before anything is started."""

from __future__ import annotations

import socket

from app.kernel.errors import UsageError


def refuse_taken(host: str, port: int) -> None:
    """Stop when something listens there already.

    Raises:
        UsageError: the port is taken, or the address is not this machine's.

    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Choose one: --port N."
            ) from None
