"""Requests and tools under the grammar, and as `grounded` writes them: whatever is admitted verifies."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api_docs.call import Call, literal, parse_call
from api_docs.response import parse_response
from api_docs.verification import verify
from retriever.prompt import Prompt, PromptStyle, apibench_record, build_prompt
from service.generators.arguments import carry
from service.generators.constraint import constraint_from
from service.generators.grounded import GroundedGenerator
from tests.api_docs.own_apis import own_catalogue
from tests.service.grammar import Grammar
from tests.service.test_constraint import check_whole_and_cut_off

CATALOGUE = own_catalogue()
IDS = [doc.id for doc in CATALOGUE.docs]
EVERY = Grammar(constraint_from(CATALOGUE.entries))
BASE = "https://shop.example/v1"


def asking(path: str, more: str = "", method: str = "GET") -> str:
    return f"requests.request({method!r}, {BASE + path!r}{more})"


def grammar(doc_id: str) -> Grammar:
    return Grammar(constraint_from([CATALOGUE.entry(doc_id)]))


@pytest.mark.parametrize("doc_id", IDS)
def test_every_template_may_be_written_and_is_read_back(doc_id: str) -> None:
    entry = CATALOGUE.entry(doc_id)
    call = entry.call.render()
    assert grammar(doc_id).accepts(call, "call")
    text = f"<<<domain>>>: x\n<<<api_call>>>: {call}\n<<<api_provider>>>: x\n<<<explanation>>>: It fits."
    assert parse_response(text).call == call


@settings(max_examples=300)
@given(st.integers(0), st.integers(0))
def test_every_answer_that_the_grammar_allows_verifies(seed: int, cut: int) -> None:
    check_whole_and_cut_off(EVERY.written(random.Random(seed).randrange), CATALOGUE, cut)  # noqa: S311


@pytest.mark.parametrize("doc_id", IDS)
@settings(max_examples=30)
@given(seed=st.integers(0))
def test_every_call_of_every_doc_that_may_be_written_verifies(doc_id: str, seed: int) -> None:
    call = grammar(doc_id).written(random.Random(seed).randrange, "call")  # noqa: S311
    verdict = verify(call, CATALOGUE, [doc_id])
    assert verdict.verified, (call, verdict.message)


ORDER = "{'item': 'tea', 'lines': [{'sku': 'a'}, {'sku': 'b'}], 'gift': True}"


@pytest.mark.parametrize(
    ("doc_id", "call", "allowed"),
    [
        ("shop:getOrder", asking("/orders/17"), True),
        ("shop:getOrder", asking("/orders/seventeen"), False),
        ("shop:getOrder", asking("/orders/17", method="POST"), False),
        ("shop:listOrders", asking("/orders", ", params={'state': 'open', 'per_page': 5}"), True),
        ("shop:listOrders", asking("/orders", ", params={'per_page': 5, 'state': 'open'}"), False),
        ("shop:listOrders", asking("/orders", ", params={'per_page': 5}, headers={'X-Trace': '1'}"), True),
        ("shop:listOrders", asking("/orders", ", params={}"), False),
        ("shop:listOrders", asking("/orders", ", params={'state': 'shut'}"), False),
        ("shop:search", asking("/search", ", params={'q': 'tea', 'filter[min]': 2.5}"), True),
        ("shop:search", asking("/search"), False),
        ("shop:createOrder", asking("/orders", f", json={ORDER}", "POST"), True),
        ("desk:find-ticket", "find_ticket(query='printer', limit=3)", True),
        ("desk:find-ticket", "find_ticket(limit=3)", False),
        ("desk:open", "open_()", True),
        ("desk:open", "open_(1)", False),
    ],
)
def test_the_grammar_is_that_of_the_doc(doc_id: str, call: str, allowed: bool) -> None:
    assert grammar(doc_id).accepts(call, "call") == allowed
    if allowed:
        assert verify(call, CATALOGUE).verified


@pytest.mark.parametrize(
    ("doc_id", "instruction", "call"),
    [
        ("shop:search", "Search the shop", asking("/search", ", params={'q': '{q}'}")),
        ("shop:getOrder", "Get the order with order_id=17", asking("/orders/17")),
        (
            "shop:listOrders",
            "List the orders, state='open', with per_page of 50, paid=True",
            asking("/orders", ", params={'state': 'open', 'per_page': 50, 'paid': 'true'}"),
        ),
        ("shop:listOrders", "List orders, state='nonsense'", asking("/orders")),
        ("desk:find-ticket", "Find tickets, limit=3", "find_ticket(query='{query}', limit=3)"),
    ],
)
def test_grounded_fills_in_what_the_instruction_states(doc_id: str, instruction: str, call: str) -> None:
    entry = CATALOGUE.entry(doc_id)
    carried = carry(instruction, entry)[0]
    assert verify(carried.render(), CATALOGUE).verified
    assert values(carried) == values(parse_call(call))
    written = GroundedGenerator().write(Prompt(PromptStyle.GORILLA, instruction, (entry.doc,)))
    assert parse_response(written.text).call == carried.render()


def values(call: Call) -> object:
    """What a call says, whatever the order of its inputs."""
    return call.callee, call.positional, {name: literal(value) for name, value in call.keywords}


def test_a_prompt_says_where_an_input_stands() -> None:
    record = apibench_record(CATALOGUE.doc("shop:listOrders"))
    assert record["api_arguments"] == {
        "state": "params, one of 'open', 'sent', 'cancelled': Which orders.",
        "per_page": "params, int",
        "paid": "params, one of 'true', 'false'",
        "tag": "params, list",
        "X-Trace": "headers, str",
    }
    prompt = build_prompt("Create an order", [CATALOGUE.doc("shop:createOrder")], token_budget=1_536)
    assert "json, str, required" in prompt.rendered
