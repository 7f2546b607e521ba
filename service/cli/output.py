"""How commands speak: JSON or pretty text on stdout, errors as one line on stderr, progress, exit codes.

Text of docs is shown as it is, never as markup, and without characters that steer a terminal.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO, TypeVar, cast

import typer
from rich.console import Console
from rich.text import Text
from typer.core import TyperGroup
from typer.exceptions import TyperException

from api_docs.errors import (
    CallError,
    CallsmithError,
    GeneratorError,
    InvalidRequest,
    ModelWeightsError,
    StorageError,
    TeacherError,
)

if TYPE_CHECKING:
    from rich.progress import TaskID

_Choice = TypeVar("_Choice", bound=StrEnum)

USAGE_ERROR = 2
FAILURE = 1
INTERRUPTED = 130
TERMINATED = 143
_ENVIRONMENT_FAILED = (GeneratorError, ModelWeightsError, StorageError, CallError, TeacherError)
"""Errors that are nobody's mistake on the command line."""

_MIB = 2**20
_UNFOLDED = 10_000
"""Columns where nobody looks on."""

_PADDING = re.compile(r" +$", re.MULTILINE)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object for programs.")]


def new_app(help_text: str, commands: type[TyperGroup] = TyperGroup) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(
        help=help_text,
        cls=commands,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


class Commands(TyperGroup):
    """All commands. Turns every error into one line on stderr and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line and exit; without `standalone_mode`, hand result and errors back."""
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        arguments = sys.argv[1:] if args is None else list(args)
        as_json = "--json" in arguments
        with _terminated_like_interrupted():
            try:
                found = super().main(arguments, prog_name, complete_var, False, windows_expand_args, **extra)
            except CallsmithError as exc:
                fail(str(exc), exc.code, as_json, exit_code(exc))
            except TyperException as exc:
                _refuse_usage(exc, as_json)
            except typer.Abort:
                sys.exit(INTERRUPTED)
            except Exception as exc:
                if os.environ.get("CALLSMITH_LOG_LEVEL", "").lower() == "debug":
                    raise
                said = f"unexpected {type(exc).__name__}: {exc}; CALLSMITH_LOG_LEVEL=debug shows where"
                fail(said, CallsmithError.code, as_json, FAILURE)
        sys.exit(found if isinstance(found, int) else 0)


def _refuse_usage(exc: TyperException, as_json: bool) -> NoReturn:
    message = exc.format_message().replace("Value error, ", "")
    if not message or message.startswith("Usage:"):
        # A group without a command: its help says what there is.
        print(message, file=sys.stderr)
        sys.exit(exc.exit_code)
    fail(f"{message} See --help.", "usage", as_json, exc.exit_code)


def exit_code(exc: CallsmithError) -> int:
    """2 where the command, a file or a setting is to be mended, 1 where it may work next time."""
    return FAILURE if isinstance(exc, _ENVIRONMENT_FAILED) else USAGE_ERROR


def fail(message: str, code: str, as_json: bool, status: int) -> NoReturn:
    """Say what went wrong, in one line of red or of JSON, and exit."""
    if as_json:
        import orjson  # noqa: PLC0415 - only where it is needed

        line = orjson.dumps({"error": {"code": code, "message": printable(message)}}).decode()
        print(line, file=sys.stderr)
    else:
        one_line = " ".join(printable(message).split())
        errors().print(Text(f"error: {one_line}", style="red"), soft_wrap=True)
    sys.exit(status)


def out() -> Console:
    """Where results go; lines are folded and padded on a terminal only."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(file=cast(TextIO, _WithoutPadding(sys.stdout)), highlight=False, width=_UNFOLDED)


def errors() -> Console:
    """Where everything else goes."""
    return Console(stderr=True, highlight=False)


def choice(kind: type[_Choice], value: str, what: str) -> _Choice:
    """The member of a closed set that a value names.

    Raises:
        InvalidRequest: naming the members.
    """
    try:
        return kind(value)
    except ValueError as exc:
        known = ", ".join(kind)
        raise InvalidRequest(f"{what} is {value!r}; expected one of {known}", what) from exc


def python_code(code: str) -> Text:
    """Python in colours."""
    from rich.syntax import Syntax  # noqa: PLC0415 - brings all of pygments

    return Syntax("", "python", theme="ansi_dark", background_color="default").highlight(printable(code))


def show_json(value: object) -> None:
    """A result for programs; takes pydantic models, and what orjson takes."""
    import orjson  # noqa: PLC0415 - only where it is needed
    from pydantic import BaseModel  # noqa: PLC0415

    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    print(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode())


def printable(text: str) -> str:
    """Text that can't steer a terminal: control characters and lone surrogates as their escapes."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in "\n\t" else ascii(character)[1:-1]
        for character in text
    )


