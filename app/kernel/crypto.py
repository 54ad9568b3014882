"""Secrets at rest, and names in URLs that nobody can guess or count; both outlive a change of the house's secret."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from sqlalchemy import Text
from sqlalchemy.types import TypeDecorator

from app.kernel.errors import NotFoundError, PeerlineError

_REF_BYTES = 16


def _derived(secret: str, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose; keys of different purposes tell nothing of each other."""
    return hmac.new(secret.encode(), purpose.encode(), hashlib.sha256).digest()


class Sealed(TypeDecorator[str]):
    """The type of a column that holds what the vault sealed: by it, `resealing` finds every such column."""

    impl = Text
    cache_ok = True


class Vault:
    """Seals channel credentials. The brand is sealed in, so that a row copied to another brand cannot be opened.

    The first secret seals; every one of them opens.
    """

    def __init__(self, *secrets: str) -> None:
        keys = [Fernet(base64.urlsafe_b64encode(_derived(secret, "vault"))) for secret in secrets]
        self._newest, self._box = keys[0], MultiFernet(keys)

    def seal(self, brand_id: int, plain: str) -> str:
        """Encrypt with the first secret."""
        return self._box.encrypt(f"{brand_id}:{plain}".encode()).decode("ascii")

    def open(self, brand_id: int, sealed: str) -> str:
        """Decrypt with any of the secrets.

        Raises:
            PeerlineError: sealed for another brand, by another secret, or altered.

        """
        try:
            owner, _, plain = self._box.decrypt(sealed.encode("ascii")).decode().partition(":")
        except InvalidToken:
            raise PeerlineError("The stored credentials cannot be opened with PEERLINE_SECRET.") from None
        if owner != str(brand_id):
            raise PeerlineError("The stored credentials belong to another brand.")
        return plain

    def reseal(self, sealed: str) -> str | None:
        """The same words, for the same brand, under the first secret; None when they are under it already.

        Raises:
            PeerlineError: none of the secrets opens it.

        """
        try:
            self._newest.decrypt(sealed.encode("ascii"))
        except InvalidToken:
            try:
                return self._box.rotate(sealed.encode("ascii")).decode("ascii")
            except InvalidToken:
                raise PeerlineError("None of the secrets opens this.") from None
        return None


class Refs:
    """Turns a row's number into the name it has in URLs, and back: one block of AES, bound to the kind of row.

    A name tells nothing about the number or its neighbours. It is no permission: every query still keeps to the brand.
    The first secret names; names that an older one gave still lead to their rows, so that links in mails live on.
    """

    def __init__(self, *secrets: str) -> None:
        self._given = [_Names(secret) for secret in secrets]

    def name(self, kind: str, row_id: int) -> str:
        """22 characters for URLs."""
        return self._given[0].name(kind, row_id)

    def number(self, kind: str, name: str) -> int:
        """The row's number again.

        Raises:
            NotFoundError: no name of this house, of another kind of row, or a second spelling of a name.

        """
        try:
            block = base64.urlsafe_b64decode(name + "=" * (-len(name) % 4))
        except ValueError:
            block = b""
        for given in self._given:
            number = given.number(kind, block) if len(block) == _REF_BYTES else None
            if number is not None and given.name(kind, number) == name:
                return number
        raise NotFoundError("There is no such page.")


class _Names:
    """The names that one secret gives."""

    def __init__(self, secret: str) -> None:
        # ECB is right for exactly one block that is never repeated within a kind; the check below makes it a seal
        self._cipher = Cipher(algorithms.AES(_derived(secret, "refs")), modes.ECB())  # noqa: S305
        self._check = _derived(secret, "refs check")

    def name(self, kind: str, row_id: int) -> str:
        encryptor = self._cipher.encryptor()
        block = self._tag(kind) + row_id.to_bytes(8, "big")
        return base64.urlsafe_b64encode(encryptor.update(block) + encryptor.finalize()).rstrip(b"=").decode("ascii")

    def number(self, kind: str, block: bytes) -> int | None:
        decryptor = self._cipher.decryptor()
        plain = decryptor.update(block) + decryptor.finalize()
        return int.from_bytes(plain[8:], "big") if hmac.compare_digest(plain[:8], self._tag(kind)) else None

    def _tag(self, kind: str) -> bytes:
        return hmac.new(self._check, kind.encode(), hashlib.sha256).digest()[:8]


class _Keys:
    """The vault and the names of this process, once the settings are read."""

    vault: Vault | None = None
    refs: Refs | None = None


def use(*secrets: str) -> None:
    """Take the house's secret, and after it the one before; the factory calls this once per process."""
    _Keys.vault, _Keys.refs = Vault(*secrets), Refs(*secrets)


def vault() -> Vault:
    """The vault of this process."""
    if _Keys.vault is None:
        raise RuntimeError("crypto.use was not called")
    return _Keys.vault


def refs() -> Refs:
    """The names in URLs of this process."""
    if _Keys.refs is None:
        raise RuntimeError("crypto.use was not called")
    return _Keys.refs
