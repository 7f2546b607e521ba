"""What the service logs and how: one line per message, for people on a terminal, as JSON elsewhere.

A line never holds request bodies, query strings, headers or settings; the instruction alone may stand in the
line of a request's end, where `CALLSMITH_LOG_INSTRUCTIONS` says so. Lines that are written while a request is
worked on carry its id, and that of its trace where there is one.
"""

from __future__ import annotations

import json
import logging
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Final

from opentelemetry import trace

from service import request_id
from service.settings import LogLevel, Settings

ACCESS = "callsmith.access"
SERVICE = "callsmith.service"


_LONGEST_INSTRUCTION: Final = 500
"""Characters of an instruction that a line shows."""

_noted: ContextVar[dict[str, Any] | None] = ContextVar("noted", default=None)


def noting() -> dict[str, Any]:
    """What is noted from now on about the request that is worked on, for the line of its end."""
    noted: dict[str, Any] = {}
    _noted.set(noted)
    return noted


def note_instruction(instruction: str) -> None:
    """Note what was asked, in printable characters and cut short; outside of requests nothing happens."""
    if (noted := _noted.get()) is not None:
        cut = instruction[:_LONGEST_INSTRUCTION]
        shown = "".join(character if character.isprintable() else " " for character in cut)
        noted["instruction"] = shown if cut == instruction else f"{shown}…"


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time, level, message, and the record's `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **_fields(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)  # in ASCII, so that any text survives any terminal


class PlainLines(logging.Formatter):
    """A record as people read it: time, level, message and the values of its `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        values = " ".join(str(value) for value in _fields(record).values())
        line = f"{time} {record.levelname.lower():<7} {record.getMessage()} {values}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """The record's own fields, and whose request it belongs to: formatted where it is logged, it knows."""
    fields = dict(getattr(record, "fields", {}))
    if (current := request_id.current.get()) != request_id.NONE:
        fields.setdefault("request_id", current)
    if (span := trace.get_current_span().get_span_context()).is_valid:
        fields["trace_id"] = trace.format_trace_id(span.trace_id)
    return fields


def log_config(settings: Settings) -> dict[str, Any]:
    """Logging of the service, of uvicorn, and the warnings of all else, on stderr, for `dictConfig`."""
    level = settings.log_level
    plain = sys.stderr.isatty() if settings.log_format == "auto" else settings.log_format == "plain"
    formatter = PlainLines if plain else JsonLines
    of_all = {"handlers": ["stderr"], "level": level.upper(), "propagate": False}
    # uvicorn's own remarks on starting and stopping are of use only to those who debug it.
    quiet = level.upper() if level in (LogLevel.DEBUG, LogLevel.ERROR) else "WARNING"
    stderr = {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}
    # Of other packages only warnings, even of those whose loggers say that they want all to be told.
    others = {**stderr, "level": "ERROR" if level is LogLevel.ERROR else "WARNING"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {"stderr": stderr, "others": others},
        "root": {"handlers": ["others"], "level": others["level"]},
        "loggers": {"callsmith": of_all, "uvicorn": {**of_all, "level": quiet}},
    }
