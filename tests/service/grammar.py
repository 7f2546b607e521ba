"""The grammars of constraints, read a second time: what they accept, and how long it may get.

Reads the part of xgrammar's EBNF that constraints use: terminals, classes of characters, rules, groups, `|`,
`?`, `*`, `+` and `{m,n}`. A rule may refer to those behind it and, in a circle, to none. Slow and simple: the
oracle for short answers. That xgrammar itself reads a grammar alike is for `tests/engine` to show.
"""

from __future__ import annotations

import math
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from service.generators.base import Constraint

_TOKEN = re.compile(
    r'"(?P<text>(?:[^"\\]|\\.)*)"|(?P<characters>\[(?:[^\]\\]|\\.)*\])|(?P<mark>[|?+*()])'
    r"|\{(?P<low>\d+),(?P<high>\d+)\}|(?P<rule>\w+)|\s+"
)
ODD = "\t'\"\\`#%&*()[]}=;:,.!?é–“”図\u2028\U0001f600\x00"
"""Characters that might break what reads an answer."""
_ALPHABET = string.ascii_letters + string.digits + " _-./@+" + ODD
Choose = Callable[[int], int]
"""Gives a number from 0 on, less than what it is given."""


@dataclass(frozen=True)
class Text:
    said: str


@dataclass(frozen=True)
class Characters:
    pattern: re.Pattern[str]

    @cached_property
    def some(self) -> str:
        return "".join(filter(self.pattern.fullmatch, _ALPHABET))


@dataclass(frozen=True)
class Rule:
    name: str


@dataclass(frozen=True)
class Series:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Either:
    ways: tuple[Node, ...]


@dataclass(frozen=True)
class Repeated:
    part: Node
    low: int
    high: float


Node = Text | Characters | Rule | Series | Either | Repeated


class Grammar:
    """A constraint's grammar."""

    def __init__(self, constraint: Constraint) -> None:
        lines = (constraint.grammar or "").strip().splitlines()
        self.rules = {name: _read(body) for name, body in (line.split(" ::= ", 1) for line in lines)}
        assert len(self.rules) == len(lines), "a rule stands twice"
        self._longest: dict[str, float] = {}

    def accepts(self, text: str, rule: str = "root") -> bool:
        """Whether a whole text is of the language of a rule."""
        return len(text) in _Matching(self.rules, text).ends(Rule(rule), 0)

    def longest(self, rule: str = "root") -> float:
        """Bytes of the longest text of a rule; infinite where there is no bound."""
        if rule not in self._longest:
            self._longest[rule] = self._length(self.rules[rule])
        return self._longest[rule]

    def written(self, choose: Choose, rule: str = "root", at_most: int = 40) -> str:
        """A text of a rule; what has no bound is repeated `at_most` times."""
        return self._write(self.rules[rule], choose, at_most)

    def _length(self, node: Node) -> float:
        match node:
            case Text(said):
                return len(said.encode())
            case Characters():
                return 1 if all(map(str.isascii, node.some)) else 4
            case Rule(name):
                return self.longest(name)
            case Either(ways):
                return max(map(self._length, ways))
            case Series(parts):
                return sum(map(self._length, parts))
            case Repeated(part, _, high):
                return self._length(part) * high

    def _write(self, node: Node, choose: Choose, at_most: int) -> str:
        match node:
            case Text(said):
                return said
            case Characters():
                return node.some[choose(len(node.some))]
            case Rule(name):
                return self._write(self.rules[name], choose, at_most)
            case Either(ways):
                return self._write(ways[choose(len(ways))], choose, at_most)
            case Series(parts):
                return "".join(self._write(part, choose, at_most) for part in parts)
            case Repeated(part, low, high):
                times = low + choose(int(min(high, at_most)) - low + 1)
                return "".join(self._write(part, choose, at_most) for _ in range(times))


class _Matching:
    """One text against the rules: every place where a node may end, for a place where it begins."""

    def __init__(self, rules: dict[str, Node], text: str) -> None:
        self._rules = rules
        self._text = text
        self._known: dict[tuple[str, int], set[int]] = {}

    def ends(self, node: Node, start: int) -> set[int]:
        match node:
            case Text(said):
                return {start + len(said)} if self._text.startswith(said, start) else set()
            case Characters(pattern):
                return {start + 1} if pattern.match(self._text, start) else set()
            case Rule(name):
                if (name, start) not in self._known:
                    self._known[name, start] = self.ends(self._rules[name], start)
                return self._known[name, start]
            case Either(ways):
                return set().union(*(self.ends(way, start) for way in ways))
            case Series(parts):
                ends = {start}
                for part in parts:
                    ends = self._after(part, ends)
                return ends
            case Repeated(part, low, high):
                return self._repeated(part, low, high, start)

    def _after(self, node: Node, starts: set[int]) -> set[int]:
        return set().union(*(self.ends(node, start) for start in starts))

    def _repeated(self, part: Node, low: int, high: float, start: int) -> set[int]:
        found: set[int] = set()
        ends, count = {start}, 0
        while ends and count <= high:
            if count >= low:
                found |= ends
            ends = self._after(part, ends) - found
            count += 1
        return found


@lru_cache(maxsize=4096)
def _read(body: str) -> Node:
    """A rule's body: ways of parts, groups on a stack."""
    stack: list[list[list[Node]]] = [[[]]]
    place = 0
    while place < len(body):
        token = _TOKEN.match(body, place)
        assert token is not None, body[place:]
        place = token.end()
        parts = stack[-1][-1]
        if token["text"] is not None:
            parts.append(Text(_unescaped(token["text"])))
        elif token["characters"]:
            parts.append(Characters(re.compile(token["characters"])))
        elif token["rule"]:
            parts.append(Rule(token["rule"]))
        elif token["low"]:
            parts.append(Repeated(parts.pop(), int(token["low"]), int(token["high"])))
        elif token["mark"] == "(":
            stack.append([[]])
        elif token["mark"] == ")":
            group = _joined(stack.pop())
            stack[-1][-1].append(group)
        elif token["mark"] == "|":
            stack[-1].append([])
        elif token["mark"]:
            low, high = {"?": (0, 1), "*": (0, math.inf), "+": (1, math.inf)}[token["mark"]]
            parts.append(Repeated(parts.pop(), int(low), high))
    assert len(stack) == 1, body
    return _joined(stack[0])


def _joined(ways: Sequence[Sequence[Node]]) -> Node:
    nodes = [parts[0] if len(parts) == 1 else Series(tuple(parts)) for parts in ways]
    return nodes[0] if len(nodes) == 1 else Either(tuple(nodes))


def _unescaped(text: str) -> str:
    """As xgrammar and llama.cpp read a terminal."""
    hexadecimal = re.sub(r"\\u([0-9a-f]{4})|\\U([0-9a-f]{8})", lambda m: chr(int(m[1] or m[2], 16)), text)
    return re.sub(r'\\(["\\])', r"\1", hexadecimal).replace("\\n", "\n")
