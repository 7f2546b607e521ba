"""What every source shares: its shape, its result, reading upstream files, and setting bad records aside.

A source reads one upstream as files (an archive or a folder) and never executes, imports or fetches
anything. A record that can't become an `ApiDoc` is quarantined with its reason, never dropped
silently. Which upstream there is and what its fields mean is each source's own knowledge.
"""

from __future__ import annotations

import contextlib
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

from pydantic import ValidationError

from api_docs.catalogue import Identity
from api_docs.errors import CallsmithError, SourceError
from api_docs.models import ApiDoc
from api_docs.verification import check_doc

Progress = Callable[[int, int], None]
"""Called with (records done, records in all) while a source reads."""

MAX_FILE_BYTES = 32 * 2**20
"""A text file of an upstream that is larger is not what we think it is."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An upstream record that became no API doc: where it stands, and why."""

    record: str
    reason: str


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What a source read.

    `aliases` maps ids of retired names to the ids that replaced them. `passed_over` counts, by reason,
    records that are whole but no API of this hub: tools, other kinds of pages, older versions.
    """

    docs: list[ApiDoc]
    quarantined: list[Quarantined] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)


class Source(Protocol):
    """Reads one upstream. Options (`own_words`, `last_checked`) belong to the constructor."""

    @property
    def name(self) -> str:
        """Short name, as in `callsmith docs import NAME PATH`."""
        ...

    @property
    def hub(self) -> str:
        """The hub that the docs belong to."""
        ...

    def read(self, path: Path, progress: Progress | None = None) -> SourceResult:
        """Read the upstream at `path`, an archive, a file or a folder.

        Raises:
            SourceError: when nothing can be read there.
        """
        ...


class Collector:
    """Gathers docs that verify against themselves, each API once, and sets everything else aside.

    With `equal_calls`, docs that load the same thing stay apart (APIBench asks for one of several such rows).
    """

    def __init__(self, *, equal_calls: bool = False) -> None:
        self._equal_calls = equal_calls
        self._docs: dict[str, ApiDoc] = {}
        self._identities: dict[Identity, str] = {}
        self._quarantined: list[Quarantined] = []
        self._aliases: dict[str, str] = {}
        self._passed_over: Counter[str] = Counter()

    def __contains__(self, doc_id: object) -> bool:
        return doc_id in self._docs

    def add(self, doc: ApiDoc) -> None:
        """Keep a doc, or quarantine it: its call must verify, its id and identity must be new."""
        try:
            identity = check_doc(doc).identity
        except CallsmithError as exc:
            self.quarantine(doc.id, str(exc))
            return
        if doc.id in self._docs:
            self.quarantine(doc.id, f"the id {doc.id!r} was read before")
        elif not self._equal_calls and (same := self._identities.get(identity)) is not None:
            self.quarantine(doc.id, f"{doc.call} loads the same as {same!r}")
        else:
            self._docs[doc.id] = doc
            self._identities[identity] = doc.id

    def quarantine(self, record: str, reason: str) -> None:
        """Set a record aside."""
        self._quarantined.append(Quarantined(record, reason))

    def pass_over(self, reason: str, count: int = 1) -> None:
        """Count records that are no API of this hub."""
        self._passed_over[reason] += count

    def alias(self, old_id: str, new_id: str) -> None:
        """Let a retired id lead to the one that replaced it."""
        self._aliases[old_id] = new_id

    @contextlib.contextmanager
    def guard(self, record: str) -> Iterator[None]:
        """Quarantine `record` when the block raises one of our errors or an invalid doc.

        A `SourceError` passes: it speaks of the whole upstream.
        """
        try:
            yield
        except SourceError:
            raise
        except ValidationError as exc:
            first = exc.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            self.quarantine(record, f"no valid API doc: {where or 'record'}: {first['msg']}")
        except CallsmithError as exc:
            self.quarantine(record, str(exc))

    def result(self) -> SourceResult:
        """What was gathered; aliases only of docs that were kept."""
        docs = self._docs
        known = {old: new for old, new in self._aliases.items() if new in docs and old not in docs}
        return SourceResult(list(docs.values()), list(self._quarantined), known, dict(self._passed_over))


@dataclass(frozen=True, slots=True)
class TextFiles:
    """Text files of an upstream by their path in it (posix, sorted), lines ending in `\\n`.

    Unreadable ones are set aside.
    """

    texts: Mapping[str, str]
    quarantined: tuple[Quarantined, ...] = ()


def read_texts(path: Path, wanted: Callable[[PurePosixPath], bool]) -> TextFiles:
    """Read the wanted text files of a `.tar.gz`/`.tar` archive or of a folder, without unpacking.

    Raises:
        SourceError: when `path` is neither, or can't be read.
    """
    files = _archive_files(path) if path.is_file() else _folder_files(path)
    texts: dict[str, str] = {}
    quarantined: list[Quarantined] = []
    try:
        for name, size, load in files:
            if not wanted(PurePosixPath(name)):
                continue
            if size > MAX_FILE_BYTES:
                quarantined.append(Quarantined(name, f"{size} bytes; at most {MAX_FILE_BYTES} are read"))
                continue
            try:
                texts[name] = load().decode("utf-8-sig").replace("\r\n", "\n")
            except UnicodeDecodeError as exc:
                quarantined.append(Quarantined(name, f"not UTF-8 text: {exc.reason} at byte {exc.start}"))
    except (OSError, EOFError, tarfile.TarError) as exc:
        raise SourceError(
            f"can't read {str(path)!r}: {exc}; expected an intact .tar.gz archive or a readable folder. "
            "Fetch it again, or give the path of the unpacked folder"
        ) from exc
    return TextFiles(dict(sorted(texts.items())), tuple(quarantined))


def as_texts(values: Iterable[object]) -> tuple[str, ...]:
    """Distinct non-empty strings in order: the shape of a fact with several values."""
    return tuple(dict.fromkeys(text for value in values if (text := str(value).strip())))


_File = tuple[str, int, Callable[[], bytes]]


def _folder_files(path: Path) -> Iterator[_File]:
    if not path.is_dir():
        raise SourceError(
            f"there is no {str(path)!r}; expected an archive or a folder of upstream files. Check the path"
        )
    for file in sorted(path.rglob("*")):
        if file.is_file():
            yield file.relative_to(path).as_posix(), file.stat().st_size, file.read_bytes


def _archive_files(path: Path) -> Iterator[_File]:
    with tarfile.open(path) as archive:
        for member in archive:
            handle = archive.extractfile(member) if member.isfile() else None
            if handle is not None:
                yield member.name.removeprefix("./"), member.size, handle.read
