"""Calls as data: what parses, what equals what, and what is refused."""

from __future__ import annotations

import ast
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_docs.call import (
    MAX_CALL_LENGTH,
    Call,
    canonical_callee,
    is_plain_data,
    literal,
    parse_call,
    parse_value,
)
from api_docs.errors import UnparseableCall


@pytest.mark.parametrize(
    "text",
    [
        "f('x', y=1)",
        '  f("x", y = 1)  ',
        "model = f('x', y=1)",
        "model, utils = f('x', y=1)",
        "model: Net = f('x', y=1)",
        "self.model = other = f('x', y=1)",
        "(model := f('x', y=1))",
        "f('x', y=1).eval().to('cuda')",
        "f('x', y=1)(image)[0]['boxes']",
        "f('x', y=1), g('z')",
        "await f('x', y=1)",
        "f('x', **{'y': 1})",
        "f('x', y=1, **{})",
        "f(u'x', y=0x1)",
        "f('x',  # what to load (not 'z')\n  y=1,\n)",
        "tf.keras.Sequential([f('x', y=1), tf.keras.layers.Dense(2)])",
        "tf.keras.Sequential([tf.keras.layers.InputLayer(8), f('x', y=1)])",
    ],
)
def test_ways_to_write_one_call_give_one_call(text: str) -> None:
    assert parse_call(text) == Call("f", ("'x'",), (("y", "1"),))


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("transformers.AutoModel.from_pretrained", "AutoModel.from_pretrained"),
        ("tensorflow_hub.load", "hub.load"),
        ("diffusers.DiffusionPipeline.from_pretrained", "DiffusionPipeline.from_pretrained"),
        ("torch.hub.load", "torch.hub.load"),
        ("mytransformers.pipeline", "mytransformers.pipeline"),
    ],
)
def test_a_callee_is_known_whatever_module_it_is_imported_from(written: str, canonical: str) -> None:
    assert canonical_callee(written) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "f",
        "f(",
        "f('x",
        "import os",
        "f(); g()",
        "x = 1",
        "def f(): pass",
        "f(*names)",
        "f(**options)",
        "f(**{'class': 1})",
        "f(**{name: 1})",
        "'f'('x')",
        "[f(x) for x in y]",
        "f('\0')",
        "f('\ud800')",
        "f(1if x else 2)",
        "f(0x" + "f" * 3_900 + ")",
        "f(" + "-" * 3_900 + "1)",
        "f(" + "[" * 150 + "]" * 150 + ")",
        "f(" + ".".join("x" * 1_500) + ")",
        "f" + "()" * 1_900,
        "not " * 900 + "f()",
        "f('" + "x" * MAX_CALL_LENGTH + "')",
    ],
)
def test_what_is_no_single_call_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(UnparseableCall) as caught:
        parse_call(text)
    assert 10 < len(str(caught.value)) < 500


@given(st.text(max_size=300))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        call = parse_call(text)
    except UnparseableCall:
        return
    assert parse_call(call.render()) == call


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name.isidentifier())
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(PLAIN, max_size=3), st.dictionaries(st.sampled_from("abcdef"), PLAIN, max_size=3))
def test_a_rendered_call_of_plain_data_parses_to_the_same_values(
    positional: list[object], keywords: dict[str, object]
) -> None:
    arguments = [*map(repr, positional), *(f"{name}={value!r}" for name, value in keywords.items())]
    call = parse_call(f"net.load({', '.join(arguments)})")
    assert [literal(value) for value in call.positional] == positional
    assert {name: literal(value) for name, value in call.keywords} == keywords
    assert parse_call(call.render()) == call
    assert all(is_plain_data(parse_value(value)) for value in call.positional)


@given(st.text(alphabet="\\'\"drnxuN0479{}", max_size=12), st.sampled_from(["", "r", "u", "f"]))
def test_odd_escapes_mean_what_they_mean_in_python_and_make_no_warning(body: str, prefix: str) -> None:
    source = f"f({prefix}'{body}')"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            expected = ast.dump(ast.parse(source, mode="eval"))
        except (SyntaxError, ValueError):
            expected = ""
    try:  # under pytest, a warning would be an error here
        call = parse_call(source)
    except UnparseableCall:
        return
    if expected:
        assert ast.dump(ast.parse(call.render(), mode="eval")) == expected.replace(", kind='u'", "")


@pytest.mark.parametrize(
    "value",
    [
        "1",
        "-1.5",
        "'x'",
        "None",
        "True",
        "[1,'x',(2,)]",
        "{'a':[1]}",
        "{1,2}",
        "b'x'",
        "1j",
        "torch.float16",
        "np.uint8",
        "torch.device('cuda')",
        "torch.device('cuda',index=1)",
    ],
)
def test_literals_number_types_and_devices_are_plain_data(value: str) -> None:
    assert is_plain_data(parse_value(value))


@pytest.mark.parametrize(
    "value",
    [
        "__import__('os').system('x')",
        "lambda: 1",
        "[x for x in y]",
        "{**options}",
        "f'{x}'",
        "(x := 1)",
        "[(x := 1)]",
        "name",
        "...",
        "1 + 1",
        "torch.load",
        "torch.hub.load",
        "torch.float16.__class__",
        "torch.__dict__",
        "os.float16",
        "AutoModel.from_pretrained('x')",
        "hf_hub_download('x', 'y')",
        "torch.device(f())",
        "torch.device",
        "open('x')",
        "x if y else z",
        "not True",
        "-x",
        "[f()]",
        "{'a': f()}",
        "x[0]",
        "await x",
    ],
)
def test_what_could_run_or_reach_anything_is_no_plain_data(value: str) -> None:
    assert not is_plain_data(parse_value(value))


def test_a_nested_call_is_equal_whatever_the_order_of_its_keywords() -> None:
    one = parse_call("f(x=g(a=1, b=transformers.h('y')))")
    assert one == parse_call('f(x=g(b=h("y"), a=1))')


def test_letters_that_only_look_alike_are_no_latin_ones() -> None:
    assert parse_call("ｔorch.hub.load('x')").callee == "torch.hub.load"  # full width: the same to Python
    assert parse_call("tоrch.hub.load('x')").callee != "torch.hub.load"  # a Cyrillic o: another name


def test_a_wrapper_without_a_loader_is_a_call_itself() -> None:
    for text in ("Sequential([x, layers.Dense(1)])", "Sequential()", "Sequential(x)"):
        assert parse_call(text).callee == "Sequential"
    assert parse_call("Sequential(f('x'))").callee == "f"


def test_an_octal_escape_beyond_a_byte_is_the_letter_that_it_is_in_python() -> None:
    assert literal(r"'\400\101'") == "\u0100A"


@pytest.mark.parametrize("text", ["f()", "name", "[f()]", "", "1 +", "{[]: 1}"])
def test_literal_refuses_what_is_no_literal(text: str) -> None:
    with pytest.raises(ValueError, match="not a literal"):
        literal(text)
