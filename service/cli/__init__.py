"""The command line, `callsmith`: thin commands over the other rooms.

Every import that takes time happens inside the command that needs it.
"""

from __future__ import annotations

from service.cli import ask, batch, docs, evaluate, finetune, hubs, index, keys, model, serve
from service.cli.output import Commands, new_app

app = new_app(
    "Turns an instruction in plain words into one verified API call.\n\n"
    "Settings are variables named CALLSMITH_…; docs/settings.md lists them.",
    Commands,
)
app.command("call")(ask.call)
app.command("search")(ask.search)
app.command("batch")(batch.batch)
app.command("serve")(serve.serve)
app.add_typer(index.app, name="index")
app.add_typer(docs.app, name="docs")
app.add_typer(hubs.app, name="hubs")
app.add_typer(keys.app, name="keys")
app.add_typer(model.app, name="model")
app.add_typer(finetune.app, name="finetune")
app.command(
    "evaluate",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(evaluate.evaluate)


def main() -> None:
    """Run the command line."""
    app(prog_name="callsmith")
