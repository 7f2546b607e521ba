"""What an engine's failure means to us: every exception of the `openai` client as one of our own.

Knows the client's exceptions and HTTP statuses; knows nothing about prompts. Messages never hold the API key.
"""

from __future__ import annotations

from typing import Final

import httpx2
import openai

from api_docs.errors import GeneratorError, GeneratorRefused, GeneratorTimeout, GeneratorUnavailable

RETRYABLE_STATUSES: Final = frozenset({429, 502, 503})
"""The engine, or what stands before it, says that it has not begun: a second try costs nothing twice."""
_TIMEOUT_STATUSES: Final = frozenset({408, 504})
_RAISE_TIMEOUT: Final = "raise CALLSMITH_ENGINE_TIMEOUT, or lower max_tokens"
_QUOTED: Final = 300
"""Characters of what the engine says that a message repeats."""


def translate(exc: openai.OpenAIError | ValueError, url: str, model: str | None) -> GeneratorError:
    """Our error for what the client raises, with the setting that mends it.

    The client makes errors of its own of all but what its JSON parser raises.
    """
    engine = f"the engine at {url!r}"
    if isinstance(exc, openai.OpenAIError):
        return _of_client(exc, engine, model)
    return GeneratorError(f"{engine} sent no JSON: {_said(exc)}", f"{engine} sent no JSON")


def _of_client(exc: openai.OpenAIError, engine: str, model: str | None) -> GeneratorError:
    match exc:
        case openai.APITimeoutError() if isinstance(exc.__cause__, httpx2.ConnectTimeout):
            return GeneratorUnavailable(f"{engine} does not answer; is it running?")
        case openai.APITimeoutError():
            return GeneratorTimeout(f"{engine} took too long; {_RAISE_TIMEOUT}")
        case openai.APIConnectionError():
            return GeneratorUnavailable(
                f"{engine} can't be reached ({_said(exc.__cause__ or exc)}); is it running, and is "
                "CALLSMITH_ENGINE_URL right?"
            )
        case openai.APIStatusError():
            return _of_status(exc, engine, model)
        case _:
            unread = f"{engine} gave an answer that can't be read"
            return GeneratorError(f"{unread}: {_said(exc)}", unread)


def worth_retrying(exc: Exception) -> bool:
    """Whether a second try may succeed and can't double the engine's work.

    A connection that failed, or a status that says "not now". After a timeout the engine may still be
    busy with the first try; other statuses would come again.
    """
    if isinstance(exc, openai.APIStatusError):
        return exc.status_code in RETRYABLE_STATUSES
    return isinstance(exc, openai.APIConnectionError) and not isinstance(exc, openai.APITimeoutError)


def _of_status(exc: openai.APIStatusError, engine: str, model: str | None) -> GeneratorError:
    answered = f"{engine} answered {exc.status_code}"
    if exc.status_code in (401, 403):
        return GeneratorUnavailable(f"{answered}; set CALLSMITH_ENGINE_KEY")
    kind, fix = _meaning(exc.status_code, model)
    return kind(f"{answered}: {_said(exc)}{fix}", f"{answered}{fix}")


def _meaning(status: int, model: str | None) -> tuple[type[GeneratorError], str]:
    """The error that a status stands for, and what may mend it."""
    if status == 404:
        return GeneratorUnavailable, (
            "; CALLSMITH_ENGINE_URL must end where /completions begins (mostly /v1), and "
            f"CALLSMITH_ENGINE_MODEL, now {model!r}, must be one that it serves"
        )
    if status in _TIMEOUT_STATUSES:
        return GeneratorTimeout, ""
    if status == 429 or status >= 500:
        return GeneratorUnavailable, "; it may be overloaded or starting"
    if status in (400, 422):
        return GeneratorRefused, "; where it knows no structured outputs, set CALLSMITH_CONSTRAINED=false"
    return (GeneratorRefused if 400 <= status < 500 else GeneratorError), ""


def _said(exc: BaseException) -> str:
    text = " ".join(str(exc).split()) or type(exc).__name__
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
