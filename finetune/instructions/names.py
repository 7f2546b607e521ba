"""Tell whether an instruction gives a model's name away.

People who look for an API don't know its name, and an instruction that says it teaches nothing but copying.
What counts as a name comes from the catalogue (ids, architectures) and from the table of model families;
words that are also everyday ones count only where they are written as names. Knows nothing about where
instructions come from.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from api_docs.lexicon.architectures import EVERY
from api_docs.lexicon.languages import GROUPS, LANGUAGES
from api_docs.models import ApiDoc
from api_docs.tasks import TASKS
from retriever.text import identifying_name

_TOKEN = re.compile(r"[A-Za-z0-9]+")
_MIXED = re.compile(r"(?=.*[A-Za-z])(?=.*\d)|.*[a-z][A-Z]|[A-Z]{2,}[a-z]")
"""Spelled as no ordinary word is: with digits (`wav2vec`) or with a capital inside (`RoBERTa`, `YOLOv`)."""
_VERBATIM = re.compile(r"\w(_|[-.]\d)\w*")
"""In a name: joined as a program joins words, or numbered."""
_CAPITALS = re.compile(r"[A-Z]{3,}")
_VERSION = re.compile(r"(?<=[A-Za-z]{2})v?\d+[A-Za-z]?$")
_SENTENCE_END = frozenset('.!?:;\n"“”(')


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ALSO_WORDS: Final = _words(
    """
    albert align anything bark bart bit bloom camembert canary clap clip coat conformer convit dino dit
    donut electra elmo eva film flamingo flux git godel gpu hourglass hubert inception instructor jets
    kobe lambda linformer llama mae marian maxim mixer mosaic nest opt owl pegasus pit pygmalion radio
    raft score sequencer sew spice swivel tapas tnt tortoise trill twins vitamin whisper
    """
)
"""Families that are called like everyday things or people."""

_NO_NAMES: Final = _words(
    """
    auto cnn default distilled for gan mae max mms mobile nas net next open poca rest sac score sde
    spectrogram ssd text transformer tts unit vad video vision wide wmt
    """
)
"""Words of families that name no model by themselves: methods, measures and things that are called alike."""

_GENERIC_FAMILIES: Final = frozenset(
    {
        "audio spectrogram transformer",
        "consistency model",
        "decision tree",
        "gradient boosting",
        "k nearest neighbours",
        "latent upscaler",
        "linear regression",
        "logistic regression",
        "once for all",
        "random forest",
        "text to video diffusion",
        "unit based speech translation",
        "variational autoencoder",
        "vision encoder decoder",
        "wmt translator",
    }
)
"""Families whose names only say what they do."""

_BRANDS: Final = _words(
    """
    alibaba amazon apple baidu bytedance deepmind facebook google huawei intel meta microsoft nvidia openai
    salesforce
    """
)
"""Everyday companies: their names are a leak where a model is called after them."""
_MODEL_WORDS: Final = _words("checkpoint encoder model models net network networks transformer weights")
_AFTER_NAMES: Final = _MODEL_WORDS | _words("base large medium small tiny")
"""What follows the name of a model even where it begins a sentence."""

_FRAMEWORKS: Final = _words(
    """
    diffusers face flax flair hub hugging huggingface jax keras onnx pytorch saved sentence sklearn
    speechbrain tensorflow tf tfhub timm torch torchhub torchvision transformers
    """
)
"""What people may ask for plainly; a hub is no model."""

_OF_SIZE: Final = _words(
    """
    and based base big cased distilled extra fast fine finetuned from general giant hybrid in large light lite
    medium mini mobile multi multilingual nano of on pretrained quality short small supervised the tiny to
    tuned uncased universal unsupervised version with without
    """
)
"""Words that names share with any text."""


class Names:
    """The names that a catalogue's models go by. Made once, asked often.

    `everyday` are texts without any name: their words are nobody's name, unless a family has it.
    """

    def __init__(self, docs: Iterable[ApiDoc], everyday: Iterable[str] = ()) -> None:
        known = list(docs)
        spelled = {*_of_families(), *_of_architectures(known)}
        self._anyhow = {word.lower() for word in spelled if word.lower() not in _ALSO_WORDS}
        self._spelled = {word for word in spelled if word.lower() in _ALSO_WORDS}
        families = {word.lower() for word in spelled}
        self._ordinary = _ordinary_words().union(*map(_pieces, everyday)) - families
        self._phrases: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for phrase in (*_family_phrases(), *self._whole_names(known)):
            self._phrases[phrase[0]].add(phrase)

    def found(self, text: str) -> tuple[str, ...]:
        """The names of models in a text, as they stand there, in their order."""
        tokens = list(_TOKEN.finditer(text))
        lower = [token.group().lower() for token in tokens]
        found: dict[str, None] = {}
        named = 0  # tokens before this place belong to a name that was found
        for place, token in enumerate(tokens):
            if place < named:
                continue
            if end := self._end_of_phrase(lower, place):
                found.setdefault(text[token.start() : tokens[end - 1].end()])
                named = end
            elif self._is_name(text, tokens, place):
                found.setdefault(token.group())
            elif lower[place] in _BRANDS and not _MODEL_WORDS.isdisjoint(_next_words(lower, place)):
                found.setdefault(f"{token.group()} …")
        return tuple(found)

    def own(self, text: str, doc: ApiDoc) -> tuple[str, ...]:
        """The pieces of this doc's own name in a text that nothing explains that the doc says of its task."""
        explained = self._ordinary.union(_pieces(_what_it_does(doc)))
        owner, _, name = identifying_name(doc).rpartition("/")
        telling = {piece for piece in _pieces(name) if _tells(piece) and piece not in explained}
        words = _pieces(text)
        found = [word for word in words if word in telling]
        if _VERBATIM.search(name) and name.lower() in text.lower():
            found.append(name)  # as nobody writes who doesn't copy, whatever its words
        maker = tuple(_pieces(owner))  # "black" is no name, "Black Forest Labs" is one
        if maker and not (set(maker) & _BRANDS) and maker in _windows(words, len(maker)):
            found.append(" ".join(maker))
        return tuple(dict.fromkeys(found))

    def _is_name(self, text: str, tokens: list[re.Match[str]], place: int) -> bool:
        word = tokens[place].group()
        stem = _VERSION.sub("", word)
        if {word.lower(), stem.lower()} & self._anyhow:
            return True
        if not {word, stem} & self._spelled:
            return False
        if stem != word or not word.istitle():
            return True  # as the catalogue spells it: `CLIP`, `BiT`, `Whisper2`
        # A name that is also a word counts where it stands as a name: "use Whisper", not "Whisper it to me".
        before = text[: tokens[place].start()].rstrip(" ")
        begins = not before or before[-1] in _SENTENCE_END
        followed = place + 1 < len(tokens) and tokens[place + 1].group().lower() in _AFTER_NAMES
        return followed or not begins

    def _end_of_phrase(self, lower: list[str], place: int) -> int:
        """Where the longest phrase that begins here ends; 0 where none does."""
        phrases = self._phrases.get(lower[place], ())
        ends = (place + len(one) for one in phrases if tuple(lower[place : place + len(one)]) == one)
        return max(ends, default=0)

    def _whole_names(self, docs: Iterable[ApiDoc]) -> Iterator[tuple[str, ...]]:
        """Names of several pieces of which one is no ordinary word: `opus-mt-ca-es`, not `emotion-model`."""
        for doc in docs:
            name = identifying_name(doc)
            for part in (name, name.rpartition("/")[2]):
                pieces = tuple(_pieces(part))
                if len(pieces) > 1 and any(_tells(piece) and piece not in self._ordinary for piece in pieces):
                    yield pieces


