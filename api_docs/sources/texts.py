"""Texts of people's own API descriptions as plain words: one line, no markup, of bounded length."""

from __future__ import annotations

import html
import re

from api_docs.sources.markdown import plain, prose

MOST_OF_A_DOC = 800
"""Characters of an API's description: what retrieval reads of it."""
MOST_OF_AN_ARGUMENT = 200
"""Characters of an argument's description."""
MOST_OF_A_TITLE = 200

_HEADINGS = re.compile(r"^[ \t]*(?:#{1,6}|[*+-]|>|\d+\.)[ \t]+", re.MULTILINE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def short_text(value: object, most: int) -> str:
    """Plain text of at most so many characters, cut behind a sentence where one ends in its latter half."""
    if not isinstance(value, str):
        return ""
    # Twice what is wanted: markup goes, and nobody needs the rest of a page.
    text = plain(_HEADINGS.sub("", prose(html.unescape(value[: 20 * most]))))
    text = "".join(character if character.isprintable() else " " for character in text).strip()
    if len(text) <= most:
        return text
    head = text[:most]
    end = max(head.rfind(". "), head.rfind("! "), head.rfind("? "))
    if end >= most // 2:
        return head[: end + 1]
    return head[: most - 1].rpartition(" ")[0].rstrip(",;:") + "…"


def first_sentence(value: object, most: int = MOST_OF_A_TITLE) -> str:
    """The first sentence of a text, as plain words without the full stop."""
    text = short_text(value, MOST_OF_A_DOC)
    return short_text(re.split(r"(?<=[.!?])\s", text, maxsplit=1)[0], most).rstrip(".")


def in_words(name: str) -> str:
    """A technical name as words: `listUserRepos`, `repos/list-for-user` → "List user repos", …"""
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in _WORD.findall(name)]
    text = " ".join(words)
    return f"{text[0].upper()}{text[1:]}" if text else name
