"""TorchHub from small upstreams written for these tests: pages, hubconfs, an export, a registry."""

from __future__ import annotations

import json
import tarfile
import textwrap
from datetime import date
from pathlib import Path

import pytest

from api_docs.domains import Domain
from api_docs.errors import InvalidDoc, SourceError
from api_docs.models import ApiDoc, ArgumentType
from api_docs.sources.base import SourceResult
from api_docs.sources.figures import read_row
from api_docs.sources.hubconf import is_helper, parse_hubconf, read_export
from api_docs.sources.markdown import tables
from api_docs.sources.torchhub import TorchHub, present_name
from api_docs.sources.torchhub_pages import parse_page
from api_docs.verification import check_doc

PAGE = """\
---
layout: hub_detail
title: Little net
summary: A sentence of upstream's that nobody may copy into a snapshot.
author: Someone
tags: [vision, scriptable]
github-id: {repository}
---
{body}
"""


MIDAS = "torch.hub.load('isl-org/MiDaS', 'MiDaS')"


def page(repository: str, body: str) -> str:
    return PAGE.format(repository=repository, body=textwrap.dedent(body))


def python(code: str) -> str:
    return f"```python\n{textwrap.dedent(code).strip()}\n```\n"


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def read(folder: Path, files: dict[str, str], *, own_words: bool = True) -> SourceResult:
    return TorchHub(own_words=own_words, last_checked=date(2024, 4, 1)).read(write(folder, files))


def by_id(result: SourceResult) -> dict[str, ApiDoc]:
    return {doc.id.removeprefix("torchhub:"): doc for doc in result.docs}


# --- pages -------------------------------------------------------------------------------------------


def test_calls_are_found_over_lines_in_comments_and_behind_variables() -> None:
    body = python(
        """
        import torch
        kind = 'small'   # the default
        # kind = 'large'
        net = torch.hub.load('acme/nets', kind)
        # or this one:
        #net = torch.hub.load('acme/nets',   # a note with a ) in it
        #                     'other', depth=3,
        #                     device=device)
        net = torch.hub.load(repo_or_dir='acme/nets:v2', model='third', **{'topN': 6}).eval()
        """
    )
    found = parse_page("p.md", page("acme/nets", body))
    assert found is not None
    assert [(call.repository, call.entrypoint, dict(call.arguments)) for call in found.calls] == [
        ("acme/nets", "small", {}),
        ("acme/nets", "large", {}),
        ("acme/nets", "other", {"depth": "3"}),
        ("acme/nets:v2", "third", {"topN": "6"}),
    ]
    assert found.unreadable == ()


def test_a_text_that_begins_like_a_call_and_is_none_is_reported(tmp_path: Path) -> None:
    body = python("net = torch.hub.load('acme/nets', 'one'\nprint(net")
    result = read(tmp_path, {"p.md": page("isl-org/MiDaS", body + python(MIDAS))})
    assert list(by_id(result)) == ["isl-org/MiDaS:MiDaS"]
    assert [(bad.record, "can't be parsed" in bad.reason) for bad in result.quarantined] == [("p.md", True)]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("---\nlayout: hub_detail\ntitle: [never closed\n---\n", "no YAML"),
        ("---\nlayout: hub_detail\ntitle: never ended\n", "closing '---'"),
        ("---\nlayout: hub_detail\ngithub-id: nobody\n---\n", "owner/name"),
        ("layout: hub_detail\n", "no front matter"),
    ],
)
def test_a_page_with_broken_front_matter_is_set_aside_and_the_others_are_read(
    tmp_path: Path, head: str, said: str
) -> None:
    good = page("isl-org/MiDaS", python(MIDAS))
    result = read(tmp_path, {"broken.md": head, "good.md": good, "README.md": "# Not a model page"})
    assert list(by_id(result)) == ["isl-org/MiDaS:MiDaS"]
    assert [bad.record for bad in result.quarantined] == ["broken.md"]
    assert said in result.quarantined[0].reason


# --- hubconf -----------------------------------------------------------------------------------------


