"""Grammars in the EBNF that xgrammar and llama.cpp read: quoting, choices, and rules that docs share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator


class Rules:
    """Rules of a grammar by what they say, so that docs whose arguments are alike share them."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def named(self, body: str, prefix: str) -> str:
        """The name of the rule that says this."""
        return self._names.setdefault(body, f"{prefix}_{len(self._names)}")

    @property
    def lines(self) -> Iterator[str]:
        """The rules, a line each."""
        return (f"{name} ::= {body}" for body, name in self._names.items())


def either(texts: Iterable[str]) -> str:
    """One of these texts."""
    return " | ".join(dict.fromkeys(map(quoted, texts)))


def quoted(text: str) -> str:
    """A text as a terminal of the grammar."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if " " <= character <= "~":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
