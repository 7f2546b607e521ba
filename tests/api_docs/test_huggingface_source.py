"""The Hugging Face source on small upstreams: merging, domains, own words, aliases, what is set aside."""

from __future__ import annotations

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api_docs.domains import Domain
from api_docs.errors import SourceError
from api_docs.models import ApiDoc
from api_docs.sources.base import SourceResult
from api_docs.sources.huggingface import HuggingFace
from api_docs.sources.known.timm_sizes import SIZES
from api_docs.sources.timm import read_timm
from api_docs.verification import check_doc

SENTENCE = "This remarkable network was patiently raised on the finest newspapers of the whole country."
JARVIS = {
    "id": "acme/german-news-ner",
    "task": "token-classification",
    "pipeline_tag": "token-classification",
    "downloads": 12,
    "likes": 3,
    "meta": {"language": ["de"], "license": "mit", "datasets": ["conll2003"], "tags": ["news", "pytorch"]},
    "description": f"# Tagger\n\n{SENTENCE}\n\n```python\nprint('hello')\n```\n",
}
APIBENCH = {
    "domain": "Natural Language Processing Token Classification",
    "framework": "Hugging Face Transformers",
    "functionality": "NER",
    "api_name": "acme/german-news-ner",
    "api_call": "AutoModelForTokenClassification.from_pretrained('acme/german-news-ner')",
    "api_arguments": [],
    "python_environment_requirements": "transformers",
    "example_code": "",
    "performance": {"dataset": "CoNLL-2003", "accuracy": {"F1": 0.91, "remark": "good on most of the texts"}},
    "description": SENTENCE,
}


def api_body(**more: Any) -> dict[str, Any]:
    return {
        "id": "acme/german-news-ner",
        "pipeline_tag": "token-classification",
        "library_name": "transformers",
        "sha": "abc123",
        "gated": False,
        "private": False,
        "tags": ["transformers", "de"],
        "transformersInfo": {"auto_model": "AutoModelForTokenClassification"},
        "safetensors": {"total": 110_000_000},
    } | more


