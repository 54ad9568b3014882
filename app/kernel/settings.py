"""The one frozen settings object, read from the environment once; nothing else reads the environment.

Every name is documented in docs/settings.md (a house test holds the two together).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from app.kernel.errors import UsageError

PREFIX = "PEERLINE_"
PROJECT = Path(__file__).resolve().parents[2]


class Settings(BaseModel):
    """What a process of the house needs to know. Units are in the names; secrets never appear in `repr`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = Field(description="Where the truth is kept; PostgreSQL in production, SQLite when embedded.")
    redis_url: str | None = Field(default=None, description="The doorbell. Without it, work waits for the sweep.")
    secret: str = Field(repr=False, min_length=32, description="Signs sessions and seals stored secrets.")
    secret_old: str | None = Field(
        default=None, repr=False, min_length=32, description="Opens what was sealed before, while the secret changes."
    )
    data_dir: Path = Field(description="Run-time files of the embedded set-up: database, queue, logs, sandbox.")
    embedded: bool = Field(description="True when the house runs on its own SQLite file, as the demo does.")
    secure_cookies: bool = Field(description="Cookies only over TLS; off only on loopback.")
    proxies: int = Field(default=0, ge=0, le=5, description="Reverse proxies in front whose headers are believed.")
    sandbox_url: str | None = Field(default=None, description="The sandbox network's public page, linked in the demo.")
    poll_seconds: float = Field(default=60.0, gt=0, description="How often the listener asks an account for news.")
    x_client_id: str | None = Field(default=None, description="The house's app on X, for connecting by a click.")
    x_client_secret: str | None = Field(default=None, repr=False, description="Its secret; none for a public app.")
    bluesky_url: str = Field(default="https://bsky.social", description="Where Bluesky accounts live unless told.")
    portal_url: str | None = Field(default=None, description="Where people open the portal; links in mails begin so.")
    mail_url: str | None = Field(default=None, repr=False, description="The mail server, as smtp:// or smtps://.")
    facebook_app_id: str | None = Field(default=None, description="Our app at Facebook.")
    facebook_app_secrets: tuple[str, ...] = Field(
        default=(), repr=False, description="Its secret; while it changes, the new one and then the old one."
    )
    facebook_verify_token: str | None = Field(
        default=None, repr=False, description="The word by which Facebook knows our webhook's address as ours."
    )
    mail_from: str | None = Field(default=None, description="Whom the house's mails come from.")

    @field_validator("mail_url")
    @classmethod
    def _speaks_smtp(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "smtp://nobody")
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or (parts.port or 1) < 1:
            raise ValueError("write smtp://host:port or smtps://user:password@host:port")
        return url

    @model_validator(mode="after")
    def _has_links_for_its_mails(self) -> Settings:
        if self.mail_url and not (self.portal_url or "").startswith(("http://", "https://")):
            raise ValueError("MAIL_URL is set without PEERLINE_PORTAL_URL, with which the links in mails begin")
        return self

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret that seals and names, and after it the one that only opens."""
        return (self.secret, self.secret_old) if self.secret_old else (self.secret,)

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is the embedded SQLite file."""
        return self.database_url.startswith("sqlite")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Raises:
            UsageError: a value is missing or wrong; the sentence names the variable.

        """
        env = os.environ if environment is None else environment
        data_dir = Path(env.get("PEERLINE_DATA_DIR") or PROJECT / ".data").resolve()
        database_url = normalise_database_url(env.get("DATABASE_URL") or f"sqlite:///{data_dir / 'peerline.sqlite3'}")
        embedded = not env.get("DATABASE_URL")
        secret = env.get("PEERLINE_SECRET") or (_kept_secret(data_dir) if embedded else "")
        if not secret:
            raise UsageError("PEERLINE_SECRET is not set: give 32 or more random characters (it signs the sessions).")
        try:
            return cls(
                database_url=database_url,
                redis_url=env.get("REDIS_URL") or None,
                secret=secret,
                secret_old=env.get("PEERLINE_SECRET_OLD") or None,
                data_dir=data_dir,
                embedded=embedded,
                secure_cookies=env.get("PEERLINE_SECURE_COOKIES", "0" if embedded else "1") == "1",
                proxies=int(env.get("PEERLINE_PROXIES", "0")),
                sandbox_url=env.get("PEERLINE_SANDBOX_URL") or None,
                poll_seconds=float(env.get("PEERLINE_POLL_SECONDS", "60")),
                x_client_id=env.get("PEERLINE_X_CLIENT_ID") or None,
                x_client_secret=env.get("PEERLINE_X_CLIENT_SECRET") or None,
                bluesky_url=(env.get("PEERLINE_BLUESKY_URL") or "https://bsky.social").rstrip("/"),
                portal_url=env.get("PEERLINE_PORTAL_URL") or None,
                facebook_app_id=env.get("PEERLINE_FACEBOOK_APP_ID") or None,
                facebook_app_secrets=_listed(env.get("PEERLINE_FACEBOOK_APP_SECRET")),
                facebook_verify_token=env.get("PEERLINE_FACEBOOK_VERIFY_TOKEN") or None,
                mail_url=env.get("MAIL_URL") or None,
                mail_from=env.get("MAIL_FROM") or None,
            )
        except (ValidationError, ValueError) as error:
            raise UsageError(_first_problem(error)) from None


def _listed(value: str | None) -> tuple[str, ...]:
    """The parts of a comma-separated value."""
    return tuple(part.strip() for part in (value or "").split(",") if part.strip())


def normalise_database_url(url: str) -> str:
    """`postgres://` and `postgresql://` as providers write them, with the driver we use."""
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    return url


def _kept_secret(data_dir: Path) -> str:
    """The embedded set-up's secret, made once and readable by its owner only."""
    path = data_dir / "secret"
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        pass
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process of the same start was faster
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise UsageError(f"No write access to {data_dir}: {error.strerror}. Set PEERLINE_DATA_DIR elsewhere.") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    return path.read_text(encoding="ascii").strip()


def _first_problem(error: Exception) -> str:
    """One line that names the setting, out of pydantic's report."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False)[0]
        said = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:
            return f"{said}."
        name = str(first["loc"][0]).upper()
        variable = name if name in {"DATABASE_URL", "REDIS_URL", "MAIL_URL", "MAIL_FROM"} else PREFIX + name
        return f"{variable} is wrong: {said}."
    return f"A setting is wrong: {error}."
