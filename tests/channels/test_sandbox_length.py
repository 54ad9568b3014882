"""The sandbox network's weighted length: the published rules, example by example."""

import pytest

from app.sandbox.weighted_length import weighted_length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("hello", 5),
        ("Đặng", 5),  # ặ is outside the light ranges
        ("e\u0301", 1),  # two characters, one in NFC
        ("\u10ff\u1100", 3),
        ("“quoted” – it’s", 15),
        ("\u2018\u2019\u2032\u2037\u2038", 6),
        ("咖啡", 4),
        ("한국어", 6),
        ("☕", 2),
        ("☕️", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🏳️‍🌈", 2),
        ("🇻🇳🇩🇪", 4),
        ("1️⃣", 2),
        ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", 2),
        ("©", 1),
        ("©️", 2),
        ("123", 3),
        ("https://example.com", 23),
        ("see http://example.com/a/very/long/path?with=query&more=1 now", 31),
        ("example.com", 23),
        ("example.com.", 24),
        ("(example.com/x)", 25),
        ("www.beispiel.de, shop.example.co.uk", 48),
        ("mail me@example.com", 19),
        ("@example.com", 12),
        ("file.txt and node.js", 20),
        ("1.5 or v2.0", 11),
        ("a.com b.com", 47),
    ],
)
def test_length(text, length):
    assert weighted_length(text) == length
