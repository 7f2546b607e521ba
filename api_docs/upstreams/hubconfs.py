"""The repositories behind torch.hub: what each offers now, in a folder that outlasts the runs.

A repository whose revision hasn't changed costs one request. What it offers lies as `hubconf/OWNER+NAME.py`,
where the source reads it; names that it makes only when it runs lie in `hubconf_entrypoints.json`. What was
learnt of each stands in `repositories.json`. A repository that can't be asked keeps what it had.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from api_docs.errors import InvalidDoc, SourceError, SourceGone, SourceTimeout
from api_docs.files import translated, write_file
from api_docs.sources.base import Progress, read_texts
from api_docs.sources.hub_models import read_hub_models, walks_classes
from api_docs.sources.hubconf import parse_hubconf
from api_docs.upstreams.github import GitHub

_STATE: Final = "repositories.json"
_ENTRYPOINTS: Final = "hubconf_entrypoints.json"
_HUBCONF: Final = "hubconf.py"
_SPARE: Final = 10
"""Requests of GitHub's hourly allowance that are left to whoever else asks from here."""


@dataclass(slots=True)
class Repository:
    """What is known of one repository, by the name that pages and tables give it.

    `name` is the present one, `number` GitHub's own, 0 until it was asked for. `revisions` are commits by
    branch or tag ('' the default one), `missing` the branches and tags whose hubconf is gone, `gone` says
    that the whole repository is. `hub_models` are names that only its classes know. `checked` is the day on
    which all that was last seen to hold.
    """

    name: str
    number: int = 0
    revisions: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    gone: bool = False
    hub_models: list[str] = field(default_factory=list)
    dependencies: list[str] = field(default_factory=list)
    checked: str = ""

    def is_dead(self, ref: str) -> bool:
        """Whether what a branch or tag offered can be loaded no more."""
        return self.gone or ref in self.missing

    @property
    def last_checked(self) -> date | None:
        """The day on which it was last seen."""
        return date.fromisoformat(self.checked) if self.checked else None


