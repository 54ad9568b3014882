"""Who lives in the demo world: two brands and their people. Light to load, because the start greets with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PASSWORD = "let me help"  # noqa: S105  told to everybody who starts the demo, which listens on this machine only


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo: their sign-in, and their roles by brand."""

    alias: str
    name: str
    roles: Mapping[str, str]
    languages: tuple[str, ...] = ("en",)
    topics: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.alias}@peerline.example"


BRANDS = {
    "brightway": ("Brightway", ("en", "vi", "zh", "ko"), ("US", "VN", "KR", "CN")),
    "northmill": ("Northmill Coffee", ("en", "vi", "zh", "ko"), ("US", "VN", "KR", "CN")),
}
"""Handle → name, languages, regions. Brightway makes e-bikes and an app; Northmill sends coffee by subscription."""

PEOPLE = (
    Person("maya", "Maya Lindqvist", {"brightway": "advocate"}, ("en",), ("tech", "product")),
    Person(
        "minh", "Minh Trần", {"brightway": "advocate", "northmill": "advocate"}, ("vi", "en"), ("product", "general")
    ),
    Person("jiwoo", "Jiwoo Han", {"brightway": "advocate"}, ("ko", "en"), ("tech",)),
    Person("lan", "Lan Chen", {"brightway": "advocate"}, ("zh", "en"), ("product", "delivery")),
    Person("priya", "Priya Raman", {"brightway": "advocate"}, ("en",), ("tech", "outage")),
    Person("oskar", "Oskar Lund", {"brightway": "advocate", "northmill": "advocate"}, ("en",), ("product", "delivery")),
    Person("sam", "Sam Okafor", {"brightway": "moderator"}, ("en",)),
    Person("tess", "Tess Moreau", {"brightway": "moderator", "northmill": "moderator"}, ("en", "vi")),
    Person("dana", "Dana Whitfield", {"brightway": "manager", "northmill": "manager"}, ("en",)),
)
