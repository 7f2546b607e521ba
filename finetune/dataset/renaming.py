"""Put new names in the place of old ones in a text, where they stand as a whole.

By hand and not by a pattern: one of names that no other text has would be compiled for every text, and that
takes longer than all the rest of changing a doc.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_JOINING: Final = frozenset("_-")
_JOINING_BEFORE: Final = _JOINING | {"."}
"""What makes two names one; a dot behind a name may end a sentence."""


def renaming(text: str, renamed: Mapping[str, str], *, quoted: bool = False) -> str:
    """The text with new names in the place of old ones, all at once, where they stand as a whole.

    `quoted` renames whole strings of Python only, and what begins one before a `:` or a `/`. Of several names
    at one place the longest counts, and what was put in is not read again.
    """
    said = [old for old in sorted(renamed, key=len, reverse=True) if old in text]
    made, place = "", 0
    while starts := [(start, old) for old in said if (start := _standing(text, old, place, quoted)) >= 0]:
        start, old = min(starts, key=lambda found: found[0])  # of several there, the longest
        made += text[place:start] + renamed[old]
        place = start + len(old)
    return made + text[place:]


def _standing(text: str, name: str, place: int, quoted: bool) -> int:
    """Where a name stands as a whole, from a place on; -1 where it doesn't."""
    start = text.find(name, place)
    while start >= 0:
        before, after = text[start - 1 : start], text[start + len(name) : start + len(name) + 1]
        if quoted:
            whole = before == "'" and after != "" and after in "'/:"
        else:
            whole = not (
                before.isalnum() or before in _JOINING_BEFORE or after.isalnum() or after in _JOINING
            )
        if whole:
            return start
        start = text.find(name, start + 1)
    return -1
