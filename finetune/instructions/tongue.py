"""Guess the language of an instruction from its script and its smallest words.

A guess is made only where there is something to guess by: short texts without function words have none.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

_SCRIPTS: Final = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),  # before Chinese, for Japanese has both
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u3400-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
"""Letters and the language that they stand for: the one that most people write in them."""

_LEAST_SHARE: Final = 0.3
"""Of all letters, before a script decides: an English sentence may quote a word of another."""

_SMALL_WORDS: Final = {
    "en": """
        a about an and any are at be but by can do does each for from get give has have how i if in into
        is it its just like me my need not of on only or our out she should so some that the their them
        then there they this to up want was we what when where which who will with would you your
    """,
    "es": """
        al algo aquí cada como con cuando cual de del dónde el ella ellos en es esa ese eso esta este
        esto está están fue hay hoy la las le les lo los me mi mis muy más necesito ni no nos o para
        pero por puede pueda que qué quiero se sea si sin sobre son su sus también tengo todo un una
        unos y ya yo
    """,
    "fr": """
        au aux avec ce ces cette dans de des du elle en est et il ils j je l la le les leur ma mais me
        mes mon ne nous on ou où par pas plus pour qu que qui sa se ses son sont sur un une veux vous
    """,
    "de": """
        aber als am an auf aus bei bin das dass dem den der des die ein eine einem einen einer er es für
        habe hat ich ihr im in ist kann mein meine mich mir mit nicht oder sich sie sind so und uns
        unser von was wenn wie wir zu zum zur
    """,
    "pt": """
        ao aos as com como da das de do dos e ela ele em eu essa esse esta isso já mais mas me meu meus
        minha muito na nas no nos não o os ou para pela pelo por preciso quando que quero se sem seu sua
        são também tem um uma você
    """,
    "it": """
        al alla anche che chi ci come con cosa da dal dalla dei del della delle di e ed gli ho il in io
        la le lo ma mi mia mio nel nella non ogni per più quando questa questo se si sono su un una
        voglio vorrei
    """,
    "nl": """
        aan als bij dat de die dit een en er het hoe ik in is kan maar met mijn moet naar niet of om ons
        onze op te van voor wat we wij wil worden ze zijn zonder
    """,
}
"""The words that most sentences of a language have."""

_LEAST_WORDS: Final = 3
"""Small words of one language, before they decide; and so many more than any other language has."""
_LEAST_LEAD: Final = 2

_WORD = re.compile(r"[^\W\d_]+")


def guess_language(text: str) -> str | None:
    """The code of ISO 639-1 of the language that a text is most likely in, None where nothing tells."""
    letters = sum(character.isalpha() for character in text)
    if not letters:
        return None
    for code, letter in _SCRIPTS:
        if len(letter.findall(text)) >= _LEAST_SHARE * letters:
            return code
    said = Counter(_WORD.findall(text.casefold()))
    counts = {code: sum(said[word] for word in words) for code, words in _SETS.items()}
    (best, most), (_, second) = Counter(counts).most_common(2)
    return best if most >= _LEAST_WORDS and most - second >= _LEAST_LEAD else None


_SETS: Final = {code: frozenset(words.split()) for code, words in _SMALL_WORDS.items()}
