"""How models of torch.hub are used: by repository where theirs differs, else by domain.

What the repositories' own entrypoints return is written in `torchhub_vision`, `torchhub_audio` and
`torchhub_language`.
"""

from __future__ import annotations

from collections.abc import Mapping

from api_docs.catalogue import repository
from api_docs.domains import Domain
from api_docs.snippets import torchhub_audio, torchhub_language, torchhub_vision
from api_docs.snippets.inputs import clip, sample, tone
from api_docs.snippets.parts import Code, Recipe, Subject, Use, always, code
from api_docs.snippets.torchhub_tensors import (
    BATCH,
    FRAMES,
    IMPORT_TORCH,
    image_batch,
    picture_tensor,
)


def use(subject: Subject) -> Use:
    """The use of a torch.hub model."""
    name = repository(subject.bound.values.get("repo_or_dir", "''"))[0].lower()
    own = REPOSITORIES.get(name)
    found = own(subject) if own is not None else None
    return found or DOMAINS.get(subject.domain, _unknown)(subject)


def _classification(subject: Subject) -> Use:
    size = subject.number("input_size", _SIZES.get(subject.text("model"), 224))
    return Use(
        code(
            image_batch(size),
            "model.eval()",
            "with torch.no_grad():",
            f"    probabilities = model({BATCH})[0].softmax(dim=0)",
            "best = probabilities.argmax().item()",
            "print('class', best, 'with probability', round(probabilities[best].item(), 3))",
        )
    )


_SIZES = {"inception_v3": 299, "vit_h_14": 518}
"""Side of the square image in pixels, where it is not 224."""


def _features(subject: Subject) -> Use:
    size = subject.number("input_size", 224)
    return Use(
        code(
            image_batch(size),
            "model.eval()",
            "with torch.no_grad():",
            f"    features = model({BATCH})",
            "print(features.shape)",
        )
    )


_segmentation = always(
    Use(
        code(
            image_batch(520, crop=False),
            "model.eval()",
            "with torch.no_grad():",
            f"    scores = model({BATCH})['out'][0]  # (classes, height, width)",
            "mask = scores.argmax(dim=0)  # class of every pixel",
            "print(mask.shape, mask.unique().tolist())",
        )
    )
)


_detection = always(
    Use(
        code(
            picture_tensor(),
            "model.eval()",
            "with torch.no_grad():",
            "    found = model([picture])[0]  # boxes, labels and scores of one picture",
            "print(found)",
        )
    )
)


def _depth(subject: Subject) -> Use:
    size = subject.number("input_size", 384)
    return Use(
        code(
            image_batch(size),
            "model.eval()",
            "with torch.no_grad():",
            f"    depth = model({BATCH})",
            "print(depth.shape)",
        )
    )


def _video(subject: Subject) -> Use:
    name = subject.text("model")
    frames, size = (16, 112) if name.startswith(("r3d", "mc3", "r2plus1d")) else (16, 224)
    return Use(
        code(
            clip(frames, size),
            FRAMES,
            "model.eval()",
            "with torch.no_grad():",
            "    probabilities = model(frames)[0].softmax(dim=0)",
            "best = probabilities.argmax().item()",
            "print('class', best, 'with probability', round(probabilities[best].item(), 3))",
        )
    )


def _audio(subject: Subject) -> Use:
    return Use(
        code(
            tone(subject.number("sample_rate", 16_000)),
            "batch = torch.from_numpy(waveform).unsqueeze(0)  # (1, samples)",
            "model.eval()",
            "with torch.no_grad():",
            "    output = model(batch)",
            "print(output)",
            imports=IMPORT_TORCH,
        )
    )


def _noise(subject: Subject) -> Use:
    size = subject.number("latent_size", 512)
    return Use(
        code(
            f"noise = torch.randn(1, {size})  # random numbers choose the picture",
            "model.eval()",
            "with torch.no_grad():",
            "    image = model(noise)",
            "print(image.shape)",
            imports=IMPORT_TORCH,
        )
    )


def _text(subject: Subject) -> Use:
    return Use(
        code(
            f"text = {sample(subject).sentence!r}",
            "output = model(text)",
            "print(output)",
        ),
        notes=("The documentation does not say what this model takes: it is given a sentence.",),
    )


def _unknown(subject: Subject) -> Use:
    return Use(
        Code(("print(model)",)),
        notes=(f"The documentation does not say how a model for {subject.domain.value} is called here.",),
    )


REPOSITORIES = {
    **torchhub_vision.REPOSITORIES,
    **torchhub_audio.REPOSITORIES,
    **torchhub_language.REPOSITORIES,
}

DOMAINS: Mapping[Domain, Recipe] = {
    Domain.IMAGE_CLASSIFICATION: _classification,
    Domain.IMAGE_FEATURE_EXTRACTION: _features,
    Domain.IMAGE_SEGMENTATION: _segmentation,
    Domain.OBJECT_DETECTION: _detection,
    Domain.KEYPOINT_DETECTION: _detection,
    Domain.DEPTH_ESTIMATION: _depth,
    Domain.VIDEO_CLASSIFICATION: _video,
    Domain.VIDEO_FEATURE_EXTRACTION: _video,
    Domain.AUDIO_CLASSIFICATION: _audio,
    Domain.AUDIO_FEATURE_EXTRACTION: _audio,
    Domain.AUDIO_TO_AUDIO: _audio,
    Domain.AUTOMATIC_SPEECH_RECOGNITION: _audio,
    Domain.VOICE_ACTIVITY_DETECTION: _audio,
    Domain.UNCONDITIONAL_IMAGE_GENERATION: _noise,
    Domain.FEATURE_EXTRACTION: _text,
    Domain.TEXT_CLASSIFICATION: _text,
    Domain.TEXT_GENERATION: _text,
    Domain.TEXT_TO_SPEECH: _text,
    Domain.TRANSLATION: _text,
}
