"""Which tasks are so unlike that no API of the one could ever serve the other.

By what goes in and what comes out, as the task table says it. Domains that share both are neighbours: an
instruction for one may well be served by an API of the other, whatever they are called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from api_docs.domains import Domain
from api_docs.tasks import TASKS

_MEDIA: Final[Mapping[str, re.Pattern[str]]] = {
    "text": re.compile(
        r"\b(?:texts?|sentences?|questions?|prompt|words?|passages?|query|instruction|description|says)\b"
    ),
    "image": re.compile(r"\b(?:images?|pictures?|scanned)\b"),
    "sound": re.compile(r"\b(?:audio|recording|sound|music)\b"),
    "video": re.compile(r"\b(?:videos?|frames?)\b"),
    "shape": re.compile(r"\b3D\b"),
}
_MADE: Final = frozenset(_MEDIA) - {"text"}
"""Media that are made where they come out; text comes out of most tasks, as a label, an answer or a list."""


def unlike(one: Domain, other: Domain) -> bool:
    """Whether the domains share nothing that goes in, or make media of different kinds."""
    takes, gives = _takes(one), _gives(one)
    if takes.isdisjoint(_takes(other)):
        return True
    made, others = gives & _MADE, _gives(other) & _MADE
    return made.isdisjoint(others) and bool(made or others)


@cache
def _takes(domain: Domain) -> frozenset[str]:
    """What goes in: media, and else what the table calls it."""
    return _media(TASKS[domain].takes) or frozenset({TASKS[domain].takes})


@cache
def _gives(domain: Domain) -> frozenset[str]:
    """What comes out; what is behind a comma says of what, "a vector, the image's embedding"."""
    return _media(TASKS[domain].gives.partition(",")[0])


def _media(text: str) -> frozenset[str]:
    return frozenset(name for name, pattern in _MEDIA.items() if pattern.search(text))
