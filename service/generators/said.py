"""The words of an instruction, and how statements are looked for in them.

A mention is no statement. Quoted text and the topic of a text ("an essay about …") are data and are not
read; a statement with "not" or "without" before it is none; two that contradict each other count as none.
Knows nothing about what may be stated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Statement:
    """What is stated, and the words of the instruction that state it."""

    value: object
    words: str


class Said:
    """An instruction with what is only data in it blanked out."""

    def __init__(self, instruction: str) -> None:
        self.text = _DATA.sub(lambda match: " " * len(match.group()), instruction)

    @cached_property
    def lower(self) -> str:
        """For a cheap look at whether something occurs at all."""
        return self.text.lower()

    @cached_property
    def words(self) -> frozenset[str]:
        """Its words in lower case."""
        return frozenset(re.findall(r"[^\W\d_]+", self.lower))

    def has_any(self, cues: Iterable[str]) -> bool:
        """Whether one of the texts (in lower case) occurs."""
        return any(cue in self.lower for cue in cues)


Recogniser = Callable[[Said], Statement | None]

_DATA = re.compile(
    r"""
      (?<!=)"[^"]*\s[^"]*"                     # quoted text of more than one word
    | \u201c[^\u201d]*\s[^\u201d]*\u201d
    | \u00ab[^\u00bb]*\s[^\u00bb]*\u00bb
    | (?<![\w=])'[^'\n]*\s[^'\n]*'(?!\w)
    | \#\#\#\s*Input:.*                        # APIBench's way to give an input
    | \b(?:answer|article|blog|book|comment|essay|forum|letter|news|paper|poem|post|question|report|review
          |song|story|text|thread|tweet)s?\s+(?:\w+\s+){0,2}?about\s[^.;,!?\n]*   # the topic of a text
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
# "Not" reaches further than "without", which is done with its noun: "without weights on the GPU".
_NOT = re.compile(
    r"\b(?:not|\w+n't|never|instead\s+of|rather\s+than|other\s+than|except|avoid\w*|no\s+(?:need|reason|time|wish))\b"
    r"[^.;,!?]{0,30}\Z"
    r"|\b(?:no|without|w/o)\s+(?:(?:an?|any|its|it|the|to|\w+ing)\s+){0,3}\Z",
    re.IGNORECASE,
)

END = (
    r"(?=\s*(?:[.,;:!?)\]]|\Z|-\s|(?:and|or|but|for|from|with|to|on|by|using|into|in|so|that|please|as|at|via"
    r"|when|while|where|which|who|if|because|instead|rather|only|then|now|today|since|of|is|are|not|under|after|before|during|until)\b))"
)
"""For the end of a pattern: nothing comes next that the words before it could qualify ("GPU prices")."""

_WORDS = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_NUMBERS: Mapping[str, int] = {
    **{name: value for value, name in enumerate(_WORDS, start=1)},
    **{"single": 1, "thirty": 30, "fifty": 50, "hundred": 100},
}
_NUMBER = rf"(?P<n>\d{{1,3}}(?:,\d{{3}})+|\d{{1,7}}|{'|'.join(_NUMBERS)})"


def regex(text: str) -> re.Pattern[str]:
    """A pattern in any case; `NUM` stands for a number in digits or words, group `n`."""
    return re.compile(text.replace("NUM", _NUMBER), re.IGNORECASE)


def number_of(text: str) -> int:
    """The value of what `NUM` matched."""
    return _NUMBERS.get(text.lower()) or int(text.replace(",", ""))


def stated(value: object, match: re.Match[str]) -> Statement:
    """A statement in the words that matched."""
    return Statement(value, " ".join(match.group().split()).strip(" ,;:("))


def denied(match: re.Match[str]) -> bool:
    """Whether a "not", "without" or the like stands before it in its clause."""
    return follows(_NOT, match) is not None


def follows(before: re.Pattern[str], match: re.Match[str]) -> re.Match[str] | None:
    """Where a match comes after something; the pattern ends in `\\Z` and looks at 100 characters at most."""
    return before.search(match.string, max(0, match.start() - 100), match.start())


def matches(patterns: Iterable[re.Pattern[str]], said: Said) -> Iterator[re.Match[str]]:
    """Every place where one of the patterns stands and is not denied."""
    return (match for pattern in patterns for match in pattern.finditer(said.text) if not denied(match))


def the_one(found: Iterable[Statement]) -> Statement | None:
    """The first of several statements that agree; None where there is none, or where two differ."""
    first: Statement | None = None
    for statement in found:
        if first is None:
            first = statement
        elif statement.value != first.value:
            return None
    return first


def flag(cues: str, yes: str, *, no: str | None = None) -> Recogniser:
    """A recogniser of what is either stated (True) or, with the pattern `no`, ruled out (False)."""
    return choice(cues, {**({no: False} if no else {}), yes: True})


def choice(cues: str, meanings: Mapping[str, object]) -> Recogniser:
    """A recogniser of one of several things, each with its pattern.

    `cues` (a|b|c) are looked for first, because most instructions state nothing.
    """
    compiled = tuple((regex(pattern), value) for pattern, value in meanings.items())
    parts = tuple(cues.split("|"))

    def recognise(said: Said) -> Statement | None:
        if not said.has_any(parts):
            return None
        return the_one(
            stated(value, match) for pattern, value in compiled for match in matches([pattern], said)
        )

    return recognise


def number(cues: str, *patterns: str, veto: str | None = None) -> Recogniser:
    """A recogniser of a number; `veto` is a pattern that shows that it counts something else."""
    compiled = tuple(map(regex, patterns))
    refused = regex(veto) if veto else None
    parts = tuple(cues.split("|"))

    def recognise(said: Said) -> Statement | None:
        if not said.has_any(parts) or (refused is not None and refused.search(said.text)):
            return None
        return the_one(stated(number_of(match["n"]), match) for match in matches(compiled, said))

    return recognise
