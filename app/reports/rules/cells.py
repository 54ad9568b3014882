"""A cell of a table that other programs open: a text that begins like a formula must stay a text there."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What spreadsheets take for the start of a formula (OWASP, CSV injection), the wide forms included."""


def harmless(cell: object) -> object:
    """The cell as it may be written: a text that a spreadsheet would run begins with an apostrophe; numbers stay."""
    if isinstance(cell, str) and cell.lstrip(" \u00a0").startswith(_FORMULA):
        return f"'{cell}"
    return "" if cell is None else cell
