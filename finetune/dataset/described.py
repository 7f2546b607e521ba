"""Instructions without a teacher: composed for a doc, from what it says of itself and the table of tasks.

They are plainer than people's, and there are any number of them for every doc: what a small model learns
reading from, before it meets the bank. Each tells which of the doc's own phrases it repeats, so that it can
be seen whether it tells the doc from another.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from api_docs.lexicon.datasets import dataset_of
from api_docs.lexicon.languages import LANGUAGES, language_names
from api_docs.models import ApiDoc, Hub
from api_docs.tasks import TASKS

_FOR: Final = (
    *("I need something for {x}.", "I am looking for a model for {x}.", "We want help with {x}."),
    *("Is there anything for {x}?", "What can I use for {x}?", "{X}, that is what I need.", "{x}"),
    *("A tool for {x}, please.", "Something for {x}.", "My task is {x}.", "It is about {x}."),
    *("Our team is busy with {x}; what could take that off us?", "Which API is good for {x}?"),
    *("Recommend a model for {x}.", "Find me something that helps with {x}.", "Next on my list: {x}."),
    *("I spend my evenings on {x} and would rather have a program do it.", "Give me a model for {x}."),
    *("The next step of our project is {x}.", "We were asked for {x}.", "{X}. What do I call?"),
    *("Which call do I write for {x}?", "Our product needs {x}.", "My students want to try {x}."),
    *("They pay us for {x}.", "I promised my sister {x}.", "{X}, please.", "Show me how {x} is done."),
)
"""Frames for what is a noun: "reading text aloud", "speech synthesis"."""
_TO: Final = (
    *("{X}.", "I want to {x}.", "Can you {x}?", "Please {x}.", "Help me {x}.", "How can I {x}?"),
    *("We have to {x} every day.", "My boss wants me to {x}.", "I would like to {x}.", "{x}"),
    *("Is there a model to {x}?", "Our app should {x}.", "I need a program to {x}.", "We hope to {x}."),
    *("The customers want us to {x}.", "Teach my computer to {x}.", "For my thesis I must {x}."),
    *("What do I call to {x}?", "Write the call to {x}.", "A way to {x}, please.", "i need to {x}"),
    *("Nobody here has time to {x}.", "The script has to {x}.", "My phone ought to {x}."),
    *("Whenever a file comes in, {x}.", "It would save us hours to {x}.", "I never managed to {x}."),
)
"""Frames for what is a thing to do: "translate English into French"."""
_FROM_TO: Final = (
    *("I have {takes} and want {gives}.", "From {takes} to {gives}.", "Given {takes}, return {gives}."),
    *("Turn {takes} into {gives}.", "{Takes} in, {gives} out.", "Whatever takes {takes} and gives {gives}."),
    *("We get {takes} and need {gives}.", "What makes {gives} from {takes}?"),
)
_BEFORE: Final = (
    *("Hi! ", "Hello, ", "Good morning. ", "Quick question: ", "OK. ", "So: ", "Dear all, ", "One thing: "),
    *("Once more: ", "Sorry to bother you. ", "For tomorrow: ", "To do: "),
)
_AFTER: Final = (
    *("It is for a school project.", "Thanks!", "It is for my shop.", "The sooner the better."),
    *("We are a small museum.", "I am no expert.", "It need not be perfect.", "This is for a hospital."),
    *("We have thousands of them.", "I only need it once.", "It is a hobby of mine.", "Many thanks."),
    *("My colleagues do it by hand.", "Nothing we tried was any good.", "It is for our web site."),
    *("We are five people in a garage.", "My daughter asked for it.", "It must be simple.", "Please hurry."),
    *("The farm has no engineer.", "I will pay for good work.", "It is for the parish newsletter."),
)
_IN_A_HUB: Final = {
    Hub.TORCHHUB.value: ("We work with PyTorch.", "It should come from PyTorch's hub.", "PyTorch, please."),
    Hub.TFHUB.value: ("We work with TensorFlow.", "It should come from TF Hub.", "TensorFlow, please."),
    Hub.HUGGINGFACE.value: ("Take one of Hugging Face.", "It should be on Hugging Face."),
}
_CAPITALISED: Final = frozenset(LANGUAGES.values())
"""Of the words that phrases begin with, those that have their capital everywhere."""
_ARTICLES: Final = frozenset({"a", "an", "the", "one", "some"})

_WITH_BEFORE, _WITH_AFTER, _WITH_HUB, _LOWER_CASE = 0.15, 0.3, 0.06, 0.12
"""Shares of instructions that begin and end with more than what is wanted, name a hub, have no capitals."""
_MOST_LANGUAGES: Final = 2


@dataclass(frozen=True, slots=True)
class Composed:
    """An instruction for a doc: the phrases that it repeats of it, and the hub if it asks for one."""

    text: str
    told: tuple[str, ...]
    hub: str | None = None


def compose(doc: ApiDoc, draw: random.Random, *, specific: bool = False) -> Composed:
    """One of the instructions that ask for what a doc does.

    A `specific` one says what this very API is for, and one thing more where its facts know one.
    """
    text, told = _wish(doc, draw, specific=specific)
    details = list(_details(doc))
    if details and (specific or draw.random() < 0.25):
        sentence, phrases = draw.choice(details)
        text, told = _joined(text, sentence), (*told, *phrases)
    hub = doc.hub if doc.hub in _IN_A_HUB and draw.random() < _WITH_HUB else None
    if hub is not None:
        text = _joined(text, draw.choice(_IN_A_HUB[hub]))
    if draw.random() < _WITH_BEFORE:
        text = draw.choice(_BEFORE) + text
    if draw.random() < _WITH_AFTER:
        text = _joined(text, draw.choice(_AFTER))
    if draw.random() < _LOWER_CASE:
        text = text.lower().rstrip(".")
    return Composed(text, told, hub)


def _wish(doc: ApiDoc, draw: random.Random, *, specific: bool) -> tuple[str, tuple[str, ...]]:
    """What is wanted, in a sentence, and what of it is the doc's own."""
    task, uses = TASKS[doc.domain], _texts(doc, "uses")
    own = list(uses) or ([doc.functionality] if doc.functionality else [])
    dice = draw.random()
    if own and (specific or dice < 0.5):
        phrase = draw.choice(own)
        return _framed(draw.choice(_FOR), _plain(phrase)), (phrase,)
    if doc.functionality and dice < 0.65:
        return _framed(draw.choice(_FOR), _plain(doc.functionality)), (doc.functionality,)
    if task.uses and dice < 0.87:
        use = draw.choice(task.uses)
        frames = _FOR if use.partition(" ")[0].lower() in _ARTICLES else _TO
        return _framed(draw.choice(frames), use), ()
    if task.words and dice < 0.94:
        return _framed(draw.choice(_FOR), draw.choice(task.words)), ()
    takes, gives = task.takes, task.gives
    frame = draw.choice(_FROM_TO)
    return frame.format(takes=takes, gives=gives, Takes=takes[0].upper() + takes[1:]), ()


