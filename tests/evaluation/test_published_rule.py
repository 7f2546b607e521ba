"""The published rule, feature by feature and flaw by flaw, on small docs of our own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_docs.errors import EvaluationDataError
from evaluation.published_rule import Grade, PublishedRule, Verdict

TORCH = [
    {
        "domain": "Depth",
        "api_call": "torch.hub.load(repo_or_dir='acme/depth', model='deep_small', pretrained=True)",
    },
    {
        "domain": "Image",
        "api_call": "torch.hub.load(repo_or_dir='acme/vision', model='net50', pretrained=True)",
    },
    {
        "domain": "Audio",
        "api_call": "torch.hub.load(repo_or_dir='acme/sound', model='say', model_math='fp16')",
    },
]
TF = [
    {"domain": "Text", "api_call": "hub.load('https://tfhub.dev/acme/encoder/4')"},
    {"domain": "Image", "api_call": "hub.KerasLayer('https://tfhub.dev/acme/net/5', trainable=False)"},
    {"domain": "Seg", "api_call": "hub.KerasLayer('https://tfhub.dev/acme/seg/1', model='deep')"},
    {"domain": "Any", "api_call": "tf.keras.Sequential([hub.KerasLayer(model_id)])"},
]
HF = [
    {"domain": "Text", "api_call": "AutoModel.from_pretrained('acme/bert')"},
    {"domain": "Translate", "api_call": "pipeline('translation', model='acme/marian')"},
    {"domain": "Image", "api_call": "AutoModel.from_pretrained('acme/vit', revision='v2')"},
    {"domain": "Other", "api_call": "AutoModel.from_pretrained('acme/bert')"},
    {"domain": "Broken", "api_call": "./run.sh --model acme/shell"},
    {"domain": "Bare", "api_call": "SentimentModel()"},
]
RULES = {
    hub: PublishedRule(hub, docs) for hub, docs in (("torchhub", TORCH), ("tfhub", TF), ("huggingface", HF))
}


def marked(call: str) -> str:
    return f"<<<domain>>>: Any\n<<<api_call>>>: {call}\n<<<api_provider>>>: Acme\n<<<code>>>: run()"


def like_dict(call: str) -> str:
    return f"{{'domain': 'Any', 'api_call': \"{call}\", 'api_provider': 'PyTorch', 'code': 'run()'}}"


def graded(hub: str, text: str, domain: str) -> tuple[Verdict, int | None]:
    grade = RULES[hub].grade(text, domain)
    return grade.verdict, grade.doc_index


@pytest.mark.parametrize(
    ("hub", "text", "index", "domain"),
    [
        ("torchhub", like_dict("model = torch.hub.load('acme/vision', 'net50')"), 1, "Image"),
        ("tfhub", marked("hub.load('https://tfhub.dev/acme/encoder/4')"), 0, "Text"),
        ("huggingface", marked("pipeline('translation', model='acme/marian')"), 1, "Translate"),
    ],
)
def test_a_call_of_a_doc_with_the_rows_domain_is_correct(
    hub: str, text: str, index: int, domain: str
) -> None:
    assert graded(hub, text, domain) == (Verdict.CORRECT, index)


def test_a_call_of_a_doc_of_another_domain_is_wrong_domain_and_says_both() -> None:
    grade = RULES["huggingface"].grade(marked("AutoModel.from_pretrained('acme/bert')"), "Image")
    assert (grade.verdict, grade.doc_index) == (Verdict.WRONG_DOMAIN, 0)
    assert "'Text'" in grade.reason
    assert "'Image'" in grade.reason


def test_a_call_of_no_doc_is_a_hallucination_and_the_reason_quotes_it() -> None:
    grade = RULES["huggingface"].grade(marked("AutoModel.from_pretrained('acme/gpt')"), "Text")
    assert grade == Grade(Verdict.HALLUCINATION, grade.reason)
    assert "acme/gpt" in grade.reason


@pytest.mark.parametrize("text", ["", "torch.hub.load('acme/vision', 'net50')", "{'api': 'torch.hub.load'}"])
def test_a_torchhub_response_without_api_call_counts_as_neither(text: str) -> None:
    assert graded("torchhub", text, "Image") == (Verdict.NO_FORMAT, None)


@pytest.mark.parametrize(
    ("hub", "text", "domain"),
    [
        ("tfhub", "x = hub.load('https://tfhub.dev/acme/encoder/4')", "Text"),
        ("huggingface", "m = AutoModel.from_pretrained('acme/bert')", "Text"),
    ],
)
def test_the_other_hubs_grade_the_whole_text_where_api_call_is_missing(
    hub: str, text: str, domain: str
) -> None:
    assert graded(hub, text, domain) == (Verdict.CORRECT, 0)


def test_empty_text_is_a_hallucination_where_api_call_is_not_needed() -> None:
    assert graded("tfhub", "", "Text") == (Verdict.HALLUCINATION, None)


def test_of_two_docs_with_equal_calls_the_first_decides_even_if_the_second_has_the_rows_domain() -> None:
    assert graded("huggingface", marked("AutoModel.from_pretrained('acme/bert')"), "Other") == (
        Verdict.WRONG_DOMAIN,
        0,
    )


# What is cut out of the response


def test_only_what_follows_the_first_api_call_counts() -> None:
    text = "api_call: pipeline('translation', 'acme/marian') api_call: AutoModel.from_pretrained('acme/bert')"
    assert graded("huggingface", text, "Translate") == (Verdict.CORRECT, 1)


def test_what_follows_api_provider_does_not_count() -> None:
    text = "<<<api_call>>>: none()\n<<<api_provider>>>: AutoModel.from_pretrained('acme/bert')"
    assert graded("huggingface", text, "Text") == (Verdict.HALLUCINATION, None)


def test_without_a_colon_the_first_two_characters_are_lost() -> None:
    call = "AutoModel.from_pretrained('acme/bert')"
    assert graded("huggingface", f"api_call> {call}", "Text") == (Verdict.CORRECT, 0)
    assert graded("huggingface", f"api_call {call}", "Text") == (Verdict.HALLUCINATION, None)


def test_the_call_starts_behind_the_first_colon_even_where_that_stands_inside_the_call() -> None:
    # Cut from https: on, the function name is gone and the value is not there in full.
    text = "api_call=hub.load('https://tfhub.dev/acme/encoder/4')"
    assert graded("tfhub", text, "Text") == (Verdict.HALLUCINATION, None)


def test_without_a_closing_bracket_the_last_character_is_lost() -> None:
    assert graded("huggingface", "api_call: acme/bert!", "Text") == (Verdict.CORRECT, 0)
    assert graded("huggingface", "api_call: acme/bert", "Text") == (Verdict.HALLUCINATION, None)


def test_a_bracket_before_the_colon_leaves_nothing_to_grade() -> None:
    assert graded("huggingface", "api_call) : 'acme/bert'", "Text") == (Verdict.HALLUCINATION, None)


# Which subtree is compared


def test_a_call_is_found_inside_an_assignment_and_inside_another_call() -> None:
    assert graded("huggingface", marked("m = AutoModel.from_pretrained('acme/bert')"), "Text")[0] == "correct"
    assert (
        graded("huggingface", marked("wrap(AutoModel.from_pretrained('acme/bert'))"), "Text")[0] == "correct"
    )


def test_of_several_calls_of_one_function_the_last_written_is_compared() -> None:
    both = "AutoModel.from_pretrained('acme/bert'), AutoModel.from_pretrained('acme/vit', revision='v2')"
    assert graded("huggingface", marked(both), "Image") == (Verdict.CORRECT, 2)


def test_of_nested_calls_of_one_function_the_outer_is_compared_so_values_of_the_inner_count() -> None:
    nested = "AutoModel.from_pretrained(AutoModel.from_pretrained('acme/bert'))"
    assert graded("huggingface", marked(nested), "Text") == (Verdict.CORRECT, 0)


def test_values_outside_the_compared_subtree_do_not_count() -> None:
    assert graded("huggingface", marked("['acme/bert', AutoModel.from_pretrained('acme/x')]"), "Text") == (
        Verdict.HALLUCINATION,
        None,
    )


def test_where_the_function_is_nowhere_the_last_subtree_visited_stands_in() -> None:
    # The rightmost branch is taken first, so the leftmost string is visited last.
    grade = RULES["huggingface"].grade("'acme/bert' + other('acme/vit')", "Text")
    assert (grade.verdict, grade.doc_index, grade.stood_in) == (Verdict.CORRECT, 0, True)
    assert "stood in" in grade.reason
    assert graded("huggingface", "other('acme/vit') + 'acme/bert'", "Text") == (Verdict.HALLUCINATION, None)


def test_a_misspelt_function_is_a_hallucination_because_its_name_is_the_last_subtree() -> None:
    assert graded("huggingface", marked("AutoModel.from_pretraind('acme/bert')"), "Text") == (
        Verdict.HALLUCINATION,
        None,
    )


def test_a_match_by_the_function_itself_is_not_marked_as_a_stand_in() -> None:
    assert not RULES["huggingface"].grade(marked("AutoModel.from_pretrained('acme/bert')"), "Text").stood_in


# Which values must occur, and how they are looked for


def test_values_are_looked_for_as_substrings() -> None:
    assert (
        graded("huggingface", marked("AutoModel.from_pretrained('acme/bert-large')"), "Text")[0] == "correct"
    )
    assert (
        graded("torchhub", like_dict("torch.hub.load('acme/vision', 'wide_net50_2')"), "Image")[0]
        == "correct"
    )


def test_a_value_may_occur_in_another_argument_of_the_response() -> None:
    assert (
        graded("huggingface", marked("AutoModel.from_pretrained('x', note='acme/bert')"), "Text")[0]
        == "correct"
    )


def test_every_value_must_occur() -> None:
    assert graded("huggingface", marked("pipeline('summarization', model='acme/marian')"), "Translate") == (
        Verdict.HALLUCINATION,
        None,
    )


def test_on_hugging_face_every_keyword_counts_with_its_value() -> None:
    assert (
        graded("huggingface", marked("AutoModel.from_pretrained('acme/vit')"), "Image")[0] == "hallucination"
    )
    assert (
        graded("huggingface", marked("AutoModel.from_pretrained('acme/vit', tag='v2')"), "Image")[0]
        == "correct"
    )


def test_on_tfhub_model_counts_with_its_value_and_other_keywords_with_their_whole_text() -> None:
    url = "https://tfhub.dev/acme"
    assert graded("tfhub", marked(f"hub.KerasLayer('{url}/seg/1', 'deep')"), "Seg") == (Verdict.CORRECT, 2)
    assert graded("tfhub", marked(f"hub.KerasLayer('{url}/net/5')"), "Image")[0] == "hallucination"
    assert graded("tfhub", marked(f"hub.KerasLayer('{url}/net/5', trainable=False)"), "Image")[0] == "correct"
    assert (
        graded("tfhub", marked(f"hub.KerasLayer('{url}/net/5', trainable = False)"), "Image")[0]
        == "hallucination"
    )


def test_on_torchhub_repo_and_all_whose_text_holds_model_count_and_nothing_else() -> None:
    assert (
        graded("torchhub", like_dict("torch.hub.load('acme/depth', 'deep_small')"), "Depth")[0] == "correct"
    )
    assert graded("torchhub", like_dict("torch.hub.load('acme/sound', 'say')"), "Audio")[0] == "hallucination"
    assert (
        graded("torchhub", like_dict("torch.hub.load('acme/sound', 'say', x='fp16')"), "Audio")[0]
        == "correct"
    )


def test_single_quotes_around_a_docs_value_do_not_matter_double_ones_do() -> None:
    docs = [{"domain": "Text", "api_call": 'hub.load("https://tfhub.dev/a/1")'}]
    rule = PublishedRule("tfhub", docs)
    assert rule.grade(marked('hub.load("https://tfhub.dev/a/1")'), "Text").verdict == "correct"
    assert rule.grade(marked("hub.load('https://tfhub.dev/a/1')"), "Text").verdict == "hallucination"
    assert graded("huggingface", marked('AutoModel.from_pretrained("acme/bert")'), "Text")[0] == "correct"


def test_a_nested_call_in_a_doc_counts_as_text() -> None:
    assert graded("tfhub", marked("tf.keras.Sequential([hub.KerasLayer(model_id)])"), "Any") == (
        Verdict.CORRECT,
        3,
    )
    assert (
        graded("tfhub", marked("tf.keras.Sequential([hub.KerasLayer( model_id )])"), "Any")[0]
        == "hallucination"
    )


# Docs that can't be looked for


@pytest.mark.parametrize(
    "call",
    [
        "SentimentModel()",
        "./run.sh --model acme/shell",
        "",
        "name",
        "# note",
        "-x",
        "'text'",
        "()",
        "f",
        "a.b",
    ],
)
def test_a_doc_that_names_no_argument_is_never_found(call: str) -> None:
    rule = PublishedRule("huggingface", [{"domain": "Text", "api_call": call}])
    assert rule.grade(marked(call), "Text").verdict == "hallucination"


def test_a_string_that_looks_like_a_keyword_counts_as_a_whole() -> None:
    rule = PublishedRule("huggingface", [{"domain": "Text", "api_call": "load('a=b')"}])
    assert rule.grade(marked("load('a=b')"), "Text").verdict == "correct"
    assert rule.grade(marked("load('b')"), "Text").verdict == "hallucination"


def test_a_doc_whose_value_is_empty_is_found_everywhere() -> None:
    rule = PublishedRule("huggingface", [{"domain": "Text", "api_call": "load('')"}])
    assert rule.grade("", "Text").verdict == "correct"


def test_without_docs_everything_is_a_hallucination() -> None:
    assert PublishedRule("huggingface", []).grade(marked("f('x')"), "Text").verdict == "hallucination"


@pytest.mark.parametrize("field", ["api_call", "domain"])
def test_a_doc_without_call_or_domain_is_refused_by_its_place(field: str) -> None:
    with pytest.raises(EvaluationDataError, match=rf"doc 1 has {field} None"):
        PublishedRule("tfhub", [TF[0], TF[1] | {field: None}])


def test_a_hub_that_the_rule_has_no_form_for_is_refused() -> None:
    with pytest.raises(EvaluationDataError, match=r"'acme'.*huggingface, tfhub, torchhub"):
        PublishedRule("acme", [])


# Any text at all


@pytest.mark.parametrize("hub", RULES)
@pytest.mark.parametrize(
    "text",
    [
        "api_call",
        "api_call:",
        "api_call: )",
        "api_call: ((((",
        "api_call: AutoModel.from_pretrained('acme/bert'))))",
        "api_call: f(" * 500,
        "api_call: a" + ".b" * 5_000 + ")",
        "api_call: \ud800('\udfff')",
        "api_call: 模型('acme/bert')",
        "api_call: \0\0)",
        "api_call: f'{x!r:>{w}}')",
        "if x:\n\tapi_call: '''",
    ],
)
def test_broken_text_gets_a_verdict(hub: str, text: str) -> None:
    assert RULES[hub].grade(text, "Text").verdict in set(Verdict) - {Verdict.NO_FORMAT}


def test_non_ascii_around_a_call_does_not_shift_what_is_compared() -> None:
    text = "说明 🤗 api_call: g('模型🤗', AutoModel.from_pretrained('acme/bert')) api_provider: 🤗"
    assert graded("huggingface", text, "Text") == (Verdict.CORRECT, 0)


FRAGMENTS = st.sampled_from(
    [
        "api_call",
        "api_provider",
        ":",
        "(",
        ")",
        "'",
        '"',
        "\\",
        "\n",
        "load",
        "torch.hub.load(",
        "hub.load",
        "=",
        "é",
    ]
)
ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.lists(FRAGMENTS | st.text(max_size=3)).map(
    "".join
)


@given(hub=st.sampled_from(sorted(RULES)), text=ANY_TEXT, domain=st.text())
def test_any_text_gets_a_verdict_and_a_reason_that_can_be_written(hub: str, text: str, domain: str) -> None:
    grade = RULES[hub].grade(text, domain)
    assert grade.verdict in Verdict
    assert grade.reason.encode()
    assert (grade.doc_index is not None) == (grade.verdict in {Verdict.CORRECT, Verdict.WRONG_DOMAIN})


@given(call=ANY_TEXT, text=ANY_TEXT)
def test_any_text_may_be_a_docs_call(call: str, text: str) -> None:
    for hub in RULES:
        assert (
            PublishedRule(hub, [{"domain": "Text", "api_call": call}]).grade(text, "Text").verdict in Verdict
        )


@given(text=ANY_TEXT)
def test_a_grade_does_not_depend_on_what_was_graded_before(text: str) -> None:
    rule = PublishedRule("huggingface", HF)
    rule.grade(marked("AutoModel.from_pretrained('acme/bert')"), "Text")
    assert rule.grade(text, "Text") == RULES["huggingface"].grade(text, "Text")
