from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from api_docs.errors import SourceError
from api_docs.models import ApiDoc, ArgumentType, Place
from api_docs.sources.base import SourceResult
from api_docs.sources.openapi import OpenApi
from api_docs.sources.openapi_document import read_document
from api_docs.verification import check_doc
from tests.api_docs.own_apis import ADDRESS, SHOP, shop_docs


def read(document: Any, address: str | None = ADDRESS, server: str | None = None) -> SourceResult:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return OpenApi("shop", address, server).read_document(read_document(data, "the document"))


def with_operation(operation: dict[str, Any], path: str = "/things", **root: Any) -> dict[str, Any]:
    return {
        "openapi": "3.0.3",
        "servers": [{"url": "https://x.example"}],
        "paths": {path: {"get": operation}},
        **root,
    }


def one(operation: dict[str, Any], path: str = "/things", **root: Any) -> ApiDoc:
    found = read(with_operation(operation, path, **root))
    assert found.quarantined == []
    return found.docs[0]


def query(name: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"parameters": [{"name": name, "in": "query", "schema": schema, **more}]}


def body(kind: str, schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {"requestBody": {"required": required, "content": {kind: {"schema": schema}}}}


def test_every_operation_is_a_doc_with_a_complete_call() -> None:
    docs = {doc.id: doc for doc in shop_docs()}
    assert {doc_id: doc.call for doc_id, doc in docs.items()} == {
        "shop:listOrders": "requests.request('GET', 'https://shop.example/v1/orders')",
        "shop:createOrder": "requests.request('POST', 'https://shop.example/v1/orders', "
        "json={'item': '{item}', 'lines': [{'sku': '{sku}'}]})",
        "shop:getOrder": "requests.request('GET', 'https://shop.example/v1/orders/{order_id}')",
        "shop:cancelOrder": "requests.request('DELETE', 'https://shop.example/v1/orders/{order_id}')",
        "shop:latestOrder": "requests.request('GET', 'https://shop.example/v1/orders/latest')",
        "shop:GET:/files/{folder}/{path}": "requests.request('GET', "
        "'https://shop.example/v1/files/{folder}/{+path}')",
        "shop:search": "requests.request('GET', 'https://shop.example/v1/search', params={'q': '{q}'})",
        "shop:updateCustomer": "requests.request('POST', 'https://shop.example/v1/customers/{id}', "
        "data={'email': '{email}'})",
    }
    assert all(doc.alive for doc in docs.values())
    listed = docs["shop:listOrders"]
    assert listed.functionality == "List orders"
    assert listed.description == "All orders, the newest first."
    assert (listed.source_domain, listed.domain, listed.source_url) == ("orders", "web-api", ADDRESS)
    assert listed.facts == {
        "operation": "GET /orders",
        "security": ("a token in the header 'Authorization'",),
        "answers": "application/json",
    }


def test_inputs_have_their_place_type_choices_and_default() -> None:
    listed = {argument.wire: argument for argument in shop_docs()[0].arguments}
    assert listed["state"].choices == ("'open'", "'sent'", "'cancelled'")
    assert listed["state"].description == "Which orders."
    assert (listed["per_page"].type, listed["per_page"].default) == (ArgumentType.INT, "30")
    assert listed["paid"].choices == ("'true'", "'false'")  # `True` would go out as Python's word for it
    assert (listed["tag"].type, listed["tag"].items) == (ArgumentType.LIST, ArgumentType.STR)
    assert (listed["X-Trace"].name, listed["X-Trace"].place) == ("X_Trace", Place.HEADERS)
    assert listed["X-Trace"].type is ArgumentType.STR  # requests takes no other header


def test_fields_of_a_body_are_read_through_references_without_what_is_only_read() -> None:
    created = {argument.wire: argument for argument in shop_docs()[1].arguments}
    assert list(created) == ["item", "lines", "count", "gift", "note"]
    assert [argument.required for argument in created.values()] == [True, True, False, False, False]
    lines = created["lines"]
    assert (lines.type, lines.items) == (ArgumentType.LIST, ArgumentType.DICT)
    assert [field.name for field in lines.fields] == ["sku", "parent", "size"]
    assert created["note"].type is ArgumentType.ANY
    assert created["count"].type is ArgumentType.INT


@pytest.mark.parametrize(
    ("servers", "address", "server", "begins"),
    [
        ([{"url": "https://a.example/v1/"}], None, None, "https://a.example/v1/things"),
        ([{"url": "/v2"}], "https://b.example/docs/openapi.json", None, "https://b.example/v2/things"),
        ([{"url": "v2"}], "https://b.example/docs/openapi.json", None, "https://b.example/docs/v2/things"),
        ([], "https://b.example/docs/openapi.json", None, "https://b.example/things"),
        ([{"url": "/v2"}], None, "https://c.example/api/", "https://c.example/api/things"),
        (
            [
                {
                    "url": "https://{region}.d.example",
                    "variables": {"region": {"default": "eu", "enum": ["eu"]}},
                }
            ],
            None,
            None,
            "https://eu.d.example/things",
        ),
    ],
)
def test_addresses_go_on_from_the_server(
    servers: list[Any], address: str | None, server: str | None, begins: str
) -> None:
    found = read({**with_operation({}), "servers": servers}, address, server)
    assert found.docs[0].call == f"requests.request('GET', '{begins}')"


def test_a_file_with_relative_servers_says_how_to_name_one() -> None:
    with pytest.raises(SourceError, match="--server https://host/path"):
        read({**with_operation({}), "servers": [{"url": "/v1"}]}, None)


@pytest.mark.parametrize(
    ("operation", "call"),
    [
        (query("ids", {"type": "array", "items": {"type": "integer"}}, required=True), "params={'ids': [1]}"),
        (query("ids", {"type": "array"}, required=True, explode=False), "params={'ids': '{ids}'}"),
        (
            query("ids", {"type": "array", "items": {"type": "string"}}, required=True, style="deepObject"),
            "params={'ids[]': ['{ids[]}']}",
        ),
        (
            query(
                "at",
                {"type": "object", "required": ["lat"], "properties": {"lat": {"type": "number"}}},
                required=True,
                style="deepObject",
            ),
            "params={'at[lat]': 1.0}",
        ),
        (
            query(
                "at",
                {"type": "object", "required": ["lat"], "properties": {"lat": {"type": "number"}}},
                required=True,
            ),
            "params={'lat': 1.0}",
        ),
        (query("n", {"type": "integer", "minimum": 4.2}, required=True), "params={'n': 5}"),
        (
            query("n", {"type": "string", "default": "x", "enum": ["w", "x"]}, required=True),
            "params={'n': 'x'}",
        ),
        (
            {
                "parameters": [
                    {"name": "f", "in": "query", "required": True, "content": {"application/json": {}}}
                ]
            },
            "params={'f': '{f}'}",
        ),
        (
            {"parameters": [{"name": "s", "in": "cookie", "required": True, "schema": {"type": "integer"}}]},
            "cookies={'s': '{s}'}",
        ),
        (body("application/json", {"type": "array", "items": {"type": "string"}}), "json=['{json}']"),
        (body("application/json", {"type": "object", "properties": {"a": {"type": "string"}}}), "json={}"),
        (
            body(
                "application/merge-patch+json", {"required": ["a"], "properties": {"a": {"type": "boolean"}}}
            ),
            "headers={'Content-Type': 'application/merge-patch+json'}, json={'a': True}",
        ),
        (
            body("application/octet-stream", {}),
            "headers={'Content-Type': 'application/octet-stream'}, data='{data}'",
        ),
        (
            body(
                "multipart/form-data",
                {
                    "required": ["f", "n"],
                    "properties": {"f": {"type": "string", "format": "binary"}, "n": {"type": "string"}},
                },
            ),
            "data={'n': '{n}'}, files={'f': '{f}'}",
        ),
        (
            body(
                "application/json",
                {
                    "allOf": [
                        {"required": ["a"], "properties": {"a": {"const": 3}}},
                        {"required": ["b"], "properties": {"b": {"type": "object"}}},
                    ]
                },
            ),
            "json={'a': 3, 'b': {}}",
        ),
        (
            body(
                "application/json",
                {
                    "oneOf": [
                        {"type": "object", "required": ["a"], "properties": {"a": {}}},
                        {"type": "object", "required": ["b"], "properties": {"b": {}}},
                    ]
                },
            ),
            "json={}",
        ),
    ],
    ids=str,
)
def test_what_is_required_stands_in_the_call_as_it_goes_over_the_line(
    operation: dict[str, Any], call: str
) -> None:
    doc = one(operation)
    assert doc.call == f"requests.request('GET', 'https://x.example/things', {call})"
    check_doc(doc)


@pytest.mark.parametrize(
    ("said", "functionality"),
    [
        ({"summary": "List *things*."}, "List things"),
        ({"description": "Lists things. And more\n\n## Status codes"}, "Lists things"),
        ({"operationId": "listAllThings2"}, "List all things 2"),
        ({}, "Things"),
    ],
)
def test_what_an_operation_does_is_said_in_one_sentence(said: dict[str, str], functionality: str) -> None:
    assert one(said).functionality == functionality


def test_two_inputs_of_one_name_keep_apart() -> None:
    operation = {
        "parameters": [{"name": "id", "in": "path", "required": True}],
        **body(
            "application/json",
            {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}},
        ),
    }
    doc = one(operation, "/things/{id}")
    assert [(a.name, a.wire, a.place) for a in doc.arguments] == [
        ("id", "id", Place.URL),
        ("id_json", "id", Place.JSON),
    ]