def _framed(frame: str, phrase: str) -> str:
    return frame.format(x=phrase, X=phrase[0].upper() + phrase[1:])


def _details(doc: ApiDoc) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What else is known of the model: as a sentence, and the phrases that the doc has of it."""
    spoken = language_names(_texts(doc, "language"))
    if 0 < len(spoken) <= _MOST_LANGUAGES:
        yield f"It is all in {' and '.join(spoken)}.", spoken
    for name in _texts(doc, "datasets")[:2]:
        known = dataset_of(name)
        called = known.name if known is not None else name.rpartition("/")[2].replace("_", " ")
        yield f"It should be trained on {called}.", (called,)
        if known is not None and known.holds:
            yield f"It should know {known.holds}.", (known.holds,)
    for tag in _texts(doc, "tags")[:3]:
        yield f"It has to do with {tag}.", (tag,)
    if isinstance(size := doc.facts.get("input_size"), int):
        yield f"Our pictures have {size} × {size} pixels.", (f"{size} × {size} pixels",)
    if isinstance(numbers := doc.facts.get("dimensions"), int):
        yield f"We store vectors of {numbers:,} numbers.", (f"vectors of {numbers:,} numbers",)


def _joined(text: str, sentence: str) -> str:
    return f"{text if text[-1] in '.?!' else f'{text}.'} {sentence}"


def _plain(phrase: str) -> str:
    """A phrase in the middle of a sentence: without its capital, unless it is a name's."""
    first = phrase.partition(" ")[0]
    return phrase[0].lower() + phrase[1:] if first[1:].islower() and first not in _CAPITALISED else phrase


def _texts(doc: ApiDoc, fact: str) -> Sequence[str]:
    value = doc.facts.get(fact)
    if value is None:
        return ()
    return tuple(filter(None, value)) if isinstance(value, tuple) else (str(value),)
