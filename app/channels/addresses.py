"""Addresses that a manager types: only the open internet is called, never a machine behind our own walls."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.kernel.db import refuse_network_in_transaction
from app.kernel.errors import RefusedError

_NO_ADDRESS = "“{typed}” is no server's address. Write it as https://example.org."
_MOST = 200


def of_server(typed: str) -> str:
    """The server's address as scheme and host, once every machine behind its name is a public one.

    That the host must prove its name by a certificate keeps it from turning to a private machine later on.

    Raises:
        RefusedError: not https, more than a host, a name that leads nowhere, or to a machine that is not public.

    """
    refuse_network_in_transaction()
    shown = typed[:60]
    try:
        parts = urlsplit(typed if "://" in typed else f"https://{typed}")
        host, port = parts.hostname or "", parts.port or 443
    except ValueError:
        raise RefusedError(_NO_ADDRESS.format(typed=shown)) from None
    rest = parts.path.rstrip("/") or parts.query or parts.fragment or parts.username or parts.password
    if parts.scheme != "https" or not host or rest or len(typed) > _MOST:
        raise RefusedError(_NO_ADDRESS.format(typed=shown))
    try:
        found = {answer[4][0] for answer in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        raise RefusedError(f"There is no server at “{shown}”, or it cannot be found right now.") from None
    if not all(_is_public(str(address)) for address in found):
        raise RefusedError(f"“{shown}” is no public server, so it is not called from here.")
    return f"https://{host}" + (f":{parts.port}" if parts.port not in {None, 443} else "")


def _is_public(address: str) -> bool:
    parsed = ip_address(address.partition("%")[0])
    inner = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None) or parsed
    return bool(inner.is_global and not inner.is_multicast)
