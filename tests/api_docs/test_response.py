"""The call in a model's output: every shape that models answer in, and any text at all."""

from __future__ import annotations

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_docs import call_search
from api_docs.call import Call, parse_call
from api_docs.response import MAX_RESPONSE_LENGTH, ParsedResponse, Shape, parse_response

CALL = "torch.hub.load('acme/vision', 'net18', pretrained=True)"
PARSED = parse_call(CALL)


def found(text: str) -> Call:
    call = parse_response(text).call
    assert call is not None
    return parse_call(call)


LINES = (
    "<<<domain>>>: Images\n<<<api_call>>>: {call}\n<<<api_provider>>>: PyTorch\n"
    "<<<explanation>>>: 1. Load it.\n2. Use it.\n<<<code>>>: import torch\nmodel = {call}\n"
)
COMMAS = (
    "<<<domain>>>: Images, <<<api_call>>>: {call}, <<<api_provider>>>: PyTorch, "
    "<<<explanation>>>: Load it, then use it. <<<code>>>: import torch\nmodel = {call}"
)
DICT = (
    "{{'domain': 'Images', 'api_call': \"model = {call}\", 'api_provider': 'PyTorch', "
    "'explanation': \"It's loaded.\", 'code': 'import torch\nmodel = {call}'}}"
)


@pytest.mark.parametrize(
    ("shape", "template"),
    [(Shape.MARKED_LINES, LINES), (Shape.MARKED_COMMAS, COMMAS), (Shape.DICT_LIKE, DICT)],
)
@pytest.mark.parametrize("escaped", [0, 1, 2, 3])
def test_the_published_shapes_are_read_however_often_they_were_escaped(
    shape: Shape, template: str, escaped: int
) -> None:
    text = template.format(call=CALL)
    for _ in range(escaped):
        text = text.replace("\\", "\\\\").replace("\n", "\\n").replace("'", "\\'").replace('"', '\\"')
    parsed = parse_response(text + '\\n"' * bool(escaped))
    assert parsed.shape is shape
    assert parse_call(str(parsed.call)) == PARSED
    assert (parsed.domain, parsed.provider) == ("Images", "PyTorch")
    assert parsed.explanation in {"1. Load it.\n2. Use it.", "Load it, then use it.", "It's loaded."}
    assert str(parsed.code).splitlines() == ["import torch", f"model = {CALL}"]


def test_quotes_that_were_escaped_on_one_side_only_are_mended() -> None:
    text = (
        r"""{'api_call': \"model = torch.hub.load(\\'acme/vision\', \"net18\", pretrained=True)\", 'x': ''}"""
    )
    assert found(text) == PARSED


@pytest.mark.parametrize("name", ["api_call", "call", "API_CALL", "api call"])
def test_a_json_object_is_read(name: str) -> None:
    text = json.dumps({name: f"model = {CALL}", "domain": "Images", "provider": "P", "code": f"x = {CALL}"})
    for answer in (
        text,
        f"Here it is:\n```json\n{text}\n```\nGood luck!",
        f"[{text}]",
        f'{{"answer": {text}}}',
    ):
        parsed = parse_response(answer)
        assert parsed.shape is Shape.JSON
        assert parse_call(str(parsed.call)) == PARSED
        assert (parsed.domain, parsed.provider) == ("Images", "P")


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        f"model = {CALL}",
        f"`{CALL}`",
        f"Use {CALL} and be happy.",
        f"It's simple: {CALL}.",
        f">>> {CALL}",
        f"{CALL}.eval()",
        f"print({CALL})",
        f"with torch.no_grad(): net = {CALL}  # loads (it)",
        CALL.replace(", ", ",\n    ").replace("(", "(\n    ").replace(")", ",\n)"),
        CALL.replace("(", "(  # the repository :)\n", 1),
        CALL.replace("'", "’"),
        CALL.replace("'", '"').replace('"a', "“a").replace('n"', "n”"),
        CALL.replace("(", "（").replace(")", "）").replace(",", "，"),
        CALL[:-1],
        CALL.removesuffix(")") + ",",
        CALL.replace("'", "'''"),
    ],
)
def test_a_call_is_found_however_it_is_written(text: str) -> None:
    assert found(text) == PARSED


