"""The command line: pretty for people, JSON for programs, one line for every error."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import service.runtime
import service.server
import service.var
from api_docs.catalogue import Catalogue
from api_docs.errors import CallsmithError, GeneratorUnavailable
from api_docs.storage import load_catalogue, write_catalogue
from retriever.searcher import Searcher
from service.cli import app
from service.cli.output import printable
from service.runtime import Runtime
from service.settings import Settings
from tests.retriever.conftest import WordEncoder, make_doc, small_docs
from tests.service.conftest import Written

CALL = "pipeline('image-classification', model='google/vit-birds')"
BIRDS = "tell species of birds apart on photos"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, runtime: Runtime) -> Runtime:
    monkeypatch.setattr(service.runtime, "open_runtime", lambda *_: runtime)
    return runtime


@pytest.fixture
def catalogue_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue on disk that the settings name, a folder for what is written, an instant encoder."""
    folder = tmp_path / "catalogue"
    write_catalogue(Catalogue(small_docs()), folder)
    encoder = WordEncoder()
    encoder.name = Settings().embedding_model
    monkeypatch.setattr(service.var, "load_encoder", lambda _: encoder)
    monkeypatch.setenv("CALLSMITH_CATALOGUE", str(folder))
    monkeypatch.setenv("CALLSMITH_VAR", str(tmp_path / "var"))
    return folder


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=stdin, prog_name="callsmith")


