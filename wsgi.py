"""The door for a WSGI server: settings, create_app, nothing else."""

from app.factory import create_app
from app.kernel.settings import Settings

app = create_app(Settings.from_environment(), with_pages=True)