def test_a_place_that_nobody_declares_takes_a_text() -> None:
    assert [a.name for a in one({}, "/things/{thing-id}").arguments] == ["thing_id"]


@pytest.mark.parametrize(
    ("operation", "path", "said"),
    [
        ({"parameters": [{"$ref": "#/components/nowhere"}]}, "/a", "leads nowhere"),
        ({"parameters": [{"$ref": "other.yaml#/x"}]}, "/a", "leads out of the document"),
        ({"parameters": [{"name": "x", "in": "path"}]}, "/a", "has no place in the path"),
        ({"parameters": ["x"]}, "/a", "no object"),
        ({"parameters": [{"in": "query"}]}, "/a", "no 'name'"),
        ({}, "a", "does not begin with a slash"),
        ({}, "/{a}{b}", "side by side"),
        (query("a b", {"type": "string"}), "/a", "can't be written"),
        (body("application/json", {"$ref": "#/components/schemas/Loop"}), "/a", "circle"),
        ("broken", "/a", "expected an object"),
        ({"servers": [{"url": "ftp://x"}]}, "/a", "no address"),
    ],
    ids=str,
)
def test_what_can_not_be_called_is_set_aside_and_the_rest_kept(operation: Any, path: str, said: str) -> None:
    document = with_operation({}, "/whole")
    document["components"] = {"schemas": {"Loop": {"$ref": "#/components/schemas/Loop"}}}
    document["paths"][path] = {"get": operation}
    found = read(document)
    assert [doc.name for doc in found.docs] == ["GET:/whole"]
    assert [bad.record for bad in found.quarantined] == [f"GET {path}"]
    assert said in found.quarantined[0].reason


