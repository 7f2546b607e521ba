"""What stands in a snippet: doc text stays data, lines are laid out, imports are known ones."""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_docs.call import MAX_CALL_LENGTH
from api_docs.catalogue import entry_of
from api_docs.models import ApiDoc
from api_docs.snippets import render_code, warnings_for
from api_docs.snippets.imports import merged
from api_docs.snippets.layout import wrapped

HOSTILE = (
    "plain",
    "two\nlines = 1",
    "'; import os; os.system('x') #",
    '"""\nimport os\n"""',
    "{__import__('os')}",
    "\\",
    "\\N{BULLET}",
    "# not a comment",
    "%s {0} ${x}",
    "'\"'\"'",
    "\u2028import os",
    "مرحبا 你好 🦍",
)


class _Masked(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("…") if isinstance(node.value, str) else node


def _structure(code: str) -> str:
    """A snippet's syntax with every text blanked: what is left if only data changes."""
    return ast.dump(_Masked().visit(ast.parse(code)))


def _doc(
    call: str, domain: str = "text-classification", hub: str = "huggingface", **fields: object
) -> ApiDoc:
    return ApiDoc.model_validate(
        {"id": f"{hub}:x", "hub": hub, "domain": domain, "name": "x", "call": call, **fields}
    )


def _render(doc: ApiDoc, *, pin: bool = False) -> str:
    entry = entry_of(doc)
    return render_code(entry.call, entry, pin_revision=pin)


SHAPES = (
    ("torch.hub.load({0}, 'net')", "image-classification", "torchhub"),
    ("torch.hub.load('isl-org/MiDaS', {0})", "depth-estimation", "torchhub"),
    ("hub.KerasLayer({0})", "feature-extraction", "tfhub"),
    ("pipeline('text-classification', model={0})", "text-classification", "huggingface"),
    ("AutoModelForSequenceClassification.from_pretrained({0})", "text-classification", "huggingface"),
    ("SentenceTransformer({0})", "sentence-similarity", "huggingface"),
    ("spacy.load({0})", "token-classification", "huggingface"),
    ("open_clip.create_model_and_transforms({0})", "zero-shot-image-classification", "huggingface"),
    ("load_from_hub(repo_id={0}, filename={0})", "reinforcement-learning", "huggingface"),
    ("shop.find_order(order={0})", "web-api", "shop"),
)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape[0])
def test_a_hostile_model_id_stays_a_string(shape: tuple[str, str, str], text: str) -> None:
    template, domain, hub = shape
    hostile = _render(_doc(template.format(repr(f"a/{text}")), domain, hub))
    plain = _render(_doc(template.format(repr("a/plain")), domain, hub))

    assert _structure(hostile) == _structure(plain)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_else_that_a_doc_says_becomes_code(text: str) -> None:
    call = "AutoModelForSequenceClassification.from_pretrained('a/b')"
    facts = {"language": text, "input_size": text, "sample_rate": text, "format": text, "pickled": text}
    doc = _doc(
        call,
        name=f"x{text}",
        description=text,
        functionality=text,
        example=text,
        license=text,
        source_url=text,
        source_revision=text,
        environment=(text, f"torch {text}"),
        facts=facts,
    )

    assert _structure(_render(doc)) == _structure(_render(_doc(call)))
    assert _structure(_render(doc, pin=True)) == _structure(
        _render(_doc(call, source_revision="x"), pin=True)
    )
    comments = [line for line in _render(doc).splitlines() if line.startswith("#")]
    assert comments == ["# pip install torch transformers"]


@settings(max_examples=200)
@given(text=st.text(st.characters(exclude_categories=("Cs",)), max_size=60), shape=st.sampled_from(SHAPES))
def test_any_text_in_a_call_stays_a_string(text: str, shape: tuple[str, str, str]) -> None:
    template, domain, hub = shape
    call = template.format(repr(f"a/{text}"))
    if len(call) > MAX_CALL_LENGTH:
        return
    entry = entry_of(_doc(call, domain, hub))

    code = render_code(entry.call, entry)

    assert _structure(code) == _structure(_render(_doc(template.format(repr("a/x")), domain, hub)))
    assert all("\n" not in sentence for sentence in warnings_for(entry.call, entry))


def test_a_preprocessor_that_a_doc_names_is_quoted() -> None:
    doc = _doc(
        "hub.load('https://tfhub.dev/tensorflow/bert_en_uncased/4')",
        "feature-extraction",
        "tfhub",
        facts={"preprocessor": "x'); import os #", "format": "saved_model_2"},
    )

    assert 'hub.load("x\'); import os #")' in _render(doc)
    ast.parse(_render(doc))


def test_a_callee_that_no_table_knows_is_left_to_the_reader() -> None:
    code = _render(_doc("Frobnicator.load('a/b', size=width)", "graph-ml"))

    assert "# The documentation does not say where Frobnicator is imported from: import it first." in code
    assert "width = None  # the documentation leaves this value open: set it" in code
    assert "import" not in code.replace("imported from: import it", "")
    ast.parse(code)


def test_only_known_packages_are_recommended() -> None:
    doc = _doc(
        "pipeline('text-classification', model='a/b')",
        environment=("sentencepiece>=0.1", "evil-package", "torch"),
    )

    assert _render(doc).splitlines()[0] == "# pip install sentencepiece torch transformers"


