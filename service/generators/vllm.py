"""The generator that asks a model: vLLM, or any other server with OpenAI's API.

Knows how a prompt and a constraint become a request, and when a request is worth another try. What the
engine's failures mean is in `engine_errors`; what it wrote is judged elsewhere.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import httpx2
import openai
from openai.types import Completion
from openai.types.chat import ChatCompletion
from pydantic import SecretStr

from api_docs.errors import GeneratorError, GeneratorTimeout, GeneratorUnavailable
from retriever.prompt import Prompt, PromptStyle
from service.generators.base import Constraint, Generation, Usage
from service.generators.engine_errors import translate, worth_retrying

_CONNECT_TIMEOUT: Final = 5.0
"""Seconds; an engine that runs takes a connection at once."""
_FIRST_PAUSE: Final = 0.2
"""Seconds before the second try; each further pause is twice as long."""
_NO_KEY: Final = "EMPTY"
"""What vLLM's users send where there is no key. Without it the client would take OPENAI_API_KEY, a secret
that was meant for somebody else."""
_END_OF_ANSWER: Final = ["###USER:"]
"""The published weights sometimes go on with a question of their own."""


class VllmGenerator:
    """Asks an OpenAI-compatible endpoint. One instance a process; safe to use from several threads.

    `timeout` bounds a request in seconds: waiting for a free place, tries and pauses included. `concurrency`
    is how many requests the engine gets at once. Without `model` the first one that it lists is used.
    """

    name = "vllm"

    def __init__(  # noqa: PLR0913 - the engine's settings, by name
        self,
        url: str,
        *,
        model: str | None = None,
        key: SecretStr | None = None,
        timeout: float = 30.0,
        retries: int = 2,
        concurrency: int = 32,
        http_client: httpx2.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._model = model
        self._found: str | None = None  # the model that the engine listed
        self._timeout = timeout
        self._retries = retries
        self._sleep = sleep
        self._places = threading.BoundedSemaphore(concurrency)
        self._client = openai.OpenAI(
            base_url=url,
            api_key=key.get_secret_value() if key else _NO_KEY,
            max_retries=0,
            http_client=http_client,
            # Whose account it is with OpenAI is no business of another engine.
            default_headers={"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()},  # type: ignore[dict-item]
        )

    @property
    def model(self) -> str | None:
        """The engine's model; None while it is not known."""
        return self._model or self._found

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def generate(
        self,
        prompt: Prompt,
        *,
        constraint: Constraint | None = None,
        temperature: float = 0.0,
        max_tokens: int = 512,
    ) -> Generation:
        """Ask the engine: `/completions` for style `gorilla`, `/chat/completions` for style `chat`.

        Raises:
            GeneratorUnavailable: when the engine can't be reached, refuses, or has no free place in time.
            GeneratorTimeout: when it takes too long.
            GeneratorError: when it can't do what it is asked, or writes nothing.
        """
        deadline = time.monotonic() + self._timeout
        if not self._places.acquire(timeout=self._timeout):
            raise GeneratorUnavailable(
                f"no place at the engine within {self._timeout:g} s; raise CALLSMITH_ENGINE_CONCURRENCY, "
                "or run more engines"
            )
        try:
            model = self._known_model(deadline)
            request: dict[str, Any] = {"model": model, "temperature": temperature, "max_tokens": max_tokens}
            if constraint is not None:
                request["extra_body"] = {"structured_outputs": structured_outputs(constraint)}
            if prompt.style is PromptStyle.CHAT:
                messages = [{"role": message.role, "content": message.content} for message in prompt.messages]
                create: Callable[..., Any] = self._client.chat.completions.create
                request["messages"] = messages
            else:
                create = self._client.completions.create
                request |= {"prompt": prompt.text, "stop": _END_OF_ANSWER}
            return self._read(self._ask(deadline, lambda timeout: create(**request, timeout=timeout)))
        finally:
            self._places.release()

    def _known_model(self, deadline: float) -> str:
        if (model := self.model) is not None:
            return model
        # Not `models.list`: its pages take it for granted that the answer is one.
        page = self._ask(
            deadline,
            lambda timeout: self._client.get("/models", cast_to=object, options={"timeout": timeout}),
        )
        match page:
            case {"data": [{"id": str(found)}, *_]}:
                self._found = found
            case _:
                raise GeneratorUnavailable(
                    f"the engine at {self._url!r} lists no model; set CALLSMITH_ENGINE_MODEL"
                )
        return self._found

    def _ask(self, deadline: float, send: Callable[[httpx2.Timeout], Any]) -> Any:
        """Send a request, again where that is safe and there is time."""
        pause, model = _FIRST_PAUSE, self.model
        for tries_left in range(self._retries, -1, -1):
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                break
            try:
                return send(httpx2.Timeout(remaining, connect=min(remaining, _CONNECT_TIMEOUT)))
            except openai.OpenAIError as exc:
                if isinstance(exc, openai.NotFoundError):
                    self._found = None  # the engine may have been restarted with another model
                wait = max(pause, _retry_after(exc))
                if not tries_left or not worth_retrying(exc) or time.monotonic() + wait >= deadline:
                    raise translate(exc, self._url, model) from exc
            except ValueError as exc:  # the client hands on what the JSON parser says
                raise GeneratorError(f"the engine at {self._url!r} sent no JSON: {exc}") from exc
            self._sleep(wait)
            pause *= 2
        raise GeneratorTimeout(
            f"the engine at {self._url!r} left no time for an answer within {self._timeout:g} s; raise "
            "CALLSMITH_ENGINE_TIMEOUT"
        )

    def _read(self, answer: object) -> Generation:
        """The text of an answer. The client doesn't check what it got, so nothing in it is certain."""
        choice = next(iter(getattr(answer, "choices", None) or ()), None)
        text = getattr(choice, "text", None) or getattr(getattr(choice, "message", None), "content", None)
        if (
            not isinstance(answer, Completion | ChatCompletion)
            or not isinstance(text, str)
            or not text.strip()
        ):
            raise GeneratorError(f"the engine at {self._url!r} wrote nothing: {_short(answer)}")
        return Generation(
            text,
            str(answer.model or self.model),
            str(getattr(choice, "finish_reason", None) or "stop"),
            _usage(answer.usage),
        )


def structured_outputs(constraint: Constraint) -> dict[str, Any]:
    """A constraint as vLLM's `structured_outputs`; it ignores the older `guided_*` without a word."""
    if constraint.grammar is not None:
        return {"grammar": constraint.grammar}
    if constraint.choice:
        return {"choice": list(constraint.choice)}
    return {"json": dict(constraint.json_schema or {})}


def _usage(said: object) -> Usage | None:
    counts = getattr(said, "prompt_tokens", None), getattr(said, "completion_tokens", None)
    return Usage(counts[0], counts[1]) if isinstance(counts[0], int) and isinstance(counts[1], int) else None


def _retry_after(exc: openai.OpenAIError) -> float:
    """Seconds that the engine asks us to wait; 0 where it names none, or a date."""
    if not isinstance(exc, openai.APIStatusError):
        return 0.0
    try:
        return max(0.0, float(exc.response.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0


def _short(answer: object) -> str:
    text = " ".join(repr(answer).split())
    return text if len(text) <= 200 else f"{text[:200]}…"
