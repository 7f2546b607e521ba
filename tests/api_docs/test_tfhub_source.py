"""TFHub from small pages written for these tests, malformed ones among them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from api_docs.domains import Domain
from api_docs.errors import InvalidDoc, SourceError
from api_docs.models import ApiDoc
from api_docs.sources.base import SourceResult
from api_docs.sources.tfhub import TFHub
from api_docs.sources.tfhub_pages import Loader, ModulePage, parse_page, read_deleted, read_tags

FIELDS = {
    "asset-path": "internal",
    "task": "image-classification",
    "fine-tunable": "true",
    "format": "saved_model_2",
}
PARAGRAPH = "Upstream says this about the model in its very own words."


def page(
    handle: str = "acme/net/1", body: str = "", *, kind: str = "Module", without: str = "", **fields: str
) -> str:
    stated = FIELDS | {name.replace("_", "-"): value for name, value in fields.items()}
    comments = [f"<!-- {name}: {value} -->" for name, value in stated.items() if name != without]
    return "\n".join([f"# {kind} {handle}", PARAGRAPH, "", *comments, "", "## Overview", body, ""])


def keras(handle: str, *, indent: str = "") -> str:
    return f"```python\n{indent}m = hub.KerasLayer(\n{indent}    'https://tfhub.dev/{handle}')\n```\n"


def read(tmp_path: Path, *pages: str, own_words: bool = True, **others: str) -> SourceResult:
    docs = tmp_path / "assets" / "docs"
    docs.mkdir(parents=True)
    for number, text in enumerate(pages, start=1):
        (docs / f"{number}.md").write_text(text, encoding="utf-8")
    for name, text in others.items():
        target = tmp_path / name.replace("__", "/").replace("_dot_", ".")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return TFHub(own_words=own_words, last_checked=date(2024, 3, 18)).read(tmp_path)


def only(result: SourceResult) -> ApiDoc:
    assert result.quarantined == []
    (doc,) = result.docs
    return doc


def parsed(text: str) -> ModulePage:
    found = parse_page(text)
    assert found is not None
    return found


def test_a_page_becomes_a_doc_with_its_fields_as_facts(tmp_path: Path) -> None:
    text = page(network_architecture="mobilenet-v2", dataset="inat", language="en", license="mit")
    tags = "values:\n  - id: inat\n    display_name: iNaturalist\n"
    doc = only(read(tmp_path, text, tags__dataset_dot_yaml=tags))
    assert doc.id == "tfhub:acme/net"
    assert doc.call == "hub.load('https://tfhub.dev/acme/net/1')"
    assert (doc.domain, doc.source_domain) == (Domain.IMAGE_CLASSIFICATION, "image-classification")
    assert (doc.license, doc.source_revision, doc.source_url) == ("mit", "1", "https://tfhub.dev/acme/net/1")
    assert doc.last_checked == date(2024, 3, 18)
    assert doc.alive
    assert doc.facts["datasets"] == ("iNaturalist",)
    assert doc.facts["architecture"] == "mobilenet-v2"  # no tag file names it
    assert doc.facts["language"] == ("en",)
    assert doc.facts["fine_tunable"] == "true"


def test_the_latest_version_of_a_handle_is_kept_whatever_the_order(tmp_path: Path) -> None:
    doc = only(read(tmp_path, page("acme/net/2"), page("acme/net/10"), page("acme/net/9")))
    assert (doc.id, doc.source_revision) == ("tfhub:acme/net", "10")
    assert doc.call == "hub.load('https://tfhub.dev/acme/net/10')"


def test_where_the_latest_page_is_broken_an_older_one_serves(tmp_path: Path) -> None:
    result = read(tmp_path, page("acme/net/1"), page("acme/net/2", without="task"))
    assert [doc.source_revision for doc in result.docs] == ["1"]
    assert [bad.record for bad in result.quarantined] == ["assets/docs/2.md"]


@pytest.mark.parametrize("kind", ["Tfjs", "Lite", "Coral", "Placeholder", "Collection", "Publisher"])
def test_other_kinds_of_pages_are_passed_over(kind: str) -> None:
    assert parse_page(page(kind=kind)) is None


def test_pages_that_are_passed_over_are_counted_by_reason(tmp_path: Path) -> None:
    result = read(tmp_path, page("acme/net/1"), page("acme/net/2"), page(kind="Tfjs"), "# About\n")
    assert result.passed_over == {
        "older version of a model": 1,
        "page of the kind Tfjs, no model for TensorFlow": 1,
        "page of the kind unknown, no model for TensorFlow": 1,
    }


def test_zero_width_characters_of_a_title_do_not_reach_the_call(tmp_path: Path) -> None:
    doc = only(read(tmp_path, page("acme/&zwnj;deep/&zwnj;net/3")))
    assert doc.id == "tfhub:acme/deep/net"
    assert doc.call == "hub.load('https://tfhub.dev/acme/deep/net/3')"


@pytest.mark.parametrize("missing", ["task", "format", "asset-path"])
def test_a_page_without_a_field_that_all_have_is_set_aside(tmp_path: Path, missing: str) -> None:
    result = read(tmp_path, page("acme/good/1"), page("acme/bad/1", without=missing))
    assert [doc.id for doc in result.docs] == ["tfhub:acme/good"]
    assert [missing in bad.reason for bad in result.quarantined] == [True]


@pytest.mark.parametrize("handle", ["acme/net", "net/1", "acme/net/latest", "acme/a b/1"])
def test_a_malformed_handle_is_set_aside(tmp_path: Path, handle: str) -> None:
    result = read(tmp_path, page("acme/good/1"), page(handle))
    assert [doc.id for doc in result.docs] == ["tfhub:acme/good"]
    assert ["publisher/name/version" in bad.reason for bad in result.quarantined] == [True]


def test_an_unknown_task_is_set_aside_with_the_table_to_mend(tmp_path: Path) -> None:
    result = read(tmp_path, page("acme/good/1"), page("acme/new/1", task="image-tasting"))
    assert [doc.id for doc in result.docs] == ["tfhub:acme/good"]
    assert [(bad.record, "TFHUB_TASKS" in bad.reason) for bad in result.quarantined] == [("acme/new/1", True)]


def test_models_that_the_readme_lists_as_deleted_are_not_alive(tmp_path: Path) -> None:
    readme = "Deleted:\n\n-   [acme/gone](https://github.com/t/t/tree/master/assets/docs/acme/gone)\n"
    result = read(tmp_path, page("acme/gone/1"), page("acme/net/1"), README_dot_md=readme)
    assert {doc.id: doc.alive for doc in result.docs} == {"tfhub:acme/gone": False, "tfhub:acme/net": True}
    assert read_deleted("* [other](https://example.org)") == set()


# --- calls -------------------------------------------------------------------------------------------

OWN = "https://tfhub.dev/acme/net/1"


@pytest.mark.parametrize(
    ("code", "loader"),
    [
        (f"layer = hub.KerasLayer('{OWN}', trainable=True)", Loader.KERAS_LAYER),
        (f"net = hub.load('{OWN}')\nlayer = hub.KerasLayer('{OWN}')", Loader.LOAD),
        (
            f"pre = hub.load('https://tfhub.dev/acme/other/1')\nnet = hub.KerasLayer('{OWN}')",
            Loader.KERAS_LAYER,
        ),
        ("url = '…'\nlayer = hub.KerasLayer(url)", Loader.KERAS_LAYER),
        (f"module = hub.Module('{OWN}')", None),
        ("print('no loader')", None),
    ],
)
def test_the_loader_is_the_one_that_the_page_gives_its_own_model(code: str, loader: Loader | None) -> None:
    assert parsed(page(body=f"```python\n{code}\n```")).loader is loader


def test_a_tf1_format_and_hub_module_are_loaded_with_hub_load(tmp_path: Path) -> None:
    module = page("acme/old/1", "```\nm = hub.Module('https://tfhub.dev/acme/old/1')\n```")
    tf1 = page("acme/older/1", keras("acme/older/1"), format="hub")
    result = read(tmp_path, module, tf1)
    assert [doc.call for doc in result.docs] == [
        "hub.load('https://tfhub.dev/acme/old/1')",
        "hub.load('https://tfhub.dev/acme/older/1')",
    ]


def test_a_keras_layer_call_over_several_lines_is_seen(tmp_path: Path) -> None:
    doc = only(read(tmp_path, page(body=keras("acme/net/1", indent="    "))))
    assert doc.call == "hub.KerasLayer('https://tfhub.dev/acme/net/1')"


def test_tensorflow_text_is_a_requirement_where_the_code_imports_it(tmp_path: Path) -> None:
    body = "```python\nimport tensorflow_text as text  # registers ops\n```"
    doc = only(read(tmp_path, page(body=body)))
    assert doc.environment == ("tensorflow", "tensorflow-hub", "tensorflow-text")


# --- facts -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("handle", "body", "size"),
    [
        ("acme/net/1", "Images of `height x width` = 224 x 224 pixels by default.", 224),
        ("acme/net/1", "Inputs are expected to be 3-channel RGB color images of size 300 x 300.", 300),
        ("acme/net/1", "be resized to 384x384\nresolution", 384),
        ("acme/net/1", "shape [batch size, 192, 192, 3]", 192),
        ("acme/net/1", "an int32 tensor of shape: 160x256x3", ("160", "256")),
        ("acme/mobilenet_v1_025_128/1", "", 128),
        ("acme/detector_512x512/1", "", 512),
        ("acme/resnet_v1_101/1", "Blocks of 16x16 and kernels of 3x3.", None),
    ],
)
def test_input_sizes_are_read_from_words_or_from_the_handle(
    tmp_path: Path, handle: str, body: str, size: int | tuple[str, ...] | None
) -> None:
    assert only(read(tmp_path, page(handle, body))).facts.get("input_size") == size


@pytest.mark.parametrize(
    ("handle", "body", "dimensions"),
    [
        ("acme/words-dim128/1", "", 128),
        ("acme/bert_L-12_H-768_A-12/1", "", 768),
        ("acme/mobilebert_L-24_H-128_B-512_A-4/1", "", None),
        ("acme/net/1", "and the output is a 512 dimensional vector.", 512),
        ("acme/net/1", "Its outputs are the 2,048-dimensional feature vectors", 2048),
        ("acme/net/1", "12 attention heads with 64 dimensions", None),
    ],
)
def test_embedding_dimensions(tmp_path: Path, handle: str, body: str, dimensions: int | None) -> None:
    doc = only(read(tmp_path, page(handle, body, task="text-embedding")))
    assert doc.facts.get("dimensions") == dimensions


def test_class_counts_are_kept_only_where_the_page_states_one(tmp_path: Path) -> None:
    one = page("acme/one/1", "trained to recognize 964 bird species from images")
    two = page("acme/two/1", "labeled with 21,843 classes. Later tuned to the 1,000 classes of another set.")
    result = read(tmp_path, one, two)
    assert [doc.facts.get("num_classes") for doc in result.docs] == [964, None]


def test_figures_come_from_tables_lists_and_sentences(tmp_path: Path) -> None:
    detector = page(
        "acme/detector/1",
        "Metric | Value | Outputs\n--- | --- | ---\nmAP on COCO 2017 test set | 43.5 | Boxes\n",
        task="image-object-detection",
    )
    generator = page(
        "acme/gan/1", "#### Scores\n\n* FID: 40.36\n* MS-SSIM: N/A\n", task="image-generator", dataset="x"
    )
    segmenter = page("acme/seg/1", "contains 7.7M parameters, achieves **59.79% mIOU**\non ADE20K dataset")
    result = read(tmp_path, detector, generator, segmenter)
    docs = {doc.name: doc for doc in result.docs}
    assert docs["acme/detector"].performance == {"COCO 2017": {"mAP": 43.5}}
    assert docs["acme/gan"].performance == {"x": {"FID": 40.36}}
    assert docs["acme/seg"].performance == {"ADE20K": {"mean IoU": 59.79}}
    assert docs["acme/seg"].facts["parameters"] == 7_700_000


def test_rows_of_sibling_models_are_not_taken_for_the_models_own(tmp_path: Path) -> None:
    table = (
        "|Model|Dimension of sentence embedding|Number of parameters|Exported SavedModel size|\n"
        "|:--|:--:|:--:|:--:|\n| tiny-a | 128 | 69M | 263M |\n| tiny-b | 192 | 107M | 408M |\n"
    )
    doc = only(read(tmp_path, page("acme/tiny-b/1", table, task="text-embedding")))
    assert (doc.facts["dimensions"], doc.facts["parameters"], doc.facts["size_mb"]) == (
        192,
        107_000_000,
        408.0,
    )


def test_odd_table_headers_give_no_figures(tmp_path: Path) -> None:
    table = "| | Notes | Speed (ms) | |\n|--|--|--|--|\n| net | 12 | 34 | 56 |\n||||\n"
    assert only(read(tmp_path, page(body=table))).performance == {}


def test_a_year_is_stated_only_where_the_page_links_a_single_paper(tmp_path: Path) -> None:
    one = page(
        "acme/one/1", "[paper](https://arxiv.org/abs/1801.04381) and [pdf](https://arxiv.org/pdf/1801.04381)"
    )
    two = page("acme/two/1", "https://arxiv.org/abs/1801.04381 https://arxiv.org/abs/2003.00001")
    result = read(tmp_path, one, two)
    assert [doc.facts.get("year") for doc in result.docs] == [2018, None]


def test_a_feature_extractor_filed_under_classification_is_called_one(tmp_path: Path) -> None:
    doc = only(read(tmp_path, page("acme/vit_b16_fe/1")))
    assert (doc.domain, doc.functionality) == (Domain.IMAGE_FEATURE_EXTRACTION, "image feature extraction")


# --- wording -----------------------------------------------------------------------------------------


def test_own_words_keep_no_sentence_and_an_importer_keeps_the_first_paragraph(tmp_path: Path) -> None:
    text = page(body=keras("acme/net/1"))
    own, kept = only(read(tmp_path / "a", text)), only(read(tmp_path / "b", text, own_words=False))
    assert (own.description, own.example) == ("", "")
    assert kept.description == PARAGRAPH
    assert kept.example.startswith("m = hub.KerasLayer(")
    assert own.id == kept.id


def test_a_folder_without_a_model_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    (tmp_path / "assets" / "docs").mkdir(parents=True)
    with pytest.raises(SourceError, match="no TFHub model"):
        TFHub().read(tmp_path)


@pytest.mark.parametrize("text", ["values: [", "values:\n  - id: x\n", "[]"])
def test_a_broken_tag_file_is_refused(text: str) -> None:
    with pytest.raises(InvalidDoc, match="tag file"):
        read_tags(text)


def test_progress_is_told_up_to_the_end(tmp_path: Path) -> None:
    read(tmp_path, page("acme/a/1"), page("acme/b/1"))
    seen: list[tuple[int, int]] = []
    TFHub().read(tmp_path, lambda done, total: seen.append((done, total)))
    assert seen == [(1, 2), (2, 2)]
