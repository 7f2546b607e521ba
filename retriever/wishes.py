"""What an instruction prefers among models: words → a wish.

Most instructions have none, and words that may as well speak of what is on a picture are none: a false one is
worse than a missed one. Knows nothing about docs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from api_docs.lexicon.languages import LANGUAGES
from api_docs.models import Hub


class Preference(StrEnum):
    """What a model may be preferred for: a figure, or the hub that it is loaded from."""

    SMALLEST = "smallest"
    LARGEST = "largest"
    FASTEST = "fastest"
    MOST_ACCURATE = "most_accurate"
    MOST_POPULAR = "most_popular"
    NEWEST = "newest"
    TORCHHUB = "torchhub"
    TFHUB = "tfhub"
    HUGGINGFACE = "huggingface"


HUBS: Final = frozenset(Preference(hub) for hub in Hub)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an instruction wants of a model: preferences, in the order of `Preference`, and languages.

    `languages` are the codes of those that it names; `direction` is from which into which it wants to
    translate. Languages alone wish for nothing, for the ranking hears them well; they only see to it that
    nothing else is preferred which speaks others. `subject` is what the instruction says besides preferences,
    empty where it has none or says nothing else.
    """

    preferences: tuple[Preference, ...] = ()
    languages: frozenset[str] = frozenset()
    direction: tuple[str, str] | None = None
    subject: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """What there is to honour, in words for people and programs: `smallest`, `tfhub`, `de-en`."""
        way = () if self.direction is None else ("-".join(self.direction),)
        return (*(preference.value for preference in self.preferences), *way)


_READ: Final = 600
"""Characters. What follows is mostly material that somebody pasted."""

_THING: Final = (
    r"(?:models?|networks?|neural nets?|classifier|detector|segmenter|recogni[sz]er|captioner|summari[sz]er"
    r"|tagger|transcriber|encoder|backbone|llms?|cnns?)\b"
    # Models of things, and networks of cables and streets.
    r"(?! (?:of|trains?|cars?|rail(?:way|road)s?|(?:aero|air)?planes?|aircraft|ships?|boats?|kits?|years?"
    r"|numbers?|names?|villages?|houses?|agency|agencies|figures?|cables?|cards?|switch(?:es)?|routers?"
    r"|traffic|packets?|logs?|outages?)\b)"
)
"""What is run."""
_OF_THINGS: Final = (
    r"(?:(?:neural|deep|learning|machine|vision|language|speech|images?|photo|picture|texts?|sentence"
    r"|word|audio|voice|video|object|face|pose|depth|semantic|instance|sentiment|named|entity|question"
    r"|answering|translation|classification|detection|segmentation|recognition|summari[sz]ation|captioning"
    r"|estimation|generation|generative|embedding|asr|tts|ner|qa|ai|ml|bert|gpt|gan|like|transformer"
    r"|convolutional|pre|trained|pretrained|open|source|free|english|available|and|but|or|also|very|more"
    r"|most|highly|small|smaller|tiny|compact|light|weight|lightweight|fast|faster|quick|accurate|precise"
    r"|efficient|modern|large|larger|pytorch|tensorflow|tf|hub|keras|hugging|huggingface|,) ){0,6}"
)
"""What may stand between an adjective and what is run; other words are what the adjective may speak of."""
_TASK: Final = (
    r"(?:classification|detection|segmentation|recognition|transcription|translation|summari[sz]ation"
    r"|captioning|tagging|estimation|inference|embeddings?)\b"
)

