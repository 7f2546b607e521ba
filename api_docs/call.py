"""A call expression as data: parsed with `ast`, compared by value, never executed or imported.

Knows Python's syntax only. Which arguments identify an API is in `loader_table`, whether a call exists in
`verification`, and how to find a call in the output of a model in `response`.
"""

from __future__ import annotations

import ast
import copy
import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass

from api_docs.errors import UnparseableCall

MAX_CALL_LENGTH = 4_000
"""Characters. Longer text is no call, and deep nesting costs the parser its stack."""
MAX_DEPTH = 100
"""Levels of the syntax tree. No hub's call has more than a dozen."""

# A module's name before a callee says where it is imported from, not what it is.
_DROPPED_PREFIXES = (
    "transformers.",
    "diffusers.",
    "sentence_transformers.",
    "huggingface_hub.",
    "huggingface_sb3.",
    "keras.saving.",
)
_RENAMED_PREFIXES = {"tensorflow_hub.": "hub.", "tfhub.": "hub.", "torch_hub.": "torch.hub."}
# Calls that only wrap a loader: the API is inside, behind input layers if there are any.
_WRAPPERS = frozenset({"tf.keras.Sequential", "keras.Sequential", "tf.keras.models.Sequential", "Sequential"})
_LAYERS = re.compile(r"(?:tf\.)?(?:keras\.)?(?:layers\.\w+|Input(?:Layer)?)")
# Modules whose constants are types of numbers: `torch.float16`, `np.uint8`.
_NUMBER_TYPE = re.compile(
    r"(?:torch|np|numpy|tf|jnp)\."
    r"(?:bfloat16|float\d*(?:_\w+)?|u?int\d*|q?u?int\d+|complex\d*|half|double|short|long|bool_?|string)"
)

# What Python's parser warns of: unknown escapes in strings, and numbers that run into words (`1if`).
_STRING = (
    r"""(?P<prefix>[A-Za-z]{0,2})(?P<quote>'''|\"\"\"|'|")(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P=quote)"""
)
_RUN_TOGETHER = (
    r"(?P<number>(?<!\w)(?>0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+"
    r"|\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d[\d_]*)?[jJ]?)(?=[A-Za-z]))"
)
_LOUD = re.compile(f"{_STRING}|{_RUN_TOGETHER}", re.DOTALL)
_ESCAPE = re.compile(r"\\(?P<octal>[4-7][0-7]{2})|\\(?P<known>[\n\r\\'\"abfnrtvxNuU0-7])|\\", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Call:
    """One call: canonical callee, positional and keyword arguments as normalised source text."""

    callee: str
    positional: tuple[str, ...] = ()
    keywords: tuple[tuple[str, str], ...] = ()

    def render(self) -> str:
        """The call as one line of Python."""
        arguments = [*self.positional, *(f"{name}={value}" for name, value in self.keywords)]
        return f"{self.callee}({', '.join(arguments)})"


def parse_call(text: str) -> Call:
    """Parse one call expression, with or without an assignment target.

    Method chains (`….eval()`), calls of the result (`pipeline(…)(x)`), subscripts, tuples and known
    wrappers (`tf.keras.Sequential([…])`) are reduced to the call that loads the model.

    Raises:
        UnparseableCall: when the text is not one such expression.
    """
    node = _call_node(_single_expression(text))
    if node is None:
        raise UnparseableCall(f"{_short(text)} contains no call; expected one such as name(argument, …)")
    try:
        return _to_call(node)
    except ValueError as exc:  # an integer of more digits than Python prints
        raise UnparseableCall(f"{_short(text)} holds a number of too many digits to write out") from exc


def parse_value(text: str) -> ast.expr:
    """Parse one argument value.

    Raises:
        UnparseableCall: when it is not an expression.
    """
    match _statements(text):
        case [ast.Expr(value=value)]:
            return value
        case _:
            raise UnparseableCall(f"{_short(text)} is not one expression; expected the value of an argument")


def literal(text: str) -> object:
    """The value of a literal expression; raises ValueError where it is no literal."""
    try:
        return ast.literal_eval(parse_value(text))
    except (UnparseableCall, ValueError, TypeError, RecursionError) as exc:
        raise ValueError(f"{_short(text)} is not a literal") from exc


def is_plain_data(node: ast.expr) -> bool:
    """Whether evaluating the expression could only build data: literals, number types, `torch.device(…)`."""
    match node:
        case ast.Constant(value=value):
            return value is not ...
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant(value=value)):
            return isinstance(value, int | float | complex)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return all(is_plain_data(item) for item in items)
        case ast.Dict(keys=keys, values=values):
            return all(key is not None and is_plain_data(key) for key in keys) and all(
                is_plain_data(value) for value in values
            )
        case _:
            return is_number_type(node) or is_device(node)


def is_number_type(node: ast.expr) -> bool:
    """Whether the expression names a type of numbers, such as `torch.float16`."""
    return _NUMBER_TYPE.fullmatch(dotted_name(node) or "") is not None


def is_device(node: ast.expr) -> bool:
    """Whether the expression is `torch.device(…)` of constants."""
    return (
        isinstance(node, ast.Call)
        and dotted_name(node.func) == "torch.device"
        and all(isinstance(value, ast.Constant) for value in (*node.args, *(k.value for k in node.keywords)))
    )


