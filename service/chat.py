"""Callsmith in OpenAI's words: a chat completion whose answer is one verified call.

The last message of the user is the instruction. The answer's content is the call, one line of Python; where
there is none, it is a refusal that says why. The response of `/generate_call` comes along as `callsmith`.
What a client may send and Callsmith has no use for (sampling, bookkeeping) is passed over; what would change
the answer's form is refused. Knows nothing about HTTP.

Source: the OpenAI API reference, "Create chat completion", as the package `openai` types it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from pydantic import BaseModel, ConfigDict, Field

from api_docs.errors import InvalidRequest, NotFound
from service.runtime import Runtime
from service.schemas import GenerateRequest, GenerateResponse, GeneratorChoice, Status
from service.validation import parse_request, quoted

MODELS: Final = {
    "callsmith": GeneratorChoice.AUTO,
    "callsmith-grounded": GeneratorChoice.GROUNDED,
    "callsmith-vllm": GeneratorChoice.VLLM,
}
"""The models that can be asked for, and the generator that each stands for."""

_OWN: Final = ("hub", "domain", "k", "retriever", "quality", "pin_revision")
"""Fields of `GenerateRequest` that may be sent along (`extra_body` of the client)."""
_MEANINGLESS: Final = {
    "audio": "the answer is text",
    "function_call": "the answer is the call of an API, not of your functions",
    "functions": "the answer is the call of an API, not of your functions",
    "logit_bias": "the grammar decides what may be written",
    "prediction": "the answer can't be predicted",
    "response_format": "the answer is one line of Python; the field `callsmith` of the response is JSON",
    "tools": "the answer is the call of an API, not of your tools",
    "web_search_options": "nothing is searched but the catalogue",
}
"""Fields of OpenAI's that would change what an answer is, and why they can't."""
_PASSED_OVER: Final = frozenset(CompletionCreateParamsBase.__annotations__) - _MEANINGLESS.keys()


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")

    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """One message; only the text of the user's last one is read."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        """The text of all parts."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    """Whether a last chunk counts the tokens."""

    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A chat completion that is asked for."""

    model_config = ConfigDict(frozen=True, extra="allow")

    model: Annotated[str, Field(description="`callsmith`, `callsmith-grounded` or `callsmith-vllm`.")]
    messages: Annotated[
        list[ChatMessage], Field(min_length=1, description="The last one of the user is the instruction.")
    ]
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: Annotated[float | None, Field(ge=0, le=2, allow_inf_nan=False)] = None
    max_tokens: Annotated[int | None, Field(ge=1)] = None
    max_completion_tokens: Annotated[int | None, Field(ge=1)] = None
    n: Annotated[int | None, Field(ge=1, le=1, description="One call is the answer.")] = None
    hub: Annotated[str | None, Field(description="Only this hub.")] = None

    @property
    def further(self) -> dict[str, Any]:
        """The fields that aren't named here."""
        return self.__pydantic_extra__ or {}


class ChatAnswer(BaseModel):
    """The message that answers: `content` is the call, or `refusal` says why there is none."""

    role: Literal["assistant"] = "assistant"
    content: str | None
    refusal: str | None = None


class ChatChoice(BaseModel):
    """The one choice."""

    index: int = 0
    message: ChatAnswer
    finish_reason: Literal["stop"] = "stop"
    logprobs: None = None


class ChatUsage(BaseModel):
    """Tokens as the engine counts them; 0 where no model was asked."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatResponse(BaseModel):
    """A chat completion in OpenAI's shape, with all that `/generate_call` answers in `callsmith`."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: ChatUsage
    callsmith: GenerateResponse