_SUPERLATIVES: Final = {
    Preference.SMALLEST: r"smallest|tiniest|lightest",
    Preference.LARGEST: r"largest|biggest",
    Preference.FASTEST: r"fastest|quickest",
    Preference.MOST_ACCURATE: r"best(?: performing)?|most (?:accurate|precise)",
    Preference.MOST_POPULAR: r"most (?:popular|(?:widely )?used|downloaded|liked)",
    Preference.NEWEST: r"newest|latest|most recent",
}
"""These count before "that you have", too."""
_ADJECTIVES: Final = {
    # Small objects and faces are found by models of any size, and so are traffic lights.
    Preference.SMALLEST: r"(?:small|tiny)(?! (?:object|face)s?\b)|smaller|compact|light ?weight|lighter|mini"
    r"|(?<!traffic )(?<!street )light(?= (?:models?|networks?)\b)|low memory|memory efficient"
    r"|mobile friendly|on device",
    # A large language model is a kind of model, whatever its size.
    Preference.LARGEST: r"(?:large|big)(?! (?:(?:vision )?language|object|face)\b)|larger|bigger|huge",
    Preference.FASTEST: r"fast(?:er)?|quick(?:er)?|low latency|real ?time|low compute",
    Preference.MOST_ACCURATE: r"top performing|(?:more |highly |very )?(?:accurate|precise)"
    r"|high(?:est)? (?:accuracy|quality|precision)|state of the art|sota",
    Preference.MOST_POPULAR: r"popular|widely used",
    Preference.NEWEST: r"(?:more )?recent|newer|modern|up to date",
}
"""Adjectives that count, as superlatives do, before or after what is run, and nowhere else."""
_TAIL: Final = (
    r"(?: one)?(?: (?:that|which))? (?:you (?:have|know|can find|offer|got)|you've got|available(?! \w))"
)
_VERY: Final = r"(?:really|very|rather|fairly|quite|also|as|so)"
_MUST: Final = r"(?:must|should|(?:has|have|needs?|ought) to)"
_BEING: Final = rf"(?: (?:that|which|{_MUST}|{_VERY}))* (?:is|be|stays?|are)(?: {_VERY})* "

_BOARD: Final = (
    r"(?:raspberry pi|micro ?controllers?|arduino|jetson|edge devices?|embedded (?:device|board|system)s?)"
)
_ITSELF: Final = r"\b(?! (?:screen|case|cover|board|box|logo|shop|display))"
_DEVICE: Final = (
    r"(?:(?:an?|the|my|our|any|some|old|older|cheap|android|simple|small|low|end|power) ){0,4}"
    rf"(?:{_BOARD}|raspberry|(?:smart|i)?phones?|mobiles?|android|tablets?|browsers?){_ITSELF}"
)
_STREAM: Final = r"(?:videos?|cameras?|webcams?|streams?|live|frames|footage|microphones?|calls)"
"""Only what goes on by itself has a time to keep up with."""
_NUMBER: Final = r"\d+(?:\.\d+)? ?"
_FEWER: Final = r"(?:under|below|(?:less|fewer|smaller|no more) than|at most|up to)"
_LITTLE: Final = r"(?:little|limited|hardly any|next to no|not much)"
_COUNTS: Final = (
    r"(?:matters|counts|comes first|is (?:key|crucial|critical|what (?:counts|matters)"
    r"|(?:the )?most important))"
)

_PHRASES: Final[Mapping[Preference, tuple[str, ...]]] = {
    Preference.SMALLEST: (
        rf"\b(?:runs?|fits?|deploy(?:ed)?)(?: (?!on|in)\w+){{0,3}} (?:on|in|inside|into) {_DEVICE}",
        rf"\b(?:(?:{_MUST}|can|could|to) work|that works) (?:on|in) {_DEVICE}",
        r"\bfor (?:an? (?:mobile|(?:smart|i)?phone|android|ios) app|mobile use|(?:edge|embedded) devices"
        r"|on device (?:use|inference))\b",
        rf"\bon (?:an?|the|my|our|some) {_BOARD}{_ITSELF}",
        r"\b(?:few|fewer|fewest) (?:parameters|params|weights)\b",
        r"\b(?:low|small) (?:parameter count|number of parameters|memory footprint|model size)\b",
        rf"\b{_FEWER} {_NUMBER}(?:k|m|b|thousand|million|billion)? ?(?:parameters|params)\b",
        rf"\b(?:models?|networks?|weights|checkpoint|download)(?: \w+){{0,2}} {_FEWER} {_NUMBER}"
        r"(?:mb|gb|megabytes?)\b",
        rf"\b{_LITTLE} (?:memory|ram)\b(?! of)",
        r"\bmemory is (?:\w+ )?(?:tight|short|scarce|low|limited)\b",
        rf"\b(?:light ?weight|on device|low memory) {_OF_THINGS}{_TASK}",
    ),
    Preference.FASTEST: (
        rf"\b{_STREAM}\b.*?\bin real ?time\b(?! \w*(?:feed|data|stream))|\bin real ?time\b.*?\b{_STREAM}\b",
        r"\b(?:few|fewer) g?flops\b",
        rf"\b(?:{_LITTLE}|low) (?:compute|computing power|computation)\b",
        rf"\b(?:speed|latency) {_COUNTS}\b",
        rf"\bit {_MUST} be (?:{_VERY} )?(?:fast|quick)\b",
        rf"\b(?:real ?time|low latency|low compute) {_OF_THINGS}{_TASK}",
    ),
    Preference.MOST_ACCURATE: (
        r"\bas (?:accurate|precise)(?:ly)? as possible\b",
        r"\b(?:with|at) (?:the )?(?:best|highest|greatest|maximum)(?: possible)? (?:accuracy|precision)\b",
        rf"\baccuracy {_COUNTS}\b",
        rf"\bit {_MUST} be (?:{_VERY} )?(?:accurate|precise)\b",
        rf"\b(?:state of the art|sota|(?:most|highly|very) accurate|high(?:est)? accuracy)"
        rf" {_OF_THINGS}{_TASK}",
    ),
    Preference.MOST_POPULAR: (
        rf"{_THING}(?: (?:that|which))? (?:is|are|people)(?: \w+)? (?:used?|download(?:ed)?|liked?)"
        r"(?: the)? most\b",
    ),
}
"""Said of the model wherever it stands."""

