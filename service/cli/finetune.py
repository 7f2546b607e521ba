"""`callsmith finetune`: teach models, and make what they are taught with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli import teaching
from service.cli.output import (
    TERMINATED,
    AsJson,
    choice,
    errors,
    many_progress,
    new_app,
    out,
    progress,
    show_json,
)

app = new_app("Teach a model to write calls from docs.")
app.add_typer(teaching.bank, name="bank")
app.command("instructions")(teaching.instructions)

Config = Annotated[
    str, typer.Option("--config", help="A TOML file, or the name of a config that ships: nano-cpu.")
]


@app.command()
def train(  # noqa: PLR0913, PLR0917 - what a training is told, by name
    config: Config,
    data: Annotated[Path, typer.Option("--data", help="Folder that `finetune dataset` made.")],
    into: Annotated[Path, typer.Option("--out", help="Folder for the run, and for the model: OUT/model.")],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the training in OUT.")] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Start although the estimate says no.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train a generator, with an estimate first; what is killed goes on with --resume.

    SIGTERM and Ctrl-C save a checkpoint and end behind the step in hand.
    """
    from finetune.training.config import load_config  # noqa: PLC0415 - heavy
    from finetune.training.train import train as run_training  # noqa: PLC0415

    wanted = load_config(config)
    with many_progress() as report:
        trained = run_training(
            wanted,
            data,
            into,
            resume=resume,
            anyway=anyway,
            report=report,
            say=lambda line: errors().print(line, markup=False, soft_wrap=True),
        )
    if as_json:
        show_json(trained.summary())
    elif trained.folder is not None:
        out().print(f"{trained.folder}: step {trained.best} of {trained.steps}", markup=False)
    if trained.folder is None:
        errors().print(f"stopped behind step {trained.steps}; the same command with --resume goes on")
        raise typer.Exit(TERMINATED)