def test_a_hubconf_is_never_executed_or_imported(tmp_path: Path) -> None:
    victim = tmp_path / "precious.txt"
    victim.write_text("still here", encoding="utf-8")
    code = f"""
        import os, shutil
        os.remove({str(victim)!r})
        raise SystemExit(3)

        def MiDaS(pretrained=True, hook=os.remove({str(victim)!r}), **kwargs):
            os.remove({str(victim)!r})
    """
    result = read(tmp_path / "up", {"hubconf/isl-org+MiDaS.py": textwrap.dedent(code)})
    assert victim.read_text(encoding="utf-8") == "still here"
    assert list(by_id(result)) == ["isl-org/MiDaS:MiDaS"]


def test_a_hubconf_with_a_syntax_error_is_set_aside_and_the_others_are_read(tmp_path: Path) -> None:
    result = read(
        tmp_path,
        {
            "hubconf/isl-org+MiDaS.py": "def MiDaS(pretrained=True)\n    pass",
            "hubconf/hustvl+YOLOP.py": "def yolop(pretrained=True, device='cpu'):\n    pass",
        },
    )
    assert list(by_id(result)) == ["hustvl/YOLOP:yolop"]
    assert [(bad.record, "line 1" in bad.reason) for bad in result.quarantined] == [
        ("hubconf/isl-org+MiDaS.py", True)
    ]


def test_imported_names_count_only_where_the_file_defines_none() -> None:
    imports = "dependencies = ['torch', 'timm']\nfrom nets import small, Bottleneck, small_utils\n"
    alone = parse_hubconf("acme/nets", imports + "from torch.hub import load_state_dict_from_url")
    beside = parse_hubconf("acme/nets", imports + "def large(): pass\ndef _hidden(): pass")
    assert [entrypoint.name for entrypoint in alone.entrypoints] == ["small"]
    assert alone.left_out == ("small_utils",)
    assert alone.dependencies == ("torch", "timm")
    assert [entrypoint.name for entrypoint in beside.entrypoints] == ["large"]


def test_partials_are_entrypoints_and_keep_what_they_fix() -> None:
    code = "from functools import partial\nfrom zoo import net\ntiny = partial(net, size='s', depth=2)\n"
    (entrypoint,) = parse_hubconf("acme/nets", code).entrypoints
    assert (entrypoint.name, dict(entrypoint.bound)) == ("tiny", {"size": "'s'", "depth": "2"})


def test_parameters_carry_defaults_and_what_the_docstring_says_of_kwargs() -> None:
    code = '''
def net(first, pretrained=False, *, device="cpu", **kwargs):
    """Words.

    pretrained (bool): load weights
    topN (int): how many
    """
'''
    (entrypoint,) = parse_hubconf("acme/nets", code).entrypoints
    assert entrypoint.parameters is not None
    assert [(p.name, p.default, p.kind) for p in entrypoint.parameters] == [
        ("first", None, ""),
        ("pretrained", "False", "bool"),
        ("device", "'cpu'", ""),
        ("topN", "...", "int"),
    ]


@pytest.mark.parametrize(
    "name",
    [
        "_private",
        "nvidia_tts_utils",
        "transforms",
        "tokenizer",
        "config",
        "custom",
        "ofa_specialized_get",
        "load_state_dict_from_url",
        "versiontuple",
        "get_weight",
        "init_jit_model",
    ],
)
def test_tools_are_no_models(name: str) -> None:
    assert is_helper(name)


@pytest.mark.parametrize(
    "name", ["resnet18", "MiDaS", "DPT_Large", "PGAN", "silero_te", "umxhq_spec", "unet"]
)
def test_models_are_no_tools(name: str) -> None:
    assert not is_helper(name)


def test_an_export_sets_a_broken_repository_aside() -> None:
    function = {
        "name": "net",
        "arguments": [{"name": "pretrained", "default": "False"}, {"name": "**kwargs"}],
    }
    export = {
        "acme/good": {
            "functions": [function],
            "imported_names": ["Other"],
            "partials": [],
            "dependencies": None,
        },
        "acme/dynamic": {"functions": [], "imported_names": ["bpe"], "hub_models": ["a.b", "c.d"]},
        "acme/bad": {"functions": "net"},
        "acme/worse": None,
    }
    hubconfs, broken = read_export(json.dumps(export))
    assert {one.repository: [e.name for e in one.entrypoints] for one in hubconfs} == {
        "acme/good": ["net"],
        "acme/dynamic": ["a.b", "c.d"],
    }
    assert [bad.record for bad in broken] == ["acme/bad", "acme/worse"]


