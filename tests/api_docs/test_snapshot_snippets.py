"""Every doc of the shipped snapshot has a snippet that runs against the stubs."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from api_docs.catalogue import Catalogue, Entry
from api_docs.snippets import pinned, render_code, warnings_for
from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue
from api_docs.verification import check_call
from tests.api_docs.stubs import install
from tests.api_docs.test_snippets import run

WIDTH = 100

_CLASS_OF_DOMAIN = {
    # what a repository of the domain makes of `DiffusionPipeline`
    "image-to-image": "StableDiffusionInstructPix2PixPipeline",
    "image-text-to-image": "StableDiffusionInstructPix2PixPipeline",
    "image-to-3d": "ShapEImg2ImgPipeline",
    "image-to-video": "WanImageToVideoPipeline",
    "image-text-to-video": "WanImageToVideoPipeline",
    "text-to-3d": "ShapEPipeline",
    "text-to-audio": "AudioLDM2Pipeline",
    "text-to-video": "TextToVideoSDPipeline",
    "unconditional-image-generation": "DDPMPipeline",
    "video-to-video": "LucyEditPipeline",
}
_KINDS: tuple[tuple[str, set[str]], ...] = (
    # first pattern that the domain's name holds → what its models take, as people would give it
    (r"^(audio|automatic|voice)", {"audio"}),
    (r"^video", {"video", "image", "text"}),
    (r"^tab|^table", {"table", "tensor"}),
    (r"^(unconditional|time-series|reinforcement|robotics|graph)", {"tensor", "image"}),
    (r"^(image|depth|object|keypoint|mask|visual|document|zero-shot-(image|object)|any)", {"image"}),
    (r"", {"text", "ids", "table"}),
)
_FEATURES = {"tensor", "ids"}
"""What models take that stand behind others: spectrograms, latents, token ids."""


@pytest.fixture(scope="module")
def snapshot() -> Catalogue:
    return load_catalogue(SNAPSHOT_FOLDER)


def _options(entry: Entry) -> Mapping[str, object]:
    """What the stubs can't see from the call."""
    doc = entry.doc
    options: dict[str, object] = {"format": doc.facts.get("format", "")}
    if entry.call.callee == "DiffusionPipeline.from_pretrained":
        options["class"] = _CLASS_OF_DOMAIN.get(doc.domain.value, "StableDiffusionPipeline")
    if entry.loader.name == "load_model_ensemble_and_task_from_hf_hub":
        options["speaks"] = doc.domain.value == "text-to-speech"
    options["outputs"] = next((name for name in ("xclip", "siglip") if name in doc.id), "")
    return options


def test_every_snippet_of_the_snapshot_runs_with_an_input_of_its_domain(
    snapshot: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    failures = []
    for entry in snapshot.entries:
        code = render_code(entry.call, entry)
        with monkeypatch.context() as patch:
            recorder = install(patch, _options(entry))
            try:
                run(code)
            except Exception as exc:
                failures.append(f"{entry.doc.id}: {exc!r}")
                continue
        domain = entry.doc.domain.value
        wanted = next(kinds for pattern, kinds in _KINDS if re.search(pattern, domain)) | _FEATURES
        if not recorder.kinds & wanted and domain != "unconditional-image-generation":
            failures.append(f"{entry.doc.id} ({domain}): used with {sorted(recorder.kinds)}")

    assert failures == [], "\n".join(failures)


def test_every_snippet_of_the_snapshot_is_documented_and_fits_the_page(snapshot: Catalogue) -> None:
    for entry in snapshot.entries:
        code = render_code(entry.call, entry)
        tree = ast.parse(code)

        assert "not documented" not in code, entry.doc.id
        assert "does not say" not in code, entry.doc.id
        assert ast.unparse(tree.body[-1]).startswith("print("), entry.doc.id
        longest = max((line for line in code.splitlines() if entry.doc.call[-20:-2] not in line), key=len)
        assert len(longest) <= WIDTH, f"{entry.doc.id}: {longest}"


def test_every_call_of_the_snapshot_verifies_pinned_where_it_can_be_pinned(snapshot: Catalogue) -> None:
    for entry in snapshot.entries:
        fixed = pinned(entry.call, entry)

        assert fixed is None or check_call(fixed, entry) is None, entry.doc.id
        ast.parse(render_code(entry.call, entry, pin_revision=True))


def test_every_torch_hub_call_of_the_snapshot_warns_of_remote_code_and_pickles(snapshot: Catalogue) -> None:
    for entry in snapshot.entries:
        said = " ".join(warnings_for(entry.call, entry))

        assert ("hubconf.py" in said) == (entry.loader.name == "torch.hub.load"), entry.doc.id
        assert "unpickling" in said or "pickled" not in entry.doc.facts or "pickled" in said, entry.doc.id
