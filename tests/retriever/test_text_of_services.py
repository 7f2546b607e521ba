from __future__ import annotations

from retriever.text import embedding_text, keyword_text
from tests.api_docs.own_apis import own_catalogue
from tests.support import snapshot_catalogue

CATALOGUE = own_catalogue()


def test_the_encoder_reads_what_an_operation_does_and_its_name() -> None:
    assert embedding_text(CATALOGUE.doc("shop:listOrders")) == "List orders. listOrders list Orders"
    assert embedding_text(CATALOGUE.doc("desk:find-ticket")) == "Find a ticket. find ticket"
    assert embedding_text(CATALOGUE.doc("desk:open")) == "Open the desk. open"


def test_keywords_are_those_of_the_whole_description() -> None:
    assert "the newest first" in keyword_text(CATALOGUE.doc("shop:listOrders"))


def test_no_doc_of_the_three_hubs_is_read_like_that() -> None:
    assert not any(doc.domain == "web-api" for doc in snapshot_catalogue().docs)
