"""`callsmith finetune bank` and `callsmith finetune instructions`: what models are taught with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.output import (
    FAILURE,
    AsJson,
    errors,
    many_progress,
    new_app,
    out,
    printable,
    show_json,
)

if TYPE_CHECKING:
    from pydantic import SecretStr

    from finetune.instructions.bank_check import Checked
    from finetune.instructions.bank_report import MadeWith
    from finetune.teacher.self_instruct import Estimate

bank = new_app("The instruction bank: check it, report on it, set a part of it apart for judging.")

Bank = Annotated[
    Path | None, typer.Option("--bank", help="Folder of the bank [default: the one that ships].")
]


@bank.command()
def check(folder: Bank = None, as_json: AsJson = False) -> None:
    """Check the bank by every rule; names each row at fault and exits with 1 where there is one."""
    from finetune.instructions.bank_check import by_rule  # noqa: PLC0415 - heavy

    checked, _ = _checked(folder)
    counts = {rule.value: count for rule, count in by_rule(checked.faults).items()}
    if as_json:
        faults = [{"rule": fault.rule.value, "said": fault.said} for fault in checked.faults]
        show_json({"rows": len(checked.every_row), "counts": counts, "faults": faults})
    else:
        for fault in checked.faults:
            out().print(f"{fault.rule.value}: {printable(fault.said)}", markup=False, soft_wrap=True)
        found = ", ".join(f"{rule}: {count}" for rule, count in counts.items())
        out().print(f"{len(checked.every_row):,} rows; faults: {found}", markup=False)
    if checked.faults:
        raise typer.Exit(FAILURE)


@bank.command()
def report(
    folder: Bank = None,
    into: Annotated[
        Path | None, typer.Option("--out", help="Folder for the page and the figures [default: the bank's].")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, other rows on the page.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Write what the bank holds and how it was checked: REPORT.md and report.json; exits as check does."""
    from finetune.instructions.bank import BANK  # noqa: PLC0415 - heavy
    from finetune.instructions.bank_report import figures, write_report  # noqa: PLC0415

    checked, made_with = _checked(folder)
    paths = write_report(checked, made_with, into or folder or BANK, seed)
    if as_json:
        show_json(figures(checked, made_with))
    else:
        out().print(f"written: {', '.join(map(str, paths))}", markup=False)
    if checked.faults:
        raise typer.Exit(FAILURE)


@bank.command("hold-out")
def hold_out(
    folder: Bank = None,
    rows: Annotated[int, typer.Option("--rows", min=1, help="English rows to set apart in all.")] = 300,
    as_json: AsJson = False,
) -> None:
    """Move rows of every domain, drawn by hash, to heldout.jsonl; run again it changes nothing."""
    from finetune.instructions.bank import BANK  # noqa: PLC0415 - heavy
    from finetune.instructions.hold_out import hold_out as draw  # noqa: PLC0415

    drawing = draw(folder or BANK, rows)
    held = {domain.value: count for domain, count in sorted(drawing.held.items())}
    if as_json:
        show_json({"moved": len(drawing.moved), "held": sum(held.values()), "domains": held})
    else:
        out().print(f"moved {len(drawing.moved)} rows; {sum(held.values())} are set apart", markup=False)


