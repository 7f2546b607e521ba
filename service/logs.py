"""What the service logs and how: one line per message, for people on a terminal, as JSON elsewhere.

A line never holds request bodies, query strings, headers or settings.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from service.settings import LogLevel

ACCESS = "callsmith.access"
SERVICE = "callsmith.service"


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time, level, message, and the record's `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)  # in ASCII, so that any text survives any terminal


class PlainLines(logging.Formatter):
    """A record as people read it: time, level, message and the values of its `fields`."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S")
        values = " ".join(str(value) for value in getattr(record, "fields", {}).values())
        line = f"{time} {record.levelname.lower():<7} {record.getMessage()} {values}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def log_config(level: LogLevel) -> dict[str, Any]:
    """Logging of the service and of uvicorn, on stderr, as `logging.config.dictConfig` takes it."""
    formatter = PlainLines if sys.stderr.isatty() else JsonLines
    of_all = {"handlers": ["stderr"], "level": level.upper(), "propagate": False}
    # uvicorn's own remarks on starting and stopping are of use only to those who debug it.
    quiet = level.upper() if level in (LogLevel.DEBUG, LogLevel.ERROR) else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": formatter}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}
        },
        "loggers": {"callsmith": of_all, "uvicorn": {**of_all, "level": quiet}},
    }