def upstream(
    folder: Path,
    *,
    jarvis: list[dict[str, Any] | str] | None = None,
    api: list[dict[str, Any]] | None = None,
    apibench: list[dict[str, Any]] | None = None,
    tasks: dict[str, list[str]] | None = None,
) -> Path:
    if jarvis is not None:
        lines = [line if isinstance(line, str) else json.dumps(line) for line in jarvis]
        (folder / "hf_jarvis_models.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    for number, exchange in enumerate(api or []):
        (folder / "hf_api").mkdir(exist_ok=True)
        (folder / "hf_api" / f"{number}.json").write_text(json.dumps(exchange), encoding="utf-8")
    if apibench is not None:
        text = "\n".join(json.dumps(record) for record in apibench)
        (folder / "huggingface_api.jsonl").write_text(text, encoding="utf-8")
    if tasks is not None:
        data = {
            "TASKS_DATA": {
                task: {"models": [{"id": i, "description": SENTENCE} for i in ids]}
                for task, ids in tasks.items()
            }
        }
        (folder / "hf_tasks_pipelines.json").write_text(json.dumps(data), encoding="utf-8")
    return folder


def answer(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "uri": f"https://hub.example/api/models/{body['id']}",
        "status": {"code": 200},
        "body": json.dumps(body),
    }


def only(result: SourceResult) -> ApiDoc:
    [doc] = result.docs
    check_doc(doc)
    return doc


def test_records_of_one_model_become_one_doc_and_the_richest_counts(tmp_path: Path) -> None:
    path = upstream(tmp_path, jarvis=[JARVIS], api=[answer(api_body())], apibench=[APIBENCH])
    doc = only(HuggingFace(last_checked=date(2025, 1, 22)).read(path))
    assert doc.id == "huggingface:acme/german-news-ner"
    assert doc.domain is Domain.TOKEN_CLASSIFICATION
    assert doc.call == "AutoModelForTokenClassification.from_pretrained('acme/german-news-ner')"
    assert (doc.source_revision, doc.license, doc.last_checked) == ("abc123", "mit", date(2025, 1, 22))
    assert doc.source_url == "https://huggingface.co/acme/german-news-ner"
    assert doc.facts["language"] == ("de",)
    assert doc.facts["datasets"] == ("conll2003",)
    assert doc.facts["parameters"] == 110_000_000
    assert doc.facts["downloads"] == 12
    assert doc.performance == {"CoNLL-2003": {"F1": 0.91}}


def test_our_own_words_hold_no_sentence_of_upstreams(tmp_path: Path) -> None:
    path = upstream(
        tmp_path, jarvis=[JARVIS], apibench=[APIBENCH], tasks={"token-classification": [JARVIS["id"]]}
    )
    doc = only(HuggingFace().read(path))
    assert "remarkable" not in json.dumps(doc.record())
    assert (doc.description, doc.example) == ("", "")
    assert "good on most" not in json.dumps(doc.record())


def test_a_users_import_keeps_the_cards_first_paragraph_and_code(tmp_path: Path) -> None:
    doc = only(HuggingFace(own_words=False).read(upstream(tmp_path, jarvis=[JARVIS])))
    assert doc.description == SENTENCE
    assert doc.example == "print('hello')"


def test_a_redirect_becomes_an_alias_to_the_model(tmp_path: Path) -> None:
    redirect = {
        "uri": "https://hub.example/api/models/old-name",
        "status": {"code": 307},
        "headers": {"Location": "/api/models/acme/german-news-ner"},
    }
    result = HuggingFace().read(upstream(tmp_path, api=[redirect, answer(api_body())]))
    assert result.aliases == {"huggingface:old-name": "huggingface:acme/german-news-ner"}


def test_known_renames_lead_bare_names_to_their_present_ones(tmp_path: Path) -> None:
    record = JARVIS | {"id": "gpt2", "task": "text-generation", "meta": None}
    result = HuggingFace().read(upstream(tmp_path, jarvis=[record]))
    assert only(result).id == "huggingface:openai-community/gpt2"
    assert result.aliases["huggingface:gpt2"] == "huggingface:openai-community/gpt2"


def test_a_model_written_in_other_case_is_the_same(tmp_path: Path) -> None:
    other = JARVIS | {"id": "Acme/German-News-NER"}
    result = HuggingFace().read(upstream(tmp_path, jarvis=[JARVIS, other]))
    assert only(result).id == "huggingface:acme/german-news-ner"
    assert "huggingface:Acme/German-News-NER" in result.aliases


@pytest.mark.parametrize("lock", ["gated", "private", "disabled"])
def test_locked_models_are_set_aside(tmp_path: Path, lock: str) -> None:
    result = HuggingFace().read(upstream(tmp_path, api=[answer(api_body(**{lock: True}))]))
    assert result.docs == []
    assert lock in result.quarantined[0].reason


def test_broken_lines_and_answers_are_set_aside_with_their_place(tmp_path: Path) -> None:
    jarvis: list[dict[str, Any] | str] = ["{broken", JARVIS | {"id": "no owner"}, JARVIS]
    api = [{"uri": "x", "status": {"code": 500}}, {"uri": "x"}]
    result = HuggingFace().read(upstream(tmp_path, jarvis=jarvis, api=api))
    assert len(result.docs) == 1
    places = [bad.record for bad in result.quarantined]
    assert places == [
        "0.json",
        "1.json",
        "hf_jarvis_models.jsonl.gz, line 1",
        "hf_jarvis_models.jsonl.gz, line 2",
    ]


def test_figures_that_are_not_numbers_do_not_break_a_line(tmp_path: Path) -> None:
    line = json.dumps(JARVIS | {"extra": float("nan")})
    assert only(HuggingFace().read(upstream(tmp_path, jarvis=[line])))


def test_an_unknown_task_is_set_aside_and_never_falls_into_other(tmp_path: Path) -> None:
    result = HuggingFace().read(upstream(tmp_path, jarvis=[JARVIS | {"task": "alchemy"}]))
    assert result.docs == []
    assert "'alchemy' has no domain" in result.quarantined[0].reason


def test_test_fixtures_are_left_out_with_the_reason(tmp_path: Path) -> None:
    result = HuggingFace().read(upstream(tmp_path, jarvis=[JARVIS | {"id": "acme/tiny-random-bert"}]))
    assert [bad.reason for bad in result.quarantined] == ["left out: a test fixture, no trained model"]


def test_figures_that_many_models_share_are_their_familys_and_not_told_of_any(tmp_path: Path) -> None:
    shared = [
        APIBENCH
        | {
            "api_name": f"acme/net-{n}",
            "api_call": f"AutoModelForTokenClassification.from_pretrained('acme/net-{n}')",
        }
        for n in range(3)
    ]
    result = HuggingFace().read(upstream(tmp_path, apibench=shared))
    assert [doc.performance for doc in result.docs] == [{}, {}, {}]


def test_a_translator_says_which_languages(tmp_path: Path) -> None:
    record = JARVIS | {"id": "acme/opus-mt-fi-en", "task": "translation", "meta": {}}
    doc = only(HuggingFace().read(upstream(tmp_path, jarvis=[record])))
    assert doc.functionality == "Translation from Finnish to English"
    assert doc.facts["uses"] == ("translating Finnish into English",)


def test_a_folder_of_cards_is_read_by_its_owners_and_names(tmp_path: Path) -> None:
    card = "---\npipeline_tag: fill-mask\nlicense: mit\n---\n# Bert\n"
    (tmp_path / "acme" / "bert").mkdir(parents=True)
    (tmp_path / "acme" / "bert" / "README.md").write_text(card, encoding="utf-8")
    (tmp_path / "acme" / "other.md").write_text(card, encoding="utf-8")
    (tmp_path / "acme--third.md").write_text(card, encoding="utf-8")
    (tmp_path / "nameless.md").write_text(card, encoding="utf-8")
    result = HuggingFace().read(tmp_path)
    assert {doc.name for doc in result.docs} == {"acme/bert", "acme/other", "acme/third"}
    assert [(bad.record, "names no model" in bad.reason) for bad in result.quarantined] == [
        ("nameless.md", True)
    ]


def test_a_folder_without_models_names_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="hf_jarvis_models"):
        HuggingFace().read(tmp_path)