class Hubconfs:
    """Keeps a folder up to date. `today` is the day of the run."""

    def __init__(self, github: GitHub, folder: Path, today: date) -> None:
        self._github = github
        self._folder = folder
        self._today = today
        self.repositories = _read_state(folder / _STATE)
        self.notes: list[str] = []
        self.complete = True

    def update(self, wanted: Mapping[str, Iterable[str]], progress: Progress | None = None) -> None:
        """Bring repositories up to date: by name, the branches and tags that a hubconf is read from.

        What can't be had is told in `notes`; `complete` says whether all was.

        Raises:
            SourceTimeout: when the time is over; what was fetched is kept.
            StorageError: when the disk is full or read-only.
        """
        self.repositories = {name: self.repositories.get(name, Repository(name)) for name in sorted(wanted)}
        changed = []
        try:
            for done, name in enumerate(self.repositories, start=1):
                try:
                    if self._update(name, sorted(set(wanted[name]))):
                        changed.append(name)
                except SourceTimeout:
                    raise
                except SourceError as exc:
                    self._miss(name, exc)
                if progress is not None:
                    progress(done, len(self.repositories))
            self._identify(changed)
            self._remove_others(wanted)
        finally:
            self._write_state()
        self._note_the_dead()

    def _update(self, name: str, refs: list[str]) -> bool:
        """Bring one repository up to date; says whether anything about it may be new."""
        known = self.repositories[name]
        found: dict[str, str] = {}
        missing: list[str] = []
        moved = False
        for ref in refs:
            try:
                revision = self._github.revision(known.name, ref)
            except SourceGone:
                missing.append(ref)
                continue
            found[ref] = revision.sha
            moved |= revision.moved
            if known.revisions.get(ref) == revision.sha and ref in known.missing:
                missing.append(ref)
            elif known.revisions.get(ref) == revision.sha and self.hubconf_path(name, ref).is_file():
                continue
            elif not self._fetch(known, name, ref, revision.sha):
                missing.append(ref)
        new = moved or found != known.revisions
        known.revisions, known.missing, known.gone = found, missing, not found
        known.checked = self._today.isoformat()
        return bool(found) and (new or not known.number)

    def _fetch(self, known: Repository, name: str, ref: str, sha: str) -> bool:
        """Have the hubconf of a commit, and what it needs; False where there is none.

        One that is no Python, which torch.hub couldn't load either, does not take the place of one that was.

        Raises:
            SourceError: when it can't be had; what was there before stays.
        """
        try:
            text = self._github.file(known.name, sha, _HUBCONF)
        except SourceGone:
            return False
        source = text.decode(errors="replace")
        try:
            read = parse_hubconf(name, source)
        except InvalidDoc as exc:
            self.notes.append(f"{exc}; what it offered before is kept")
            return self.hubconf_path(name, ref).is_file()
        if walks_classes(source):
            known.hub_models = self._hub_models(known, sha)
            known.dependencies = list(read.dependencies)
        write_file(self.hubconf_path(name, ref), text)
        return True

    def _hub_models(self, known: Repository, sha: str) -> list[str]:
        """The names that a repository's classes know, for which all of its code has to be looked through."""
        archive = self._folder / ".archive.tar.gz"
        self._github.archive(known.name, sha, archive)
        try:
            files = read_texts(archive, lambda file: file.suffix == ".py")
        finally:
            with translated(archive):
                archive.unlink(missing_ok=True)
        names, broken = read_hub_models(files.texts)
        self.notes += [f"{known.name}: {bad.record}: {bad.reason}" for bad in broken]
        return names

    @property
    def names(self) -> dict[str, str]:
        """Present names, in lower case, of repositories that pages or tables give another one."""
        return {known.name.lower(): name for name, known in self.repositories.items() if known.name != name}

    def texts(self, name: str) -> dict[str, str]:
        """The hubconfs of a repository that lie here, by branch or tag."""
        known = self.repositories[name]
        paths = {ref: self.hubconf_path(name, ref) for ref in (*known.revisions, *known.missing)}
        return {ref: path.read_text(errors="replace") for ref, path in paths.items() if path.is_file()}

    def hubconf_path(self, name: str, ref: str) -> Path:
        """Where a hubconf lies: the source wants a folder `hubconf`, and reads several of one repository."""
        folder = self._folder / "refs" / quote(ref, safe="") if ref else self._folder
        return folder / "hubconf" / f"{name.replace('/', '+')}.py"

    def _identify(self, changed: list[str]) -> None:
        """Learn numbers and present names, of what has moved first, as far as GitHub's allowance goes.

        A name may have come into other hands, so a repository with a new commit is asked for again.
        """
        put_off = 0
        for name in sorted(changed, key=lambda name: bool(self.repositories[name].number)):
            left = self._github.requests_left
            if left is not None and left <= _SPARE:
                put_off += 1
                continue
            known = self.repositories[name]
            try:
                about = self._github.about(known.name)
            except SourceTimeout:
                raise
            except SourceError as exc:
                self._miss(name, exc)
                continue
            known.number = about.number
            if about.name.lower() != known.name.lower():
                self.notes.append(f"{known.name} is called {about.name} now")
                known.name = about.name
        if put_off:
            self.notes.append(
                f"the numbers of {put_off} repositories are asked for in a later run: GitHub allows no more "
                "requests in this hour. Set GITHUB_TOKEN, which allows more"
            )

    def _remove_others(self, wanted: Mapping[str, Iterable[str]]) -> None:
        """Leave no hubconf of a repository that nobody names any more: the source reads all that is here."""
        named = {self.hubconf_path(name, ref) for name, refs in wanted.items() for ref in refs}
        with translated(self._folder):
            for path in (*self._folder.glob("hubconf/*.py"), *self._folder.glob("refs/*/hubconf/*.py")):
                if path not in named:
                    path.unlink()

    def _miss(self, name: str, exc: SourceError) -> None:
        """Tell of a repository that can't be asked; where something of it lies here, it is still listed."""
        self.complete &= bool(self.texts(name))
        self.notes.append(f"{name} keeps what it had: {exc}")

    def _note_the_dead(self) -> None:
        for name, known in self.repositories.items():
            if known.gone:
                self.notes.append(f"{name} is gone, or its branch is")
            for ref in known.missing:
                if not known.gone:
                    self.notes.append(f"{name} has no {_HUBCONF} at {ref or 'its default branch'} any more")

    def _write_state(self) -> None:
        """Keep what was learnt, and the names that only run time makes, where the source reads them."""
        state = {name: asdict(known) for name, known in self.repositories.items()}
        write_file(self._folder / _STATE, json.dumps(state, indent=1).encode())
        made = {
            name: {"hub_models": known.hub_models, "dependencies": known.dependencies}
            for name, known in self.repositories.items()
            if known.hub_models
        }
        write_file(self._folder / _ENTRYPOINTS, json.dumps(made, indent=1).encode())


def _read_state(path: Path) -> dict[str, Repository]:
    """What earlier runs learnt; nothing where the file is broken, and everything is asked for again."""
    try:
        state: dict[str, dict[str, Any]] = json.loads(path.read_bytes())
        found = {name: Repository(**known) for name, known in state.items()}
        return {name: known for name, known in found.items() if known.last_checked or not known.checked}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