def test_fenced_code_is_read() -> None:
    parsed = parse_response(
        f"Sure (of course):\n```python\nimport torch\nmodel = {CALL}\nmodel(x)\n```\nDone."
    )
    assert (parsed.shape, parse_call(str(parsed.call))) == (Shape.FENCED, PARSED)
    assert str(parsed.code).splitlines() == ["import torch", f"model = {CALL}", "model(x)"]


@pytest.mark.parametrize(
    ("text", "call"),
    [
        # the field comes first, even where the code says otherwise
        ("<<<api_call>>>: hub.load('a')\n<<<code>>>: m = hub.load('b')", "hub.load('a')"),
        ("<<<api_call>>>: Net('a')\n<<<code>>>: m = hub.load('b')", "Net('a')"),
        # but not where it only uses a model
        ("<<<api_call>>>: model(image)\n<<<code>>>: model = hub.load('b')", "hub.load('b')"),
        ("<<<api_call>>>: model(image)\n<<<code>>>: x = 1", "model(image)"),
        ("<<<api_call>>>: load-model --now\n<<<code>>>: hub.load('b')", "hub.load('b')"),
        # what goes with a model is no answer where the model is there
        (
            "<<<code>>>: t = AutoTokenizer.from_pretrained('a')\nm = AutoModel.from_pretrained('a')",
            "AutoModel.from_pretrained('a')",
        ),
        (
            "<<<api_call>>>: Tokenizer.from_pretrained('a')\n<<<code>>>: m = AutoModel.from_pretrained('a')",
            "AutoModel.from_pretrained('a')",
        ),
        ("t = AutoTokenizer.from_pretrained('a')", "AutoTokenizer.from_pretrained('a')"),
        # loaders before other calls, assignments before other statements, code before comments
        ("import os\nos.getcwd()\nm = hub.load('a')", "hub.load('a')"),
        ("```\nwarnings.filterwarnings('x')\nm = Net('a')\n```", "Net('a')"),
        ("# m = hub.load('a')\nm = hub.load('b')", "hub.load('b')"),
        ("# m = hub.load('a')", "hub.load('a')"),
        ("def pipeline(x, y): pass\nm = hub.load('b')", "hub.load('b')"),
        ("Call pipeline() or pipeline('t', model='m').", "pipeline('t', model='m')"),
        ("m = hub.load()", "hub.load()"),
        ("pipeline('a'); hub.load('b')", "pipeline('a')"),
        # nested brackets, strings with brackets, wrappers
        ("pipeline('t', model=A.from_pretrained('m'), x=[(1, {'a': ')'})])", None),
        ("x = f('it(s', \")\", '''('''))", "f('it(s', \")\", '''(''')"),
        ("m = tf.keras.Sequential([hub.KerasLayer('a', input_shape=(2, 3))])", None),
        # a call without end is closed, a broken one is quoted as it stands
        ("<<<code>>>: m = hub.load('a', tags=['b'", "hub.load('a', tags=['b'])"),
        ("<<<api_call>>>: hub.load(<the handle>)", "hub.load(<the handle>)"),
        ("m = hub.load(<the handle>)", "hub.load(<the handle>)"),
    ],
)
def test_of_several_calls_the_right_one_is_taken(text: str, call: str | None) -> None:
    expected = call or text.partition("= ")[2].removeprefix("tf.keras.Sequential([").removesuffix("])")
    expected = text if call is None and text.startswith("pipeline") else expected
    assert parse_response(text).call == expected


@pytest.mark.parametrize(
    "text",
    [
        "model_id = 'acme/vision'\nname = \"net18\"\nm = torch.hub.load(model_id, name, pretrained=True)",
        r"<<<api_call>>>: torch.hub.load(r, 'net18', pretrained=True)\n<<<code>>>: r = \'acme/vision\'\nx()",
    ],
)
def test_names_that_the_text_gives_to_strings_are_resolved(text: str) -> None:
    assert found(text) == PARSED