@pytest.mark.parametrize("text", ["{", "[]"])
def test_an_export_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="export of hubconf"):
        read_export(text)


# --- docs --------------------------------------------------------------------------------------------


def test_a_page_and_a_hubconf_of_one_repository_become_one_doc_per_model(tmp_path: Path) -> None:
    body = python(
        "net = torch.hub.load('PingoLH/Pytorch-HarDNet', 'hardnet68', pretrained=True)"
    ) + textwrap.dedent(
        """
        | Model structure | Top-1 error | Top-5 error | # parameters | Paper |
        | --- | :---: | --- | --- | --- |
        |  hardnet68      | **23.52**   | 6.99        | 17.6M        | mine |
        |  hardnet39ds    | 27.92       | 9.57        | 3.5M         | mine |
        """
    )
    hubconf = "dependencies = ['torch', 'PIL']\n" + "".join(
        f"def {name}(pretrained=False, **kwargs):\n    pass\n" for name in ("hardnet68", "hardnet39ds")
    )
    result = read(
        tmp_path,
        {"p.md": page("PingoLH/Pytorch-HarDNet", body), "hubconf/PingoLH+Pytorch-HarDNet.py": hubconf},
    )
    docs = by_id(result)
    assert list(docs) == ["PingoLH/Pytorch-HarDNet:hardnet68", "PingoLH/Pytorch-HarDNet:hardnet39ds"]
    found = docs["PingoLH/Pytorch-HarDNet:hardnet39ds"]
    assert found.call == "torch.hub.load('PingoLH/Pytorch-HarDNet', 'hardnet39ds', pretrained=True)"
    assert found.performance == {"ImageNet-1K": {"top-1 error": 27.92, "top-5 error": 9.57}}
    assert found.facts["parameters"] == 3_500_000
    assert found.environment == ("torch", "pillow")
    assert (found.domain, found.source_domain) == (Domain.IMAGE_CLASSIFICATION, "vision, scriptable")
    assert (found.license, found.last_checked) == ("mit", date(2024, 4, 1))
    (pretrained,) = found.arguments
    assert (pretrained.type, pretrained.default, pretrained.required) == (ArgumentType.BOOL, "False", False)


def test_models_behind_an_argument_are_told_apart_by_it(tmp_path: Path) -> None:
    code = "def meal_v2(model_name, pretrained=True, progress=True): pass"
    docs = by_id(read(tmp_path, {"hubconf/szq0214+MEAL-V2.py": code}))
    chosen = docs["szq0214/MEAL-V2:meal_v2:mealv2_resnest50"]
    assert len(docs) == 8
    assert chosen.call == "torch.hub.load('szq0214/MEAL-V2', 'meal_v2', 'mealv2_resnest50')"
    assert [(a.name, a.type, a.required) for a in chosen.arguments] == [
        ("model_name", ArgumentType.STR, True),
        ("pretrained", ArgumentType.BOOL, False),
        ("progress", ArgumentType.BOOL, False),
    ]
    assert len({check_doc(doc).identity for doc in docs.values()}) == len(docs)


def test_renamed_repositories_have_their_present_name_and_the_old_ids_lead_there(tmp_path: Path) -> None:
    body = python(
        """
        en2fr = torch.hub.load('pytorch/fairseq', 'transformer.wmt14.en-fr', tokenizer='moses',
                               bpe='subword_nmt')
        """
    )
    result = read(tmp_path, {"p.md": page("pytorch/fairseq", body)})
    (doc,) = result.docs
    assert doc.id == "torchhub:facebookresearch/fairseq:transformer.wmt14.en-fr"
    assert doc.call.startswith("torch.hub.load('facebookresearch/fairseq', 'transformer.wmt14.en-fr'")
    assert result.aliases == {"torchhub:pytorch/fairseq:transformer.wmt14.en-fr": doc.id}
    assert doc.functionality == "machine translation from English to French"
    assert doc.facts["language"] == ("en", "fr")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("intel-isl/MiDaS", "isl-org/MiDaS"),
        ("huawei-noah/ghostnet", "huawei-noah/Efficient-AI-Backbones"),
        ("datvuthanh/hybridnets:main", "datvuthanh/HybridNets"),
        ("acme/unknown", "acme/unknown"),
    ],
)
def test_present_names(old: str, new: str) -> None:
    assert present_name(old) == new


