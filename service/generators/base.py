"""What every generator is: a prompt goes in, text comes out, in whatever shape the model writes.

Whether that text holds a call, and whether the call exists, is decided elsewhere (`api_docs.response`,
`api_docs.verification`): no generator is trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from retriever.prompt import Prompt


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a generator may write: exactly one of a grammar, a choice of texts, or a JSON schema.

    `grammar` is EBNF as xgrammar reads it (GBNF), its first rule named `root`.
    """

    grammar: str | None = None
    choice: tuple[str, ...] = ()
    json_schema: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if sum((self.grammar is not None, bool(self.choice), self.json_schema is not None)) != 1:
            raise ValueError("a constraint is exactly one of grammar, choice and json_schema")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the engine counts them."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text that the engine wrote, and the natural log of its probability where it tells."""

    text: str
    logprob: float | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """What a generator wrote.

    `finish_reason` is `stop` where it came to an end by itself and `length` where it was cut off.
    `reasons` are sentences for people: why the text is as it is, as far as the generator knows. `tokens` make
    up the text from its beginning on, as far as the engine tells them.
    """

    text: str
    model: str | None
    finish_reason: str
    usage: Usage | None = None
    reasons: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()

    def logprob_of(self, part: str) -> float | None:
        """The natural log of the probability of a part of the text, summed over every token that touches it.

        None where the part doesn't stand in the text, or the engine told no probabilities of all of it.
        """
        begin, place, found = self.text.find(part), 0, []
        for token in self.tokens:
            end = place + len(token.text)
            if place < begin + len(part) and end > begin:
                found.append(token.logprob)
            place = end
        known = [logprob for logprob in found if logprob is not None]
        if begin < 0 or not part or place < begin + len(part) or len(known) < len(found):
            return None
        return sum(known)


Tell = Callable[[str], None]
"""Is told every piece of text as soon as it is written, on the event loop."""


class Generator(Protocol):
    """Turns prompts into text, for many requests of one event loop at once."""

    @property
    def name(self) -> str:
        """What requests call it by."""
        ...

    @property
    def model(self) -> str | None:
        """Which model writes; None where there is none."""
        ...

    async def generate(  # noqa: PLR0913 - what may be asked of a generator, by name
        self,
        prompt: Prompt,
        *,
        constraint: Constraint | None = None,
        temperature: float = 0.0,
        max_tokens: int = 512,
        tell: Tell | None = None,
        within: float | None = None,
    ) -> Generation:
        """Write an answer of at most `max_tokens` tokens, with `tell` piece by piece; stop when cancelled.

        `within` is how many seconds are left for it, None for as many as it takes.

        Raises:
            GeneratorError: when there is no usable text; `GeneratorUnavailable` and `GeneratorTimeout`
                where another generator may stand in.
        """
        ...
