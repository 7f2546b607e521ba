"""How pipelines and parts of diffusers are used: by class, else by domain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from api_docs.domains import Domain
from api_docs.snippets.inputs import IMAGE
from api_docs.snippets.parts import Code, Recipe, Subject, Use, always, code

_PROMPT = "prompt = 'a lighthouse on a cliff at sunset'"
_SIZE = "image = image.resize((512, 512))"


def use(subject: Subject) -> Use:
    """The use of a diffusers object."""
    recipe = next((recipe for pattern, recipe in CLASSES if re.search(pattern, subject.owner)), None)
    found = (recipe or DOMAINS.get(subject.domain, _from_prompt))(subject)
    return replace(found, requirements=(*found.requirements, "torch", "transformers", "accelerate"))


def _moved(subject: Subject) -> tuple[str, ...]:
    """Half-precision weights only run on a GPU."""
    given = " ".join(value for name, value in subject.call.keywords if name in ("torch_dtype", "dtype"))
    if "float16" not in given or "device_map" in dict(subject.call.keywords):
        return ()
    return ("model = model.to('cuda')  # half precision needs a GPU",)


def _saved(call: str, *ready: str | Code, imports: tuple[str, ...] = ()) -> Recipe:
    """A pipeline that gives pictures: the first is saved."""

    def recipe(subject: Subject) -> Use:
        return Use(
            code(
                *_moved(subject),
                *ready,
                f"picture = {call}.images[0]",
                "picture.save('picture.png')",
                "print(picture.size)",
                imports=imports,
            )
        )

    return recipe


_from_prompt = _saved("model(prompt)", _PROMPT)
_unconditional = _saved("model()")
_from_image = _saved("model(prompt=prompt, image=image)", IMAGE, _SIZE, _PROMPT)
_from_image_only = _saved("model(image)", IMAGE, _SIZE)
_from_instruction = _saved(
    "model(prompt=prompt, image=image)", IMAGE, _SIZE, "prompt = 'make it look like a snowy evening'"
)
_enlarge = _saved("model(prompt=prompt, image=image)", IMAGE, "image = image.resize((128, 128))", _PROMPT)
_enlarge_only = _saved("model(image)", IMAGE, "image = image.resize((128, 128))")
_inpaint = _saved(
    "model(prompt=prompt, image=image, mask_image=mask)",
    IMAGE,
    _SIZE,
    "mask = Image.new('L', (512, 512), 0)  # white where something new is wanted",
    "mask.paste(255, (128, 128, 384, 384))",
    _PROMPT,
)


def _classes_to_image(subject: Subject) -> Use:
    return _saved("model(class_labels=[207])", "# number of one of ImageNet's 1,000 classes")(subject)


def _video(subject: Subject) -> Use:
    return Use(
        code(
            *_moved(subject),
            _PROMPT,
            "frames = model(prompt).frames[0]",
            "export_to_video(frames, 'clip.mp4')",
            "print(len(frames))",
            imports=("from diffusers.utils import export_to_video",),
        ),
        requirements=("imageio", "imageio-ffmpeg"),
    )


def _edit_video(subject: Subject) -> Use:
    return Use(
        code(
            *_moved(subject),
            "clip = [Image.new('RGB', (832, 480), 'steelblue')] * 17  # the frames of your clip",
            "prompt = 'make it look like a snowy evening'",
            "frames = model(video=clip, prompt=prompt).frames[0]",
            "export_to_video(frames, 'clip.mp4')",
            "print(len(frames))",
            imports=("from PIL import Image", "from diffusers.utils import export_to_video"),
        ),
        requirements=("imageio", "imageio-ffmpeg"),
    )


def _image_to_video(subject: Subject) -> Use:
    needs_prompt = not re.search(r"StableVideo", subject.owner)
    call = "model(image, prompt=prompt)" if needs_prompt else "model(image)"
    return Use(
        code(
            *_moved(subject),
            IMAGE,
            *((_PROMPT,) if needs_prompt else ()),
            f"frames = {call}.frames[0]",
            "export_to_video(frames, 'clip.mp4')",
            "print(len(frames))",
            imports=("from diffusers.utils import export_to_video",),
        ),
        requirements=("imageio", "imageio-ffmpeg"),
    )


def _sound(subject: Subject) -> Use:
    return Use(
        code(
            *_moved(subject),
            "prompt = 'rain on a tin roof'",
            "audio = model(prompt).audios[0]",
            "print(audio.shape)",
        )
    )


def _unconditional_sound(subject: Subject) -> Use:
    return Use(code(*_moved(subject), "audio = model().audios[0]", "print(audio.shape)"))


def _shape(subject: Subject) -> Use:
    return Use(
        code(
            *_moved(subject),
            "frames = model('a wooden chair').images[0]  # the object, seen from around",
            "print(len(frames))",
        )
    )


def _shape_from_image(subject: Subject) -> Use:
    return Use(
        code(
            *_moved(subject),
            IMAGE,
            "frames = model(image).images[0]  # the object, seen from around",
            "print(len(frames))",
        )
    )


def _depth(subject: Subject) -> Use:
    return Use(code(*_moved(subject), IMAGE, "depth = model(image).prediction", "print(depth.shape)"))


_control = always(
    Use(
        code(
            "# one denoising step's residuals; StableDiffusionControlNetPipeline(controlnet=model) paints",
            "latents = torch.randn(1, model.config.in_channels, 64, 64, dtype=model.dtype)",
            "words = torch.randn(1, 77, model.config.cross_attention_dim, dtype=model.dtype)",
            IMAGE,
            _SIZE,
            "condition = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].to(model.dtype) / 255",
            "with torch.no_grad():",
            "    down, middle = model(latents, 10, words, condition, return_dict=False)",
            "print(len(down), middle.shape)",
            imports=("import numpy as np", "import torch"),
        )
    )
)
"""A ControlNet steers a Stable Diffusion pipeline; by itself it turns conditions into residuals."""


_autoencoder = always(
    Use(
        code(
            IMAGE,
            _SIZE,
            "pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 127.5 - 1",
            "with torch.no_grad():",
            "    latents = model.encode(pixels.to(model.dtype)).latent_dist.mode()",
            "    picture = model.decode(latents).sample",
            "print(latents.shape, picture.shape)",
            imports=("import numpy as np", "import torch"),
        )
    )
)


_unet = always(
    Use(
        code(
            "size = model.config.sample_size",
            "noisy = torch.randn(1, model.config.in_channels, size, size, dtype=model.dtype)",
            "width = getattr(model.config, 'cross_attention_dim', None)",
            "words = () if width is None else (torch.randn(1, 77, width, dtype=model.dtype),)",
            "with torch.no_grad():",
            "    noise = model(noisy, 10, *words).sample  # what one denoising step takes away",
            "print(noise.shape)",
            imports=("import torch",),
        )
    )
)


_motion_adapter = always(
    Use(
        code(
            "# AnimateDiffPipeline.from_pretrained(a Stable Diffusion model, motion_adapter=model) animates",
            "print(sum(weights.numel() for weights in model.parameters()), 'weights')",
        )
    )
)


CLASSES: tuple[tuple[str, Recipe], ...] = (
    (r"ControlNetModel$", _control),
    (r"^AutoencoderKL$", _autoencoder),
    (r"^UNet", _unet),
    (r"^MotionAdapter$", _motion_adapter),
    (r"ShapEImg2Img", _shape_from_image),
    (r"ShapE", _shape),
    (r"Inpaint", _inpaint),
    (r"InstructPix2Pix|Kontext|Edit", _from_instruction),
    (r"ImageVariation", _from_image_only),
    (r"LDMSuperResolution", _enlarge_only),
    (r"Upscale", _enlarge),
    (r"Img2Img|Image2Image|Depth2Img", _from_image),
    (r"^(DDPM|DDIM|PNDM|ScoreSdeVe|KarrasVe|LDM|LatentDiffusionUncond)\w*Pipeline$", _unconditional),
    (r"^DiTPipeline$", _classes_to_image),
    (r"VideoToVideo|LucyEdit|Video2Video", _edit_video),
    (r"ImageToVideo|StableVideoDiffusion|I2V", _image_to_video),
    (r"Video|Animate|^CogVideo", _video),
    (r"DanceDiffusion", _unconditional_sound),
    (r"Audio|MusicLDM", _sound),
    (r"^Marigold", _depth),
)

DOMAINS: Mapping[Domain, Recipe] = {
    Domain.TEXT_TO_IMAGE: _from_prompt,
    Domain.IMAGE_TO_IMAGE: _from_image,
    Domain.IMAGE_TEXT_TO_IMAGE: _from_instruction,
    Domain.UNCONDITIONAL_IMAGE_GENERATION: _unconditional,
    Domain.TEXT_TO_VIDEO: _video,
    Domain.IMAGE_TO_VIDEO: _image_to_video,
    Domain.IMAGE_TEXT_TO_VIDEO: _image_to_video,
    Domain.VIDEO_GENERATION: _video,
    Domain.VIDEO_TO_VIDEO: _edit_video,
    Domain.TEXT_TO_AUDIO: _sound,
    Domain.TEXT_TO_SPEECH: _sound,
    Domain.TEXT_TO_3D: _shape,
    Domain.IMAGE_TO_3D: _shape_from_image,
    Domain.DEPTH_ESTIMATION: _depth,
}
