"""Static files: known by name, served from memory, with one hash of all of them in their address."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from flask import Blueprint, Flask, Response, request, url_for
from markupsafe import Markup

from app.kernel.errors import NotFoundError
from app.web.seats import open_to_all

STATIC = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_MOMENT = "public, max-age=60"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

files = Blueprint("assets", __name__)


class _Shelf:
    """The files as they were when the process started."""

    content: dict[str, bytes] = {}  # noqa: RUF012  filled once, by register
    digest = ""


@files.get("/static/<digest>/<path:name>")
@open_to_all
def file(digest: str, name: str) -> Response:
    """One file. An address from before a deployment still works, but is not kept for ever."""
    content = _Shelf.content.get(name)
    if content is None:
        raise NotFoundError("There is no such file.")
    kind = _TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0] or "text/plain"
    response = Response(content, mimetype=kind)
    response.headers["Cache-Control"] = FOR_EVER if digest == _Shelf.digest else FOR_A_MOMENT
    response.set_etag(_Shelf.digest)
    response.make_conditional(request)
    return response


def asset(name: str) -> str:
    """The address of a static file; it changes when any of them does, so that caches never serve a mixture."""
    return url_for("assets.file", digest=_Shelf.digest, name=name)


def icon(name: str) -> Markup:
    """An outlined picture from the sprite; always beside a word, so it says nothing to a screen reader."""
    sprite = asset("icons.svg")
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>').format(sprite, name)


def register(app: Flask) -> None:
    """Read the files, once."""
    _Shelf.content = {
        path.relative_to(STATIC).as_posix(): path.read_bytes() for path in sorted(STATIC.rglob("*")) if path.is_file()
    }
    whole = hashlib.sha256()
    for name, content in _Shelf.content.items():
        whole.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    _Shelf.digest = whole.hexdigest()[:12]
    app.register_blueprint(files)
    app.jinja_env.globals.update(asset=asset, icon=icon)
