"""What a model is to write after a prompt: the call in Gorilla's shape, or that no doc has one.

"None of these" is said in the place of the call: `<<<api_call>>>: none`. It holds no parenthesis, so
`parse_response` finds no call in it, nothing verifies, and the service answers with what it found nearest.
"""

from __future__ import annotations

from typing import Final

from api_docs.catalogue import Entry
from finetune.data_settings import Answer
from retriever.prompt import Prompt, PromptStyle
from service.generators.grounded import GroundedGenerator

NONE: Final = "none"
"""What stands in the place of the call where no API of the prompt's answers."""
_CALL: Final = "<<<api_call>>>: "
_NONE_IN_FULL: Final = (
    f"<<<domain>>>: {NONE}\n{_CALL}{NONE}\n<<<api_provider>>>: {NONE}\n"
    "<<<explanation>>>: None of these API docs does what the instruction asks for."
)
_GROUNDED: Final = GroundedGenerator()


def answer_with(call: str, instruction: str, entry: Entry, answer: Answer) -> str:
    """The answer that calls an API with what the instruction states; `call` is that call's text."""
    if answer is Answer.CALL:
        return f"{_CALL}{call}"
    return _GROUNDED.write(Prompt(PromptStyle.GORILLA, instruction, (entry.doc,))).text


def answer_without(answer: Answer) -> str:
    """The answer where none of the docs serves the instruction."""
    return f"{_CALL}{NONE}" if answer is Answer.CALL else _NONE_IN_FULL