def test_a_damaged_archive_is_a_source_error(tmp_path: Path) -> None:
    (tmp_path / "hf_jarvis_models.jsonl.gz").write_bytes(b"no gzip at all")
    with pytest.raises(SourceError, match="fetch it again"):
        HuggingFace().read(tmp_path)


def test_progress_is_told_model_by_model(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    HuggingFace().read(upstream(tmp_path, jarvis=[JARVIS]), lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]


# ---- timm


def configuration(name: str, module: str = "resnet.py", **more: Any) -> dict[str, Any]:
    return {"name": name, "module": module, "hub": f"timm/{name}", **more}


def timm_file(folder: Path, *configurations: dict[str, Any]) -> Path:
    path = folder / "timm_1_cfgs.json"
    path.write_text(json.dumps(configurations), encoding="utf-8")
    return path


def test_a_timm_name_tells_data_size_and_task(tmp_path: Path) -> None:
    timm_file(
        tmp_path, configuration("resnet50.fb_swsl_ig1b_ft_in1k", input_size=[3, 288, 288], license="mit")
    )
    doc = only(HuggingFace().read(tmp_path))
    assert doc.call == "timm.create_model('hf_hub:timm/resnet50.fb_swsl_ig1b_ft_in1k', pretrained=True)"
    assert doc.domain is Domain.IMAGE_CLASSIFICATION
    assert doc.facts["datasets"] == ("Instagram-1B", "ImageNet-1K")
    assert (doc.facts["input_size"], doc.facts["num_classes"]) == (288, 1000)
    assert doc.facts["parameters"] == SIZES["resnet50"][0]
    assert (doc.facts["publisher"], doc.license) == ("Meta AI", "mit")


@pytest.mark.parametrize(("classes", "vector"), [(0, SIZES["resnet50"][1]), (512, 512), (1024, 1024)])
def test_networks_without_classes_give_vectors(tmp_path: Path, classes: int, vector: int) -> None:
    timm_file(tmp_path, configuration("resnet50.openai", num_classes=classes))
    doc = only(HuggingFace().read(tmp_path))
    assert doc.domain is Domain.IMAGE_FEATURE_EXTRACTION
    assert doc.facts["dimensions"] == vector


def test_the_choice_takes_every_family_then_every_architecture_before_any_twice(tmp_path: Path) -> None:
    path = timm_file(
        tmp_path,
        configuration("a1.x_in1k", "a.py"),
        configuration("a1.y_in1k", "a.py"),
        configuration("a2.x_in1k", "a.py"),
        configuration("b1.x_in1k", "b.py"),
        configuration("test_net.x", "b.py"),
        configuration("none.x", "b.py", hub=None),
    )
    chosen = [record.id for record in read_timm(path, {Domain.IMAGE_CLASSIFICATION: 3}).found]
    assert chosen == ["timm/a1.x_in1k", "timm/b1.x_in1k", "timm/a2.x_in1k"]


def test_a_file_that_is_no_list_of_configurations_is_refused(tmp_path: Path) -> None:
    (tmp_path / "timm_1_cfgs.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SourceError, match="expected a list"):
        HuggingFace().read(tmp_path)
