"""What goes over the wire to an OpenAI-compatible engine and back: prompts as requests, answers as text.

Knows OpenAI's shapes and vLLM's additions. Knows nothing about connections, tries or failures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from retriever.prompt import Prompt, PromptStyle
from service.generators.base import Constraint, Generation, Token, Usage

_END_OF_ANSWER: Final = ["###USER:"]
"""The published weights sometimes go on with a question of their own."""


def request_of(
    prompt: Prompt, constraint: Constraint | None, *, model: str, temperature: float, max_tokens: int
) -> dict[str, Any]:
    """The fields of a request: `/chat/completions` takes those of a prompt in style `chat`, `/completions`
    the others."""
    request: dict[str, Any] = {"model": model, "temperature": temperature, "max_tokens": max_tokens}
    if constraint is not None:
        request["extra_body"] = {"structured_outputs": structured_outputs(constraint)}
    if prompt.style is PromptStyle.CHAT:
        messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
        return request | {"messages": messages, "logprobs": True}
    # 0 alternatives beside each chosen token: its own probability is what is wanted.
    return request | {"prompt": prompt.text, "stop": _END_OF_ANSWER, "logprobs": 0}


def structured_outputs(constraint: Constraint) -> dict[str, Any]:
    """A constraint as vLLM's `structured_outputs`; it ignores the older `guided_*` without a word."""
    if constraint.grammar is not None:
        return {"grammar": constraint.grammar}
    if constraint.choice:
        return {"choice": list(constraint.choice)}
    return {"json": dict(constraint.json_schema or {})}


@dataclass(slots=True)
class Written:
    """What has come of an answer so far: a whole answer at once, or a stream's pieces one by one.

    The client doesn't check what it got, so nothing in it is certain.
    """

    model: str | None
    finish_reason: str | None = None
    usage: Usage | None = None
    tokens: list[Token] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join(self._parts)

    def take(self, answer: object) -> str:
        """Add an answer, or a piece of one; the text that it added.

        A piece may have tokens and no text yet: vLLM holds back what could be the beginning of a stop string.
        """
        if not isinstance(answer, Completion | ChatCompletion | ChatCompletionChunk):
            return ""
        self.model = str(answer.model or self.model)
        self.usage = _usage(answer.usage) or self.usage
        choices: Any = answer.choices
        choice = next(iter(choices if isinstance(choices, Sequence) else ()), None)
        message = getattr(choice, "message", None) or getattr(choice, "delta", None)
        self.tokens += _tokens(getattr(choice, "logprobs", None))
        self.finish_reason = getattr(choice, "finish_reason", None) or self.finish_reason
        text = getattr(choice, "text", None) or getattr(message, "content", None)
        if not isinstance(text, str):
            return ""
        self._parts.append(text)
        return text

    def generation(self) -> Generation:
        """The finished answer."""
        return Generation(
            self.text,
            self.model,
            str(self.finish_reason or "stop"),
            self.usage,
            tokens=_spelling(self.tokens, self.text),
        )


def _spelling(tokens: Sequence[Token], text: str) -> tuple[Token, ...]:
    """The tokens that make up a text, as far as they do.

    Those that follow it are left out: vLLM tells the mark of the end and stop strings as tokens, not as text.
    So are all from the first whose text is told otherwise: one that holds half a letter.
    """
    place = 0
    for number, token in enumerate(tokens):
        end = place + len(token.text)
        if place >= len(text) or token.text[: len(text) - place] != text[place:end]:
            return tuple(tokens[:number])
        place = end
    return tuple(tokens)


def _tokens(said: object) -> Iterator[Token]:
    """The tokens of a piece of text, where they are told: one list for chats, two for completions."""
    content = getattr(said, "content", None)
    if isinstance(content, list):
        yield from (Token(str(one.token), _number(one.logprob)) for one in content)
        return
    names, logprobs = getattr(said, "tokens", None), getattr(said, "token_logprobs", None)
    if isinstance(names, list) and isinstance(logprobs, list):
        yield from (Token(str(name), _number(one)) for name, one in zip(names, logprobs, strict=False))


def _number(said: object) -> float | None:
    return float(said) if isinstance(said, int | float) else None


def _usage(said: object) -> Usage | None:
    counts = getattr(said, "prompt_tokens", None), getattr(said, "completion_tokens", None)
    return Usage(counts[0], counts[1]) if isinstance(counts[0], int) and isinstance(counts[1], int) else None