def succeeded(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(result: Result, *said: str, code: int = 2) -> str:
    """The one line on stderr of a command that must fail."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.stderr
    for part in said:
        assert part in result.stderr
    return result.stderr


# ---- call and search -----------------------------------------------------------------------------


def test_call_shows_the_call_its_code_and_what_else_there_is(opened: Runtime) -> None:
    shown = succeeded(run("call", BIRDS))
    assert CALL in shown.replace("\n", "")
    for part in ("verified", "huggingface", "alternatives", "import"):
        assert part in shown


def test_call_tells_what_the_instruction_prefers(opened: Runtime) -> None:
    assert "preferred: smallest, torchhub" in succeeded(run("call", f"{BIRDS} with a small model in PyTorch"))
    assert "preferred" not in succeeded(run("call", BIRDS))


def test_call_gives_programs_what_http_gives(opened: Runtime) -> None:
    answer = json.loads(succeeded(run("call", BIRDS, "--json")))
    assert answer["status"] == "verified"
    assert answer["call"] == CALL
    assert answer["index_version"] == opened.served.version


def test_call_passes_every_option_on(opened: Runtime) -> None:
    options = ["--hub", "torchhub", "--domain", "image-classification", "-k", "2", "--retriever", "dense"]
    options += ["--generator", "grounded", "--include-prompt", "--pin-revision", "--json"]
    answer = json.loads(succeeded(run("call", BIRDS, *options)))
    assert answer["hub"] == "torchhub"
    assert set(answer["hits"][0]["scores"]) == {"dense"}
    assert BIRDS in answer["prompt"]


def test_call_reads_an_instruction_from_stdin(opened: Runtime) -> None:
    assert json.loads(succeeded(run("call", "-", "--json", stdin=BIRDS)))["call"] == CALL


def test_call_shows_what_it_did_not_find(opened: Runtime) -> None:
    shown = succeeded(run("call", "translate a letter", "--hub", "tfhub", "--domain", "translation"))
    assert "no_match" in shown


def test_call_shows_what_was_refused_what_stood_in_and_the_prompt(
    monkeypatch: pytest.MonkeyPatch, searcher: Searcher
) -> None:
    engine = Written("pipeline('image-classification', model='google/vit-bird')")
    monkeypatch.setattr(service.runtime, "open_runtime", lambda *_: Runtime(Settings(), searcher, engine))
    shown = succeeded(run("call", BIRDS, "--include-prompt"))
    for part in ("unverified", f"nearest valid call: {CALL}", "###USER:"):
        assert part in shown
    engine.answer = GeneratorUnavailable("it is down")
    assert "degraded: it is down" in succeeded(run("call", BIRDS))


def test_search_lists_ids_by_rank(opened: Runtime) -> None:
    assert "huggingface:google/vit-birds" in succeeded(run("search", BIRDS, "-k", "2"))
    found = json.loads(succeeded(run("search", BIRDS, "-k", "2", "--json")))
    assert [hit["rank"] for hit in found["hits"]] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["call", ""], "empty"),
        (["call", "  "], "empty"),
        (["call", "x" * 4001], "4,001"),
        (["call", "a\x07"], "U+0007"),
        (["call", "caf\udce9"], "surrogate"),
        (["call", BIRDS, "--hub", "dockerhub"], "'torchhub'"),
        (["call", BIRDS, "--retriever", "google"], "'hybrid'"),
        (["call", BIRDS, "--generator", "gpt"], "'auto'"),
        (["call", BIRDS, "--generator", "vllm"], "CALLSMITH_ENGINE_URL"),
        (["call", BIRDS, "--retriever", "none"], "grounded"),
        (["call", BIRDS, "-k", "0"], "greater than or equal to 1"),
        (["call", BIRDS, "-k", "51"], "50"),
        (["call", BIRDS, "-k", "ten"], "integer"),
        (["call", BIRDS, "--temperature", "nan"], "temperature"),
        (["call", BIRDS, "--colour", "red"], "--colour"),
        (["call"], "INSTRUCTION"),
        (["search", BIRDS, "--retriever", "none"], "hybrid"),
        (["sing"], "sing"),
        (["docs", "dance"], "dance"),
        (["docs", "show", "torchhub:nothing"], "torchhub:nothing"),
        (["serve", "--port", "99999"], "65535"),
        (["serve", "--workers", "0"], "--workers"),
        (["batch", "no.jsonl", "out.jsonl"], "no.jsonl"),
        (["docs", "import", "gopher", "x", "--out", "y"], "torchhub"),
        (["docs", "import", "jsonl", "no-such", "--out", "y"], "no-such"),
        (["docs", "diff", "no-such"], "no-such"),
    ],
)
def test_a_mistake_is_one_line_with_the_fix(
    opened: Runtime, catalogue_folder: Path, arguments: list[str], said: str
) -> None:
    refused(run(*arguments), "error:", said)
    as_json = run(*arguments, "--json")
    if "No such option" not in as_json.stderr:
        error = json.loads(refused(as_json))["error"]
        assert error.keys() == {"code", "message"}
        assert said in error["message"]


def test_a_wrong_setting_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLSMITH_PORT", "http")
    refused(run("serve"), "CALLSMITH_PORT", "'http'")


def test_what_is_nobodys_mistake_exits_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Runtime:
        raise GeneratorUnavailable("the engine is down")

    monkeypatch.setattr(service.runtime, "open_runtime", fail)
    refused(run("call", BIRDS), "the engine is down", code=1)


def test_a_bug_is_one_line_as_well_unless_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Runtime:
        raise RuntimeError("a bug")

    monkeypatch.setattr(service.runtime, "open_runtime", fail)
    refused(run("call", BIRDS), "RuntimeError: a bug", "CALLSMITH_LOG_LEVEL=debug", code=1)
    monkeypatch.setenv("CALLSMITH_LOG_LEVEL", "debug")
    assert isinstance(run("call", BIRDS).exception, RuntimeError)


def test_an_error_never_spans_lines_or_steers_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> Runtime:
        raise CallsmithError("first\nsecond\x1b[31m [red]third[/red]")

    monkeypatch.setattr(service.runtime, "open_runtime", fail)
    assert "first second\\x1b[31m [red]third[/red]" in refused(run("call", BIRDS))


def test_without_a_command_the_help_is_shown() -> None:
    for arguments in ([], ["docs"], ["--help"], ["docs", "--help"], ["call", "--help"]):
        result = run(*arguments)
        assert result.exit_code == (0 if "--help" in arguments else 2)
        assert "Usage: callsmith" in result.output
        assert "\n\nCommands:\n" in result.output or "call" in arguments


def test_a_pipe_gets_neither_folded_nor_padded_lines(opened: Runtime) -> None:
    lines = succeeded(run("search", BIRDS)).splitlines()
    assert len(lines) == 6
    assert all(line == line.rstrip() for line in lines)


def test_doc_text_can_not_steer_a_terminal() -> None:
    assert printable("a\x1b[2Jb\u202ec\nd\te") == "a\\x1b[2Jb\\u202ec\nd\te"


def test_the_command_line_starts_without_loading_models() -> None:
    code = (
        "import sys, service.cli; print([name for name in ('torch', 'faiss', 'fastapi', 'pydantic_settings') "
    )
    code += "if name in sys.modules])"
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert loaded.stdout.strip() == "[]"


# ---- batch ---------------------------------------------------------------------------------------


def test_batch_answers_and_continues(opened: Runtime, tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(f'"{BIRDS}"\nnonsense\n"what do I hear"\n')
    result = run("batch", str(source), str(target))
    assert "2 answered, 1 skipped" in succeeded(result)
    assert "line 2 skipped" in result.stderr
    assert len(target.read_text().splitlines()) == 2
    again = json.loads(succeeded(run("batch", str(source), str(target), "--json")))
    assert (again["continued"], again["answered"]) == (2, 0)


# ---- index ---------------------------------------------------------------------------------------


def test_the_index_is_built_once_and_described(catalogue_folder: Path, tmp_path: Path) -> None:
    refused(run("index", "info"), "callsmith index build")
    built = json.loads(succeeded(run("index", "build", "--json")))
    assert (built["built"], built["docs"]) == (True, 7)
    assert Path(built["folder"]).is_relative_to(tmp_path / "var" / "indexes")
    assert not json.loads(succeeded(run("index", "build", "--json")))["built"]
    assert json.loads(succeeded(run("index", "build", "--force", "--json")))["built"]
    assert "7 docs" in succeeded(run("index", "build"))
    info = json.loads(succeeded(run("index", "info", "--json")))
    assert info["catalogue"] == load_catalogue(catalogue_folder).version
    assert info["bytes"] > 0
    assert "embedding_model" in succeeded(run("index", "info"))


def test_call_builds_the_index_where_there_is_none(catalogue_folder: Path, tmp_path: Path) -> None:
    result = run("call", BIRDS, "--json")
    assert json.loads(succeeded(result))["hits"][0]["id"] == "huggingface:google/vit-birds"
    assert "building the index: 7 of 7" in result.stderr
    again = run("search", BIRDS, "--json")
    succeeded(again)
    assert "building" not in again.stderr


@pytest.mark.parametrize("command", [["call", BIRDS], ["search", BIRDS], ["serve"]])
def test_a_truncated_index_is_refused_with_the_command_that_mends_it(
    catalogue_folder: Path, command: list[str]
) -> None:
    folder = Path(json.loads(succeeded(run("index", "build", "--json")))["folder"])
    vectors = folder / "vectors.faiss"
    vectors.write_bytes(vectors.read_bytes()[:-10])
    port = ["--port", str(free_port())] if command == ["serve"] else []
    refused(run(*command, *port), "callsmith index build")
    assert json.loads(succeeded(run("index", "build", "--json")))["built"]
    succeeded(run("search", BIRDS))


def test_a_manifest_of_another_catalogue_is_refused(catalogue_folder: Path, tmp_path: Path) -> None:
    folder = Path(json.loads(succeeded(run("index", "build", "--json")))["folder"])
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"catalogue": "abcdefabcdef"}))
    refused(run("search", BIRDS), "abcdefabcdef", "callsmith index build")


def test_a_broken_catalogue_is_refused_with_line_and_reason(catalogue_folder: Path) -> None:
    path = catalogue_folder / "tfhub.jsonl"
    lines = path.read_bytes().splitlines()
    path.write_bytes(lines[0] + b"\n" + lines[1][:-5] + b"\n")
    for command in (["search", BIRDS], ["docs", "validate"], ["docs", "stats"], ["index", "build"]):
        refused(run(*command), "tfhub.jsonl", "line 2")


def test_a_var_that_can_not_be_written_is_refused_with_the_fix(
    catalogue_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CALLSMITH_VAR", str(tmp_path / "file" / "var"))
    refused(run("search", BIRDS), "CALLSMITH_VAR", code=1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# ---- docs ----------------------------------------------------------------------------------------


def test_docs_are_validated_counted_and_shown(catalogue_folder: Path) -> None:
    version = load_catalogue(catalogue_folder).version
    assert json.loads(succeeded(run("docs", "validate", "--json"))) == {
        "valid": True,
        "version": version,
        "docs": 7,
    }
    assert "valid: 7 docs" in succeeded(run("docs", "validate"))
    assert json.loads(succeeded(run("docs", "stats", "--json")))["hubs"]["tfhub"]["docs"] == 2
    assert "huggingface" in succeeded(run("docs", "stats"))
    doc = small_docs()[0]
    assert json.loads(succeeded(run("docs", "show", doc.id, "--json")))["call"] == doc.call
    assert "resnet50" in succeeded(run("docs", "show", doc.id))


def test_a_call_that_does_not_verify_makes_a_catalogue_invalid(catalogue_folder: Path) -> None:
    wrong = make_doc("torchhub", "x", "translation", "", "torch.hub.load('a/b', 'c', d=open('e'))")
    write_catalogue(Catalogue([wrong]), catalogue_folder)
    refused(run("docs", "validate"), "torchhub:x")


def test_docs_are_imported_and_compared(catalogue_folder: Path, tmp_path: Path) -> None:
    records = [doc.record() for doc in small_docs()[:3]]
    records[0] = {**records[0], "license": "mit"}
    del records[0]["content_hash"]
    source, made = tmp_path / "mine.jsonl", tmp_path / "mine"
    source.write_text("".join(json.dumps(record) + "\n" for record in records))
    counts = json.loads(succeeded(run("docs", "import", "jsonl", str(source), "--out", str(made), "--json")))
    assert (counts["docs"], counts["read"], counts["set_aside"]) == (3, 3, [])
    found = json.loads(succeeded(run("docs", "diff", str(catalogue_folder), str(made), "--json")))
    assert len(found["removed"]) == 4
    assert found["changed"][0]["fields"][0] == {"field": "license", "before": None, "after": "mit"}
    shown = succeeded(run("docs", "diff", str(catalogue_folder), str(made)))
    assert "license: None → 'mit'" in shown
    assert "the same" in succeeded(run("docs", "diff", str(made), str(made)))


def test_what_an_import_sets_aside_is_shown(tmp_path: Path) -> None:
    source = tmp_path / "mine.jsonl"
    record = make_doc("acme", "reader", "translation", "", "acme.load('reader')").record()
    source.write_text("".join(f"{json.dumps(record)}\n" for _ in range(13)))
    result = run("docs", "import", "jsonl", str(source), "--out", str(tmp_path / "mine"))
    assert "1 docs read" in succeeded(result)
    assert result.stderr.count("set aside acme:reader") == 10
    assert "2 more set aside" in result.stderr


def test_an_import_can_keep_the_other_hubs(catalogue_folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "mine.jsonl"
    source.write_text(
        json.dumps(make_doc("acme", "reader", "translation", "", "acme.load('reader')").record())
    )
    counts: dict[str, Any] = json.loads(
        succeeded(
            run("docs", "import", "jsonl", str(source), "--out", str(catalogue_folder), "--add", "--json")
        )
    )
    assert counts["docs"] == 8
    assert set(load_catalogue(catalogue_folder).hubs) == {"huggingface", "tfhub", "torchhub", "acme"}


def test_a_broken_line_imports_nothing(catalogue_folder: Path, tmp_path: Path) -> None:
    source, made = tmp_path / "mine.jsonl", tmp_path / "mine"
    source.write_text(json.dumps(small_docs()[0].record()) + "\n{\n")
    refused(run("docs", "import", "jsonl", str(source), "--out", str(made)), "line 2")
    assert not made.exists()
