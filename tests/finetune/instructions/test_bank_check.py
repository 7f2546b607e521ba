"""The rules of the bank: what each finds, and that the bank that ships keeps them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import orjson
import pytest

from api_docs.domains import Domain
from finetune.instructions import bank_check
from finetune.instructions.bank import BANK, Row, read_rows
from finetune.instructions.bank_check import LEAST_OF_DOMAIN, LEAST_ROWS, Checked, Rule, by_rule, check_bank
from finetune.instructions.bank_report import FIGURES, PAGE, MadeWith, drawn, figures, write_report
from finetune.instructions.hold_out import held_rows
from finetune.instructions.instruction import Instruction
from finetune.instructions.names import Names
from finetune.instructions.sameness import sharing_runs
from finetune.instructions.tongue import guess_language
from tests.retriever.conftest import WordEncoder
from tests.support import snapshot_catalogue

APART = (
    "zebra",
    "yacht",
    "violin",
    "umbrella",
    "tulip",
    "saddle",
    "raven",
    "quartz",
    "piano",
    "otter",
    "noodle",
    "mango",
    "lemon",
    "kettle",
    "jacket",
)
MADE_WITH = MadeWith("c0ffee", "word-counts")


def rows_of(*texts: str, domain: Domain = Domain.TRANSLATION, language: str = "en") -> list[Row]:
    return [
        Row(Instruction(text, domain, language, voice="nurse"), f"{domain.value}.jsonl", number)
        for number, text in enumerate(texts, 1)
    ]


def checked(rows: list[Row], held: list[Row] | None = None) -> Checked:
    return check_bank(rows, held or [], domains=[], names=Names([]), encoder=WordEncoder())


def said(found: Checked, rule: Rule) -> list[str]:
    return [fault.said for fault in found.faults if fault.rule is rule]


@pytest.fixture(autouse=True)
def _few_rows_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank_check, "LEAST_ROWS", 1)


def test_a_bank_of_rows_that_differ_has_no_fault() -> None:
    assert checked(rows_of(*APART)).faults == ()


def test_too_few_rows_and_domains_are_counted_with_those_set_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank_check, "LEAST_ROWS", 16)
    monkeypatch.setattr(bank_check, "LEAST_OF_DOMAIN", 15)
    rows, held = rows_of(*APART[:-1]), rows_of(APART[-1])
    found = check_bank(
        rows, held, domains=[Domain.TRANSLATION, Domain.FILL_MASK], names=Names([]), encoder=WordEncoder()
    )
    assert said(found, Rule.ENOUGH) == ["15 rows; a bank has at least 16"]
    assert said(found, Rule.DOMAINS) == ["fill-mask: 0 rows; every domain has at least 15"]


def test_a_shared_run_names_both_rows_even_when_one_is_set_apart() -> None:
    run = "please turn the long letter from my bank"
    rows = rows_of(f"{run} into Polish", "read it aloud")
    held = rows_of(f"could you {run.upper()}")
    assert said(checked(rows, held), Rule.RUNS) == [
        f"translation.jsonl, line 1 and translation.jsonl, line 1 share {run!r}; write one of them anew"
    ]


def test_one_close_pair_in_a_hundred_is_too_many_for_a_domain() -> None:
    texts = [*APART, "violin"]  # 120 pairs: one of them is fewer than 1%, two are not
    assert said(checked(rows_of(*texts)), Rule.CLOSE) == []
    twice = said(checked(rows_of(*texts, "kettle")), Rule.CLOSE)  # 136 pairs
    assert len(twice) == 2
    assert "line 3 and translation.jsonl, line 16 have cosine 1.000 (translation, en: 2 of 136" in twice[0]


def test_small_groups_are_judged_together_by_language() -> None:
    spanish = rows_of("uno", "uno", "dos", language="es")
    assert len(said(checked([*rows_of(*APART), *spanish]), Rule.CLOSE)) == 1
    assert "(es: 1 of 3 pairs" in said(checked(spanish), Rule.CLOSE)[0]


def test_texts_of_different_domains_or_languages_may_be_close() -> None:
    rows = [
        *rows_of("uno", "dos"),
        *rows_of("uno", "dos", language="es"),
        *rows_of("uno", "dos", domain=Domain.FILL_MASK),
    ]
    assert said(checked(rows), Rule.CLOSE) == []


def test_names_and_other_languages_are_found_with_their_rows() -> None:
    rows = rows_of("translate with BERT", "Necesito que lea los menús para mi abuela")
    found = checked(rows)
    assert said(found, Rule.NAMES) == [
        "translation.jsonl, line 1 names 'BERT'; say what it should do instead"
    ]
    assert said(found, Rule.LANGUAGE) == [
        "translation.jsonl, line 2 says 'en' and reads like 'es'; mend one of them"
    ]
    assert by_rule(found.faults)[Rule.NAMES] == 1


def test_the_report_counts_what_there_is_and_shows_rows_that_nobody_chose(tmp_path: Path) -> None:
    rows = [*rows_of(*APART), *rows_of("uno | dos\ntres", language="es")]
    found = checked(rows, rows_of("kettle and tea"))
    page, data = write_report(found, MADE_WITH, tmp_path, seed=3)
    counts = orjson.loads(data.read_bytes())
    assert counts == figures(found, MADE_WITH)
    assert (counts["rows"], counts["to_learn_from"], counts["set_apart"]) == (17, 16, 1)
    assert counts["languages"] == {"en": 16, "es": 1}
    assert counts["domains"]["translation"]["rows"] == 17
    assert sum(counts["words"]["groups"].values()) == 17
    text = page.read_text(encoding="utf-8")
    assert (page.name, data.name) == (PAGE, FIGURES)
    assert "| translation | nurse | uno \\| dos tres |" in text
    assert "kettle and tea" not in text  # what is set apart is for nobody to read
    assert all(f"| {word} |" in text for word in APART)


def test_another_seed_draws_other_rows_and_the_same_seed_the_same() -> None:
    rows = rows_of(*(f"row {number}" for number in range(200)))
    assert drawn(rows, 1) == drawn(list(reversed(rows)), 1)
    assert drawn(rows, 1) != drawn(rows, 2)
    assert len(drawn(rows, 1)) == 30


def test_the_bank_that_ships_is_large_enough_and_no_row_says_what_another_does() -> None:
    rows = [*read_rows(), *held_rows()]
    counts = Counter(row.instruction.domain for row in rows)
    assert len(rows) >= LEAST_ROWS
    assert min(counts[doc.domain] for doc in snapshot_catalogue().docs) >= LEAST_OF_DOMAIN
    assert sharing_runs(row.instruction.text for row in rows) == []


def test_the_bank_that_ships_names_no_model_and_speaks_the_languages_it_says() -> None:
    names = Names(snapshot_catalogue().docs)
    rows = [*read_rows(), *held_rows()]
    assert [row.where for row in rows if names.found(row.instruction.text)] == []
    guesses = {(row.instruction.language, guess_language(row.instruction.text)) for row in rows}
    assert guesses <= {("en", "en"), ("en", None), ("zh", "zh"), ("es", "es"), ("es", None)}


def test_the_report_that_ships_is_of_the_bank_that_ships() -> None:
    rows, held = read_rows(), held_rows()
    found = orjson.loads((BANK / FIGURES).read_bytes())
    assert (found["to_learn_from"], found["set_apart"]) == (len(rows), len(held))
    assert set(found["faults"].values()) == {0}
    page = (BANK / PAGE).read_text(encoding="utf-8")
    assert all(f"| {row.instruction.voice} |" in page for row in drawn(rows, 0))
