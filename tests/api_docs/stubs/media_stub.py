"""Pillow, pandas, soundfile, imageio and torchvision's transforms, as far as snippets use them."""

# ruff: noqa: ARG005 - parameters are the real functions' own
from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from tests.api_docs.stubs.recording import Recorder, Stub


class Image:
    """A picture of one colour."""

    stub_kind = "image"

    def __init__(self, mode: str, size: tuple[int, int]) -> None:
        assert mode in ("RGB", "L")
        self.mode, self.size = mode, size

    def resize(self, size: tuple[int, int]) -> Image:
        width, height = size
        return Image(self.mode, (width, height))

    def rotate(self, angle: float) -> Image:
        assert angle
        return self

    def paste(self, im: int, box: tuple[int, int, int, int]) -> None:
        assert len(box) == 4

    def save(self, fp: Any, format: str | None = None) -> None:
        if hasattr(fp, "write"):
            fp.write(b"picture")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        width, height = self.size
        pixels = np.zeros((height, width, 3) if self.mode == "RGB" else (height, width), dtype="uint8")
        return pixels.astype(dtype) if dtype is not None else pixels


class DataFrame:
    """A table."""

    stub_kind = "table"

    def __init__(self, data: Any = None, index: Any = None, columns: Any = None) -> None:
        assert isinstance(data, dict | list)
        self.data, self.columns = data, columns


class _Iat:
    def __getitem__(self, cell: tuple[int, int]) -> str:
        return "232000"


class _Transforms:
    """torchvision.transforms: real arithmetic on stub pictures."""

    class Compose:
        def __init__(self, transforms: list[Any]) -> None:
            self.steps = transforms

        def __call__(self, img: Any) -> Any:
            for step in self.steps:
                img = step(img)
            return img

    class Resize:
        def __init__(self, size: Any) -> None:
            self.size = size

        def __call__(self, img: Image) -> Image:
            if isinstance(self.size, tuple):
                return img.resize(self.size[::-1])
            scale = self.size / min(img.size)
            return img.resize((round(img.size[0] * scale), round(img.size[1] * scale)))

    class CenterCrop:
        def __init__(self, size: int) -> None:
            self.size = size

        def __call__(self, img: Image) -> Image:
            assert min(img.size) >= self.size, "a crop that is larger than the picture"
            return img.resize((self.size, self.size))

    class ToTensor:
        def __call__(self, pic: Image) -> torch.Tensor:
            assert isinstance(pic, Image)
            return torch.from_numpy(np.array(pic)).permute(2, 0, 1).float() / 255

    class Normalize:
        def __init__(self, mean: list[float], std: list[float]) -> None:
            self.mean, self.std = torch.tensor(mean), torch.tensor(std)

        def __call__(self, tensor: torch.Tensor) -> torch.Tensor:
            return (tensor - self.mean[:, None, None]) / self.std[:, None, None]


def _write_sound(file: str, data: np.ndarray, samplerate: int) -> None:
    assert data.dtype == np.float32
    assert samplerate > 0
    Path(file).write_bytes(b"sound")


def _write_clip(uri: str, image: np.ndarray, *, fps: int) -> None:
    assert image.dtype == np.uint8
    assert fps > 0
    Path(uri).write_bytes(b"clip")


def modules(recorder: Recorder) -> dict[str, Stub]:
    """Modules by path."""
    DataFrame.iat = property(lambda _: _Iat())  # type: ignore[attr-defined]
    picture = SimpleNamespace(new=lambda mode, size, color=0: Image(mode, size), open=None, Image=Image)
    draw = SimpleNamespace(Draw=lambda im: SimpleNamespace(text=lambda xy, text, fill=None: None))
    steps = {
        name: getattr(_Transforms, name)
        for name in ("Compose", "Resize", "CenterCrop", "ToTensor", "Normalize")
    }
    transforms = Stub(
        "torchvision.transforms", functional=SimpleNamespace(to_tensor=_Transforms.ToTensor()), **steps
    )
    imageio = Stub("imageio.v3", imwrite=_write_clip)
    return {
        "PIL": Stub("PIL", Image=picture, ImageDraw=draw),
        "pandas": Stub("pandas", DataFrame=DataFrame),
        "soundfile": Stub("soundfile", write=_write_sound),
        "imageio": Stub("imageio", v3=imageio),
        "imageio.v3": imageio,
        "torchvision": Stub("torchvision", transforms=transforms),
        "torchvision.transforms": transforms,
    }