def test_a_repository_without_a_domain_is_set_aside_with_the_table_to_mend(tmp_path: Path) -> None:
    good = page("isl-org/MiDaS", python(MIDAS))
    new = page("acme/nets", python("torch.hub.load('acme/nets', 'net')"))
    result = read(tmp_path, {"a.md": good, "b.md": new})
    assert list(by_id(result)) == ["isl-org/MiDaS:MiDaS"]
    assert [(bad.record, "TORCHHUB_DOMAINS" in bad.reason) for bad in result.quarantined] == [
        ("torchhub:acme/nets:net", True)
    ]


def test_own_words_keep_no_sentence_and_an_importer_keeps_the_summary(tmp_path: Path) -> None:
    files = {"p.md": page("isl-org/MiDaS", python("net = torch.hub.load('isl-org/MiDaS', 'MiDaS')"))}
    (own,) = read(tmp_path / "a", files).docs
    (kept,) = read(tmp_path / "b", files, own_words=False).docs
    assert (own.description, own.example) == ("", "")
    assert kept.description == "A sentence of upstream's that nobody may copy into a snapshot."
    assert kept.example == "net = torch.hub.load('isl-org/MiDaS', 'MiDaS')"
    assert own.model_dump(exclude={"description", "example", "content_hash"}) == kept.model_dump(
        exclude={"description", "example", "content_hash"}
    )


# --- torchvision -------------------------------------------------------------------------------------


def weights(top1: object, parameters: int = 11_689_512) -> dict[str, object]:
    meta = {
        "num_params": parameters,
        "min_size": [1, 1],
        "_metrics": {"ImageNet-1K": {"acc@1": top1, "acc@5": 89.078}},
        "_ops": 1.814,
        "_file_size": 44.661,
    }
    return {"transforms": "EXPR:partial(ImageClassification, crop_size=224)", "meta": meta}


def builder(name: str, file: str = "resnet.py") -> dict[str, object]:
    known = {
        "IMAGENET1K_V1": weights(69.758),
        "IMAGENET1K_V2": weights(80.5),
        "DEFAULT": {"alias": "IMAGENET1K_V2"},
    }
    doc = "ResNet from `a paper <https://arxiv.org/abs/1512.03385>`__.\n\nArgs: more"
    return {"name": name, "file": file, "weights": known, "doc": doc}


def test_torchvision_builders_carry_the_figures_of_their_recommended_weights(tmp_path: Path) -> None:
    registry = [builder("resnet18"), builder("fasterrcnn", "detection/faster_rcnn.py"), {"name": "broken"}]
    result = read(tmp_path, {"torchvision_1.2.3_models.json": json.dumps(registry)})
    (doc,) = result.docs
    assert doc.id == "torchhub:pytorch/vision:resnet18"
    assert doc.call == "torch.hub.load('pytorch/vision', 'resnet18', weights='IMAGENET1K_V2')"
    assert doc.performance == {"ImageNet-1K": {"top-1 accuracy": 80.5, "top-5 accuracy": 89.078}}
    assert "'IMAGENET1K_V1' (top-1 accuracy 69.758 on ImageNet-1K)" in doc.arguments[0].description
    assert doc.source_revision == "v1.2.3"
    assert {name: doc.facts[name] for name in ("parameters", "size_mb", "flops_g", "input_size", "year")} == {
        "parameters": 11_689_512,
        "size_mb": 44.661,
        "flops_g": 1.814,
        "input_size": 224,
        "year": 2015,
    }
    assert [bad.record for bad in result.quarantined] == ["pytorch/vision:broken"]


def test_figures_that_torchvision_does_not_know_are_left_out(tmp_path: Path) -> None:
    record = builder("resnet18") | {
        "weights": {
            "IMAGENET1K_FEATURES": weights("EXPR:float('nan')"),
            "DEFAULT": {"alias": "IMAGENET1K_FEATURES"},
        }
    }
    (doc,) = read(tmp_path, {"torchvision_1.2.3_models.json": json.dumps([record])}).docs
    assert doc.performance == {"ImageNet-1K": {"top-5 accuracy": 89.078}}


