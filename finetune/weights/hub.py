"""Get a model's files from the Hugging Face hub, or from whatever speaks its language at HF_ENDPOINT.

Listing and transfer are huggingface_hub's. Where a file goes until it is whole is ours: the library throws a
half-downloaded file away when its process ends, and a shard of a 7B model is ten gigabytes.
Every file is checked against the checksum that the hub publishes. Tokens are sent and never shown.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api_docs.errors import (
    ConfigurationError,
    InvalidRequest,
    ModelAccessDenied,
    ModelWeightsError,
    StorageError,
)
from api_docs.files import sha256_of
from finetune.weights.checkpoint import files_beside, files_of_weights, require_servable
from finetune.weights.disk import sync

if TYPE_CHECKING:
    from huggingface_hub.hf_api import RepoSibling

Received = Callable[[int], None]
"""Is told how many bytes have come; less than none where some have to come again."""

_DEFAULT_ENDPOINT = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a model: bytes, and the checksum that the hub knows (SHA-256, or git's for small files)."""

    name: str
    size: int
    sha256: str | None
    git_sha1: str | None


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """What is to be downloaded of a model, at one commit."""

    id: str
    commit: str
    files: tuple[RemoteFile, ...]


def read_token(path: Path) -> str | None:
    """The hub token in a file; None where the file is empty, as a secret that isn't set.

    Raises:
        ConfigurationError: when it can't be read or holds something else. The content is never quoted.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) else "not text"
        raise ConfigurationError(
            f"can't read the token file {str(path)!r}: {reason}; write a Hugging Face token into it "
            "(https://huggingface.co/settings/tokens), or leave --token-file out"
        ) from exc
    if not text:
        return None
    if re.fullmatch(r"[!-~]+", text) is None:
        raise ConfigurationError(
            f"the token file {str(path)!r} holds more than a token; expected one word like hf_…"
        )
    return text


class Hub:
    """The hub, asked with the given token, else with that of HF_TOKEN or `hf auth login`, else without.

    HF_ENDPOINT, and all else that huggingface_hub reads from the environment, is honoured.
    """

    def __init__(self, token: str | None = None) -> None:
        from huggingface_hub import get_token  # noqa: PLC0415 - heavy

        self._token = token or get_token()
        self._endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or _DEFAULT_ENDPOINT

    def look_up(self, model: str, revision: str | None = None) -> RemoteModel:
        """A model's newest commit, or that of a branch, tag or commit, and the files that an engine needs.

        Raises:
            InvalidRequest: when the name can't be that of a model.
            ModelAccessDenied: when the hub wants a token, or another one.
            ModelWeightsError: when there is no such model or revision, the hub can't be reached, or the
                model can't be served.
        """
        from huggingface_hub import HfApi  # noqa: PLC0415 - heavy

        api = HfApi(endpoint=self._endpoint, token=self._token or False, library_name="callsmith")
        with self._errors(model, revision):
            info = api.model_info(model, revision=revision, files_metadata=True)
        known = {file.rfilename: file for file in info.siblings or ()}
        names = [name for name in known if "/" not in name and not name.startswith(".")]
        require_servable(names, model)
        files = [_remote(model, known[name]) for name in (*files_beside(names), *files_of_weights(names))]
        return RemoteModel(model, str(info.sha), tuple(files))

    def fetch(self, model: RemoteModel, file: RemoteFile, folder: Path, received: Received) -> str:
        """Bring a file into a folder, from where an earlier attempt ended; gives its SHA-256.

        Raises:
            ModelAccessDenied: when the model is gated and the token doesn't open it.
            ModelWeightsError: when the transfer breaks, or what came is not what the hub says it is.
            StorageError: when the disk is full or read-only.
        """
        target, part = folder / file.name, folder / f"{file.name}.part"
        if target.is_file() and target.stat().st_size == file.size:  # it got its name when it was checked
            received(file.size)
            return file.sha256 or sha256_of(target)
        with self._errors(model.id, model.commit):
            folder.mkdir(parents=True, exist_ok=True)
            self._transfer(model, file, part, received)
            found = sha256_of(part)
            if not _is(part, found, file):
                part.unlink()
                raise ModelWeightsError(
                    f"{file.name!r} of {model.id!r} has SHA-256 {found}, which is not what the hub "
                    "publishes: it was altered on its way; run the command again"
                )
            sync(part)
            part.replace(target)
        return found

    def _transfer(self, model: RemoteModel, file: RemoteFile, part: Path, received: Received) -> None:
        """Append to what is there until it is whole; a broken connection is taken up while bytes come."""
        import httpx2  # noqa: PLC0415 - heavy

        if (begun := _size(part)) > file.size:
            part.unlink()
            begun = 0
        received(begun)
        while True:
            try:
                self._append(model, file, part, received)
            except httpx2.TransportError:
                if _size(part) <= begun:
                    raise
                begun = _size(part)
            else:
                return

    def _append(self, model: RemoteModel, file: RemoteFile, part: Path, received: Received) -> None:
        from huggingface_hub import hf_hub_url  # noqa: PLC0415 - heavy
        from huggingface_hub.file_download import http_get  # noqa: PLC0415
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]  # noqa: PLC0415

        url = hf_hub_url(model.id, file.name, revision=model.commit, endpoint=self._endpoint)
        begun = _size(part)

        def bar(*, initial: int = 0, **_: Any) -> _Bar:
            received(initial - begun)  # below nothing where the server begins from the start
            return _Bar(received)

        with part.open("ab") as out:
            http_get(
                url,
                out,
                resume_size=begun,
                headers=build_hf_headers(token=self._token or False, library_name="callsmith"),
                expected_size=file.size,
                displayed_filename=file.name,
                tqdm_class=bar,  # type: ignore[arg-type]  # called, and nothing else
            )

    @contextlib.contextmanager
    def _errors(self, model: str, revision: str | None) -> Iterator[None]:
        """Turn what the hub and the way to it complain of into our errors, without any token in them."""
        import httpx2  # noqa: PLC0415 - heavy
        from huggingface_hub import errors  # noqa: PLC0415

        try:
            yield
        except errors.HFValidationError as exc:
            raise InvalidRequest(
                f"{model!r} is no folder here and can't be a model on the hub; expected OWNER/NAME, such as "
                "'gorilla-llm/gorilla-7b-hf-delta-v0', or a folder that exists",
                "model",
            ) from exc
        except errors.RevisionNotFoundError as exc:
            raise ModelWeightsError(
                f"the model {model!r} has no revision {revision!r}; name a branch, tag or commit of it, or "
                "leave --revision out"
            ) from exc
        except errors.GatedRepoError as exc:
            raise ModelAccessDenied(self._how_to_get_in(model)) from exc
        except errors.HfHubHTTPError as exc:
            raise self._refused(model, exc.response.status_code) from exc
        except (errors.OfflineModeIsEnabled, httpx2.HTTPError) as exc:
            raise ModelWeightsError(
                f"the hub {self._endpoint!r} gave no whole answer about {model!r}: {self._without_token(exc)}"
                "; check the network, HF_ENDPOINT and HF_HUB_OFFLINE, and run the command again: what has "
                "come stays"
            ) from exc
        except OSError as exc:
            if exc.errno is None:  # huggingface_hub's own: fewer or more bytes than expected
                raise ModelWeightsError(
                    f"the transfer of {model!r} ended early: {self._without_token(exc)}; run the command "
                    "again"
                ) from exc
            raise StorageError(
                f"can't write {str(exc.filename or 'the download')!r}: {exc.strerror}; free some space or "
                "choose a writable folder with --into"
            ) from exc
        except (ValueError, TypeError, KeyError) as exc:
            raise ModelWeightsError(
                f"{self._endpoint!r} did not answer about {model!r} as a Hugging Face hub does "
                f"({type(exc).__name__}); check HF_ENDPOINT"
            ) from exc

    def _refused(self, model: str, status: int) -> ModelWeightsError:
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            return ModelAccessDenied(self._how_to_get_in(model))
        if status == HTTPStatus.NOT_FOUND:
            return ModelWeightsError(
                f"the hub {self._endpoint!r} has no model {model!r}, or it is private; check the name, and "
                "name a token with --token-file where it is private"
            )
        return ModelWeightsError(
            f"the hub {self._endpoint!r} answered {status} about {model!r}; try again in a while: what has "
            "come stays"
        )

    def _how_to_get_in(self, model: str) -> str:
        had = "is not open to the account of the token" if self._token else "is gated, private or not there"
        return (
            f"the model {model!r} {had}: check the name, ask for access on {_DEFAULT_ENDPOINT}/{model}, make "
            f"a token that may read it ({_DEFAULT_ENDPOINT}/settings/tokens), write it into a file and name "
            "that with --token-file"
        )

    def _without_token(self, exc: Exception) -> str:
        said = " ".join(str(exc).split()) or type(exc).__name__
        return said.replace(self._token, "…") if self._token else said


class _Bar:
    """What huggingface_hub takes for a progress bar."""

    def __init__(self, received: Received) -> None:
        self.update = received

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _remote(model: str, found: RepoSibling) -> RemoteFile:
    if found.size is None:
        raise ModelWeightsError(
            f"the hub does not say how big {found.rfilename!r} of {model!r} is; check HF_ENDPOINT"
        )
    return RemoteFile(found.rfilename, found.size, found.lfs.sha256 if found.lfs else None, found.blob_id)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _is(path: Path, sha256: str, file: RemoteFile) -> bool:
    if file.sha256 is not None:
        return sha256 == file.sha256
    data = path.read_bytes()  # small: what git itself stores
    return file.git_sha1 in (None, hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest())  # noqa: S324 - git's
