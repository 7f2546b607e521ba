"""A shop with an OpenAPI document and a desk with tools: what tests of people's own APIs stand on."""

from __future__ import annotations

import json
from typing import Any

from api_docs.catalogue import Catalogue
from api_docs.models import ApiDoc
from api_docs.sources.mcp_tools import McpTools
from api_docs.sources.openapi import OpenApi
from api_docs.sources.openapi_document import read_document

ADDRESS = "https://shop.example/openapi.json"

SHOP: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "2.4"},
    "servers": [{"url": "/v1"}],
    "security": [{"token": []}],
    "paths": {
        "/orders": {
            "get": {
                "operationId": "listOrders",
                "summary": "List orders",
                "description": "All **orders**, the [newest](https://shop.example/help) first.",
                "tags": ["orders"],
                "parameters": [
                    {
                        "name": "state",
                        "in": "query",
                        "schema": {"type": "string", "enum": ["open", "sent", "cancelled"]},
                        "description": "Which orders.",
                    },
                    {"name": "per_page", "in": "query", "schema": {"type": "integer", "default": 30}},
                    {"name": "paid", "in": "query", "schema": {"type": "boolean"}},
                    {"name": "tag", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "X-Trace", "in": "header", "schema": {"type": "integer"}},
                ],
                "responses": {"200": {"content": {"application/json": {}}}},
            },
            "post": {
                "operationId": "createOrder",
                "summary": "Create an order",
                "tags": ["orders"],
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/NewOrder"}}},
                },
            },
        },
        "/orders/{order_id}": {
            "parameters": [
                {"name": "order_id", "in": "path", "required": True, "schema": {"type": "integer"}}
            ],
            "get": {"operationId": "getOrder", "summary": "Get an order", "tags": ["orders"]},
            "delete": {"operationId": "cancelOrder", "summary": "Cancel an order", "security": []},
        },
        "/orders/latest": {"get": {"operationId": "latestOrder", "summary": "Get the latest order"}},
        "/files/{folder}/{path}": {
            "get": {
                "summary": "Read a file",
                "deprecated": True,
                "parameters": [
                    {"name": "folder", "in": "path", "required": True, "schema": {"enum": ["in", "out"]}},
                    {
                        "name": "path",
                        "in": "path",
                        "required": True,
                        "x-multi-segment": True,
                        "schema": {"type": "string"},
                    },
                ],
            }
        },
        "/search": {
            "get": {
                "operationId": "search",
                "summary": "Search everything",
                "parameters": [
                    {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}},
                    {
                        "name": "filter",
                        "in": "query",
                        "style": "deepObject",
                        "explode": True,
                        "schema": {"type": "object", "properties": {"min": {"type": "number"}}},
                    },
                ],
            }
        },
        "/customers/{id}": {
            "post": {
                "operationId": "updateCustomer",
                "summary": "Update a customer",
                "requestBody": {
                    "content": {
                        "application/x-www-form-urlencoded": {
                            "schema": {
                                "type": "object",
                                "required": ["email"],
                                "properties": {
                                    "email": {"type": "string"},
                                    "address": {"type": "object", "properties": {"city": {"type": "string"}}},
                                },
                            }
                        }
                    }
                },
            }
        },
    },
    "components": {
        "schemas": {
            "NewOrder": {
                "type": "object",
                "required": ["item", "lines"],
                "properties": {
                    "id": {"type": "integer", "readOnly": True},
                    "item": {"type": "string"},
                    "count": {"type": ["integer", "null"], "minimum": 1},
                    "gift": {"type": "boolean"},
                    "note": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
                    "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                },
            },
            "Line": {
                "type": "object",
                "required": ["sku"],
                "properties": {
                    "sku": {"type": "string"},
                    "parent": {"$ref": "#/components/schemas/Line"},
                    "size": {"type": "string", "enum": ["s", "m"]},
                },
            },
        },
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    },
}

TOOLS: list[dict[str, Any]] = [
    {
        "name": "find-ticket",
        "title": "Find a ticket",
        "description": "Tickets of the desk by words.",
        "inputSchema": {
            "type": "object",
            "required": ["query"],
            "properties": {
                "query": {"type": "string"},
                "limit": {"type": "integer"},
                "state": {"enum": ["open", "closed"]},
                "order-by": {"type": "string"},
            },
        },
    },
    {"name": "open", "description": "Open the desk.", "inputSchema": {"type": "object"}},
    {
        "name": "close_ticket",
        "annotations": {"destructiveHint": True},
        "inputSchema": {
            "type": "object",
            "required": ["ticket"],
            "properties": {
                "ticket": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
            },
        },
    },
]


def shop_docs(document: dict[str, Any] = SHOP) -> list[ApiDoc]:
    """The docs of the shop's document."""
    read = read_document(json.dumps(document).encode(), "the shop")
    found = OpenApi("shop", ADDRESS).read_document(read)
    assert found.quarantined == []
    return found.docs


def desk_docs() -> list[ApiDoc]:
    """The docs of the desk's tools."""
    found = McpTools("desk", "https://desk.example/mcp").read_tools(TOOLS)
    assert found.quarantined == []
    return found.docs


def own_catalogue() -> Catalogue:
    """Both hubs."""
    return Catalogue([*desk_docs(), *shop_docs()])