@pytest.mark.parametrize(
    "text",
    ["hub.load(handle)", "handle = f('x')\nhub.load(handle)", "handle = 'a'\nhandle = 'b'\nhub.load(handle)"],
)
def test_names_without_one_string_stay(text: str) -> None:
    assert parse_response(text).call == "hub.load(handle)"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "No model does that.",
        "f",
        "the model (see below)",
        "[{'label': 'POSITIVE', 'score': 0.9}]",
        "<<<api_call>>>: none\n<<<code>>>: pip install x",
        "print('x')",
        "{'answer': 'a(b'}",
        "\ud800\0",
    ],
)
def test_where_there_is_no_call_none_is_found(text: str) -> None:
    assert parse_response(text).call is None


MARKS = [
    "<<<api_call>>>: ",
    "<<<code>>>: ",
    "{'api_call': ",
    '{"call": "',
    "```python\n",
    "'",
    '"',
    "\\",
    "\\n",
]
PIECES = [
    *MARKS,
    "\n",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    "=",
    "#",
    "hub.load(",
    "pipeline('t'",
    "x",
    "“",
    "'''",
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map("".join)))
@settings(max_examples=500)
def test_no_text_makes_it_raise(text: str) -> None:
    parsed = parse_response(text)
    assert isinstance(parsed, ParsedResponse)
    assert parsed == parse_response(text)


WORDS = st.text(alphabet=string.ascii_letters + "/-_.:() ,", min_size=1, max_size=20)


@given(WORDS, WORDS, st.sampled_from([LINES, COMMAS, DICT, "{call}", "m = {call}", "```\n{call}\n```"]))
def test_whatever_strings_a_call_holds_it_comes_back(repository: str, model: str, template: str) -> None:
    call = Call("torch.hub.load", (repr(repository), repr(model)), (("pretrained", "True"),))
    assert found(template.format(call=call.render())) == call


HOSTILE = {
    "brackets": "(" * 100_000,
    "mixed brackets": "([{" * 33_000,
    "calls": "f(" * 50_000,
    "loaders": "hub.load(" * 11_000,
    "open strings": "hub.load('" * 10_000,
    "quotes": "'" * 100_000,
    "triple quotes": "'''\"\"\"" * 16_000,
    "backslashes": "\\" * 100_000,
    "escaped ends": "\\n" * 50_000,
    "dots": "a." * 50_000 + "(",
    "a long name": "a" * 100_000 + "(",
    "blanks": "f" + " " * 100_000 + "(",
    "objects": '{"a":' * 20_000,
    "fields": "<<<code>>>:" * 9_000,
    "angles": "<" * 100_000,
    "keys": "{'api_call': f(" * 6_000,
    "fences": "```\n" * 25_000,
    "comments": "# hub.load('x')\n" * 6_000,
    "names": "".join(f"f{number}(" for number in range(14_000)),
    "curly quotes": "hub.load(“x”)" * 8_000,
    "too much": "x" * (3 * MAX_RESPONSE_LENGTH),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_costs_a_bounded_number_of_tries(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something quadratic in the rest would not end here either: these are 100 kB each."""
    tries = 0

    def counted(source: str) -> Call:
        nonlocal tries
        tries += 1
        return parse_call(source)

    monkeypatch.setattr(call_search, "parse_call", counted)
    parse_response(text)
    assert tries < 5_000


@pytest.mark.parametrize(
    ("text", "declines"),
    [
        ("<<<api_call>>>: none", True),
        (
            "<<<domain>>>: none\n<<<api_call>>>: None\n<<<api_provider>>>: none\n<<<explanation>>>: Sorry.",
            True,
        ),
        ('{"api_call": "none"}', True),
        ("none", False),
        ("None of these docs fits.", False),
        ("<<<api_call>>>: nothing", False),
        ("<<<api_call>>>: none\n<<<explanation>>>: pipeline('x', model='acme/net') would", False),
        ("<<<domain>>>: none\n<<<api_call>>>: pipeline('x', model='acme/net')", False),
    ],
)
def test_a_model_declines_by_none_in_the_place_of_the_call_and_no_call_anywhere(
    text: str, declines: bool
) -> None:
    assert parse_response(text).declines is declines