class _WithoutPadding:
    """A stream without the blanks that tables end their lines with."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return self._stream.write(_PADDING.sub("", text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def progress(title: str) -> Iterator[Callable[[int, int], None]]:
    """A function to report (done, in all) to: a bar on a terminal, a line per tenth elsewhere."""
    with many_progress() as report:
        if errors().is_terminal:
            report(title, 0, 0)  # what is begun is shown before anything of it is done
        yield lambda done, total: report(title, done, total)


@contextlib.contextmanager
def many_progress() -> Iterator[Callable[[str, int, int], None]]:
    """A function to report (what is being done, done, in all) to: as `progress`, for several things in turn.

    Something that can't be counted yet is reported with 0 of 0.
    """
    console = errors()
    if not console.is_terminal:
        yield _EachReported()
        return
    from rich.progress import (  # noqa: PLC0415 - only where there is a terminal
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(title: str, done: int, total: int) -> None:
            if title not in tasks:
                tasks[title] = bars.add_task(title, total=None)
            if total:
                bars.update(tasks[title], completed=done, total=total)

        yield report


@contextlib.contextmanager
def byte_progress() -> Iterator[Callable[[str, int, int], None]]:
    """A function to report (what is being done, bytes done, in all) to: as `progress`, in MiB."""
    console = errors()
    if not console.is_terminal:
        yield _MebibytesReported()
        return
    from rich.progress import (  # noqa: PLC0415 - only where there is a terminal
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def report(title: str, done: int, total: int) -> None:
            if title not in tasks:
                tasks[title] = bars.add_task(title, total=total)
            bars.update(tasks[title], completed=done, total=total)

        yield report


class _MebibytesReported:
    """A line whenever another twentieth is done, or another thing begins."""

    def __init__(self) -> None:
        self._reported = ("", -1)

    def __call__(self, title: str, done: int, total: int) -> None:
        twentieth = 20 * done // total if total else 20
        before, reported = self._reported
        if title != before or twentieth > reported:
            self._reported = (title, twentieth)
            line = f"{title}: {done / _MIB:,.1f} of {total / _MIB:,.1f} MiB ({5 * twentieth}%)"
            print(line, file=sys.stderr, flush=True)


class _EachReported:
    """A line per tenth; one more where something begins that can't be counted yet."""

    def __init__(self) -> None:
        self._reported: dict[str, _TenthsReported] = {}

    def __call__(self, title: str, done: int, total: int) -> None:
        if title not in self._reported:
            self._reported[title] = _TenthsReported(title)
            if not total:
                print(title, file=sys.stderr, flush=True)
        if total:
            self._reported[title](done, total)


class _TenthsReported:
    def __init__(self, title: str) -> None:
        self._title = title
        self._reported = -1

    def __call__(self, done: int, total: int) -> None:
        tenth = 10 * done // total if total else 10
        if tenth > self._reported:
            self._reported = tenth
            print(f"{self._title}: {done} of {total}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Let SIGTERM unwind the stack as Ctrl-C does, so that nothing half-written stays behind."""

    def stop(*_: object) -> NoReturn:
        sys.exit(TERMINATED)

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread: whoever runs us there handles signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
