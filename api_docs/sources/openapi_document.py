"""An OpenAPI document as data: read from JSON or YAML, and its references followed.

Knows 3.x and Swagger 2.0 as far as their frames differ: where inputs, bodies, servers and security stand.
What a schema says is `json_schemas`' knowledge.

Source: OpenAPI Specification 2.0, 3.0.4 and 3.1.1; RFC 6901 for the pointers of references.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote, urljoin, urlsplit

import orjson
import yaml

from api_docs.errors import InvalidDoc, SourceError

MAX_BYTES: Final = 32 * 2**20
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_MAX_HOPS: Final = 32
_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")

Node = Mapping[str, Any]


class Document:
    """A document whose root is an OpenAPI object. `where` is what messages call it."""

    def __init__(self, root: Node, where: str) -> None:
        self.root = root
        self.where = where
        self.is_swagger = "swagger" in root

    @property
    def revision(self) -> str:
        """The version that the document gives to the API, empty where it gives none."""
        return str(mapped(self.root.get("info")).get("version", ""))

    def resolve(self, node: Node) -> Node:
        """What a node refers to, or the node itself; what stands beside a `$ref` is passed over.

        Raises:
            InvalidDoc: when the reference leads nowhere, out of the document, or in a circle.
        """
        for _ in range(_MAX_HOPS):
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return node
            node = self._found(reference)
        raise InvalidDoc(f"the reference {node.get('$ref')!r} leads in a circle; break it")

    def operations(self) -> Iterator[tuple[str, str, Node, Node]]:
        """Method, path, operation and what all operations of the path share, in the document's order.

        An operation that is no object is given as an empty one under the key `$broken`.
        """
        for path, item in mapped(self.root.get("paths")).items():
            try:
                shared = self.resolve(mapped(item))
            except InvalidDoc as exc:
                yield "", str(path), {"$broken": str(exc)}, {}
                continue
            for method in METHODS:
                if method in shared:
                    found = shared[method]
                    broken = {"$broken": f"expected an object, found {type(found).__name__}"}
                    yield method.upper(), str(path), found if isinstance(found, Mapping) else broken, shared

    def inputs(self, operation: Node, shared: Node) -> list[Node]:
        """The operation's parameters in the form of 3.x, those of its path among them; its own win."""
        found: dict[tuple[str, str], Node] = {}
        for holder in (shared, operation):
            for node in listed(holder.get("parameters")):
                parameter = self.resolve(_object(node, "a parameter"))
                name, place = parameter.get("name"), parameter.get("in")
                if not isinstance(name, str) or not isinstance(place, str):
                    raise InvalidDoc("a parameter has no 'name' or no 'in'; give it both")
                found[name, place] = parameter
        return (
            [_lifted(parameter) for parameter in found.values()] if self.is_swagger else list(found.values())
        )

    def body(self, operation: Node, shared: Node) -> Node | None:
        """The operation's request body in the form of 3.x."""
        if self.is_swagger:
            return self._swagger_body(operation, self.inputs(operation, shared))
        found = operation.get("requestBody")
        return None if found is None else self.resolve(_object(found, "the request body"))

    def server(self, operation: Node, shared: Node, address: str | None) -> str:
        """The address that an operation's path goes on from, without a slash behind.

        `address` is that of the document, which a server may be relative to.

        Raises:
            InvalidDoc: when it is none that one could ask.
        """
        given = self._swagger_server(address) if self.is_swagger else self._first_server(operation, shared)
        url, host = given, None
        with contextlib.suppress(ValueError):  # it is no address at all
            url = urljoin(address, given) if address is not None else given
            host = urlsplit(url).hostname if urlsplit(url).scheme in ("http", "https") else None
        if not host:
            raise InvalidDoc(
                f"the server {given!r} is no address that one could ask; name it with --server https://host/path"
            )
        return url.rstrip("/")

    def security(self, operation: Node) -> tuple[str, ...]:
        """How a caller says who he is, each way in words; empty where nobody needs to."""
        wanted = operation.get("security", self.root.get("security"))
        ways = [way for way in listed(wanted) if isinstance(way, Mapping)]
        if not ways or any(not way for way in ways):
            return ()
        schemes = mapped(
            self.root.get("securityDefinitions")
            if self.is_swagger
            else mapped(self.root.get("components")).get("securitySchemes")
        )
        said = (" and ".join(self._scheme(str(name), schemes) for name in way) for way in ways)
        return tuple(dict.fromkeys(said))

    def _found(self, reference: str) -> Node:
        if not reference.startswith("#/"):
            raise InvalidDoc(
                f"the reference {reference[:200]!r} leads out of the document; bundle it into one"
            )
        node: Any = self.root
        for part in reference[2:].split("/"):
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            elif isinstance(node, Mapping) and key in node:
                node = node[key]
            else:
                raise InvalidDoc(f"the reference {reference[:200]!r} leads nowhere; {key!r} is not there")
        return _object(node, f"what {reference[:200]!r} refers to")

    def _first_server(self, operation: Node, shared: Node) -> str:
        for holder in (operation, shared, self.root):
            for server in listed(holder.get("servers")):
                if isinstance(server, Mapping) and isinstance(server.get("url"), str):
                    return _without_variables(server["url"], mapped(server.get("variables")))
        return "/"

    def _swagger_server(self, address: str | None) -> str:
        host, base = str(self.root.get("host", "")), str(self.root.get("basePath", "")) or "/"
        schemes = [str(scheme) for scheme in listed(self.root.get("schemes"))]
        if not host:
            return base
        default = urlsplit(address).scheme if address is not None else "https"
        scheme = "https" if "https" in schemes else (schemes or [default])[0]
        return f"{scheme}://{host}{base if base.startswith('/') else f'/{base}'}"

    def _swagger_body(self, operation: Node, parameters: list[Node]) -> Node | None:
        form = [parameter for parameter in parameters if parameter["in"] == "formData"]
        kinds = [str(kind) for kind in listed(operation.get("consumes", self.root.get("consumes")))]
        if form:
            has_file = any(parameter["schema"].get("format") == "binary" for parameter in form)
            kind = "multipart/form-data" if has_file or kinds[:1] == ["multipart/form-data"] else _FORM
            needed = [parameter["name"] for parameter in form if parameter.get("required") is True]
            properties = {parameter["name"]: parameter["schema"] for parameter in form}
            schema = {"type": "object", "properties": properties, "required": needed}
            return {"content": {kind: {"schema": schema}}, "required": bool(needed)}
        for parameter in parameters:
            if parameter["in"] == "body":
                schema = parameter.get("schema", {})
                content = {kind: {"schema": schema} for kind in kinds or ["application/json"]}
                return {"content": content, "required": parameter.get("required") is True}
        return None

    def _scheme(self, name: str, schemes: Node) -> str:
        """One security scheme in words of ours; a scheme's own words are no use to anybody here."""
        scheme = mapped(schemes.get(name))
        kind, where = scheme.get("type"), scheme.get("in")
        if kind == "apiKey" and isinstance(scheme.get("name"), str):
            place = {"header": "header", "query": "query parameter", "cookie": "cookie"}.get(
                str(where), "header"
            )
            return f"a key in the {place} {str(scheme['name'])[:80]!r}"
        if kind == "basic" or (kind == "http" and str(scheme.get("scheme", "")).lower() == "basic"):
            return "user and password (basic authentication)"
        return {
            "http": "a token in the header 'Authorization'",
            "oauth2": "an OAuth 2 token in the header 'Authorization'",
            "openIdConnect": "an OpenID token in the header 'Authorization'",
            "mutualTLS": "a client certificate",
        }.get(str(kind), "credentials of its own")