def instructions(  # noqa: PLR0913, PLR0917 - a teacher is asked, paced and paid by name
    teacher: Annotated[
        str, typer.Option("--teacher", help="OpenAI-compatible address, mostly ending in /v1.")
    ],
    model: Annotated[str, typer.Option("--model", help="The teacher's name at that address.")],
    into: Annotated[Path, typer.Option("--out", help="Folder for instructions, answers and the report.")],
    hub: Annotated[str | None, typer.Option("--hub", help="Only the APIs of this hub.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="APIs at most [default: all].")] = None,
    budget_tokens: Annotated[
        int | None, typer.Option("--budget-tokens", min=1, help="Tokens that all answers may cost.")
    ] = None,
    budget_money: Annotated[
        float | None, typer.Option("--budget-money", min=0, help="Money that all answers may cost.")
    ] = None,
    price_prompt: Annotated[
        float, typer.Option("--price-prompt", min=0, help="Price of a million tokens that are read.")
    ] = 0.0,
    price_completion: Annotated[
        float, typer.Option("--price-completion", min=0, help="Price of a million tokens that are written.")
    ] = 0.0,
    requests_a_minute: Annotated[
        int | None, typer.Option("--requests-per-minute", min=1, help="Requests in any minute.")
    ] = None,
    tokens_a_minute: Annotated[
        int | None, typer.Option("--tokens-per-minute", min=1, help="Tokens of the requests of any minute.")
    ] = None,
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=256, help="Requests at once.")] = 4,
    retries: Annotated[int, typer.Option("--retries", min=0, help="Further tries of one request.")] = 6,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Seconds for one try.")] = 120.0,
    temperature: Annotated[float, typer.Option("--temperature", min=0, max=2, help="How varied.")] = 0.9,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, other APIs and examples.")] = 0,
    key_env: Annotated[
        str | None, typer.Option("--key-env", help="Environment variable that holds the teacher's key.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would cost, and ask nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask whether to begin.")] = False,
    as_json: AsJson = False,
) -> None:
    """Have a teacher write ten instructions for each API, and keep those that pass the filters.

    Says what it will cost before anything is sent. Goes on where an earlier run ended; answers that are there
    already are not asked for again, and count against the budget.
    """
    from finetune.teacher import self_instruct as job  # noqa: PLC0415 - heavy
    from finetune.teacher.answers import AnswerCache  # noqa: PLC0415
    from finetune.teacher.client import Endpoint, Teacher  # noqa: PLC0415
    from finetune.teacher.examples import read_examples  # noqa: PLC0415
    from finetune.teacher.quality import Quality  # noqa: PLC0415
    from finetune.teacher.spending import Budget, Pace, Prices, Purse  # noqa: PLC0415
    from service.settings import load_settings  # noqa: PLC0415
    from service.var import open_searcher, read_catalogue  # noqa: PLC0415

    settings, key = load_settings(), _key(key_env)
    budget, prices = Budget(budget_tokens, budget_money), Prices(price_prompt, price_completion)
    job.check_budget(budget, prices)
    catalogue = read_catalogue(settings)
    docs = job.choose_docs(catalogue, hub=hub, limit=limit, seed=seed)
    examples = read_examples(catalogue)
    requests = job.requests_for(docs, examples, model=model, seed=seed, temperature=temperature)
    cache, pace = AnswerCache(into / job.ANSWERS), Pace(requests_a_minute, tokens_a_minute)
    estimate = job.estimate(requests, cache, prices, pace)
    _show_estimate(estimate, as_json and dry_run)
    if dry_run:
        return
    if estimate.requests and not yes:
        typer.confirm("Ask the teacher?", abort=True, err=True)
    endpoint = Endpoint(teacher, model, key, timeout, retries, concurrency)
    quality = Quality(model, catalogue.version, seed, prices)
    with many_progress() as told:
        searcher = open_searcher(settings, lambda done, total: told("building the index", done, total))
        asked = Teacher(endpoint, cache=cache, purse=Purse(budget, prices), pace=pace)
        job.run(requests, asked, searcher=searcher, quality=quality, folder=into, progress=told)
    if as_json:
        show_json(quality.figures())
    else:
        out().print(f"kept {len(quality.kept):,} instructions in {into}; see its REPORT.md", markup=False)
    if quality.stopped:
        errors().print(f"{quality.waiting:,} APIs have no answer yet: {quality.stopped}", markup=False)
        raise typer.Exit(FAILURE)


def _checked(folder: Path | None) -> tuple[Checked, MadeWith]:
    """The bank with its faults; embeds every row, which takes some seconds."""
    from api_docs.storage import SNAPSHOT_FOLDER, load_catalogue  # noqa: PLC0415 - heavy
    from finetune.instructions.bank import BANK, read_rows  # noqa: PLC0415
    from finetune.instructions.bank_check import check_bank  # noqa: PLC0415
    from finetune.instructions.bank_report import MadeWith  # noqa: PLC0415
    from finetune.instructions.hold_out import held_rows  # noqa: PLC0415
    from finetune.instructions.names import Names  # noqa: PLC0415
    from retriever.embedding import load_encoder  # noqa: PLC0415

    rows, held = read_rows(folder or BANK), held_rows(folder or BANK)
    catalogue, encoder = load_catalogue(SNAPSHOT_FOLDER), load_encoder()
    domains = {doc.domain for doc in catalogue.docs}
    checked = check_bank(rows, held, domains=domains, names=Names(catalogue.docs), encoder=encoder)
    return checked, MadeWith(catalogue.version, encoder.name)


def _key(name: str | None) -> SecretStr | None:
    from pydantic import SecretStr  # noqa: PLC0415 - heavy

    from api_docs.errors import InvalidRequest  # noqa: PLC0415

    if name is None:
        return None
    if not (value := os.environ.get(name, "").strip()):
        raise InvalidRequest(
            f"there is no environment variable {name!r} with a key; set it, or name another with --key-env",
            "key_env",
        )
    return SecretStr(value)


def _show_estimate(estimate: Estimate, as_json: bool) -> None:
    if as_json:
        show_json(estimate.record())
        return
    for line in estimate.lines():
        errors().print(line, markup=False, soft_wrap=True)
