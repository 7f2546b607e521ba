"""Ask a teacher: any endpoint with OpenAI's chat completions.

Every answer is kept before anything else is done with it. Requests keep to a pace and a budget, are tried
again where the endpoint says "not now", and stop being made once one fails for good. Knows nothing about
instructions. The key is sent to the endpoint and goes nowhere else.
"""

from __future__ import annotations

import math
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Final

import anyio
import httpx2
import openai
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion
from pydantic import SecretStr

from api_docs.errors import CallsmithError, TeacherError
from finetune.teacher.answers import Answer, AnswerCache, Body
from finetune.teacher.spending import Pace, Purse, Usage

Told = Callable[[int, int], None]
"""Is told how many answers are in, of how many."""

_CONNECT_TIMEOUT: Final = 10.0
"""Seconds."""
_FIRST_PAUSE: Final = 1.0
"""Seconds before the second try; each further pause is twice as long."""
_LONGEST_PAUSE: Final = 120.0
"""Seconds; an endpoint that asks for more is asked again after these."""
_NO_KEY: Final = "EMPTY"
"""Without any key the client would take OPENAI_API_KEY, a secret that was meant for somebody else."""
_LETTERS_PER_TOKEN: Final = 3
"""Of a text whose tokenizer nobody knows; English has four, so that an estimate is rather too high."""
_PER_MESSAGE: Final = 8
"""Tokens that frame a message."""
_NOT_NOW: Final = frozenset({408, 409, 425, 429})
_NOT_THIS: Final = frozenset({400, 413, 422})
"""Statuses that are about this very request: another may do."""
_PAID_OUT: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
"""What a 429 says when waiting won't help."""
_QUOTED: Final = 300


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the teacher is, and how it is asked. `timeout` in seconds is for one try."""

    url: str
    model: str
    key: SecretStr | None = None
    timeout: float = 120.0
    retries: int = 6
    concurrency: int = 4


@dataclass(slots=True)
class Lesson:
    """What came of asking: for each request its answer, None where there is none.

    `refused` says of requests that the endpoint would not take why. `stopped` says why not all were asked,
    None where they were; `failure` is the error behind it, None where the budget was. `sent` counts tries.
    """

    answers: list[Answer | None]
    refused: dict[int, str] = field(default_factory=dict)
    stopped: str | None = None
    failure: CallsmithError | None = None
    sent: int = 0


class Teacher:
    """One endpoint, with what was asked of it before."""

    def __init__(  # noqa: PLR0913 - what a request goes by, each by name
        self,
        endpoint: Endpoint,
        *,
        cache: AnswerCache,
        purse: Purse,
        pace: Pace,
        http_client: httpx2.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._endpoint = endpoint
        self._cache = cache
        self._purse = purse
        self._pace = pace
        self._http_client = http_client
        self._sleep = sleep
        self._now = now
        self._settled = anyio.Event()  # that a request's cost is known; a new one for each

    async def ask_all(self, bodies: Sequence[Body], told: Told = lambda *_: None) -> Lesson:
        """Get an answer to every request: those asked before from the cache, the others from the endpoint.

        What all of them cost counts against the budget, whenever they were asked. Doesn't raise for what the
        endpoint or the disk does: `failure` holds what stopped it, and what came until then is kept.
        """
        lesson = Lesson([self._cache.get(body) for body in bodies])
        for answer in lesson.answers:
            if answer is not None:
                self._purse.count(answer.usage)
        told(_count(lesson), len(bodies))
        waiting = iter(
            [(place, bodies[place]) for place, answer in enumerate(lesson.answers) if answer is None]
        )
        async with self._connected() as client, anyio.create_task_group() as workers:
            for _ in range(self._endpoint.concurrency):
                workers.start_soon(self._work, client, waiting, lesson, told)
        return lesson

    def _connected(self) -> openai.AsyncOpenAI:
        key = self._endpoint.key
        return openai.AsyncOpenAI(
            base_url=self._endpoint.url,
            api_key=key.get_secret_value() if key else _NO_KEY,
            max_retries=0,
            http_client=self._http_client,
            # Whose account it is with OpenAI is no business of another endpoint.
            default_headers={"OpenAI-Organization": openai.Omit(), "OpenAI-Project": openai.Omit()},  # type: ignore[dict-item]
        )

    async def _work(
        self,
        client: openai.AsyncOpenAI,
        waiting: Iterator[tuple[int, Body]],
        lesson: Lesson,
        told: Told,
    ) -> None:
        """Take one request after the other, until there is none, the budget is spent, or something failed."""
        for place, body in waiting:
            if lesson.stopped is not None:
                return
            most = most_of(body)
            if not await self._reserve(most):
                lesson.stopped = "the next request might go past the budget"
                return
            used = Usage()
            try:
                answer = await self._ask(client, body, most, lesson)
                used = answer.usage
                self._cache.put(body, answer)
                lesson.answers[place] = answer
            except openai.APIStatusError as exc:
                lesson.refused[place] = f"answered {exc.status_code}: {self._said(exc)}"
            except CallsmithError as exc:
                lesson.stopped, lesson.failure = "the teacher failed", exc
                return
            finally:
                self._settle(most, used)
            told(_count(lesson), len(lesson.answers))

    async def _reserve(self, most: Usage) -> bool:
        """Set aside what a request may cost; what is set aside for others may yet come back."""
        while not self._purse.reserve(most):
            if not self._purse.has_reserved:
                return False
            await self._settled.wait()
        return True

    def _settle(self, most: Usage, used: Usage) -> None:
        self._purse.settle(most, used)
        self._settled.set()
        self._settled = anyio.Event()

    async def _ask(self, client: openai.AsyncOpenAI, body: Body, most: Usage, lesson: Lesson) -> Answer:
        """One answer, after as many tries as it takes and there are.

        Raises:
            TeacherError: when no other request would fare better.
            openai.APIStatusError: when the endpoint does not take this one.
        """
        create: Callable[..., Awaitable[object]] = client.chat.completions.create
        pause = _FIRST_PAUSE
        for tries_left in range(self._endpoint.retries, -1, -1):
            await self._pace.wait(most.total)
            if lesson.failure is not None:  # meanwhile, to somebody else
                raise lesson.failure
            lesson.sent += 1
            try:
                return _read(await create(**body, timeout=self._timeout()), most)
            except (openai.OpenAIError, ValueError) as exc:  # the client hands on what the JSON parser says
                if isinstance(exc, openai.APIStatusError) and exc.status_code in _NOT_THIS:
                    raise
                if not tries_left or not _worth_retrying(exc):
                    raise self._failed(exc) from exc
                asked_for = self._retry_after(exc)
            await self._sleep(min(_LONGEST_PAUSE, max(pause, asked_for)))
            pause *= 2
        raise AssertionError("the last try returns or raises")

    def _timeout(self) -> httpx2.Timeout:
        return httpx2.Timeout(self._endpoint.timeout, connect=_CONNECT_TIMEOUT)

    def _retry_after(self, exc: Exception) -> float:
        """Seconds that the endpoint asks us to wait, by a number or a date; 0 where it asks for none."""
        said = exc.response.headers.get("retry-after", "") if isinstance(exc, openai.APIStatusError) else ""
        try:
            wait = float(said)
        except ValueError:
            try:
                wait = parsedate_to_datetime(said).timestamp() - self._now()
            except (TypeError, ValueError):
                return 0.0
        return max(0.0, wait) if math.isfinite(wait) else 0.0

    def _failed(self, exc: Exception) -> TeacherError:
        """Our error for what stopped the run, with what mends it."""
        where = f"the teacher at {self._endpoint.url!r}"
        again = "; run the command again: every answer that came is kept"
        match exc:
            case openai.APITimeoutError():
                return TeacherError(f"{where} did not answer within {self._endpoint.timeout:g} s{again}")
            case openai.APIConnectionError():
                return TeacherError(
                    f"{where} can't be reached ({self._said(exc.__cause__ or exc)}); check --teacher, mostly "
                    f"an address that ends in /v1{again}"
                )
            case openai.APIStatusError(status_code=401 | 403):
                return TeacherError(
                    f"{where} answered {exc.status_code}; name the variable that holds its key with --key-env"
                )
            case openai.APIStatusError(status_code=404):
                return TeacherError(
                    f"{where} answered 404: {self._said(exc)}; check --teacher, mostly an address that "
                    f"ends in /v1, and --model, now {self._endpoint.model!r}"
                )
            case openai.APIStatusError():
                return TeacherError(f"{where} answered {exc.status_code}: {self._said(exc)}{again}")
            case _:
                return TeacherError(
                    f"{where} does not answer as OpenAI's chat completions do: {self._said(exc)}"
                )

    def _said(self, exc: BaseException) -> str:
        """What an exception says, in short and without the key, which some endpoints repeat."""
        key = self._endpoint.key.get_secret_value() if self._endpoint.key else ""
        said = _short(exc) or type(exc).__name__
        return said.replace(key, "…") if key else said


def most_of(body: Body) -> Usage:
    """The tokens that a request costs at most, as far as they can be told without its tokenizer."""
    letters = [len(str(message["content"])) for message in body["messages"]]
    prompt = sum(-(-count // _LETTERS_PER_TOKEN) + _PER_MESSAGE for count in letters)
    return Usage(prompt, int(body["max_tokens"]))


def most_of_all(bodies: Iterable[Body]) -> Usage:
    """The same of several requests."""
    return sum((most_of(body) for body in bodies), Usage())


def _read(answer: object, most: Usage) -> Answer:
    """An answer as the client hands it on; it doesn't check what it got.

    Raises:
        ValueError: when it is no chat completion.
    """
    if not isinstance(answer, ChatCompletion) or not isinstance(answer.choices, list) or not answer.choices:
        raise ValueError(f"expected a chat completion with a choice, found {_short(answer)}")
    choice = answer.choices[0]
    text = getattr(choice.message, "content", None) or getattr(choice.message, "refusal", None) or ""
    match answer.usage:
        case CompletionUsage(prompt_tokens=int(prompt), completion_tokens=int(completion)):
            usage = Usage(prompt, completion)
        case _:
            usage = most  # nothing is said of the cost: it is taken for the most
    return Answer(str(text), str(choice.finish_reason or "stop"), usage)


def _worth_retrying(exc: Exception) -> bool:
    """Whether the endpoint may answer in a while: it is busy, broken for the moment, or out of reach."""
    if isinstance(exc, openai.APIStatusError):
        if exc.code in _PAID_OUT:
            return False
        return exc.status_code in _NOT_NOW or exc.status_code >= 500
    return True


def _count(lesson: Lesson) -> int:
    return sum(answer is not None for answer in lesson.answers) + len(lesson.refused)


def _short(said: object) -> str:
    text = " ".join(str(said).split())
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
