"""The published rule against its authors' verdicts, and against a slow reading of it on altered responses."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tree_sitter_python
from tree_sitter import Language, Node, Parser

from evaluation.apibench_rows import Response, read_docs, read_eval_rows, read_responses
from evaluation.published_rule import PublishedRule

FILE_NAMES = {"torchhub": "torchhub", "tfhub": "tensorflowhub", "huggingface": "huggingface"}
RESPONSES = ("RT_oracle", "RT_gpt_index", "RT_bm25", "RT_0_shot", "FT_0_shot")
ALLOWED_DISAGREEMENT = 5 / 1000  # grammar versions differ in how they recover from broken syntax
PARSER = Parser(Language(tree_sitter_python.language()))


@dataclass(frozen=True)
class Benchmark:
    hub: str
    docs: list[dict[str, Any]]
    domains: dict[int, str]  # of the row's own doc, by question id
    responses: dict[str, list[Response]]  # by response file


@pytest.fixture(scope="module")
def benchmarks(data: Path) -> list[Benchmark]:
    apibench = data / "apibench"
    return [
        Benchmark(
            hub=hub,
            docs=read_docs(apibench / "api" / f"{name}_api.jsonl"),
            domains={
                row.question_id: row.domain
                for row in read_eval_rows(apibench / "dev" / f"{name}_eval_dev.jsonl")
            },
            responses={
                kind: read_responses(apibench / "dev" / f"{name}_gorilla_{kind}_dev.jsonl")
                for kind in RESPONSES
            },
        )
        for hub, name in FILE_NAMES.items()
    ]


def test_the_authors_verdicts_are_reproduced(data: Path, benchmarks: list[Benchmark]) -> None:
    lines = (data / "apibench" / "dev" / "official_verdicts.jsonl").read_text().splitlines()
    expected = {
        (row["hub"], row["responses"], row["question_id"]): row["verdict"] for row in map(json.loads, lines)
    }
    disagreements = []
    graded = set()
    for benchmark in benchmarks:
        rule = PublishedRule(benchmark.hub, benchmark.docs)
        for kind, responses in benchmark.responses.items():
            for response in responses:
                key = (FILE_NAMES[benchmark.hub], kind, response.question_id)
                grade = rule.grade(response.text, benchmark.domains[response.question_id])
                graded.add(key)
                if grade.verdict != expected[key]:
                    disagreements.append(
                        f"{key}: authors {expected[key]}, here {grade.verdict} ({grade.reason})"
                    )
    print(f"{len(disagreements)} of {len(graded)} verdicts differ", *disagreements, sep="\n")
    assert graded == set(expected)
    assert len(disagreements) <= ALLOWED_DISAGREEMENT * len(graded), "\n".join(disagreements)


def test_altered_responses_are_graded_as_a_slow_reading_of_the_rule_grades_them(
    benchmarks: list[Benchmark],
) -> None:
    chance = random.Random(20230524)  # noqa: S311 (reproducible, nothing secret)
    for benchmark in benchmarks:
        rule = PublishedRule(benchmark.hub, benchmark.docs)
        slow = SlowRule(benchmark.hub, benchmark.docs)
        everything = [response.text for responses in benchmark.responses.values() for response in responses]
        for text in chance.sample(everything, 150):
            altered = chance.choice(ALTERATIONS)(text, chance, benchmark.docs)
            assert rule.grade(altered, "").doc_index == slow.first_doc_in(altered), altered


Alteration = Callable[[str, random.Random, Sequence[dict[str, Any]]], str]


def _cut(text: str, chance: random.Random, docs: Sequence[dict[str, Any]]) -> str:
    return text[: chance.randrange(len(text) + 1)]


def _lose_a_piece(text: str, chance: random.Random, docs: Sequence[dict[str, Any]]) -> str:
    start = chance.randrange(len(text) + 1)
    return text[:start] + text[start + chance.randrange(1, 30) :]


def _gain_a_character(text: str, chance: random.Random, docs: Sequence[dict[str, Any]]) -> str:
    place = chance.randrange(len(text) + 1)
    return text[:place] + chance.choice("()[]{}'\"\\:,.=#\n\té模🤗") + text[place:]


def _gain_a_call(text: str, chance: random.Random, docs: Sequence[dict[str, Any]]) -> str:
    place = chance.randrange(len(text) + 1)
    return text[:place] + str(chance.choice(docs)["api_call"]) + text[place:]


def _nest_a_docs_call(text: str, chance: random.Random, docs: Sequence[dict[str, Any]]) -> str:
    return f"<<<api_call>>>: wrap({chance.choice(docs)['api_call']}, {chance.choice(docs)['api_call']})"


def _unescape(text: str, chance: random.Random, docs: Sequence[dict[str, Any]]) -> str:
    return text.replace("\\'", "'").replace('\\"', '"').replace("\\n", "\n")


def _rename(old: str, new: str) -> Alteration:
    def renamed(text: str, chance: random.Random, docs: Sequence[dict[str, Any]]) -> str:
        return text.replace(old, new)

    return renamed


ALTERATIONS: tuple[Alteration, ...] = (
    _cut,
    _lose_a_piece,
    _gain_a_character,
    _gain_a_call,
    _nest_a_docs_call,
    _unescape,
    _rename("api_call", "apicall"),
    _rename("api_provider", "provider"),
    _rename("load", "laod"),
    _rename("'", '"'),
    _rename(")", ""),
)


class SlowRule:
    """The rule read sentence by sentence, with nothing shared, prepared or left out."""

    def __init__(self, hub: str, docs: Sequence[dict[str, Any]]) -> None:
        self.hub = hub
        self.docs = docs

    def first_doc_in(self, text: str) -> int | None:
        if "api_call" in text:
            text = text.split("api_call")[1]
            text = text[: text.index("api_provider")] if "api_provider" in text else text
            start = text.index(":") + 2 if ":" in text else 2
            end = text.rindex(")") + 1 if ")" in text else len(text) - 1
            text = text[start : max(end, 0)]
        elif self.hub == "torchhub":
            return None
        visited = list(self.visit(PARSER.parse(text.encode()).root_node))
        for index, doc in enumerate(self.docs):
            call = PARSER.parse(doc["api_call"].encode()).root_node.children[0].children[0]
            if call.child_count == 0:
                continue
            same = [
                node for node in visited if node.children and node.children[0].text == call.children[0].text
            ]
            compared = (same or visited[-1:])[0].text or b""
            values = list(self.values(call))
            if values and all(value.decode().strip("'") in compared.decode() for value in values):
                return index
        return None

    def visit(self, node: Node) -> Iterator[Node]:
        yield node
        for child in reversed(node.children):
            if child.children:
                yield from self.visit(child)

    def values(self, call: Node) -> Iterator[bytes]:
        for argument in call.children[1].children:
            text = argument.text or b""
            keyword = argument.type == "keyword_argument"
            if self.hub == "torchhub":
                counted = b"model" in text or b"repo_or_dir" in text
                by_value = True
            else:
                counted = text not in (b"(", b")", b",")
                by_value = keyword and (self.hub == "huggingface" or text.startswith((b"model=", b"model =")))
            if counted:
                yield (argument.children[2].text or b"") if by_value else text