def test_an_id_that_two_operations_have_is_nobodys() -> None:
    document = with_operation({"operationId": "same"})
    document["paths"]["/others"] = {"get": {"operationId": "same"}}
    assert [doc.id for doc in read(document).docs] == ["shop:GET:/things", "shop:GET:/others"]


def test_endless_schemas_and_hundreds_of_fields_stay_within_bounds() -> None:
    loop = {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/Node"}, "name": {"type": "string"}},
    }
    wide = {
        "type": "object",
        "properties": {f"field_{n}": {"$ref": "#/components/schemas/Node"} for n in range(250)},
    }
    doc = one(body("application/json", wide), components={"schemas": {"Node": loop}})
    assert len(doc.arguments) == 250
    assert len(doc.model_dump_json()) < 200_000


SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "host": "pets.example",
    "basePath": "/api",
    "schemes": ["http", "https"],
    "consumes": ["application/json"],
    "produces": ["application/json"],
    "securityDefinitions": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    "security": [{"key": []}],
    "parameters": {"limit": {"name": "limit", "in": "query", "type": "integer", "maximum": 9}},
    "definitions": {
        "Pet": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    },
    "paths": {
        "/pets": {
            "get": {
                "operationId": "listPets",
                "parameters": [
                    {"$ref": "#/parameters/limit"},
                    {
                        "name": "tags",
                        "in": "query",
                        "type": "array",
                        "items": {"type": "string"},
                        "collectionFormat": "multi",
                        "required": True,
                    },
                    {
                        "name": "ids",
                        "in": "query",
                        "type": "array",
                        "items": {"type": "integer"},
                        "required": True,
                    },
                ],
            },
            "post": {
                "operationId": "addPet",
                "parameters": [
                    {"in": "body", "name": "pet", "required": True, "schema": {"$ref": "#/definitions/Pet"}}
                ],
            },
        },
        "/pets/{id}/photo": {
            "post": {
                "operationId": "addPhoto",
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "type": "integer"},
                    {"name": "photo", "in": "formData", "required": True, "type": "file"},
                    {"name": "note", "in": "formData", "type": "string"},
                ],
            }
        },
    },
}


