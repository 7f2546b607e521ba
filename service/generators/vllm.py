"""The generator that asks a model: vLLM, or any other server with OpenAI's API.

Knows when a request is worth another try, how long it may take, and when the engine is better left alone.
What goes over the wire is in `engine_wire`, what the engine's failures mean in `engine_errors`; what it wrote
is judged elsewhere.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import anyio
import httpx2
import openai
from opentelemetry import propagate
from pydantic import SecretStr

from api_docs.errors import GeneratorError, GeneratorRefused, GeneratorTimeout, GeneratorUnavailable
from retriever.prompt import Prompt, PromptStyle
from service import request_id
from service.generators.base import Constraint, Generation, Tell
from service.generators.breaker import Circuit, CircuitBreaker
from service.generators.engine_errors import translate, worth_retrying
from service.generators.engine_wire import Written, request_of

_CONNECT_TIMEOUT: Final = 5.0
"""Seconds; an engine that runs takes a connection at once."""
_PROBE_TIMEOUT: Final = 5.0
"""Seconds for a list of models, or for one token."""
_FIRST_PAUSE: Final = 0.2
"""Seconds before the second try; each further pause is twice as long."""
_NO_KEY: Final = "EMPTY"
"""What vLLM's users send where there is no key. Without it the client would take OPENAI_API_KEY, a secret
that was meant for somebody else."""
_CONNECTIONS: Final = httpx2.Limits(keepalive_expiry=2.0)
"""vLLM lets go of a connection that was idle for 5 seconds. One that we kept as long would at times be gone
just when a request is sent. How many there are is limited by the places."""
_PROBE: Final = Prompt(PromptStyle.GORILLA, "", (), text="Callsmith")

_Answer = TypeVar("_Answer")


class VllmGenerator:
    """Asks an OpenAI-compatible endpoint. One instance a process, for one event loop.

    `timeout` bounds a request in seconds: waiting for a free place, tries and pauses included. `concurrency`
    is how many requests the engine gets at once. Without `model` the first one that it lists is used.

    An engine that had less than half of the timeout, because a request came to it late, is not blamed for not
    being done: on a crowded machine it would be left alone for what the crowd did.
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
        breaker: CircuitBreaker | None = None,
        http_client: httpx2.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._url = url
        self._model = model
        self._found: str | None = None  # the model that the engine listed
        self._timeout = timeout
        self._retries = retries
        self._sleep = sleep
        self._places = anyio.Semaphore(concurrency)
        self.breaker = breaker or CircuitBreaker()
        self._client = openai.AsyncOpenAI(
            base_url=url,
            api_key=key.get_secret_value() if key else _NO_KEY,
            max_retries=0,
            http_client=http_client or openai.DefaultAsyncHttpxClient(limits=_CONNECTIONS),
            # Whose account it is with OpenAI is no business of another engine.
            default_headers={"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()},  # type: ignore[dict-item]
        )

    @property
    def model(self) -> str | None:
        """The model that was set, else the one that the engine listed; None before it was asked."""
        return self._model or self._found

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.close()

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
        """Ask the engine; with `tell` it streams. Cancelling closes the connection, and the engine stops.

        `within` is how many seconds are left for it, where that is less than the timeout.

        Raises:
            GeneratorUnavailable: when the engine can't be reached, rests after failures, or has no free place
                in time.
            GeneratorTimeout: when it takes too long.
            GeneratorRefused: when it doesn't take this request.
            GeneratorError: when it writes nothing that can be read.
        """
        self.breaker.check()
        seconds = self._timeout if within is None else max(0.0, min(within, self._timeout))
        deadline = time.monotonic() + seconds
        await self._take_place(seconds)
        try:
            left = max(0.0, deadline - time.monotonic())
            with self._judged(had_time=left >= self._timeout / 2), self._at_most(left):
                return await self._write(prompt, constraint, temperature, max_tokens, tell, deadline)
        finally:
            self._places.release()

    async def probe(self) -> None:
        """See how the engine is; the breaker knows afterwards. Never raises.

        An engine that answers requests is only asked for its models. One that is left alone is asked for one
        token, once its rest is over: a hung engine still lists its models.
        """
        deadline = time.monotonic() + _PROBE_TIMEOUT
        with suppress(GeneratorError):  # the breaker is told
            if self.breaker.may_try():
                with self._judged(), self._at_most(_PROBE_TIMEOUT):
                    await self._write(_PROBE, None, 0.0, 1, None, deadline, retries=0)
            elif self.breaker.state.circuit is Circuit.CLOSED:
                try:
                    with self._at_most(_PROBE_TIMEOUT):
                        await self._list_models(deadline, retries=0)
                except GeneratorError as exc:
                    self.breaker.failed(exc.summary)
                else:
                    self.breaker.reached()

    @contextmanager
    def _at_most(self, seconds: float) -> Iterator[None]:
        try:
            with anyio.fail_after(seconds):
                yield
        except TimeoutError as exc:
            raise GeneratorTimeout(
                f"the engine at {self._url!r} did not finish within {seconds:.3g} s; raise "
                "CALLSMITH_ENGINE_TIMEOUT, or lower max_tokens"
            ) from exc

    async def _take_place(self, seconds: float) -> None:
        try:
            self._places.acquire_nowait()
        except anyio.WouldBlock:
            with anyio.move_on_after(seconds):
                await self._places.acquire()
                return
            raise GeneratorUnavailable(
                f"no place at the engine within {seconds:.3g} s; raise CALLSMITH_ENGINE_CONCURRENCY, "
                "or run more engines"
            ) from None

    @contextmanager
    def _judged(self, *, had_time: bool = True) -> Iterator[None]:
        """Tell the breaker what came of a request.

        One that was cancelled or refused, or that was too late without fault, says nothing of the engine.
        """
        try:
            yield
        except GeneratorRefused:
            self.breaker.given_up()
            raise
        except GeneratorError as exc:
            if isinstance(exc, GeneratorTimeout) and not had_time:
                self.breaker.given_up()
            else:
                self.breaker.failed(exc.summary)
            raise
        except BaseException:
            self.breaker.given_up()
            raise
        else:
            self.breaker.succeeded()

    async def _write(  # noqa: PLR0913, PLR0917 - what `generate` was given
        self,
        prompt: Prompt,
        constraint: Constraint | None,
        temperature: float,
        max_tokens: int,
        tell: Tell | None,
        deadline: float,
        retries: int | None = None,
    ) -> Generation:
        model = self.model or await self._list_models(deadline, retries)
        request = request_of(prompt, constraint, model=model, temperature=temperature, max_tokens=max_tokens)
        headers = {"X-Request-Id": request_id.current.get()}
        propagate.inject(headers)
        request["extra_headers"] = headers
        create: Callable[..., Awaitable[Any]] = (
            self._client.chat.completions.create if "messages" in request else self._client.completions.create
        )
        written = Written(model)
        if tell is None:
            written.take(
                await self._ask(deadline, lambda timeout: create(**request, timeout=timeout), retries)
            )
        else:
            streamed = {**request, "stream": True, "stream_options": {"include_usage": True}}
            stream = await self._ask(deadline, lambda timeout: create(**streamed, timeout=timeout), retries)
            await self._read_stream(stream, written, tell)
        if not written.text.strip():
            raise GeneratorError(f"the engine at {self._url!r} wrote nothing")
        return written.generation()

    async def _read_stream(self, stream: Any, written: Written, tell: Tell) -> None:
        """Take a stream's pieces as they come. One that ends before its end is an error, not an answer."""
        if not isinstance(stream, openai.AsyncStream):
            summary = f"the engine at {self._url!r} did not stream"
            raise GeneratorError(f"{summary}: {_short(stream)}", summary)
        async with stream:
            try:
                async for piece in stream:
                    if text := written.take(piece):
                        tell(text)
            except (openai.OpenAIError, ValueError) as exc:
                raise translate(exc, self._url, self.model) from exc
        if written.finish_reason is None:
            raise GeneratorUnavailable(
                f"the engine at {self._url!r} broke off its answer: the stream ended early"
            )

    async def _list_models(self, deadline: float, retries: int | None = None) -> str:
        # Not `models.list`: its pages take it for granted that the answer is one.
        page = await self._ask(
            deadline,
            lambda timeout: self._client.get("/models", cast_to=object, options={"timeout": timeout}),
            retries,
        )
        match page:
            case {"data": [{"id": str(found)}, *_]}:
                self._found = found
                return found
            case _:
                raise GeneratorUnavailable(
                    f"the engine at {self._url!r} lists no model; set CALLSMITH_ENGINE_MODEL"
                )

    async def _ask(
        self,
        deadline: float,
        send: Callable[[httpx2.Timeout], Awaitable[_Answer]],
        retries: int | None = None,
    ) -> _Answer:
        """Send a request, again where that is safe and there is time."""
        pause, model = _FIRST_PAUSE, self.model
        for tries_left in range(self._retries if retries is None else retries, -1, -1):
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                break
            try:
                return await send(httpx2.Timeout(remaining, connect=min(remaining, _CONNECT_TIMEOUT)))
            except (openai.OpenAIError, ValueError) as exc:  # the client hands on what the JSON parser says
                if isinstance(exc, openai.NotFoundError):
                    self._found = None  # the engine may have been restarted with another model
                wait = max(pause, _retry_after(exc))
                if not tries_left or not worth_retrying(exc) or time.monotonic() + wait >= deadline:
                    raise translate(exc, self._url, model) from exc
            await self._sleep(wait)
            pause *= 2
        raise GeneratorTimeout(
            f"the engine at {self._url!r} left no time for an answer within {self._timeout:g} s; raise "
            "CALLSMITH_ENGINE_TIMEOUT"
        )


def _retry_after(exc: Exception) -> float:
    """Seconds that the engine asks us to wait; 0 where it names none, or a date."""
    if not isinstance(exc, openai.APIStatusError):
        return 0.0
    try:
        wait = float(exc.response.headers.get("retry-after", "0"))
    except ValueError:
        return 0.0
    return max(0.0, wait) if math.isfinite(wait) else 0.0


def _short(answer: object) -> str:
    text = " ".join(repr(answer).split())
    return text if len(text) <= 200 else f"{text[:200]}…"