def dotted_name(node: ast.expr) -> str | None:
    """`a.b.c` for a chain of names, None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted_name(node.value)
        return f"{owner}.{node.attr}" if owner else None
    return None


def canonical_callee(name: str) -> str:
    """The callee without the module that it is imported from."""
    for prefix in _DROPPED_PREFIXES:
        if name.startswith(prefix):
            return name.removeprefix(prefix)
    for prefix, replacement in _RENAMED_PREFIXES.items():
        if name.startswith(prefix):
            return replacement + name.removeprefix(prefix)
    return name


def normalise(node: ast.expr) -> str:
    """Source text that is equal for equal values: one quote style, sorted keywords of nested calls."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bool | None):
        return repr(node.value)  # most arguments are; the same as below, ten times as fast
    return ast.unparse(_Normaliser().visit(copy.deepcopy(node)))


class _Normaliser(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        node.kind = None  # u'text' is 'text'
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = dotted_name(node.func)
        if name is not None:
            node.func = ast.parse(canonical_callee(name), mode="eval").body
        node.keywords.sort(key=lambda argument: argument.arg or "")
        return node


def _single_expression(text: str) -> ast.expr:
    """The expression of a text, without what it is assigned to."""
    match _statements(text):
        case [ast.Expr(value=ast.NamedExpr(value=value))]:
            return value
        case [ast.Expr(value=value) | ast.Assign(value=value)]:
            return value
        case [ast.AnnAssign(value=ast.expr() as value)]:
            return value
        case _:
            raise UnparseableCall(f"{_short(text)} is not one expression; expected a single call")


def _statements(text: str) -> list[ast.stmt]:
    if len(text) > MAX_CALL_LENGTH:
        raise UnparseableCall(f"a call of {len(text)} characters; at most {MAX_CALL_LENGTH} are read")
    try:
        tree = ast.parse(_quiet(text.strip()))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        reason = exc.msg if isinstance(exc, SyntaxError) else str(exc)
        raise UnparseableCall(f"{_short(text)} is not a Python expression: {reason}") from exc
    if _deeper_than(tree, MAX_DEPTH):
        raise UnparseableCall(f"{_short(text)} is nested more than {MAX_DEPTH} levels deep")
    return tree.body


def _quiet(text: str) -> str:
    """The same Python, without what makes its parser warn: foreign text is no concern of our log.

    Filters of the `warnings` module are no way: they are not safe in threads.
    """
    return _LOUD.sub(_quiet_token, text)


def _quiet_token(match: re.Match[str]) -> str:
    if match["number"]:
        raise UnparseableCall(f"the number {match['number']} runs into a word; put a space between them")
    if "\\" not in match["body"] or "r" in match["prefix"].lower():
        return match[0]
    body = _ESCAPE.sub(_quiet_escape, match["body"])
    return f"{match['prefix']}{match['quote']}{body}{match['quote']}"


def _quiet_escape(match: re.Match[str]) -> str:
    if match["octal"]:
        return f"\\u{int(match['octal'], 8):04x}"
    return match[0] if match["known"] else "\\\\"


def _deeper_than(tree: ast.AST, levels: int) -> bool:
    layer: list[ast.AST] = [tree]
    for _ in range(levels):
        layer = [child for node in layer for child in ast.iter_child_nodes(node)]
        if not layer:
            return False
    return True


def _call_node(node: ast.expr) -> ast.Call | None:
    """The loading call inside chains, subscripts, tuples and wrappers."""
    while True:
        match node:
            case ast.Call(func=ast.Call() as inner):
                node = inner
            case ast.Call(func=ast.Attribute(value=owner)) if (chained := _chained_call(owner)) is not None:
                node = chained
            case ast.Call(func=func) if dotted_name(func) in _WRAPPERS:
                return next(_inner_calls(node), node)
            case ast.Call(func=func):
                return node if dotted_name(func) else None
            case ast.Subscript(value=value) | ast.Attribute(value=value) | ast.Await(value=value):
                node = value
            case ast.Tuple(elts=[first, *_]):
                node = first
            case _:
                return None


def _chained_call(node: ast.expr) -> ast.Call | None:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node if isinstance(node, ast.Call) else None


def _inner_calls(wrapper: ast.Call) -> Iterator[ast.Call]:
    for argument in wrapper.args:
        items = argument.elts if isinstance(argument, ast.List | ast.Tuple) else [argument]
        for item in items:
            found = _call_node(item)
            if found is not None and not _LAYERS.fullmatch(dotted_name(found.func) or ""):
                yield found


def _to_call(node: ast.Call) -> Call:
    callee = canonical_callee(dotted_name(node.func) or "")
    keywords: list[tuple[str, str]] = []
    for argument in node.keywords:
        if argument.arg is not None:
            keywords.append((argument.arg, normalise(argument.value)))
        elif isinstance(argument.value, ast.Dict):
            keywords.extend(_spread(argument.value))
        else:
            raise UnparseableCall(
                f"**{ast.unparse(argument.value)} can't be checked; write the arguments out by name"
            )
    if any(isinstance(value, ast.Starred) for value in node.args):
        raise UnparseableCall("*arguments can't be checked; write the arguments out")
    return Call(callee, tuple(normalise(value) for value in node.args), tuple(keywords))


def _spread(node: ast.Dict) -> Iterator[tuple[str, str]]:
    for key, value in zip(node.keys, node.values, strict=True):
        name = key.value if isinstance(key, ast.Constant) else None
        if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
            raise UnparseableCall("**{…} may only hold names of arguments; write the arguments out by name")
        yield name, normalise(value)


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else f"{text[:117]}…")