def test_swagger_2_says_the_same_in_its_own_frame() -> None:
    docs = {doc.name: doc for doc in read(SWAGGER, None).docs}
    base = "https://pets.example/api/pets"
    assert docs["listPets"].call == (
        f"requests.request('GET', '{base}', params={{'tags': ['{{tags}}'], 'ids': '{{ids}}'}})"
    )
    assert docs["addPet"].call == f"requests.request('POST', '{base}', json={{'name': '{{name}}'}})"
    assert (
        docs["addPhoto"].call
        == f"requests.request('POST', '{base}/{{id}}/photo', files={{'photo': '{{photo}}'}})"
    )
    assert [a.wire for a in docs["listPets"].arguments] == ["tags", "ids", "limit"]
    assert docs["addPet"].facts["security"] == ("a key in the header 'X-Key'",)
    assert docs["addPhoto"].arguments[1].place is Place.FILES


def test_yaml_is_read_as_json_is_and_dates_stay_texts(tmp_path: Path) -> None:
    file = tmp_path / "shop.yaml"
    document = {**SHOP, "info": {"title": "Shop", "version": "2024-01-01"}}
    file.write_text(yaml.safe_dump(document, sort_keys=False).replace("'2024-01-01'", "2024-01-01"))
    assert OpenApi("shop", ADDRESS).read(file).docs == shop_docs()
    assert read_document(file.read_bytes(), "x").revision == "2024-01-01"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no OpenAPI document"),
        (b"[]", "no OpenAPI document"),
        (b"{", "neither JSON nor YAML"),
        (b"a: [", "neither JSON nor YAML"),
        (b'{"openapi": "4.0.0", "paths": {}}', "version '4.0.0'"),
        (b'{"openapi": "3.1.0"}', "no 'paths'"),
        (b"<html>sign in</html>", "no OpenAPI document"),
    ],
)
def test_what_is_no_document_is_told(data: bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        read(data)


def test_a_document_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="can't read"):
        OpenApi("shop").read(tmp_path / "nowhere.json")


_ODD = st.sampled_from(
    [None, 0, 1.5, "", "x", "#/a", [], [1], {}, {"$ref": 3}, {"$ref": "#/paths"}, True, {"type": "nonsense"}]
)


@settings(max_examples=300)
@given(
    st.lists(st.tuples(st.integers(0, 400), _ODD), min_size=1, max_size=3), st.sampled_from([SHOP, SWAGGER])
)
def test_however_broken_a_document_is_nothing_else_than_our_errors_comes_of_it(
    changes: list[tuple[int, Any]], whole: dict[str, Any]
) -> None:
    document = copy.deepcopy(whole)
    for place, odd in changes:
        holders = list(_holders(document))
        holder, key = holders[place % len(holders)]
        holder[key] = copy.deepcopy(odd)
    try:
        found = read(document)
    except SourceError:
        return
    for doc in found.docs:
        check_doc(doc)


def _holders(node: Any) -> Any:
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        yield node, key
        if isinstance(value, dict | list):
            yield from _holders(value)


_SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["string", "integer", "number", "boolean", "null", ["string", "null"]])},
        optional={
            "enum": st.lists(
                st.one_of(st.integers(-3, 3), st.text(max_size=4), st.none(), st.booleans()), max_size=3
            ),
            "default": st.one_of(st.integers(), st.text(max_size=4), st.booleans(), st.floats()),
            "minimum": st.integers(-5, 5),
        },
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.dictionaries(st.text("ab_-$", min_size=1, max_size=3), inner, max_size=3),
            },
            optional={
                "required": st.lists(st.text("ab_-$", min_size=1, max_size=3), max_size=2),
                "additionalProperties": st.booleans(),
            },
        ),
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=2)}),
        st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)}),
    ),
    max_leaves=6,
)


@given(_SCHEMAS, st.sampled_from(["query", "header", "cookie", "path", "json", "form"]), st.booleans())
def test_whatever_a_schema_says_the_call_of_the_doc_verifies(schema: Any, place: str, required: bool) -> None:
    path = "/things/{x}" if place == "path" else "/things"
    if place in ("json", "form"):
        kind = "application/json" if place == "json" else "application/x-www-form-urlencoded"
        operation = body(kind, schema, required=required)
    else:
        operation = {"parameters": [{"name": "x", "in": place, "required": required, "schema": schema}]}
    try:
        found = read(with_operation(operation, path))
    except SourceError:
        return  # its only operation was set aside
    for doc in found.docs:
        check_doc(doc)