_SITES: Final = {
    Preference.TORCHHUB: r"(?:py ?)?torch[ .]?hub",
    Preference.TFHUB: r"(?:tensor ?flow|tf) ?hub(?:\.dev)?",
    Preference.HUGGINGFACE: r"hugging ?face(?:'s)?(?: hub)?",
}
_NAMES: Final = {
    Preference.TORCHHUB: rf"{_SITES[Preference.TORCHHUB]}|py ?torch",
    Preference.TFHUB: rf"{_SITES[Preference.TFHUB]}|tensor ?flow|keras",
    Preference.HUGGINGFACE: _SITES[Preference.HUGGINGFACE],
}
_LIBRARIES: Final = {
    Preference.HUGGINGFACE: (
        r"\b(?:using|via|through) (?:the )?(?:transformers|diffusers)\b",
        r"\b(?:transformers|diffusers) (?:library|pipelines?|package)\b",
    ),
}
_PARTS: Final = (
    r"(?:models?|networks?|modules?|pipelines?|layers?|library|checkpoints?|weights|implementation|version)\b"
)
_TALK: Final = (
    r"(?! (?:forums?|issues?|docs|documentation|tutorials?|logos?|conferences?|questions?|users?|developers?"
    r"|community|blogs?|books?|courses?|errors?|bugs?|posts?|talks?|team|jobs?)\b)"
)
"""A hub that is talked about is none to load from."""

_PRODUCTS: Final = re.compile(
    r"\b(?:cars?|vehicles?|(?:smart|i)?phones?|cameras?|watch(?:es)?|trucks?|(?:motor)?bikes?|motorcycles?"
    r"|shoes?|laptops?|consoles?|aircraft|planes?|trains?|brands?)\b"
)
_NO_MODELS: Final = re.compile(r"\b(?:fashion|runway|toy|clay|railway|3d|scale|role|business) models?\b")
_NOT: Final = re.compile(
    r"(?:\bnot|n't|\bno|\bnever|\bwithout|\bthan|\binstead of)"
    r"(?: (?:an?|the|any|to|be|needs?|for|have|has|use|want|your|really|very|necessarily|too|such))*\s*$"
)
_QUOTED: Final = re.compile(r"\"[^\"]*\"|“[^”]*”|„[^“”]*[“”]|«[^»]*»")


@dataclass(frozen=True, slots=True)
class _Rule:
    """What says a preference; of that, `words` speak of nothing else, and the rest of the subject, too."""

    preference: Preference
    said: re.Pattern[str]
    words: re.Pattern[str]


