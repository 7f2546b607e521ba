"""diffusers' pipelines and models: the real `__call__` of each class that snippets are written for."""

# ruff: noqa: ARG005 - parameters are the real functions' own
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch

from tests.api_docs.stubs.media_stub import Image
from tests.api_docs.stubs.recording import Recorder, Stub, Thing
from tests.api_docs.stubs.signatures import names

_FRAMES = SimpleNamespace(frames=[[Image("RGB", (64, 64))] * 16])
_AUDIO = SimpleNamespace(audios=[torch.rand(16_000)])
_IMAGES = SimpleNamespace(images=[Image("RGB", (64, 64))])
_RESULTS: dict[str, Any] = {
    "TextToVideoSDPipeline": _FRAMES,
    "CogVideoXPipeline": _FRAMES,
    "WanPipeline": _FRAMES,
    "WanImageToVideoPipeline": _FRAMES,
    "LTXPipeline": _FRAMES,
    "LucyEditPipeline": _FRAMES,
    "WanVideoToVideoPipeline": _FRAMES,
    "StableVideoDiffusionPipeline": _FRAMES,
    "AudioLDM2Pipeline": _AUDIO,
    "DanceDiffusionPipeline": _AUDIO,
    "ShapEPipeline": SimpleNamespace(images=[[Image("RGB", (64, 64))] * 9]),
    "ShapEImg2ImgPipeline": SimpleNamespace(images=[[Image("RGB", (64, 64))] * 9]),
    "MarigoldDepthPipeline": SimpleNamespace(prediction=torch.rand(1, 1, 64, 64)),
}


def modules(recorder: Recorder) -> dict[str, Stub]:
    """Modules by path."""
    utils = Stub("diffusers.utils", export_to_video=_export(recorder))
    module = Stub("diffusers", utils=utils)
    module.__getattr__ = lambda name: _class(recorder, name)  # type: ignore[method-assign]
    return {"diffusers": module, "diffusers.utils": utils}


def _export(recorder: Recorder) -> Any:
    silent = Recorder()
    return silent.user("diffusers.utils.export_to_video", "clip.mp4")


def _class(recorder: Recorder, name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    is_model = name in ("ControlNetModel", "AutoencoderKL", "UNet2DConditionModel", "MotionAdapter")
    signature = "ModelMixin" if is_model else "DiffusionPipeline"

    def made(given: dict[str, Any]) -> Any:
        # DiffusionPipeline is whatever class the repository names
        chosen = recorder.options.get("class", name)
        return _model(recorder, chosen) if is_model else _pipeline(recorder, chosen)

    return SimpleNamespace(
        from_pretrained=recorder.loader(
            f"diffusers.{signature}.from_pretrained", label=f"diffusers.{name}", make=made
        )
    )


def _pipeline(recorder: Recorder, name: str) -> Thing:
    assert f"diffusers.{name}" in names(), f"no signature of {name}"
    thing = Thing(call=recorder.user(f"diffusers.{name}", _RESULTS.get(name, _IMAGES)))
    thing.to = lambda device: thing
    return thing


def _model(recorder: Recorder, name: str) -> Thing:
    latents = torch.rand(1, 4, 64, 64)
    config = SimpleNamespace(in_channels=4, cross_attention_dim=768, sample_size=64)
    more: dict[str, Any] = {}
    if name == "AutoencoderKL":
        mode = SimpleNamespace(latent_dist=SimpleNamespace(mode=lambda: latents))
        more = {
            "encode": recorder.user("diffusers.AutoencoderKL.encode", mode),
            "decode": recorder.user("diffusers.AutoencoderKL.decode", SimpleNamespace(sample=latents)),
        }
    elif name == "ControlNetModel":
        more = {"call": recorder.user("diffusers.ControlNetModel", ([latents], latents))}
    elif name == "UNet2DConditionModel":
        more = {"call": recorder.user("diffusers.UNet2DConditionModel", SimpleNamespace(sample=latents))}
    return Thing(config=config, dtype=torch.float32, parameters=lambda: [latents], **more)
