"""The engines of docker-compose.yml: vLLM itself reads their flags, for those for GPUs run nowhere here."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from evaluation.engine.vllm import PYTHON

pytestmark = pytest.mark.engine

ROOT: Final = Path(__file__).parents[2]
SERVICES: Final[dict[str, dict[str, Any]]] = yaml.safe_load(
    (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
)["services"]
READ: Final = """
import json, sys
from vllm.entrypoints.launchers.cli_args import make_arg_parser, validate_parsed_serve_args
from vllm.utils.argparse_utils import FlexibleArgumentParser
parser = make_arg_parser(FlexibleArgumentParser(allow_abbrev=False))
read = parser.parse_args(json.loads(sys.argv[1]))
validate_parsed_serve_args(read)
print(json.dumps(vars(read), default=str))
"""
MEASURES: Final = """
import pathlib, vllm.v1.metrics.loggers as loggers
print(pathlib.Path(loggers.__file__).read_text())
"""


def substituted(text: str) -> str:
    return re.sub(r"\$\{[A-Z_]+:-([^}]*)}", lambda found: found[1], text)


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program with the engine's Python, without settings of ours and without the network."""
    assert PYTHON.is_file(), f"no engine at {PYTHON}; install it with `make engine`"
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CALLSMITH_")}
    return subprocess.run(  # noqa: S603
        [str(PYTHON), "-W", "ignore", "-c", program, *arguments],
        env=ours | {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def read(name: str) -> dict[str, Any]:
    """What vLLM makes of an engine's command, after the words that start it."""
    words = [substituted(word) for word in SERVICES[name]["command"]]
    flags = [word for word in words if word.startswith("--")]
    started = words[: words.index(flags[0])]
    assert started in (
        ["vllm", "serve", "/models/current"],
        ["python", "-m", "vllm.entrypoints.openai.api_server"],
    )
    assert words == started + flags, "every flag carries its value: --flag=value"
    done = run(READ, json.dumps(flags))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_vllm_takes_every_flag_of_the_engine_on_gpus_and_reads_what_is_meant() -> None:
    found = read("engine")
    assert found["data_parallel_size"] == 8
    assert found["max_model_len"] == 2048
    assert found["gpu_memory_utilization"] == 0.9
    assert found["port"] == 8001
    assert found["host"] == "0.0.0.0"  # noqa: S104
    assert found["enable_prefix_caching"] is True
    assert found["generation_config"] == "vllm"
    assert "xgrammar" in str(found["structured_outputs_config"])
    assert "disable_any_whitespace" in str(found["structured_outputs_config"])


def test_vllm_takes_every_flag_of_the_engine_on_cores_and_reads_what_is_meant() -> None:
    found = read("engine-cpu")
    assert found["model"] == "/models/current"
    assert found["enforce_eager"] is True
    assert found["max_model_len"] == 2048
    assert found["port"] == 8001


def test_a_flag_that_vllm_does_not_know_would_be_found() -> None:
    assert "unrecognized arguments: --data-parallel" in run(READ, '["--data-parallel=8"]').stderr


def test_the_dashboard_asks_for_metrics_that_vllm_has() -> None:
    dashboard = (ROOT / "deploy" / "grafana" / "dashboards" / "callsmith.json").read_text(encoding="utf-8")
    asked = {re.sub("(_total|_bucket)$", "", name) for name in re.findall(r"vllm:\w+", dashboard)}
    source = run(MEASURES).stdout
    assert asked
    assert not {name for name in asked if f'"{name}"' not in source}