def _rules() -> Iterable[_Rule]:
    for preference, superlatives in _SUPERLATIVES.items():
        adjectives = f"{superlatives}|{_ADJECTIVES[preference]}"
        said = (
            rf"\b(?:{adjectives}) {_OF_THINGS}{_THING}",
            rf"{_THING}{_BEING}(?!best\b)(?:{adjectives})\b",
            rf"\b(?:{superlatives}){_TAIL}\b",
            *_PHRASES.get(preference, ()),
        )
        yield _Rule(preference, re.compile("|".join(said)), re.compile(rf"\b(?:{adjectives})\b"))
    for preference, names in _NAMES.items():
        said = (
            rf"\b(?:in|with|using|via|through|from|for|use|uses|prefer) (?:(?:an?|the|some|my|our) )?"
            rf"(?:{names})\b{_TALK}",
            rf"(?<!about )(?<!of )\b(?:{names}) {_OF_THINGS}{_PARTS}",
            r"\b(?:models?|something|anything|one|hosted|found|available) on (?:the )?"
            rf"(?:{_SITES[preference]})\b{_TALK}",
            r"\b(?:code|code ?base|stack|project|app|set ?up|everything) (?:is|runs|uses)"
            rf"(?: (?:in|on|all|built))* (?:{names})\b",
            *_LIBRARIES.get(preference, ()),
        )
        yield _Rule(preference, re.compile("|".join(said)), re.compile(rf"\b(?:{names})\b"))


_CODES: Final = {
    name.casefold(): code for code, name in LANGUAGES.items() if len(name) > 4 or name in {"Thai", "Urdu"}
}
"""Names of languages, without those so short that they are words, too."""
_NAME: Final = "|".join(sorted(_CODES, key=len, reverse=True))
_LANGUAGE: Final = re.compile(rf"\b(?:{_NAME})\b")
_BETWEEN: Final = rf"(?: (?!(?:{_NAME})\b)[\w',]+){{0,8}}?"
_FROM_TO: Final = re.compile(
    rf"\b(?P<source>{_NAME}){_BETWEEN} (?:to|into) (?:\w+ )?(?P<into>{_NAME})\b"
    rf"|\b(?:to|into) (?P<aim>{_NAME}){_BETWEEN} from (?:\w+ )?(?P<origin>{_NAME})\b"
)

_RULES: Final = tuple(_rules())


def read(instruction: str) -> Wish:
    """What an instruction says that the model should be; mostly nothing.

    Opposites take each other back, and so do two hubs. What stands in quotation marks is not read.
    """
    text = _plain(instruction)
    preferences = _preferences(text)
    return Wish(preferences, *_languages(text), _without(preferences, text) if preferences else "")


def _preferences(text: str) -> tuple[Preference, ...]:
    if _NO_MODELS.search(text):
        return ()
    found = {rule.preference for rule in _RULES if _says(rule, text)}
    if {Preference.SMALLEST, Preference.LARGEST} <= found:
        found -= {Preference.SMALLEST, Preference.LARGEST}
    if len(found & HUBS) > 1:
        found -= HUBS
    return tuple(preference for preference in Preference if preference in found)


_OF_PRODUCTS: Final = frozenset({Preference.NEWEST, Preference.MOST_POPULAR, Preference.LARGEST})
"""Cars and telephones have models, too, of which people say these."""


def _says(rule: _Rule, text: str) -> bool:
    if rule.preference in _OF_PRODUCTS and _PRODUCTS.search(text):
        return False
    return any(not _NOT.search(text, 0, match.start()) for match in rule.said.finditer(text))


def _without(preferences: Iterable[Preference], text: str) -> str:
    """A text without the words that say these preferences, empty where it has no others."""
    for rule in _RULES:
        if rule.preference in preferences:
            # "A compact object detection model" says what it has to do; "it must fit on a phone" does not.
            text = rule.said.sub(partial(_rest, rule.words), text)
    return " ".join(text.split()) if re.search(r"\w", text) else ""


def _rest(words: re.Pattern[str], said: re.Match[str]) -> str:
    rest = words.sub("", said[0])
    return rest if rest != said[0] else ""


def _languages(text: str) -> tuple[frozenset[str], tuple[str, str] | None]:
    """The languages that a text names, and from which into which something goes, where it says so."""
    named = frozenset(_CODES[name] for name in _LANGUAGE.findall(text))
    found = _FROM_TO.search(text)
    if found is None or len(named) != 2:
        return named, None
    source, into = found["source"] or found["origin"], found["into"] or found["aim"]
    return named, (_CODES[source], _CODES[into])


def _plain(instruction: str) -> str:
    """The beginning of an instruction in lower case, without quotations, hyphens and needless blanks."""
    text = _QUOTED.sub(" ", instruction[:_READ].replace("’", "'")).casefold()
    return " ".join(re.sub(r"[-‐‑–—_]", " ", text).replace(",", " , ").split())
