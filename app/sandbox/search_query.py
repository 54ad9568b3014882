"""The search language of the network: words, "phrases", @handles, operators, OR, parentheses and negation."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.sandbox import entities

MAX_QUERY = 512


class BadQueryError(ValueError):
    """The query cannot be read; the message says where."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a query looks at in one post; handles and language in lower case."""

    text: str
    author: str
    answered: str
    conversation_id: int
    lang: str
    is_reply: bool
    is_repost: bool
    is_quote: bool


Test = Callable[[Subject], bool]


@dataclass(frozen=True, slots=True)
class _Node:
    test: Test
    stands_alone: bool
    """Whether the term may be a query by itself; -x, is:, has: and lang: may not."""


_TOKEN = re.compile(r'\s*(-?)(?:(\()|(\))|"([^"]*)"|([A-Za-z_]+):("[^"]*"|[^\s()]+)|([^\s()"]+))')
_KINDS: dict[str, Test] = {
    "reply": lambda subject: subject.is_reply,
    "retweet": lambda subject: subject.is_repost,
    "quote": lambda subject: subject.is_quote,
}
_CONTENTS: dict[str, Callable[[str], list[entities.Span]]] = {
    "mentions": entities.mentions,
    "hashtags": entities.hashtags,
    "links": entities.links,
}


def parse(query: str) -> Test:
    """The predicate that a query means. Neighbours are joined by AND, which binds closer than OR.

    Raises BadQueryError for unknown operators, unbalanced parentheses, and queries that name nothing to look for.
    """
    reader = _Reader(query)
    node = reader.alternatives()
    if reader.peek() is not None:
        raise BadQueryError(f"unexpected `)` at position {reader.position}")
    if not node.stands_alone:
        raise BadQueryError("the query needs at least one word, phrase, handle, from: or conversation_id:")
    return node.test


class _Reader:
    """A recursive descent through the tokens of one query."""

    def __init__(self, query: str) -> None:
        self.tokens: list[re.Match[str]] = []
        self.index = 0
        end = 0
        stripped = query.rstrip()
        while end < len(stripped):
            found = _TOKEN.match(stripped, end)
            if found is None:
                raise BadQueryError(f"cannot read the query at position {end}")
            self.tokens.append(found)
            end = found.end()

    @property
    def position(self) -> int:
        return self.tokens[self.index].start() if self.index < len(self.tokens) else -1

    def peek(self) -> re.Match[str] | None:
        return self.tokens[self.index] if self.index < len(self.tokens) else None

    def alternatives(self) -> _Node:
        node = self.sequence()
        while (token := self.peek()) is not None and token[7] == "OR":
            self.index += 1
            node = _either(node, self.sequence())
        return node

    def sequence(self) -> _Node:
        node: _Node | None = None
        while (token := self.peek()) is not None and token[3] is None and token[7] != "OR":
            self.index += 1
            term = self.term(token)
            node = term if node is None else _both(node, term)
        if node is None:
            raise BadQueryError("an operand is missing")
        return node

    def term(self, token: re.Match[str]) -> _Node:
        negated, group, phrase, operator, value, word = (token[index] for index in (1, 2, 4, 5, 6, 7))
        if group:
            node = self.alternatives()
            closing = self.peek()
            if closing is None or closing[3] is None:
                raise BadQueryError("a parenthesis is not closed")
            self.index += 1
        elif phrase is not None:
            node = _Node(_says(phrase), stands_alone=True)
        elif operator and "://" not in token[0]:
            node = _operator(operator.lower(), value.strip('"'))
        else:
            node = _Node(_says(word or f"{operator}:{value}"), stands_alone=True)
        return _not(node) if negated else node


def _operator(name: str, value: str) -> _Node:
    handle = value.removeprefix("@").lower()
    if name == "from":
        return _Node(lambda subject: subject.author == handle, stands_alone=True)
    if name == "to":
        return _Node(lambda subject: subject.answered == handle, stands_alone=True)
    if name == "conversation_id":
        if not value.isdigit():
            raise BadQueryError(f"`{value}` is no conversation id")
        wanted = int(value)
        return _Node(lambda subject: subject.conversation_id == wanted, stands_alone=True)
    if name == "lang":
        return _Node(lambda subject: subject.lang == value.lower(), stands_alone=False)
    if name == "is" and value in _KINDS:
        return _Node(_KINDS[value], stands_alone=False)
    if name == "has" and value in _CONTENTS:
        find = _CONTENTS[value]
        return _Node(lambda subject: bool(find(subject.text)), stands_alone=False)
    raise BadQueryError(f"unknown operator `{name}:{value}`")


def _says(words: str) -> Test:
    """Whole words, whatever their case; scripts written without spaces are matched anywhere."""
    if words.startswith(("@", "＠")):
        handle = words[1:].lower()
        return lambda subject: any(span.value.lower() == handle for span in entities.mentions(subject.text))
    if words.startswith(("#", "＃")):
        tag = words[1:].lower()
        return lambda subject: any(span.value.lower() == tag for span in entities.hashtags(subject.text))
    body = r"\s+".join(re.escape(word) for word in words.split())
    if not body:
        raise BadQueryError("a phrase is empty")
    bounded = re.compile(rf"(?<!\w){body}(?!\w)", re.IGNORECASE)
    unspaced = re.search("[\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]", words)
    pattern = re.compile(body, re.IGNORECASE) if unspaced else bounded
    return lambda subject: bool(pattern.search(subject.text))


def _both(left: _Node, right: _Node) -> _Node:
    return _Node(
        lambda subject: left.test(subject) and right.test(subject),
        stands_alone=left.stands_alone or right.stands_alone,
    )


def _either(left: _Node, right: _Node) -> _Node:
    return _Node(
        lambda subject: left.test(subject) or right.test(subject),
        stands_alone=left.stands_alone and right.stands_alone,
    )


def _not(node: _Node) -> _Node:
    return _Node(lambda subject: not node.test(subject), stands_alone=False)
