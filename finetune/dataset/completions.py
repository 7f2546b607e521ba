"""What a model is to write after a prompt: the call in Gorilla's shape, or that no doc has one.

"None of these" is said in the place of the call, `<<<api_call>>>: none`. `parse_response` finds no call in it
but that the model declines; nothing verifies, and the service answers `no_match` with what it found nearest.
"""

from __future__ import annotations

from typing import Final

from api_docs.catalogue import Entry
from api_docs.domains import Domain
from api_docs.response import NO_API
from finetune.dataset.settings import Answer
from retriever.prompt import Prompt, PromptStyle
from service.generators.grounded import GroundedGenerator

_DOMAIN: Final = "<<<domain>>>: "
_CALL: Final = "<<<api_call>>>: "
_NONE: Final = f"{_DOMAIN}{NO_API}\n{_CALL}{NO_API}"
_NONE_IN_FULL: Final = (
    f"{_NONE}\n<<<api_provider>>>: {NO_API}\n"
    "<<<explanation>>>: None of these API docs does what the instruction asks for."
)
_GROUNDED: Final = GroundedGenerator()


def answer_with(call: str, instruction: str, entry: Entry, answer: Answer) -> str:
    """The answer that calls an API with what the instruction states; `call` is that call's text."""
    if answer is Answer.SHORT:
        return f"{answer_about(entry.doc.domain)}\n{_CALL}{call}"
    return _GROUNDED.write(Prompt(PromptStyle.GORILLA, instruction, (entry.doc,))).text


def answer_about(domain: Domain) -> str:
    """What a short answer begins with: its first line."""
    return f"{_DOMAIN}{domain.value}"


def answer_without(answer: Answer) -> str:
    """The answer where none of the docs serves the instruction."""
    return _NONE if answer is Answer.SHORT else _NONE_IN_FULL
