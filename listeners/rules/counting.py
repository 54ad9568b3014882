"""Many texts as rows of numbers: which terms they share, how rare each is, and what each text says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from listeners.rules import features
from listeners.rules.linear import LOUDNESS_OF_SIGNS, SIGN, Terms

MOST_TERMS: Final = 150_000
RARE: Final = 2
SMALL: Final = 400
"""Up to so many texts even a term of one text counts."""
Places = NDArray[np.int64]


class Texts(NamedTuple):
    """Every text's words in their order, as places in `words`, and its signs."""

    said: Sequence[Places]
    words: Sequence[str]
    signs: Sequence[Mapping[str, float]]


class Counted(NamedTuple):
    """The terms, and a row a text: the weights that linear.Taught.see gives it. `near` and `signs` mark columns."""

    terms: Terms
    matrix: csr_matrix
    near: NDArray[np.bool_]
    signs: NDArray[np.bool_]


class _Kind(NamedTuple):
    """One kind of terms: their names, and a row a text with how often each stands in it."""

    names: list[str]
    counts: csr_matrix


def counted(texts: Texts) -> Counted:
    """Texts as rows of weights.

    Terms that enough texts hold are kept, the commonest first; rare ones weigh more (ln((1+n)/(1+texts)) + 1). Words
    with pairs, pieces of words, and near pairs are three vectors, each brought to length one; signs stand beside them.
    """
    size = len(texts.said)
    text_of = np.repeat(np.arange(size), [len(said) for said in texts.said])
    flat = np.concatenate([*texts.said, np.zeros(0, np.int64)])
    holds = _table(text_of, flat, (size, len(texts.words)))
    of_words = _pieces(texts.words)
    kinds = (
        _wholes(holds, texts.words),
        _neighbours(text_of, flat, texts.words, size),
        _Kind(of_words.names, holds @ of_words.counts),
        _near(text_of, flat, texts.words, size),
    )
    kept = _kept(kinds, size)
    weights = [
        np.log((1 + size) / (1 + _held_by(kind)[places])) + 1.0 for kind, places in zip(kinds, kept, strict=True)
    ]
    names = [kind.names[place] for kind, places in zip(kinds, kept, strict=True) for place in places]
    of_pieces = holds @ (of_words.counts[:, kept[2]] @ weights[2] ** 2)
    blocks = [kind.counts[:, places] for kind, places in zip(kinds, kept, strict=True)]
    del kinds, holds, of_words
    for block, weight in zip(blocks, weights, strict=True):
        block.data = block.data * weight[block.indices]
    whole, pairs, pieces, near = blocks
    of_wholes = _squares(whole) + _squares(pairs)
    for block, squares in ((whole, of_wholes), (pairs, of_wholes), (pieces, of_pieces), (near, _squares(near))):
        _shorten(block, squares)
    beside, sign_names = _signs(texts.signs)
    matrix = hstack([*blocks, beside], format="csr")
    is_sign = np.arange(matrix.shape[1]) >= len(names)
    is_near = ~is_sign & (np.arange(matrix.shape[1]) >= len(names) - near.shape[1])
    rareness = np.concatenate([*weights, np.ones(len(sign_names))]).astype(np.float32)
    places_of = {name: place for place, name in enumerate([*names, *(SIGN + name for name in sign_names)])}
    return Counted(Terms(places_of, rareness), matrix, is_near, is_sign)


