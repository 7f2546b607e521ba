"""What stubs write down, how they tell the kinds of inputs apart, and how they take the libraries' places."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from tests.api_docs.stubs.signatures import bound

_SUFFIXES = {".wav": "audio", ".mp4": "video", ".jpg": "image", ".png": "image"}
_STUBS = ("media", "tensorflow", "torchhub", "transformers", "speech", "libraries", "diffusion", "further")


@dataclass
class Recorder:
    """What happened: calls that loaded something, and uses of what was loaded with the kinds of input."""

    loads: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    uses: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kinds(self) -> frozenset[str]:
        """Every kind of input that a loaded thing was used with."""
        return frozenset().union(*(kinds for _, kinds in self.uses))

    def loader(self, name: str, result: Any = None, label: str = "", make: Any = None) -> Callable[..., Any]:
        """A function with the signature of `name` that loads `result` or what `make` gives for its call."""

        def load(*args: Any, **kwargs: Any) -> Any:
            arguments = bound(name, args, kwargs)
            self.loads.append((label or name, arguments))
            return result if make is None else make(arguments)

        return load

    def user(self, name: str, result: Any, label: str = "") -> Callable[..., Any]:
        """A function with the signature of `name` that uses what was loaded and gives `result`."""

        def use(*args: Any, **kwargs: Any) -> Any:
            arguments = bound(name, args, kwargs)
            self.uses.append((label or name, kinds_of(list(arguments.values()))))
            return result

        return use

    def used(self, name: str, *inputs: Any) -> None:
        """Note a use whose signature the stub itself has."""
        self.uses.append((name, kinds_of(list(inputs))))


class Thing(SimpleNamespace):
    """An object of given attributes; `call` is what calling it does, `items` what indexing gives."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return vars(self)["call"](*args, **kwargs)

    def __getitem__(self, key: Any) -> Any:
        return vars(self)["items"][key]


def kinds_of(value: Any) -> frozenset[str]:  # noqa: PLR0911 - one return a type
    """What an input or its parts are: `text`, `image`, `audio`, `video`, `table`, `ids`, `tensor`."""
    match value:
        case str():
            return frozenset({next((kind for end, kind in _SUFFIXES.items() if value.endswith(end)), "text")})
        case bytes():
            return frozenset({"image"})
        case torch.Tensor():
            return frozenset({_kind(tuple(value.shape), str(value.dtype).removeprefix("torch."))})
        case np.ndarray() if value.dtype.kind not in "OUS":
            return frozenset({_kind(value.shape, str(value.dtype))})
        case np.ndarray():
            return kinds_of(value.ravel().tolist())
        case Mapping():
            return kinds_of(list(value.values()))
        case [np.ndarray(ndim=3, dtype=np.dtypes.UInt8DType()), np.ndarray(ndim=3), *_]:
            return frozenset({"video"})
        case [first, second, *_] if {getattr(first, "stub_kind", ""), getattr(second, "stub_kind", "")} == {
            "image"
        }:
            return frozenset({"video" if len(value) > 4 else "image"})
        case list() | tuple():
            return frozenset().union(*map(kinds_of, value))
        case _:
            return frozenset({value.stub_kind} if hasattr(value, "stub_kind") else ())


def _kind(shape: tuple[int, ...], dtype: str) -> str:
    sides_of = {-1: shape[-3:-1], -3: shape[-2:]}  # where the three colours may stand → height and width
    if len(shape) == 5 and shape[1] == 3:
        return "video"
    for place, sides in sides_of.items():
        if len(shape) >= 3 and shape[place] == 3 and min(sides) >= 16:
            return "video" if len(shape) == 5 or (len(shape) == 4 and shape[0] > 1) else "image"
    if dtype.startswith("float") and len(shape) in (1, 2, 3) and max(shape) > 1000 and shape[-1] != 4:
        return "audio"
    return "ids" if dtype.startswith("int") and len(shape) == 2 else "tensor"


def install(monkeypatch: pytest.MonkeyPatch, options: Mapping[str, Any] | None = None) -> Recorder:
    """Put the stubs in the libraries' places for one test."""
    recorder = Recorder(options=options or {})
    for name in _STUBS:
        stub = importlib.import_module(f"tests.api_docs.stubs.{name}_stub")
        for path, module in stub.modules(recorder).items():
            monkeypatch.setitem(sys.modules, path, module)
            parent, _, child = path.rpartition(".")
            if parent and parent in sys.modules and isinstance(sys.modules[parent], Stub):
                setattr(sys.modules[parent], child, module)
    monkeypatch.setattr(
        torch.hub, "load", importlib.import_module("tests.api_docs.stubs.torchhub_stub").load(recorder)
    )
    return recorder


class Stub(ModuleType):
    """A module that stands in for a library."""

    __path__: list[str] = []  # noqa: RUF012 - what the import system expects of a package

    def __init__(self, name: str, **members: Any) -> None:
        super().__init__(name)
        vars(self).update(members)