def test_the_registry_wins_over_a_page_and_a_page_alone_still_gives_the_model(tmp_path: Path) -> None:
    body = python("net = torch.hub.load('pytorch/vision:v0.10.0', 'resnet18', pretrained=True)") + (
        "\n| Model | Top-1 error |\n|---|---|\n| resnet18 | 30.24 |\n"
    )
    files = {"p.md": page("pytorch/vision", body)}
    (alone,) = read(tmp_path / "page", files).docs
    assert alone.call == "torch.hub.load('pytorch/vision:v0.10.0', 'resnet18', pretrained=True)"
    assert alone.performance == {"ImageNet-1K": {"top-1 error": 30.24}}
    assert alone.domain is Domain.IMAGE_CLASSIFICATION

    files["torchvision_1.2.3_models.json"] = json.dumps([builder("resnet18")])
    (both,) = read(tmp_path / "both", files).docs
    assert both.id == alone.id
    assert both.call == "torch.hub.load('pytorch/vision', 'resnet18', weights='IMAGENET1K_V2')"


# --- figures, requirements, pages among several --------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cell", "metrics", "facts"),
    [
        ("Top-1 error", "43.45", {"top-1 error": 43.45}, {}),
        ("Top-5 errors", "16.512", {"top-5 error": 16.512}, {}),
        ("Top-1 Acc.", "**85.4**", {"top-1 accuracy": 85.4}, {}),
        ("top 1", "74.58", {"top-1 accuracy": 74.58}, {}),
        ("Top-1/Top-5", "80.67/95.09", {"top-1 accuracy": 80.67, "top-5 accuracy": 95.09}, {}),
        ("Top-1/Top-5", "80.67", {}, {}),
        ("Global Pixelwise Accuracy", "92.4", {"pixel accuracy": 92.4}, {}),
        ("mAP@0.5 (%)", "-", {}, {}),
        ("GPU Latency", "5.1ms", {"GPU latency in ms": 5.1}, {}),
        ("#Parameters", "193M", {}, {"parameters": 193_000_000}),
        ("params (M)", "1.9", {}, {"parameters": 1_900_000}),
        ("FLOPS", "16B", {}, {"flops_g": 16.0}),
        ("FLOPs", "142M", {}, {"flops_g": 0.142}),
        ("Flops (G)", "54.52", {}, {"flops_g": 54.52}),
        ("crop size", "224", {}, {"input_size": 224}),
        ("Resolution", "128 - 224", {}, {}),
        ("Market1501", "94.5 (85.9)", {}, {}),
    ],
)
def test_columns_are_read_for_what_they_state(
    header: str, cell: str, metrics: dict[str, float], facts: dict[str, object]
) -> None:
    table = tables(f"| Model | {header} |\n| --- | --- |\n| net | {cell} |\n")[0]
    found = read_row(table.header, table.rows[0])
    assert (dict(found.metrics), dict(found.facts)) == (metrics, facts)


def test_requirements_come_from_hubconf_and_from_the_page_without_what_only_draws(tmp_path: Path) -> None:
    pip = ("pip install -qr https://example.org/requirements.txt", "!pip install -q timm==0.5 matplotlib")
    body = "\n".join(("```bash", *pip, "```\n"))
    body += python("net = torch.hub.load('isl-org/MiDaS', 'MiDaS')")
    hubconf = "dependencies = ['torch', 'cv2', 'hydra', 'dataclasses']\ndef MiDaS(): pass"
    files = {"p.md": page("isl-org/MiDaS", body), "hubconf/isl-org+MiDaS.py": hubconf}
    (doc,) = read(tmp_path, files).docs
    assert doc.environment == ("torch", "opencv-python", "hydra-core", "timm")


def test_of_several_pages_that_call_a_model_the_one_named_after_it_counts(tmp_path: Path) -> None:
    repository = "NVIDIA/DeepLearningExamples"
    tacotron = python(
        f"""
        tacotron2 = torch.hub.load('{repository}:torchhub', 'nvidia_tacotron2', model_math='fp16')
        waveglow = torch.hub.load('{repository}:torchhub', 'nvidia_waveglow', model_math='fp16')
        """
    )
    waveglow = tacotron.replace("fp16", "fp32")
    pages = {
        "nvidia_tacotron2.md": page(repository, tacotron),
        "nvidia_waveglow.md": page(repository, waveglow),
    }
    docs = by_id(read(tmp_path, pages))
    assert docs[f"{repository}:nvidia_tacotron2"].call.endswith("model_math='fp16')")
    assert docs[f"{repository}:nvidia_waveglow"].call.endswith("model_math='fp32')")
    assert docs[f"{repository}:nvidia_waveglow"].source_url == "https://pytorch.org/hub/nvidia_waveglow/"