class ModelInfo(BaseModel):
    """One model that can be asked for."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "callsmith"


class ModelList(BaseModel):
    """The models that can be asked for."""

    object: Literal["list"] = "list"
    data: list[ModelInfo]


def models(runtime: Runtime) -> ModelList:
    """The models of this service: `callsmith-vllm` only where an engine is set."""
    created = int(runtime.served.opened_at.timestamp())
    return ModelList(data=[ModelInfo(id=name, created=created) for name in _names(runtime)])


def model(name: str, runtime: Runtime) -> ModelInfo:
    """One of them; raises NotFound where it is none."""
    for one in models(runtime).data:
        if one.id == name:
            return one
    raise NotFound(f"there is no model {quoted(name)}; there are {', '.join(_names(runtime))}", "model")


def request_of(chat: ChatRequest, runtime: Runtime) -> GenerateRequest:
    """The request for a call that a chat makes.

    Raises:
        NotFound: when there is no such model.
        InvalidInput: when no instruction is in it, or a field is out of range.
    """
    model(chat.model, runtime)
    _check_further(chat.further)
    said = next((message.text for message in reversed(chat.messages) if message.role == "user"), None)
    if said is None:
        raise InvalidRequest("no message has the role 'user'; its text is the instruction", "messages")
    own = {"hub": chat.hub} | {name: chat.further[name] for name in _OWN if name in chat.further}
    most = chat.max_completion_tokens or chat.max_tokens
    fields: dict[str, Any] = {name: value for name, value in own.items() if value is not None}
    if most is not None:
        fields["max_tokens"] = most
    if chat.temperature is not None:
        fields["temperature"] = chat.temperature
    return parse_request(
        GenerateRequest,
        fields | {"instruction": said, "generator": MODELS[chat.model], "stream": chat.stream},
    )


def completion(chat: ChatRequest, response: GenerateResponse) -> ChatResponse:
    """The completion that tells a response."""
    return ChatResponse(
        id=f"chatcmpl-{response.request_id}",
        created=int(time.time()),
        model=chat.model,
        choices=[ChatChoice(message=_answer(response))],
        usage=_usage(response),
        callsmith=response,
    )


class Chunks:
    """The pieces of a streamed completion.

    The text of the engine is not among them: a client takes every piece for a part of the answer, and must
    not be told what isn't verified. The call comes as one piece.
    """

    def __init__(self, chat: ChatRequest, request_id: str) -> None:
        self._usage = bool(chat.stream_options and chat.stream_options.include_usage)
        self._head = {
            "id": f"chatcmpl-{request_id}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": chat.model,
        }

    def first(self) -> dict[str, Any]:
        """Who speaks."""
        return self._chunk({"role": "assistant", "content": ""})

    def rest(self, response: GenerateResponse) -> Iterator[dict[str, Any]]:
        """The call or the refusal, the end with the whole response, and the usage where it was asked for."""
        answer = _answer(response)
        said = {"content": answer.content} if answer.content is not None else {"refusal": answer.refusal}
        yield self._chunk(said)
        yield self._chunk({}, "stop") | {"callsmith": response.model_dump(mode="json")}
        if self._usage:
            yield self._head | {"choices": [], "usage": _usage(response).model_dump()}

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return self._head | {"choices": [choice]} | ({"usage": None} if self._usage else {})


def _check_further(fields: dict[str, Any]) -> None:
    """Refuse what would change the form of the answer, and what nobody knows."""
    for name, value in fields.items():
        if name in _MEANINGLESS and value not in (None, [], {}, {"type": "text"}):
            raise InvalidRequest(f"{name} can't be used here: {_MEANINGLESS[name]}; leave it out", name)
        if name not in _MEANINGLESS and name not in _PASSED_OVER and name not in _OWN:
            raise InvalidRequest(f"unknown field {quoted(name)}; leave it out", name)


def _names(runtime: Runtime) -> list[str]:
    return [
        name
        for name, generator in MODELS.items()
        if generator is not GeneratorChoice.VLLM or runtime.engine is not None
    ]


def _answer(response: GenerateResponse) -> ChatAnswer:
    if response.status is Status.VERIFIED:
        return ChatAnswer(content=response.call)
    return ChatAnswer(content=None, refusal=response.explanation)


def _usage(response: GenerateResponse) -> ChatUsage:
    counted = response.generator.tokens
    prompt, written = (counted.prompt, counted.completion) if counted else (0, 0)
    return ChatUsage(prompt_tokens=prompt, completion_tokens=written, total_tokens=prompt + written)
