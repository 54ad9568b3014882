"""X over a cipher stream: what a broken one proves, and what a certificate that is refused proves."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask

from app.channels.base import Door, ReplyKey, UnknownOutcomeError, UnreachableError
from app.channels.x import X

KEY = ReplyKey(1, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(autouse=True)
def _entered() -> Iterator[None]:
    """The adapter asks the session whether a transaction is open, so there has to be one."""
    with Flask("test").app_context():
        yield


def opened(url: str) -> X:
    """An account at that address."""
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    return X(Door("1", "lumo", dict.fromkeys(names, "key"), base_url=url))


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate with its key for 127.0.0.1, made for this test alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    start = datetime.now(UTC) - timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "loopback.pem"
    kind = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, kind, plain) + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def broken(certificate: Path) -> Iterator[tuple[int, list[bytes]]]:
    """A server that reads a whole request and then spoils the cipher stream; its port and what it read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    read: list[bytes] = []
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            with suppress(OSError):
                plain, _ = listening.accept()
                with closing(plain), suppress(ssl.SSLError):
                    plain_fd = socket.socket(fileno=plain.fileno())
                    wrapped = context.wrap_socket(plain, server_side=True)
                    read.append(wrapped.recv(65536))
                    raw = socket.socket(fileno=wrapped.detach())
                    plain_fd.detach()
                    raw.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
                    raw.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], read
    thread.join(5)


def test_a_stream_that_breaks_after_the_request_is_unknown(
    certificate: Path,
    broken: tuple[int, list[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port, read = broken
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    x = opened(f"https://127.0.0.1:{port}")
    with pytest.raises(UnknownOutcomeError):
        x.reply("1", "Hold the button.", KEY)
    assert b"POST /2/tweets" in read[0]


def test_a_certificate_that_is_refused_never_was_reached(broken: tuple[int, list[bytes]]) -> None:
    port, read = broken
    with pytest.raises(UnreachableError):
        opened(f"https://127.0.0.1:{port}").reply("1", "Hold the button.", KEY)
    assert read in ([], [b""])
