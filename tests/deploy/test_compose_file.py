"""`docker-compose.yml` and `.env`: what they promise, and that both readers of compose files take them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from service.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = ("model", "service", "refresh")
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?::-(?P<default>[^}]*))?}")
READ_BY_COMPOSE_ITSELF = {"COMPOSE_PROJECT_NAME"}


def defaults() -> dict[str, str]:
    lines = (ROOT / ".env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def substituted(text: str) -> str:
    return VARIABLE.sub(lambda found: found["default"] or "", text)


def enabled(profile: str) -> set[str]:
    chosen = set(profile.split(","))
    return {
        name
        for name, service in SERVICES.items()
        if not service.get("profiles") or chosen & {*service["profiles"]}
    }


def test_every_variable_has_the_default_that_the_env_file_documents() -> None:
    found = {(match["name"], match["default"]) for match in VARIABLE.finditer(TEXT)}
    documented = defaults()
    said = {name: documented.get(name) for name, _ in found}
    # Without the file no profile is chosen; with it, the engine on GPUs is.
    assert dict(found) | {"COMPOSE_PROFILES": "gpu"} == said
    assert len(found) == len(said), "a variable has two defaults"


def test_the_env_file_names_no_variable_that_nothing_reads() -> None:
    assert set(defaults()) - READ_BY_COMPOSE_ITSELF == {match["name"] for match in VARIABLE.finditer(TEXT)}


def test_no_variable_is_taken_for_a_setting_of_the_command_line() -> None:
    assert not [name for name in defaults() if name.startswith("CALLSMITH_")]


def test_the_engine_on_gpus_is_what_plain_up_brings() -> None:
    assert next(iter(defaults().items())) == ("COMPOSE_PROFILES", "gpu")


def test_nothing_is_used_that_only_one_of_the_readers_knows() -> None:
    assert {key for key in FILE if not key.startswith("x-")} == {"services", "volumes", "secrets"}
    without_defaults = VARIABLE.sub("", TEXT)
    assert "${" not in without_defaults
    assert not [word for word in ("!reset", "!override", "develop:", "include:", "version:") if word in TEXT]


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("gpu", {"model", "engine", "service", "refresh"}),
        ("cpu", {"model", "engine-cpu", "service", "refresh"}),
        ("grounded", {"service", "refresh"}),
        ("grounded,monitoring", {"service", "refresh", "prometheus", "grafana"}),
    ],
)
def test_a_profile_brings_one_engine_or_none(profile: str, expected: set[str]) -> None:
    assert enabled(profile) == expected
    for name in expected:
        assert set(SERVICES[name].get("depends_on", {})) <= expected


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_is_one_variable_so_that_a_digest_can_be_named(name: str) -> None:
    assert VARIABLE.fullmatch(SERVICES[name]["image"])
    assert re.search(r":[v0-9][\w.-]*$", substituted(SERVICES[name]["image"])), "a tag that says a version"


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "network_mode", "pid"} & set(service)
    assert "user" not in service or not service["user"].startswith(("0", "root"))
    # vLLM on GPUs compiles and caches kernels wherever its libraries choose to.
    assert service.get("read_only", False) is (name != "engine")


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_that_stays_is_watched_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    if name == "model":
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    built_with_a_check = name == "service" and "HEALTHCHECK" in (ROOT / "Dockerfile").read_text(
        encoding="utf-8"
    )
    assert built_with_a_check or service["healthcheck"]["test"]


@pytest.mark.parametrize("name", SERVICES)
def test_ports_are_published_on_this_machine_only_unless_told(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert substituted(port).startswith("127.0.0.1:")
        assert VARIABLE.match(port)


@pytest.mark.parametrize("name", SERVICES)
def test_no_path_of_a_machine_is_named(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source = substituted(volume).split(":")[0]
        if source.startswith("."):
            assert (ROOT / source).exists()
        else:
            assert source in FILE["volumes"]


def test_no_secret_is_there_until_a_file_is_named() -> None:
    for secret in FILE["secrets"].values():
        assert VARIABLE.fullmatch(secret["file"])
        file = ROOT / substituted(secret["file"])
        assert file.read_bytes() == b""
    named = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert named == set(FILE["secrets"])


def test_secrets_go_by_files_and_never_by_the_environment() -> None:
    for service in SERVICES.values():
        names = [name for name in service.get("environment", {}) if re.search("TOKEN|PASSWORD|KEY", name)]
        assert all(name.endswith("__FILE") for name in names)


def test_either_engine_is_found_under_one_name() -> None:
    assert "engine" in SERVICES
    assert SERVICES["engine-cpu"]["networks"]["default"]["aliases"] == ["engine"]
    for name in ("engine", "engine-cpu"):
        assert "--port=8001" in SERVICES[name]["command"]


def test_the_service_waits_for_no_engine_and_engines_wait_for_the_model() -> None:
    assert "depends_on" not in SERVICES["service"]
    for name in ("engine", "engine-cpu"):
        assert SERVICES[name]["depends_on"] == {"model": {"condition": "service_completed_successfully"}}


def test_the_service_gets_longer_to_stop_than_it_gives_requests() -> None:
    assert int(SERVICES["service"]["stop_grace_period"].removesuffix("s")) > Settings().shutdown_timeout


def test_the_service_is_told_settings_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SERVICES["service"]["environment"].items():
        if name.startswith("CALLSMITH_"):
            monkeypatch.setenv(name, substituted(value))
    assert load_settings().engine_url is None


@pytest.mark.parametrize("name", OURS)
def test_our_containers_are_of_one_image(name: str) -> None:
    assert SERVICES[name]["image"] == SERVICES["service"]["image"]
    assert SERVICES[name]["build"] == SERVICES["service"]["build"]


def readers() -> list[list[str]]:
    found = [["docker-compose"]] if shutil.which("docker-compose") else []
    if shutil.which("docker"):
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)  # noqa: S607
        found += [["docker", "compose"]] if plugin.returncode == 0 else []
    return found


@pytest.mark.process
@pytest.mark.parametrize("profile", ["gpu", "cpu", "grounded", "gpu,monitoring"])
def test_the_readers_of_this_machine_take_the_file(profile: str) -> None:
    if not (commands := readers()):
        pytest.skip("neither docker-compose nor docker's compose plugin is installed here")
    environment = {"PATH": os.environ["PATH"], "COMPOSE_PROFILES": profile}
    for command in commands:
        run = subprocess.run(  # noqa: S603
            [*command, "--file", "docker-compose.yml", "config"],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert run.returncode == 0, run.stderr
        # 1.29 prints the services of every profile, the plugin those of the chosen ones.
        assert enabled(profile) <= set(yaml.safe_load(run.stdout)["services"]) <= set(SERVICES)
