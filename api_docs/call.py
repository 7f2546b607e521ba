"""A call expression as data: parsed with `ast`, compared by value, never executed or imported.

Knows Python's syntax only. Which arguments identify an API is in `loaders`, whether a call exists in
`verification`.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from api_docs.errors import UnparseableCall

MAX_CALL_LENGTH = 4_000
"""Characters. Longer text is no call, and deep nesting costs the parser its stack."""

# A module's name before a callee says where it is imported from, not what it is.
_DROPPED_PREFIXES = (
    "transformers.",
    "diffusers.",
    "sentence_transformers.",
    "huggingface_hub.",
    "keras.saving.",
)
_RENAMED_PREFIXES = {"tensorflow_hub.": "hub.", "tfhub.": "hub.", "torch_hub.": "torch.hub."}
# Calls that only wrap a loader: the API is inside.
_WRAPPERS = frozenset({"tf.keras.Sequential", "keras.Sequential", "tf.keras.models.Sequential", "Sequential"})
# Names whose attributes are plain constants (`torch.float16`, `np.float32`).
_CONSTANT_MODULES = frozenset({"torch", "np", "numpy", "tf", "jnp"})
# Nested calls that are data: where a file lies, which device, which part of a pipeline.
_DATA_CALLS = frozenset(
    {"hf_hub_download", "hf_hub_url", "cached_download", "snapshot_download", "torch.device"}
)


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
        raise UnparseableCall(f"{_short(text)!r} contains no call; expected one such as name(argument, …)")
    return _to_call(node)


def parse_value(text: str) -> ast.expr:
    """Parse one argument value.

    Raises:
        UnparseableCall: when it is not an expression.
    """
    return _single_expression(text)


def literal(text: str) -> object:
    """The value of a literal expression; raises ValueError where it is no literal."""
    try:
        return ast.literal_eval(parse_value(text))
    except (UnparseableCall, ValueError, TypeError, RecursionError) as exc:
        raise ValueError(f"{_short(text)!r} is not a literal") from exc


def is_plain_data(node: ast.expr) -> bool:
    """Whether evaluating the expression could only build data: literals, constants, download paths."""
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
        case ast.Attribute():
            root, _, rest = (dotted_name(node) or "").partition(".")
            return root in _CONSTANT_MODULES and "." not in rest and not rest.startswith("_")
        case ast.Call(args=args, keywords=keywords):
            name = canonical_callee(dotted_name(node.func) or "")
            return (
                name in _DATA_CALLS
                and all(is_plain_data(item) for item in args)
                and all(item.arg is not None and is_plain_data(item.value) for item in keywords)
            )
        case _:
            return False


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
    return ast.unparse(_Normaliser().visit(ast.parse(ast.unparse(node), mode="eval").body))


class _Normaliser(ast.NodeTransformer):
    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = dotted_name(node.func)
        if name is not None:
            node.func = ast.parse(canonical_callee(name), mode="eval").body
        node.keywords.sort(key=lambda keyword: keyword.arg or "")
        return node


def _single_expression(text: str) -> ast.expr:
    if len(text) > MAX_CALL_LENGTH:
        raise UnparseableCall(f"a call of {len(text)} characters; at most {MAX_CALL_LENGTH} are read")
    try:
        with warnings.catch_warnings():
            # Foreign text may hold odd escapes; that is no concern of our log.
            warnings.simplefilter("ignore")
            body = ast.parse(text.strip(), mode="exec").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        reason = exc.msg if isinstance(exc, SyntaxError) else str(exc)
        raise UnparseableCall(f"{_short(text)!r} is not a Python expression: {reason}") from exc
    match body:
        case [ast.Expr(value=value) | ast.Assign(value=value)]:
            return value
        case [ast.AnnAssign(value=ast.expr() as value)]:
            return value
        case _:
            raise UnparseableCall(f"{_short(text)!r} is not one expression; expected a single call")


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
            if (found := _call_node(item)) is not None:
                yield found


def _to_call(node: ast.Call) -> Call:
    callee = canonical_callee(dotted_name(node.func) or "")
    keywords: list[tuple[str, str]] = []
    for keyword in node.keywords:
        if keyword.arg is not None:
            keywords.append((keyword.arg, normalise(keyword.value)))
        elif isinstance(keyword.value, ast.Dict):
            keywords.extend(_spread(keyword.value))
        else:
            raise UnparseableCall(
                f"**{ast.unparse(keyword.value)} can't be checked; write the arguments out by name"
            )
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        raise UnparseableCall("*arguments can't be checked; write the arguments out")
    return Call(callee, tuple(normalise(argument) for argument in node.args), tuple(keywords))


def _spread(node: ast.Dict) -> Iterator[tuple[str, str]]:
    for key, value in zip(node.keys, node.values, strict=True):
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier()):
            raise UnparseableCall("**{…} may only hold string keys; write the arguments out by name")
        yield key.value, normalise(value)


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:117]}…"
