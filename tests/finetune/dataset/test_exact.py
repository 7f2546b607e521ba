"""An exact call is the very call, whatever surrounds it and however it is written."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finetune.dataset.exact import is_exact

CALL = "torch.hub.load('acme/vision', 'birds', pretrained=True, classes=5)"


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        f"<<<domain>>>: image-classification\n<<<api_call>>>: {CALL}\n<<<api_provider>>>: PyTorch",
        f"```python\nmodel = {CALL}\n```",
        "torch.hub.load('acme/vision', 'birds', classes=5, pretrained=True)",
        'torch.hub.load( "acme/vision",\n  "birds", pretrained = True, classes = 5 )',
        "torch.hub.load('acme' '/vision', 'birds', pretrained=True, classes=5)",
        CALL.removesuffix(")"),  # which the service closes, too
    ],
)
def test_the_call_counts_however_it_is_written(text: str) -> None:
    assert is_exact(text, CALL)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no idea",
        "torch.hub.load('acme/vision', 'birds')",
        "torch.hub.load('acme/vision', 'birds', pretrained=True, classes=6)",
        "torch.hub.load('acme/vision', 'birds', pretrained=True, classes='5')",
        "torch.hub.load('acme/vision', 'birds', pretrained=1, classes=5)",
        "torch.hub.load('birds', 'acme/vision', pretrained=True, classes=5)",
        "torch.hub.load('acme/vision', 'birds', pretrained=True, classes=5, force=True)",
        "hub.load('acme/vision', 'birds', pretrained=True, classes=5)",
    ],
)
def test_another_call_does_not_count(text: str) -> None:
    assert not is_exact(text, CALL)


def test_where_no_api_answers_only_an_answer_that_declines_is_exact() -> None:
    assert is_exact("<<<api_call>>>: none", "")
    assert not is_exact("None of these APIs does that, or so it seems (", "")
    assert not is_exact(CALL, "")


def test_a_row_whose_call_does_not_parse_is_said_to_be_broken() -> None:
    with pytest.raises(ValueError, match="does not parse"):
        is_exact(CALL, "torch.hub.load(")


names = st.sampled_from(["alpha", "beta", "gamma", "delta"])
values = st.one_of(st.booleans(), st.integers(-9, 9), st.text("abc/'\"\\", max_size=5), st.none())


@given(arguments=st.dictionaries(names, values), other=st.dictionaries(names, values), data=st.data())
def test_two_calls_are_the_same_if_and_only_if_their_arguments_are(
    arguments: dict[str, object], other: dict[str, object], data: st.DataObject
) -> None:
    """The oracle compares names with values and their types."""

    def written(pairs: list[tuple[str, object]]) -> str:
        return f"hub.load('https://tfhub.dev/acme/birds/1', {', '.join(f'{n}={v!r}' for n, v in pairs)})"

    shuffled = data.draw(st.permutations(list(other.items())))
    typed = [{name: (type(value), value) for name, value in each.items()} for each in (arguments, other)]
    call = written(list(arguments.items()))
    assert ast.parse(call)
    assert is_exact(written(shuffled), call) is (typed[0] == typed[1])
