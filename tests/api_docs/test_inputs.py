"""Requests and tools: what verifies, what does not, and what a verdict says of it."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_docs.call import parse_call
from api_docs.catalogue import Catalogue
from api_docs.inputs import given_inputs, open_inputs, with_input
from api_docs.snippets import render_code, warnings_for
from api_docs.verification import Reason, check_doc, verify
from tests.api_docs.own_apis import SHOP, own_catalogue, shop_docs

CATALOGUE = own_catalogue()
BASE = "https://shop.example/v1"


def get(path: str, more: str = "", method: str = "GET") -> str:
    return f"requests.request({method!r}, {BASE + path!r}{more})"


CREATE = get("/orders", ", json={'item': 'tea', 'lines': [{'sku': 'a'}]}", "POST")


@pytest.mark.parametrize("doc", CATALOGUE.docs, ids=lambda doc: doc.id)
def test_every_template_verifies_as_its_own(doc) -> None:
    check_doc(doc)
    verdict = verify(doc.call, CATALOGUE)
    assert (verdict.verified, verdict.doc_id) == (True, doc.id)


@pytest.mark.parametrize(
    ("call", "doc_id"),
    [
        (get("/orders"), "shop:listOrders"),
        (
            get("/orders", ", params={'state': 'open', 'per_page': 5, 'paid': 'true', 'tag': ['a']}"),
            "shop:listOrders",
        ),
        (get("/orders", ", headers={'x-trace': '7'}"), "shop:listOrders"),
        (get("/orders", ", params={'state': None}, timeout=3.5"), "shop:listOrders"),
        (get("/orders/17"), "shop:getOrder"),
        (get("/orders/{order_id}"), "shop:getOrder"),
        (get("/orders/latest"), "shop:latestOrder"),
        (get("/orders/17", method="DELETE"), "shop:cancelOrder"),
        (f"requests.request(url='{BASE}/orders', method='GET')", "shop:listOrders"),
        (get("/files/in/a/b/c.txt"), "shop:GET:/files/{folder}/{path}"),
        (get("/search", ", params={'q': 'tea', 'filter[min]': 2}"), "shop:search"),
        (CREATE, "shop:createOrder"),
        (CREATE.replace("'tea'", "'tea', 'count': None, 'note': 3, 'gift': True"), "shop:createOrder"),
        (
            get("/customers/7", ", data={'email': 'a@b', 'address[city]': 'Bern'}", "POST"),
            "shop:updateCustomer",
        ),
        ("find_ticket(query='printer', limit=3, state='open')", "desk:find-ticket"),
        ("open_()", "desk:open"),
        ("close_ticket(ticket={'id': 4})", "desk:close_ticket"),
    ],
)
def test_a_call_that_is_filled_in_verifies(call: str, doc_id: str) -> None:
    verdict = verify(call, CATALOGUE)
    assert (verdict.verified, verdict.doc_id) == (True, doc_id), verdict.message


@pytest.mark.parametrize(
    ("call", "reason", "argument", "said"),
    [
        (
            get("/orders", ", params={'stat': 'open'}"),
            "unknown_argument",
            "params.stat",
            "did you mean 'state'?",
        ),
        (get("/orders", ", json={'state': 'open'}"), "unknown_argument", "json.state", "belongs to 'params'"),
        (get("/orders", ", state='open'"), "unknown_argument", "state", "write it into 'params'"),
        (
            get("/orders", ", params={'state': 'opened'}"),
            "wrong_value",
            "params.state",
            "did you mean 'open'?",
        ),
        (get("/orders", ", params={'per_page': '5'}"), "wrong_type", "params.per_page", "no int"),
        (get("/orders", ", params={'paid': True}"), "wrong_type", "params.paid", "no str"),
        (get("/orders", ", params={'tag': [1]}"), "wrong_type", "params.tag[]", "no str"),
        (
            get("/orders", ", params={'state': 'open', 'state': 'sent'}"),
            "repeated_argument",
            "params.state",
            "twice",
        ),
        (get("/orders", ", params=[('state', 'open')]"), "wrong_type", "params", "no dict"),
        (get("/orders", ", params={'state': open('x')}"), "unsafe_value", "params", "plain data"),
        (get("/orders", ", params={'state': torch.float16}"), "unsafe_value", "params", "plain data"),
        (get("/orders", ", auth=('me', 'secret')"), "unknown_argument", "auth", "no argument 'auth'"),
        (
            get("/orders", ", headers={'Authorization': 'x'}"),
            "unknown_argument",
            "headers.Authorization",
            "no header",
        ),
        (get("/orders/abc"), "wrong_type", "order_id", "no int"),
        (get("/files/elsewhere/a"), "wrong_value", "folder", "none of 'in', 'out'"),
        (get("/search"), "missing_argument", "params.q", "query parameter 'q' is required"),
        (get("/search", ", params={'q': None}"), "missing_argument", "params.q", "required"),
        (CREATE.replace("'item': 'tea', ", ""), "missing_argument", "json.item", "field of the body 'item'"),
        (CREATE.replace("'sku'", "'skus'"), "unknown_argument", "json.lines[].skus", "did you mean 'sku'?"),
        (CREATE.replace("'a'", "3"), "wrong_type", "json.lines[].sku", "no str"),
        (
            CREATE.replace("'sku': 'a'", "'sku': 'a', 'size': 'xl'"),
            "wrong_value",
            "json.lines[].size",
            "none of",
        ),
        (get("/orders", method="PUT"), "unknown_api", "method", "is asked with the method"),
        (get("/carts"), "unknown_api", "url", "is in no API doc"),
        ("find_ticket(query='x', limit='3')", "wrong_type", "limit", "no int"),
        ("find_ticket(query='x', state='shut')", "wrong_value", "state", "none of"),
        ("find_ticket(quest='x')", "missing_argument", "query", "required"),
        ("find_ticket(query='x', limits=3)", "unknown_argument", "limits", "did you mean 'limit'?"),
        ("find_ticket('x')", "missing_argument", "query", "required"),
        ("find_ticket(query=open('x').read())", "unsafe_value", "query", "plain data"),
        ("close_ticket(ticket={})", "missing_argument", "ticket.id", "required"),
        ("open_(1)", "unknown_api", None, "no API doc"),
    ],
)
def test_a_call_that_is_not_documented_is_refused_and_told_why(
    call: str, reason: str, argument: str | None, said: str
) -> None:
    verdict = verify(call, CATALOGUE)
    assert (verdict.verified, verdict.reason, verdict.argument) == (False, Reason(reason), argument), (
        verdict.message
    )
    assert said in verdict.message
    assert verdict.nearest is not None
    assert verify(verdict.nearest, CATALOGUE).verified


@pytest.mark.parametrize(
    ("call", "nearest"),
    [
        (
            get("/orders", ", params={'stat': 'open', 'per_page': 5}"),
            get("/orders", ", params={'state': 'open', 'per_page': 5}"),
        ),
        (get("/orders", ", json={'state': 'sent'}"), get("/orders", ", params={'state': 'sent'}")),
        (get("/orders", ", state='sent'"), get("/orders")),
        (
            CREATE.replace("'item': 'tea', ", "'gift': True, "),
            get("/orders", ", json={'item': '{item}', 'lines': [{'sku': 'a'}], 'gift': True}", "POST"),
        ),
        (get("/orders", method="PATCH"), get("/orders")),
        ("find_ticket(query='x', limits=3)", "find_ticket(query='x', limit=3)"),
    ],
)
def test_the_nearest_call_keeps_what_was_right(call: str, nearest: str) -> None:
    assert verify(call, CATALOGUE).nearest == nearest


def test_a_moved_operation_leaves_its_old_call_unverified() -> None:
    moved = {**SHOP, "paths": {**SHOP["paths"], "/purchases": SHOP["paths"]["/orders"]}}
    del moved["paths"]["/orders"]
    before, after = (
        Catalogue(shop_docs()),
        Catalogue(shop_docs(moved), former_calls={get("/orders"): "shop:listOrders"}),
    )
    assert verify(get("/orders", ", params={'state': 'open'}"), before).verified
    verdict = verify(get("/orders", ", params={'state': 'open'}"), after)
    assert (verdict.verified, verdict.doc_id) == (False, "shop:listOrders")
    assert verdict.nearest == get("/purchases")


def test_a_concrete_path_comes_before_one_with_places() -> None:
    verdict = verify(get("/orders/latest"), CATALOGUE, ["shop:getOrder"])
    assert verdict.doc_id == "shop:latestOrder"


def test_a_former_call_is_known_with_its_places_filled() -> None:
    docs = [doc for doc in shop_docs() if doc.id != "shop:getOrder"]
    old = f"requests.request('GET', '{BASE}/purchases/{{order_id}}')"
    catalogue = Catalogue(docs, former_calls={old: "shop:latestOrder"})
    assert verify(get("/purchases/17"), catalogue).doc_id == "shop:latestOrder"


def test_a_request_that_nobody_documents_is_its_template_and_nothing_more() -> None:
    doc = shop_docs()[0].model_copy(update={"arguments": (), "call": get("/x", ", params={'a': 1}")})
    catalogue = Catalogue([doc])
    assert verify(get("/x", ", params={'a': 1}"), catalogue).verified
    assert not verify(get("/x", ", params={'a': 2}"), catalogue).verified
    assert not verify(get("/x", ", params={'a': 1}, json={'b': 1}"), catalogue).verified


@pytest.mark.parametrize(
    ("doc_id", "name", "value", "call"),
    [
        ("shop:getOrder", "order_id", "17", get("/orders/17")),
        ("shop:GET:/files/{folder}/{path}", "path", "'a/b c'", get("/files/{folder}/a/b%20c")),
        ("shop:listOrders", "state", "'open'", get("/orders", ", params={'state': 'open'}")),
        ("shop:search", "q", "'tea'", get("/search", ", params={'q': 'tea'}")),
        ("desk:find-ticket", "limit", "3", "find_ticket(query='{query}', limit=3)"),
    ],
)
def test_an_input_is_put_where_it_belongs(doc_id: str, name: str, value: str, call: str) -> None:
    entry = CATALOGUE.entry(doc_id)
    argument = next(argument for argument in entry.doc.arguments if argument.name == name)
    found = with_input(entry.call, entry, argument, value)
    assert found.render() == call
    assert verify(call, CATALOGUE).verified
    assert given_inputs(found, entry)[name] == (value if name != "order_id" else "'17'")


def test_what_only_holds_its_place_is_told() -> None:
    entry = CATALOGUE.entry("shop:createOrder")
    assert [argument.name for argument in open_inputs(entry.call, entry)] == ["item", "lines"]
    assert "Fill in what only holds its place: 'item' and 'lines'." in warnings_for(entry.call, entry)
    filled = parse_call(CREATE)
    assert open_inputs(filled, entry) == []
    told = warnings_for(filled, entry)
    assert "its method is POST" in told[0]
    assert "a token in the header 'Authorization'" in told[1]
    cancelled = CATALOGUE.entry("shop:cancelOrder")
    assert not any("who asks" in told for told in warnings_for(cancelled.call, cancelled))


def test_what_the_documentation_warns_of_is_passed_on() -> None:
    read, close = CATALOGUE.entry("shop:GET:/files/{folder}/{path}"), CATALOGUE.entry("desk:close_ticket")
    assert any("deprecated" in told for told in warnings_for(read.call, read))
    assert any("destroy" in told for told in warnings_for(close.call, close))


@pytest.mark.parametrize("doc_id", [doc.id for doc in CATALOGUE.docs])
def test_the_snippet_holds_the_call_and_what_makes_it_run(doc_id: str) -> None:
    entry = CATALOGUE.entry(doc_id)
    code = render_code(entry.call, entry)
    calls = [ast.unparse(node) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    assert entry.call.render() in calls
    if doc_id.startswith("shop:"):
        assert "import requests" in code
        assert "response.raise_for_status()" in code
    else:
        assert f"client.call_tool({entry.doc.facts['tool']!r}, arguments)" in code
        assert "Client('https://desk.example/mcp')" in code


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["sku", "a", "size"]), inner, max_size=2)
    ),
    max_leaves=6,
)
_KEYS = st.sampled_from(
    ["state", "per_page", "paid", "tag", "q", "item", "count", "gift", "note", "lines", "x"]
)


@given(
    st.sampled_from([doc for doc in CATALOGUE.docs if doc.hub == "shop"]),
    st.dictionaries(_KEYS, _VALUES, max_size=4),
    st.sampled_from(["params", "json", "data", "headers", "cookies", "files"]),
)
def test_whatever_is_asked_a_verdict_is_given_and_its_nearest_call_verifies(doc, entries, part: str) -> None:
    call = f"{doc.call[:-1]}, {part}={entries!r})" if f" {part}=" not in doc.call else doc.call
    verdict = verify(call, CATALOGUE)
    assert verdict.verified or verify(verdict.nearest or "", CATALOGUE).verified


@given(st.text(max_size=12), _VALUES)
def test_a_tool_given_anything_is_judged(name: str, value: object) -> None:
    verdict = verify(f"find_ticket(query={value!r}, **{{{name!r}: {value!r}}})", CATALOGUE)
    assert verdict.verified or verdict.message
