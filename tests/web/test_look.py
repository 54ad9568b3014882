"""The look, held to what it promises: readable in light and dark, nothing inline, vendored files as listed."""

from __future__ import annotations

import hashlib
import re
from itertools import product
from pathlib import Path

import pytest

import app.web

WEB = Path(app.web.__file__).parent
STYLE = (WEB / "static" / "peerline.css").read_text(encoding="utf-8")
LEAST_CONTRAST = 4.5
TEXTS = ("ink", "quiet", "accent", "staff", "attention", "danger", "thanks")
GROUNDS = ("paper", "sheet", "sunk")
PAIRS = [
    *product(TEXTS, GROUNDS),
    ("on-accent", "accent"),
    *(("ink", f"{name}-soft") for name in ("accent", "staff", "attention", "danger", "thanks")),
    *(("quiet", f"{name}-soft") for name in ("accent", "staff", "thanks")),
    *((name, f"{name}-soft") for name in ("accent", "staff", "attention", "danger", "thanks")),
]
TEMPLATES = sorted((WEB / "templates").rglob("*.*"))


def _tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9A-Fa-f]{6});", block))


def _schemes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{([^}]*--thanks-soft: [^}]*)\}", STYLE)
    return {"light": _tokens(light), "dark": _tokens(dark)}


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    """After WCAG 2.2."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_every_ground(scheme: str) -> None:
    tokens = _schemes()[scheme]
    found = {pair: round(_contrast(tokens[pair[0]], tokens[pair[1]]), 2) for pair in PAIRS}
    assert {pair: ratio for pair, ratio in found.items() if ratio < LEAST_CONTRAST} == {}


def test_every_colour_has_its_dark_twin_and_stands_in_one_place() -> None:
    schemes = _schemes()
    assert schemes["light"].keys() == schemes["dark"].keys()
    assert len(re.findall(r"#[0-9A-Fa-f]{3,8}\b(?=[;, )])", STYLE)) == 2 * len(schemes["light"])


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(WEB / "templates").as_posix())
def test_templates_hold_no_script_no_style_and_no_handler(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"\son\w+\s*=|\sstyle\s*=|<style|javascript:|hx-on|js:|\|\s*safe|autoescape", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(WEB / "templates").as_posix())
def test_every_sentence_of_a_template_can_be_translated(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    text = re.sub(r"\{% block width %\}.*?\{% endblock %\}|\^\w+", " ", text)
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"<kbd>.*?</kbd>|<title>.*?</title>|<svg.*?</svg>", " ", text, flags=re.DOTALL)
    words = re.findall(r"[A-Za-z]{2,}", re.sub(r"<[^>]*>", " ", text))
    assert set(words) <= {"Peerline"}


def test_vendored_files_are_the_listed_ones() -> None:
    vendor = WEB / "static" / "vendor"
    listed = {}
    for line in (vendor / "VERSIONS").read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            name, _package, version, _licence, digest = line.split()
            assert version in name
            listed[name] = digest
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in vendor.glob("*.min.*")}
    assert files == listed
    assert len(list(vendor.glob("LICENSE.*"))) == len(listed)