def test_names_that_left_their_library_ask_for_the_release_that_has_them() -> None:
    old = _doc("joblib.load(cached_download(hf_hub_url('a/b', 'model.joblib')))", "tabular-classification")
    entry = entry_of(old)

    assert "'huggingface_hub<0.26'" in _render(old)
    assert any("cached_download" in sentence for sentence in warnings_for(entry.call, entry))


def test_a_sentence_is_in_the_language_of_the_doc() -> None:
    call = "pipeline('text-classification', model='a/b')"

    assert "Hamburg" in _render(_doc(call, facts={"language": "de"}))
    assert "Hamburg" in _render(_doc(call, facts={"language": ("german",)}))
    assert "Lisbon" in _render(_doc(call, facts={"language": ("de", "en")}))
    assert "杭州" in _render(_doc(call, facts={"language": "zh-TW"}))
    assert "Lisbon" in _render(_doc(call, facts={"language": "tlh"}))


def test_a_translator_gets_a_sentence_of_its_source_language() -> None:
    assert "Hamburg" in _render(_doc("pipeline('translation_de_to_en', model='a/b')", "translation"))
    pair = _doc("AutoModelForSeq2SeqLM.from_pretrained('Helsinki-NLP/opus-mt-fr-en')", "translation")
    assert "Lyon" in _render(pair)


def test_a_tokenizer_is_loaded_as_its_model_is() -> None:
    call = "AutoModel.from_pretrained('a/b', trust_remote_code=True, revision='main', device_map='auto')"

    code = _render(_doc(call, "feature-extraction"))

    assert "AutoTokenizer.from_pretrained('a/b', revision='main', trust_remote_code=True)" in code


def test_a_question_about_a_document_is_asked_of_a_document() -> None:
    call = "Pix2StructForConditionalGeneration.from_pretrained('a/b')"

    assert "text='What is the total?'" in _render(_doc(call, "document-question-answering"))
    assert "text='What colour is this?'" in _render(_doc(call, "visual-question-answering"))


def test_a_picture_has_the_size_that_the_doc_or_the_handle_states() -> None:
    handle = "hub.KerasLayer('https://tfhub.dev/google/imagenet/mobilenet_v2_035_{0}/classification/5')"

    for size in (96, 160, 224):
        assert f"({size}, {size})" in _render(_doc(handle.format(size), "image-classification", "tfhub"))
    stated = _doc(handle.format(96), "image-classification", "tfhub", facts={"input_size": ("331", "331")})
    assert "(331, 331)" in _render(stated)


# --- layout -------------------------------------------------------------------------------------------


def test_a_short_line_stays_as_it_is() -> None:
    assert wrapped("x = f(1)") == ["x = f(1)"]


def test_a_long_line_breaks_at_the_arguments_of_its_first_call() -> None:
    long = "x" * 60
    assert wrapped(f"    y = f('{long}', g(1, 2)).to(device)  # why it is so and not otherwise") == [
        "    y = f(",
        f"        '{long}', g(1, 2)",
        "    ).to(device)  # why it is so and not otherwise",
    ]


def test_arguments_that_are_too_long_together_stand_each_on_a_line() -> None:
    first, second = "ä" * 60, "b" * 60
    assert wrapped(f"y = f('{first}', key='{second}')") == [
        "y = f(",
        f"    '{first}',",
        f"    key='{second}',",
        ")",
    ]


@pytest.mark.parametrize("line", ["# " + "x" * 120, "for " + "x" * 120 + " in y:", "x = " + "y" * 120])
def test_a_line_without_a_call_is_left_alone(line: str) -> None:
    assert wrapped(line) == [line]


@settings(max_examples=200)
@given(
    arguments=st.lists(
        st.text(st.characters(exclude_categories=("Cs",)), max_size=60), min_size=1, max_size=5
    ),
    name=st.from_regex(r"[a-z]{1,30}", fullmatch=True),
)
def test_breaking_a_line_changes_no_syntax(arguments: list[str], name: str) -> None:
    line = f"{name}_ = call({', '.join(map(repr, arguments))}, key={name!r}).of(1)[0]"

    assert ast.dump(ast.parse("\n".join(wrapped(line)))) == ast.dump(ast.parse(line))


def test_imports_are_sorted_with_the_standard_library_first() -> None:
    assert merged(
        ["import torch", "from PIL import Image", "import io", "from PIL import ImageDraw, Image"]
    ) == [
        "import io",
        "",
        "import torch",
        "from PIL import Image, ImageDraw",
    ]


def test_every_import_of_a_snippet_is_needed() -> None:
    for call, domain in (
        ("timm.create_model('resnet18')", "image-classification"),
        ("YOLO('x.pt')", "object-detection"),
    ):
        tree = ast.parse(_render(_doc(call, domain)))
        imported = {
            alias.asname or alias.name.partition(".")[0]
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        assert imported <= used


def test_no_snippet_names_a_file_that_it_did_not_write() -> None:
    code = _render(
        _doc("nemo_asr.models.EncDecCTCModel.from_pretrained('a/b')", "automatic-speech-recognition")
    )

    assert code.index("soundfile.write('recording.wav'") < code.index("transcribe(['recording.wav'])")
    assert not re.search(r"/(tmp|work|home)/", code)
