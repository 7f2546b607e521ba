"""Bearer keys: a file of who may ask, and how often.

A key is shown once, when it is made; the file holds its SHA-256 only. That is enough, and a slow
password hash would add nothing: a key is 256 random bits, which nobody guesses, however fast the hash.
A presented key is compared with every key of the file in constant time.

The file is JSON: `{"schema_version": 1, "keys": [{"name", "sha256", "per_minute", "created"}, …]}`.
Knows nothing about HTTP.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import logging
import os
import secrets
import stat
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api_docs.errors import ConfigurationError, InvalidRequest, StorageError
from api_docs.files import write_file
from service.logs import SERVICE

KEY_PREFIX = "cs_"
"""Begins every key, so that people and scanners of leaked secrets know one when they see it."""

PER_MINUTE = 60
_SCHEMA_VERSION = 1
_CHECK_SECONDS = 1.0
"""How often a running service looks whether the file has changed."""

service_log = logging.getLogger(SERVICE)

_Signature = tuple[int, int, int]


class Key(BaseModel):
    """A key as the file holds it: what it is called, its hash, and how much it may ask."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    per_minute: Annotated[int, Field(ge=1, le=1_000_000)] = PER_MINUTE
    created: date


class _KeyFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Annotated[int, Field(ge=_SCHEMA_VERSION, le=_SCHEMA_VERSION)] = _SCHEMA_VERSION
    keys: tuple[Key, ...] = ()

    @model_validator(mode="after")
    def _names_and_hashes_are_unique(self) -> _KeyFile:
        for what in ("name", "sha256"):
            values = [getattr(key, what) for key in self.keys]
            if twice := {value for value in values if values.count(value) > 1}:
                raise ValueError(f"{what} {min(twice)!r} stands there twice")
        return self


class Keys:
    """The keys of a file; changes of the file are taken up while the service runs.

    A file that can no longer be read changes nothing, so that an edit that went wrong locks nobody
    out: the log says so once. To take a key away, take its entry out of the file.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises `ConfigurationError` as `load` does."""
        self._path = path
        self._clock = clock
        self._looked = clock()
        self._signature = _signature(path)
        self._keys = read_keys(path)
        _warn_of_access(path)
        if not self._keys:
            service_log.warning(f"{str(path)!r} holds no key, so nobody may ask; `callsmith keys add NAME`")

    @classmethod
    def load(cls, path: Path, clock: Callable[[], float] = time.monotonic) -> Keys:
        """The keys of a file.

        Raises:
            ConfigurationError: when it is missing, can't be read or is no key file.
        """
        return cls(path, clock)

    def find(self, presented: str) -> Key | None:
        """The key that somebody presents, None where it is none of ours."""
        self._take_up_changes()
        digest = hash_of(presented)
        found = None
        for key in self._keys:  # all of them, whichever it is
            if hmac.compare_digest(key.sha256, digest):
                found = key
        return found

    def _take_up_changes(self) -> None:
        now = self._clock()
        if 0 <= now - self._looked < _CHECK_SECONDS:
            return
        self._looked = now
        signature = _signature(self._path)
        if signature == self._signature:
            return
        self._signature = signature
        try:
            self._keys = read_keys(self._path)
        except ConfigurationError as exc:
            service_log.error(f"the keys stay as they were: {exc}")
        else:
            service_log.info("keys read", extra={"fields": {"keys": len(self._keys)}})


def read_keys(path: Path) -> tuple[Key, ...]:
    """What a key file holds.

    Raises:
        ConfigurationError: naming the file, what is wrong with it and the fix.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError as exc:
        raise ConfigurationError(
            f"there is no key file {str(path)!r}; `callsmith keys add NAME --file {path}` makes one"
        ) from exc
    except OSError as exc:
        raise ConfigurationError(
            f"can't read the key file {str(path)!r}: {exc.strerror}; it must be a file that the service's "
            "user may read"
        ) from exc
    try:
        return _KeyFile.model_validate_json(content).keys
    except ValidationError as exc:
        raise ConfigurationError(
            f"{str(path)!r} is no key file: {_complaint(exc)}; mend it, or make another one with "
            "`callsmith keys add NAME --file …`"
        ) from exc


def add_key(path: Path, name: str, per_minute: int, today: date) -> str:
    """Make a key, put its hash into the file, which is made where there is none, and return the key.

    Raises:
        InvalidRequest: when the name is taken or no name, or the limit is out of range.
        ConfigurationError: when the file is broken or can't be written.
    """
    presented = KEY_PREFIX + secrets.token_urlsafe(32)
    try:
        key = Key(name=name, sha256=hash_of(presented), per_minute=per_minute, created=today)
    except ValidationError as exc:
        raise _refused(exc) from exc
    with _changing(path):
        keys = read_keys(path) if path.exists() else ()
        if any(other.name == name for other in keys):
            raise InvalidRequest(
                f"there is a key named {name!r} already; choose another name, or `callsmith keys remove "
                f"{name}` first",
                "name",
            )
        _write(path, (*keys, key))
    return presented


def remove_key(path: Path, name: str) -> None:
    """Take a key out of the file.

    Raises:
        InvalidRequest: when no key has that name.
        ConfigurationError: when the file is missing or broken, or can't be written.
    """
    with _changing(path):
        keys = read_keys(path)
        left = tuple(key for key in keys if key.name != name)
        if len(left) == len(keys):
            known = ", ".join(key.name for key in keys) or "none"
            raise InvalidRequest(f"there is no key named {name!r}; the file has {known}", "name")
        _write(path, left)


def hash_of(presented: str) -> str:
    """Hex SHA-256 of a key."""
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()


@contextlib.contextmanager
def _changing(path: Path) -> Iterator[None]:
    """Keep others from changing the file at the same time: two who add a key must both get theirs."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as exc:
        raise _unwritable(path, exc) from exc
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _write(path: Path, keys: tuple[Key, ...]) -> None:
    """Replace the file at once, readable for its owner only."""
    content = _KeyFile(keys=keys).model_dump_json(indent=2) + "\n"
    try:
        write_file(path, content.encode())  # its temporary file has mode 0600, and keeps it
    except StorageError as exc:
        raise _unwritable(path, exc.__cause__ or exc) from exc


def _refused(exc: ValidationError) -> InvalidRequest:
    error = exc.errors(include_url=False)[0]
    field, value = str(error["loc"][0]), error["input"]
    wanted = {"name": "1 to 64 letters, digits, dots, dashes and underscores, a letter or digit first"}
    return InvalidRequest(f"{field} is {value!r}; expected {wanted.get(field, '1 to 1,000,000')}", field)


def _complaint(exc: ValidationError) -> str:
    """Where the file is wrong and why, without its value: somebody may have put a key there."""
    error = exc.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in error["loc"]) or "file"
    return f"{place}: {error['msg'].removeprefix('Value error, ')}"


def _unwritable(path: Path, exc: BaseException) -> ConfigurationError:
    reason = getattr(exc, "strerror", None) or exc
    return ConfigurationError(
        f"can't write the key file {str(path)!r}: {reason}; name another one with --file or CALLSMITH_KEYS"
    )


def _signature(path: Path) -> _Signature | None:
    """What changes when a file does; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _warn_of_access(path: Path) -> None:
    if path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        service_log.warning(f"anybody on this machine may read the key file; run `chmod 600 {path}`")
