"""The shell scripts of the containers, run with commands of ours in place of what they start."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.process


class Box:
    """A folder that stands for a container, with commands that say how they were called."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("run/secrets", "models", "tmp", "bin"):
            (root / folder).mkdir(parents=True)
        for secret in ("keys", "engine_key", "hf_token"):
            (root / "run/secrets" / secret).touch()
        self.command("callsmith", 'echo "callsmith $*"; env | grep -E "^CALLSMITH_" | sort')

    def command(self, name: str, script: str) -> None:
        path = self.root / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        path.chmod(0o755)

    def run(self, script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a script of `deploy/` with the container's paths under this folder."""
        text = (ROOT / "deploy" / script).read_text(encoding="utf-8")
        copy = self.root / "script.sh"
        copy.write_text(
            re.sub(r"(?<![\w.])/(run/secrets|models|tmp)\b", rf"{self.root}/\1", text), encoding="utf-8"
        )
        return subprocess.run(  # noqa: S603
            ["/bin/sh", str(copy), *arguments],
            env={"PATH": f"{self.root / 'bin'}:{os.environ['PATH']}", **environment},
            cwd=self.root, capture_output=True, text=True, check=False,
        )  # fmt: skip


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


LOOPBACK = {"PUBLISH_ADDRESS": "127.0.0.1"}


@pytest.mark.parametrize("profiles", ["gpu", "cpu", "monitoring,gpu"])
def test_a_profile_with_an_engine_and_a_model_has_the_service_ask_it(box: Box, profiles: str) -> None:
    done = box.run("service/start.sh", MODEL="nano", COMPOSE_PROFILES=profiles, **LOOPBACK)
    assert "CALLSMITH_ENGINE_URL=http://engine:8001/v1" in done.stdout.splitlines()
    assert "CALLSMITH_ENGINE_KEY_FILE" in done.stdout
    assert not done.stderr


@pytest.mark.parametrize(
    ("model", "profiles"), [("", "gpu"), ("nano", "grounded"), ("nano", ""), ("", "cpu")]
)
def test_without_an_engine_or_a_model_the_service_is_grounded_and_says_so(
    box: Box, model: str, profiles: str
) -> None:
    done = box.run(
        "service/start.sh", MODEL=model, COMPOSE_PROFILES=profiles, CALLSMITH_ENGINE_URL="", **LOOPBACK
    )
    assert "CALLSMITH_ENGINE" not in done.stdout
    assert "every answer is grounded" in done.stderr


@pytest.mark.parametrize(("model", "style"), [("nano", "compact"), ("a/model", "gorilla")])
def test_the_small_model_that_ships_is_asked_in_its_own_style(box: Box, model: str, style: str) -> None:
    stated = {"CALLSMITH_PROMPT_STYLE": "gorilla", "COMPOSE_PROFILES": "cpu", **LOOPBACK}
    done = box.run("service/start.sh", MODEL=model, **stated)
    assert f"CALLSMITH_PROMPT_STYLE={style}" in done.stdout.splitlines()


def test_an_engine_elsewhere_is_asked_in_any_profile(box: Box) -> None:
    done = box.run(
        "service/start.sh", CALLSMITH_ENGINE_URL="http://far:1/v1", COMPOSE_PROFILES="grounded", **LOOPBACK
    )
    assert "CALLSMITH_ENGINE_URL=http://far:1/v1" in done.stdout.splitlines()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.1.1", "[::1]", "localhost"])
def test_this_machine_may_ask_without_keys(box: Box, address: str) -> None:
    assert "CALLSMITH_ALLOW_ANONYMOUS=true" in box.run("service/start.sh", PUBLISH_ADDRESS=address).stdout


@pytest.mark.parametrize("address", ["0.0.0.0", "10.0.0.7", "", "[::]", "127.example.org"])  # noqa: S104
def test_others_may_not_ask_without_keys_unless_told(box: Box, address: str) -> None:
    assert "ANONYMOUS" not in box.run("service/start.sh", PUBLISH_ADDRESS=address).stdout
    told = box.run("service/start.sh", PUBLISH_ADDRESS=address, CALLSMITH_ALLOW_ANONYMOUS="true")
    assert "CALLSMITH_ALLOW_ANONYMOUS=true" in told.stdout


def test_with_keys_everybody_needs_one(box: Box) -> None:
    (box.root / "run/secrets/keys").write_text("[]", encoding="utf-8")
    found = box.run("service/start.sh", **LOOPBACK).stdout
    assert f"CALLSMITH_KEYS={box.root}/run/secrets/keys" in found.splitlines()
    assert "ANONYMOUS" not in found


def test_keys_beside_the_indexes_count_where_the_secret_holds_none(box: Box) -> None:
    var = box.root / "var"
    var.mkdir()
    (var / "keys.json").write_text("[]", encoding="utf-8")
    found = box.run("service/start.sh", CALLSMITH_VAR=str(var), **LOOPBACK).stdout
    assert f"CALLSMITH_KEYS={var}/keys.json" in found.splitlines()
    assert "ANONYMOUS" not in found
    (box.root / "run/secrets/keys").write_text("[]", encoding="utf-8")
    found = box.run("service/start.sh", CALLSMITH_VAR=str(var), **LOOPBACK).stdout
    assert f"CALLSMITH_KEYS={box.root}/run/secrets/keys" in found.splitlines()


def test_a_model_is_prepared_with_what_was_named(box: Box) -> None:
    done = box.run("service/model.sh", MODEL="a/delta", MODEL_BASE="b/llama", MODEL_REVISION="v1")
    assert done.stdout.splitlines() == [
        f"callsmith model prepare --into {box.root}/models --model a/delta --revision v1 --base b/llama "
        f"--token-file {box.root}/run/secrets/hf_token"
    ]


def test_the_small_model_that_ships_is_copied_and_then_prepared_like_a_folder(box: Box) -> None:
    made, prepared = box.run("service/model.sh", MODEL="nano").stdout.splitlines()
    assert made == f"callsmith model nano --into {box.root}/models/nano"
    assert f"--model {box.root}/models/nano " in prepared


def test_a_model_that_cant_be_made_stops_the_engine_from_starting(box: Box) -> None:
    box.command("callsmith", "exit 3")
    assert box.run("service/model.sh", MODEL="nano").returncode == 3


@pytest.mark.parametrize(("model", "there"), [("", True), ("a/model", False)])
def test_an_engine_without_a_model_idles_and_says_so(box: Box, model: str, there: bool) -> None:
    box.command("sleep", 'echo "sleep $*"')
    if there:
        (box.root / "models/current").mkdir()
    done = box.run("engine/start.sh", "echo", "serving", MODEL=model)
    assert "the service answers grounded" in done.stdout
    assert done.stdout.splitlines()[-1] == "sleep infinity"
    assert (box.root / "tmp/idle").exists()


def test_an_engine_with_a_model_starts_with_its_key(box: Box) -> None:
    (box.root / "models/current").mkdir()
    (box.root / "tmp/idle").touch()
    (box.root / "run/secrets/engine_key").write_text("sk-hush\n", encoding="utf-8")
    done = box.run(
        "engine/start.sh", "sh", "-c", 'echo "$VLLM_API_KEY $1"', "sh", "--port=8001", MODEL="a/model"
    )
    assert done.stdout.splitlines() == ["sk-hush --port=8001"]
    assert not (box.root / "tmp/idle").exists()


def test_an_engine_without_a_key_gets_none(box: Box) -> None:
    (box.root / "models/current").mkdir()
    assert box.run("engine/start.sh", "sh", "-c", "echo ${VLLM_API_KEY-none}", MODEL="m").stdout == "none\n"


DOCKER = 'case "$1 $2" in "pull --quiet") ;; "image inspect") echo "${5%%:*}@sha256:%s" ;; esac'


def test_a_release_names_every_image_by_its_digest(box: Box) -> None:
    box.command("docker", DOCKER.replace("%s", "00ff"))
    done = digests(box, SERVICE_IMAGE="example/callsmith:1.2.3")
    assert done.stdout.splitlines() == [
        "SERVICE_IMAGE=example/callsmith@sha256:00ff",
        "ENGINE_IMAGE=vllm/vllm-openai@sha256:00ff",
        "PROMETHEUS_IMAGE=prom/prometheus@sha256:00ff",
        "GRAFANA_IMAGE=grafana/grafana@sha256:00ff",
    ]


def test_an_image_without_a_digest_is_no_release(box: Box) -> None:
    box.command("docker", "exit 0")
    done = digests(box)
    assert done.returncode == 1
    assert "SERVICE_IMAGE is callsmith:0.1.0, which has no digest; push it first" in done.stderr


def digests(box: Box, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [str(ROOT / "deploy" / "digests.sh")],
        env={"PATH": f"{box.root / 'bin'}:{os.environ['PATH']}", **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