_FORM: Final = "application/x-www-form-urlencoded"


def read_document(data: bytes, where: str) -> Document:
    """Read a document from JSON or YAML.

    Raises:
        SourceError: when it is neither, or no OpenAPI document.
    """
    if len(data) > MAX_BYTES:
        raise SourceError(f"{where} has {len(data):,} bytes; at most {MAX_BYTES:,} are read")
    root = _parsed(data, where)
    version = root.get("openapi", root.get("swagger")) if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not re.match(r"(3\.|2\.0)", str(version)):
        raise SourceError(
            f"{where} is no OpenAPI document: it says version {version!r}; expected 3.x, or Swagger 2.0"
        )
    if not isinstance(root.get("paths"), Mapping):
        raise SourceError(
            f"{where} has no 'paths', so there is nothing to call; check that it is the whole document"
        )
    return Document(root, where)


def mapped(value: object) -> Node:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def listed(value: object) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as JSON has it: dates stay texts."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _parsed(data: bytes, where: str) -> object:
    if data.lstrip()[:1] == b"{":
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass  # YAML's flow style begins alike; its complaint is the better one
    try:
        return yaml.load(data, Loader=_Loader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        reason = " ".join(str(exc).split())[:200]
        raise SourceError(
            f"{where} is neither JSON nor YAML: {reason}; check that it is an OpenAPI document"
        ) from exc


def _object(value: object, what: str) -> Node:
    if not isinstance(value, Mapping):
        raise InvalidDoc(f"{what} is no object but {str(value)[:80]!r}")
    return value


def _without_variables(url: str, variables: Node) -> str:
    """A server's address with every variable at its default, which OpenAPI wants each to have."""
    for name in _VARIABLE.findall(url):
        default = mapped(variables.get(name)).get("default")
        if default is None:
            raise InvalidDoc(f"the variable {name!r} of the server {url!r} has no default; give it one")
        url = url.replace(f"{{{name}}}", str(default))
    return url


def _lifted(parameter: Node) -> Node:
    """A parameter of Swagger 2.0 as 3.x has it: what it is stands in a schema."""
    if parameter["in"] == "body":
        return parameter
    kept = {key: parameter[key] for key in ("name", "in", "required", "description") if key in parameter}
    schema = {key: value for key, value in parameter.items() if key not in (*kept, "collectionFormat")}
    if parameter.get("type") == "file":
        schema = {"type": "string", "format": "binary"}
    style = (
        {"explode": parameter.get("collectionFormat") == "multi"} if parameter.get("type") == "array" else {}
    )
    return {**kept, **style, "schema": schema}