# --- whole upstreams ---------------------------------------------------------------------------------


def test_a_single_json_file_is_an_upstream_too(tmp_path: Path) -> None:
    export = {"hustvl/YOLOP": {"functions": [{"name": "yolop", "arguments": []}]}}
    file = tmp_path / "hubconf_entrypoints.json"
    file.write_text(json.dumps(export), encoding="utf-8")
    (tmp_path / "torchvision_1.2.3_models.json").write_text("not looked at", encoding="utf-8")
    assert [doc.id for doc in TorchHub().read(file).docs] == ["torchhub:hustvl/YOLOP:yolop"]


def test_an_archive_inside_the_folder_is_read_with_the_files_beside_it(tmp_path: Path) -> None:
    packed = write(tmp_path / "x", {"pytorch_hub/p.md": page("isl-org/MiDaS", python(MIDAS))})
    with tarfile.open(tmp_path / "pytorch_hub_md.tar.gz", "w:gz") as archive:
        archive.add(packed / "pytorch_hub", "pytorch_hub")
    (packed / "pytorch_hub" / "p.md").unlink()
    result = read(tmp_path, {"torchvision_1.2.3_models.json": json.dumps([builder("resnet18")])})
    assert sorted(by_id(result)) == ["isl-org/MiDaS:MiDaS", "pytorch/vision:resnet18"]


def test_what_is_no_model_is_counted_by_reason(tmp_path: Path) -> None:
    hubconf = "def yolop(): pass\ndef transforms(): pass\ndef _net(): pass"
    registry = [builder("resnet18"), builder("fasterrcnn", "detection/faster_rcnn.py")]
    files = {"hubconf/hustvl+YOLOP.py": hubconf, "torchvision_1.2.3_models.json": json.dumps(registry)}
    assert read(tmp_path, files).passed_over == {
        "helper of a repository, loads no model": 2,
        "torchvision builder that its hubconf does not export": 1,
    }


def test_a_figure_that_upstream_itself_contradicts_is_not_repeated(tmp_path: Path) -> None:
    repository = "huawei-noah/Efficient-AI-Backbones"
    body = python(f"torch.hub.load('{repository}', 'snnmlp_b')\n# torch.hub.load('{repository}', 'snnmlp_t')")
    body += "| Model | FLOPs | Top-1 acc |\n|---|---|---|\n"
    body += "| SNNMLP Base | 15.2G | 85.59 |\n| SNNMLP Tiny | 4.4G | 81.88 |\n"
    docs = by_id(read(tmp_path, {"p.md": page(repository, body)}))
    assert docs[f"{repository}:snnmlp_b"].performance == {}
    assert docs[f"{repository}:snnmlp_b"].facts["flops_g"] == 15.2
    assert docs[f"{repository}:snnmlp_t"].performance == {"ImageNet-1K": {"top-1 accuracy": 81.88}}


def test_a_folder_without_a_model_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# nothing", encoding="utf-8")
    with pytest.raises(SourceError, match="no TorchHub model"):
        TorchHub().read(tmp_path)


@pytest.mark.parametrize("text", ["{", "{}"])
def test_a_registry_that_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match="torchvision's registry"):
        read(tmp_path, {"torchvision_1.2.3_models.json": text})


def test_progress_is_told_up_to_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    code = "def yolop(pretrained=True): pass"
    registry = json.dumps([builder("resnet18")])
    folder = write(tmp_path, {"hubconf/hustvl+YOLOP.py": code, "torchvision_1.2.3_models.json": registry})
    TorchHub().read(folder, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]


def test_a_page_that_is_no_model_page_reads_as_none() -> None:
    assert parse_page("x.md", "---\ntitle: a card\n---\n") is None
    with pytest.raises(InvalidDoc):
        parse_page("x.md", "---\nlayout: hub_detail\n")
