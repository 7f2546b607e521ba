"""Look for calls in a text that is not only a call: code, prose, or what is left of either after escaping.

A text may have been escaped once too often, or typeset; it is read in every likely way. Brackets are matched
with respect to strings and comments. The work is bounded: a text of brackets and quotes costs no more than
one of words. Which of the calls answers is for `response` to say.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Final

from api_docs.call import MAX_CALL_LENGTH, Call, canonical_callee, parse_call
from api_docs.errors import UnparseableCall
from api_docs.loaders import GENERIC, loader_of

_MAX_TRIES: Final = 100
"""Places of one kind at which a call is tried; it stands among the first."""
_QUOTED: Final = 400
"""Characters of a broken call that are kept."""
_LOOK_BACK: Final = 200
"""Characters before a call that say what it is part of."""

_RESIDUE = re.compile(r"(?<!\\)\\++([nrt'\"])")
_ESCAPE = re.compile(r"\\([nrt'\"\\])")
_CONTROL = {"n": "\n", "r": "\n", "t": "\t"}
_ESCAPED_QUOTE = re.compile(r"[(\[{=,:]\s?\\++['\"]")
_TYPOGRAPHIC = str.maketrans("“”„‟‘’‚‛＂＇（）［］｛｝，＝．：", "\"\"\"\"''''\"'()[]{},=.:")

_CALLEE = re.compile(r"(?<![\w.\\])([^\W\d]\w*+(?:\.[^\W\d]\w*+)*+)[ \t]?\(")
_TOKEN = re.compile(
    r"""'''(?:\\.|[^\\])*?'''|\"\"\"(?:\\.|[^\\])*?\"\"\"|'(?:\\.|[^'\\\n])*+'|"(?:\\.|[^"\\\n])*+\""""
    r"""|\#[^\n]*|[()\[\]{}]""",
    re.DOTALL,
)
_CLOSING: Final[Mapping[str, str]] = {"(": ")", "[": "]", "{": "}"}
_BRACKETS: Final = frozenset(_CLOSING.values())
_BARE = re.compile(r"\(\s?\)")
_CUT_OFF: Final = " \t\r\n,.;`"
_DEFINITION = re.compile(r"\b(?:def|class)[ \t]\Z")
_ASIDE = re.compile(
    r"(?:.*\.)?\w*(?:Tokenizer|TokenizerFast|Processor|Extractor|Config|Scheduler)\.from_pretrained"
)
_NO_ANSWER: Final = frozenset(dir(builtins)) | frozenset(keyword.kwlist)


def collapsed(text: str) -> str:
    """Every run of backslashes before a quote or a control letter undone, however often it was escaped."""
    return _RESIDUE.sub(lambda match: _CONTROL.get(match[1], match[1]), text)


def _readings(text: str) -> tuple[str, ...]:
    """What a text may stand for, likeliest first: residue of escapes and typographic quotes undone."""
    escaped = _ESCAPED_QUOTE.search(text) or ("\n" not in text and "\\n" in text)
    undone = collapsed(text), _ESCAPE.sub(lambda match: _CONTROL.get(match[1], match[1]), text)
    readings: tuple[str, ...] = (*undone, text) if escaped else (text, *undone)
    straight = text.translate(_TYPOGRAPHIC)
    if straight != text:
        readings = (*readings, straight, collapsed(straight))
    return tuple(dict.fromkeys(readings))


@dataclass(frozen=True)
class Place:
    """Where a call begins in one reading of a text."""

    text: str
    start: int
    opening: int
    callee: str

    @cached_property
    def is_loader(self) -> bool:
        """Whether the callee is in the table of loaders."""
        return loader_of(canonical_callee(self.callee)) is not GENERIC

    @property
    def is_aside(self) -> bool:
        """Whether it loads what only goes with a model: a tokenizer, a processor."""
        return _ASIDE.fullmatch(self.callee) is not None

    @property
    def is_bare(self) -> bool:
        """Whether nothing stands between the brackets, as where prose names a function."""
        return _BARE.match(self.text, self.opening) is not None

    @cached_property
    def in_comment(self) -> bool:
        """Whether a `#` stands before it on its line."""
        return "#" in self._before.rpartition("\n")[2]

    @property
    def is_assigned(self) -> bool:
        """Whether the call stands behind an equals sign."""
        return self._before.rstrip(" \t").endswith("=")

    @property
    def opens_statement(self) -> bool:
        """Whether a line begins with the call, or assigns it."""
        before = self._before.rstrip(" \t")
        return not before or before[-1] in "\n=;:`" or before.endswith(">>>")

    @cached_property
    def call(self) -> str | None:
        """The text of the call, if it parses."""
        if (source := self._source) is None:
            return None
        try:
            parse_call(source)
        except UnparseableCall:
            return None
        return source

    @property
    def names_something(self) -> bool:
        """Whether the call holds a text, as one that names a model does."""
        return self._source is not None and ("'" in self._source or '"' in self._source)

    @property
    def broken(self) -> str:
        """What stands there, for quoting: up to the closing bracket, else to the end of the line."""
        source = self._source or self.text[self.start : self.start + _QUOTED].partition("\n")[0]
        return source[:_QUOTED].strip()

    @property
    def _before(self) -> str:
        return self.text[max(0, self.start - _LOOK_BACK) : self.start]

    @cached_property
    def _source(self) -> str | None:
        """From the callee to the closing bracket, which is added where the text was cut off before it."""
        expected: list[str] = []
        limit = self.start + MAX_CALL_LENGTH
        for token in _TOKEN.finditer(self.text, self.opening, limit):
            mark = token[0]
            if mark in _CLOSING:
                expected.append(_CLOSING[mark])
            elif mark in _BRACKETS:
                if expected.pop() != mark:
                    return None
                if not expected:
                    return self.text[self.start : token.end()]
        if limit < len(self.text):
            return None
        return self.text[self.start :].rstrip(_CUT_OFF) + "".join(reversed(expected))


class CallSource:
    """A text in which calls are looked for."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _places(self) -> tuple[tuple[Place, ...], ...]:
        return tuple(tuple(_places(reading)) for reading in _readings(self._text))

    def find(self, wanted: Callable[[Place], bool]) -> str | None:
        """The first call that parses and begins at a wanted place, in the likeliest reading that has one."""
        for places in self._places:
            tried = islice(filter(wanted, places), _MAX_TRIES)
            if (found := next(filter(None, (place.call for place in tried)), None)) is not None:
                return found
        return None

    def find_broken(self, wanted: Callable[[Place], bool]) -> str | None:
        """What stands at the first wanted place, though it doesn't parse."""
        every = (place.broken for places in self._places for place in places if wanted(place))
        return next(every, None)


def with_names_resolved(call: str, text: str) -> str:
    """A call that parses, with the strings that names are given to (`model_id = 'acme/net'`) in their place.

    A name that is given several strings stays, and so does everything else that the text may compute.
    """
    parsed = parse_call(call)
    values = (*parsed.positional, *(value for _, value in parsed.keywords))
    names = {value for value in values if value.isidentifier() and not keyword.iskeyword(value)}
    strings = {name: found for name in names if (found := _string_given_to(name, text)) is not None}
    if not strings:
        return call
    return Call(
        parsed.callee,
        tuple(strings.get(value, value) for value in parsed.positional),
        tuple((name, strings.get(value, value)) for name, value in parsed.keywords),
    ).render()


def _string_given_to(name: str, text: str) -> str | None:
    given = re.compile(rf"(?:^|[\n;:`])[ \t]*{name}[ \t]?=[ \t]?(?:'([^'\"\\\n]+)'|\"([^'\"\\\n]+)\")")
    for reading in _readings(text):
        if found := {match[1] or match[2] for match in given.finditer(reading)}:
            return repr(found.pop()) if len(found) == 1 else None
    return None


def _places(text: str) -> Iterator[Place]:
    for match in _CALLEE.finditer(text):
        defined = _DEFINITION.search(text, max(0, match.start() - len("class ")), match.start())
        if match[1] not in _NO_ANSWER and not defined:
            yield Place(text, match.start(), match.end() - 1, match[1])
