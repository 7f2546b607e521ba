"""How an instruction is put, whatever it is about: the words that carry no subject, and its signs.

Embedding models blur just that: "Photos of birds, told apart" and "I told the birds apart" lie close. Works
on text alone.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

Wording = NDArray[np.float32]

_SAID: Final = """
i we you he she they it my our your his her me us them a an the this that these those is are was were be been
do does did can could will would should have has had not no to of in on at for from with by and or but so what
which who how why when where there please want need like get give make find tell show put turn let any some
each every all both one two into as if then than him
"""
WORDS: Final = tuple(_SAID.split())
"""The words that are looked for."""
_PLACE: Final = {word: place for place, word in enumerate(WORDS)}
_ASKING: Final = frozenset(
    ("what", "who", "why", "when", "where", "how", "which", "is", "are", "do", "does", "can", "should")
)
_FIRST_PERSON: Final = frozenset(["i", "we", "my", "our", "us", "me"])
_WORD: Final = re.compile(r"[^\W\d_]+")
_SIGNS: Final = 10

LENGTH: Final = len(WORDS) + _SIGNS


def wording(text: str) -> Wording:
    """Which of the words an instruction has, and ten signs; all about between 0 and 1, shape (LENGTH,)."""
    said = _WORD.findall(text.lower())
    found = np.zeros(LENGTH, dtype=np.float32)
    found[[_PLACE[word] for word in said if word in _PLACE]] = 1
    end, characters = text.rstrip()[-1:], max(len(text), 1)
    odd = sum(not one.isalnum() and not one.isspace() for one in text)
    found[len(WORDS) :] = (
        end == "?",
        "?" in text,
        "!" in text,
        end == ".",
        text[:1].isupper(),
        5 * sum(one.isdigit() for one in text) / characters,
        3 * odd / characters,
        sum(one in ".!?" for one in text) / 3,
        bool(said) and said[0] in _ASKING,
        sum(word in _FIRST_PERSON for word in said) / 5,
    )
    return found