@app.command()
def estimate(
    config: Config,
    data: Annotated[
        Path | None, typer.Option("--data", help="Dataset, for the number of steps of whole epochs.")
    ] = None,
    device: Annotated[
        str,
        typer.Option("--device", help="cpu, a GPU by name (a100-40gb), or here [default: the config's]."),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Say how much memory and time a training would take, without starting it."""
    from finetune.training import devices  # noqa: PLC0415 - heavy
    from finetune.training.config import load_config  # noqa: PLC0415
    from finetune.training.estimate import told  # noqa: PLC0415
    from finetune.training.train import estimate_only  # noqa: PLC0415

    wanted = load_config(config)
    name = device or wanted.distributed.gpu or "here"
    if name == "cpu":
        found = devices.cpu()
    elif name == "here":
        found = devices.device_at_hand(wanted.distributed.device)
    else:
        found = devices.named_gpu(name)
    needed = estimate_only(wanted, found, data)
    if as_json:
        show_json(needed.summary())
    else:
        for line in told(needed):
            out().print(line, markup=False)


@app.command()
def dataset(
    config: Config,
    into: Annotated[Path, typer.Option("--out", help="Folder for the rows and their manifest.")],
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples",
            min=1,
            help="Rows to train with; at most as many to validate and to test [default: the config's].",
        ),
    ] = None,
    instructions: Annotated[
        list[Path] | None,
        typer.Option(
            "--instructions", help="Folder or file that a teacher wrote, beside the bank; repeatable."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make what a generator is taught with: instructions, docs, the right answers; split by API, no leaks.

    The config's section [data] says what of it; the same inputs give the same bytes.
    """
    from finetune.dataset.command import make  # noqa: PLC0415 - heavy
    from finetune.dataset.making import data_settings, fewer  # noqa: PLC0415
    from finetune.training.config import load_config  # noqa: PLC0415
    from service.settings import load_settings  # noqa: PLC0415

    wanted = fewer(data_settings(load_config(config).data), samples)
    with many_progress() as report:
        manifest = make(load_settings(), wanted, into, instructions or [], told=report)
    if as_json:
        show_json(manifest)
        return
    for split, told in manifest["rows"].items():
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in told.get("by_kind", {}).items())
        apis = manifest["apis"][split]
        out().print(f"{split}: {told['rows']:,} rows of {apis:,} APIs ({kinds})", markup=False)
    out().print(f"made {into}; next: callsmith finetune train --config {config} --data {into}", markup=False)


@app.command("merge-delta")
def merge_delta(
    base: Annotated[Path, typer.Argument(help="Folder of the LLaMA that the delta was made from.")],
    delta: Annotated[Path, typer.Argument(help="Folder of the delta weights.")],
    into: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for the sum.")],
    as_json: AsJson = False,
) -> None:
    """Add delta weights to their base, shard by shard: never two whole models in memory."""
    from finetune.weights.delta import apply_delta  # noqa: PLC0415 - heavy

    with progress("merging, bytes") as report:
        shards = apply_delta(base, delta, into, progress=report)
    if as_json:
        show_json({"folder": str(into), "shards": shards})
    else:
        out().print(f"made {into}: {len(shards)} shard{'s' if len(shards) != 1 else ''}", markup=False)


@app.command()
def retriever(  # noqa: PLR0913, PLR0917 - what a retriever is taught with, by name
    into: Annotated[Path, typer.Option("--out", help="Folder for what is learnt, and its card.")],
    instructions: Annotated[
        list[Path] | None,
        typer.Option(
            "--instructions", help="File of instructions, or folder of them; repeatable [default: the bank]."
        ),
    ] = None,
    method: Annotated[
        str, typer.Option("--method", help="matrix: a minute on a CPU; encoder: the whole embedding model.")
    ] = "matrix",
    folds: Annotated[
        int | None, typer.Option("--folds", min=2, help="Parts to keep apart [default: the method's own].")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", min=1, help="Epochs at most [default: the method's own].")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, other folds.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Teach the retriever on instructions, judged on APIs and instructions that it was not taught.

    The service uses it as CALLSMITH_RETRIEVER_MATRIX, or as CALLSMITH_EMBEDDING_MODEL.
    """
    from finetune.retriever.command import Method, teach  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415

    chosen, settings = choice(Method, method, "method"), load_settings()
    with many_progress() as report:
        card = teach(
            settings, chosen, instructions or [], into, folds=folds, epochs=epochs, seed=seed, told=report
        )
    if as_json:
        show_json(card.record())
        return
    for line in card.lines():
        out().print(line, markup=False)
    for warning in card.warnings:
        errors().print(f"warning: {warning}", markup=False, soft_wrap=True)
    out().print(f"made {into}; use it: {card.use}", markup=False)


@app.command()
def judge(
    into: Annotated[Path, typer.Option("--out", help="Folder for what is learnt, and its card.")],
    instructions: Annotated[
        list[Path] | None,
        typer.Option(
            "--instructions", help="File of instructions, or folder of them; repeatable [default: the bank]."
        ),
    ] = None,
    folds: Annotated[int, typer.Option("--folds", min=2, help="Parts to keep apart.")] = 5,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Another seed, other folds.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Learn which domain instructions mean, whether anything serves them, and how sure an answer is.

    Forty minutes on two cores. The service uses it as CALLSMITH_JUDGE; one for the default model ships.
    """
    from finetune.judge.command import teach_judge  # noqa: PLC0415 - heavy
    from service.settings import load_settings  # noqa: PLC0415

    with many_progress() as report:
        card = teach_judge(load_settings(), instructions or [], into, folds=folds, seed=seed, told=report)
    if as_json:
        show_json(card.record())
        return
    for line in card.lines():
        out().print(line, markup=False)
    out().print(f"made {into}; use it: CALLSMITH_JUDGE={into / 'judge.safetensors'}", markup=False)
