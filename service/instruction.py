"""What an instruction is: plain text of 1 to 4,000 characters.

Emoji, any script and direction, quotes, code and markup are text. Control characters other than tab
and newline are not, nor are halves of surrogate pairs.
"""

from __future__ import annotations

import unicodedata

from api_docs.errors import InvalidInstruction

MAX_LENGTH = 4_000
"""Characters (code points)."""

_ALLOWED_CONTROLS = frozenset("\t\n")


def clean_instruction(text: str) -> str:
    """The instruction with CRLF line ends as newlines, if it is one.

    Raises:
        InvalidInstruction: saying what is wrong and where.
    """
    text = text.replace("\r\n", "\n")
    if len(text) > MAX_LENGTH:
        raise InvalidInstruction(
            f"the instruction has {len(text):,} characters; at most {MAX_LENGTH:,} are read. Shorten it",
            "instruction",
        )
    if (wrong := unprintable(text)) is not None:
        raise InvalidInstruction(f"the instruction contains {wrong}", "instruction")
    if not any(_is_visible(character) for character in text):
        raise InvalidInstruction(
            f"the instruction {text[:40]!r} is empty; say in a sentence what the API should do", "instruction"
        )
    return text


def unprintable(text: str) -> str | None:
    """What is no text in it: a control character other than tab and newline, or a lone surrogate."""
    if text.isprintable():
        return None
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        if category == "Cs" or (category == "Cc" and character not in _ALLOWED_CONTROLS):
            what = "half of a surrogate pair" if category == "Cs" else "the control character"
            rest = "which is no text" if category == "Cs" else "of which only tab and newline are text"
            return f"{what} U+{ord(character):04X} at position {position}, {rest}; remove it"
    return None


def _is_visible(character: str) -> bool:
    """Whether a character is more than white space, a joiner or a direction mark."""
    return not character.isspace() and unicodedata.category(character) != "Cf"