def _tells(piece: str) -> bool:
    """Whether a piece of a name can tell a model from others: no number, no size, no single letters."""
    return len(piece) > 3 and not piece.isdigit() and piece not in _OF_SIZE and piece not in _FRAMEWORKS


def _of_families() -> Iterator[str]:
    for family in EVERY:
        words = _TOKEN.findall(family.name)
        for word in words:
            shaped = _MIXED.match(word) or _CAPITALS.fullmatch(word)
            if word.lower() not in _NO_NAMES and (shaped or len(words) == 1) and len(word) > 1:
                yield word


def _of_architectures(docs: Iterable[ApiDoc]) -> Iterator[str]:
    for doc in docs:
        for word in _TOKEN.findall(str(doc.facts.get("architecture", ""))):
            if len(word) > 3 and word[0].isalpha() and _MIXED.match(word) and word.lower() not in _NO_NAMES:
                yield word


def _family_phrases() -> Iterator[tuple[str, ...]]:
    for family in EVERY:
        pieces = tuple(_pieces(family.name))
        if len(pieces) > 1 and " ".join(pieces) not in _GENERIC_FAMILIES:
            yield pieces


def _ordinary_words() -> set[str]:
    """The words in which we speak of tasks and languages."""
    texts = [
        " ".join((task.title, task.takes, task.gives, *task.uses, *task.words)) for task in TASKS.values()
    ]
    return {*_pieces(" ".join((*texts, *LANGUAGES.values(), *GROUPS.values()))), *_OF_SIZE, *_FRAMEWORKS}


def _pieces(text: str) -> list[str]:
    return _TOKEN.findall(text.lower())


def _windows(words: list[str], length: int) -> set[tuple[str, ...]]:
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def _next_words(lower: list[str], place: int) -> list[str]:
    """The three tokens that follow: "Google's language model" has an `s` and one word between."""
    return lower[place + 1 : place + 4]


def _what_it_does(doc: ApiDoc) -> str:
    """What a doc says it is for; its description, which names builders as well, where nothing else does."""
    said = " ".join((doc.functionality, *map(str, _listed(doc.facts.get("uses")))))
    return f"{said if said.strip() else doc.description} {_languages(doc)}"


def _listed(fact: object) -> tuple[object, ...]:
    return fact if isinstance(fact, tuple) else ()


def _languages(doc: ApiDoc) -> str:
    return " ".join(LANGUAGES.get(str(code), "") for code in _listed(doc.facts.get("language")))