def _table(rows: Places, columns: Places, shape: tuple[int, int]) -> csr_matrix:
    """Ones where a row holds a column, however often it does."""
    table = csr_matrix((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    table.sum_duplicates()
    table.data[:] = 1.0
    return table


def _wholes(holds: csr_matrix, words: Sequence[str]) -> _Kind:
    parted = np.array([place for place, word in enumerate(words) if not features.is_unparted(word)], np.int64)
    return _Kind([features.WHOLE + words[place] for place in parted], holds[:, parted])


def _pieces(words: Sequence[str]) -> _Kind:
    """A row a word, with the pieces it is made of."""
    numbers: dict[str, int] = {}
    places = [[numbers.setdefault(piece, len(numbers)) for piece in features.pieces(word)] for word in words]
    rows = np.repeat(np.arange(len(words)), [len(of_word) for of_word in places])
    columns = np.fromiter((place for of_word in places for place in of_word), np.int64, len(rows))
    return _Kind(list(numbers), _table(rows, columns, (len(words), len(numbers))))


def _neighbours(text_of: Places, flat: Places, words: Sequence[str], size: int) -> _Kind:
    parted = np.array([not features.is_unparted(word) for word in words], np.bool_)
    beside = np.flatnonzero(text_of[1:] == text_of[:-1])
    beside = beside[parted[flat[beside]] & parted[flat[beside + 1]]]
    return _of_two(text_of[beside], (flat[beside], flat[beside + 1]), words, features.WHOLE, size)


def _near(text_of: Places, flat: Places, words: Sequence[str], size: int) -> _Kind:
    stems = sorted({features.stem(word) for word in words})
    number = {stem: place for place, stem in enumerate(stems)}
    of_word = np.array([number[features.stem(word)] for word in words], np.int64)[flat]
    stands = np.array([bool(stem) for stem in stems], np.bool_)
    rows, ones, others = [], [], []
    for apart in range(1, features.REACH + 1):
        one, other = of_word[:-apart], of_word[apart:]
        both = np.flatnonzero((text_of[apart:] == text_of[:-apart]) & (one != other) & stands[one] & stands[other])
        rows.append(text_of[both])
        ones.append(np.minimum(one[both], other[both]))
        others.append(np.maximum(one[both], other[both]))
    return _of_two(np.concatenate(rows), (np.concatenate(ones), np.concatenate(others)), stems, features.TOGETHER, size)


def _of_two(rows: Places, two: tuple[Places, Places], names: Sequence[str], sign: str, size: int) -> _Kind:
    """The pairs that enough texts hold: most are said once and teach nothing, and are never given a name."""
    keys, columns = np.unique(two[0] * len(names) + two[1], return_inverse=True)
    table = _table(rows, columns, (size, len(keys)))
    kept = np.flatnonzero(np.bincount(table.indices, minlength=len(keys)) >= _fewest(size))
    pairs = [divmod(int(key), len(names)) for key in keys[kept]]
    return _Kind([f"{names[one]}{sign}{names[other]}" for one, other in pairs], table[:, kept])


def _fewest(size: int) -> int:
    return 1 if size <= SMALL else RARE


def _held_by(kind: _Kind) -> Places:
    """How many texts hold each term."""
    return np.bincount(kind.counts.indices, minlength=len(kind.names))


def _kept(kinds: Sequence[_Kind], size: int) -> list[Places]:
    """The places of the terms of each kind that enough texts hold."""
    held = [_held_by(kind) for kind in kinds]
    ranked = np.sort(np.concatenate(held))[::-1]
    fewest = max(_fewest(size), int(ranked[MOST_TERMS]) + 1) if len(ranked) > MOST_TERMS else _fewest(size)
    return [np.flatnonzero(rows >= fewest) for rows in held]


def _squares(block: csr_matrix) -> NDArray[np.float64]:
    """The square of every row's length."""
    squares = csr_matrix((block.data**2, block.indices, block.indptr), shape=block.shape)
    return np.asarray(squares @ np.ones(block.shape[1]))


def _shorten(block: csr_matrix, squares: NDArray[np.float64]) -> None:
    """Divides every row by a length given as its square; in place, since all that many texts say fills memory."""
    lengths = np.sqrt(squares)
    shares = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    block.data *= np.repeat(shares, np.diff(block.indptr))
    block.data = block.data.astype(np.float32)


def _signs(signs: Sequence[Mapping[str, float]]) -> tuple[csr_matrix, list[str]]:
    names = sorted({name for of_text in signs for name in of_text})
    number = {name: place for place, name in enumerate(names)}
    rows = np.repeat(np.arange(len(signs)), [len(of_text) for of_text in signs])
    columns = [number[name] for of_text in signs for name in of_text]
    values = np.array([value for of_text in signs for value in of_text.values()]) * LOUDNESS_OF_SIGNS
    return csr_matrix((values.astype(np.float32), (rows, columns)), shape=(len(signs), len(names))), names
