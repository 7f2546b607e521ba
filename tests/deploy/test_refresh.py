"""The nightly job as files: crontab, systemd, Kubernetes, alerts; true to the command and to its measures."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from service.cli import app
from service.refresh.report import GATE_FAILED
from service.settings import Settings, variable

ROOT = Path(__file__).parents[2]
SYSTEMD = ROOT / "deploy" / "systemd"
ALERTS: dict[str, Any] = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
CRONJOB: dict[str, Any] = yaml.safe_load(
    (ROOT / "deploy/kubernetes/refresh.yaml").read_text(encoding="utf-8")
)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


def unit(name: str) -> configparser.RawConfigParser:
    found = configparser.RawConfigParser(strict=True)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string((SYSTEMD / name).read_text(encoding="utf-8"))
    return found


def job() -> dict[str, Any]:
    found: dict[str, Any] = CRONJOB["spec"]["jobTemplate"]["spec"]
    return found


def commands() -> dict[str, list[str]]:
    """What each of the files runs."""
    crontab = (ROOT / "deploy/crontab").read_text(encoding="utf-8")
    (line,) = [line for line in crontab.splitlines() if line and not line.startswith("#")]
    (container,) = job()["template"]["spec"]["containers"]
    return {
        "crontab": line.split(maxsplit=5)[5].split(),
        "systemd": shlex.split(unit("callsmith-refresh.service")["Service"]["ExecStart"]),
        "kubernetes": ["callsmith", *container["args"]],
    }


@pytest.mark.parametrize("file", ["crontab", "systemd", "kubernetes"])
def test_every_scheduler_runs_the_refresh(file: str) -> None:
    program, *words = commands()[file]
    assert Path(program).name == "callsmith"
    assert words == ["docs", "refresh"]
    command: Any = typer.main.get_command(app)
    for word in words:
        command = command.commands[word]


def test_all_of_them_run_at_the_same_time_of_the_night() -> None:
    crontab = (ROOT / "deploy/crontab").read_text(encoding="utf-8").splitlines()[-1]
    minute, hour, *days = crontab.split()[:5]
    assert CRONJOB["spec"]["schedule"] == " ".join((minute, hour, *days))
    assert CRONJOB["spec"]["timeZone"] == "Etc/UTC"
    assert unit("callsmith-refresh.timer")["Timer"]["OnCalendar"] == f"*-*-* 0{hour}:{minute}:00 UTC"
    assert days == ["*", "*", "*"]


def test_a_job_that_kubernetes_would_try_again_is_none_whose_gate_failed() -> None:
    (rule,) = job()["podFailurePolicy"]["rules"]
    assert (rule["action"], rule["onExitCodes"]["values"]) == ("FailJob", [GATE_FAILED])
    (container,) = job()["template"]["spec"]["containers"]
    assert rule["onExitCodes"]["containerName"] == container["name"]
    assert job()["template"]["spec"]["restartPolicy"] == "Never"  # or Kubernetes refuses the policy


def test_the_time_that_schedulers_give_is_enough_for_every_source_of_the_hubs() -> None:
    needed = 3 * Settings().refresh_seconds
    assert job()["activeDeadlineSeconds"] > 2 * needed
    assert unit("callsmith-refresh.service")["Service"]["TimeoutStartSec"] == "2h"


def test_the_unit_is_for_nobody_in_particular_and_may_write_to_one_folder() -> None:
    service = unit("callsmith-refresh.service")["Service"]
    assert service["Type"] == "oneshot"
    assert service["User"] not in ("root", "0")
    name, _, folder = service["Environment"].partition("=")
    assert name == variable("var")
    assert folder == f"/var/lib/{service['StateDirectory']}"
    assert service["ProtectSystem"] == "strict"
    assert not re.search(
        r"TOKEN=|PASSWORD=", (SYSTEMD / "callsmith-refresh.service").read_text(encoding="utf-8")
    )


def test_the_timer_belongs_to_the_service_and_makes_up_for_what_it_missed() -> None:
    timer = unit("callsmith-refresh.timer")
    assert "Unit" not in timer["Timer"]  # it is that of the same name
    assert timer["Timer"]["Persistent"] == "true"
    assert timer["Install"]["WantedBy"] == "timers.target"
    assert {path.name for path in SYSTEMD.iterdir()} == {
        "callsmith-refresh.service",
        "callsmith-refresh.timer",
    }


@pytest.mark.process
def test_systemd_reads_the_time() -> None:
    if (program := shutil.which("systemd-analyze")) is None:
        pytest.skip("there is no systemd here")
    when = unit("callsmith-refresh.timer")["Timer"]["OnCalendar"]
    run = subprocess.run([program, "calendar", when], capture_output=True, text=True, check=False)  # noqa: S603
    assert run.returncode == 0, run.stderr


# ---- alerts ------------------------------------------------------------------------------------------


def measures() -> set[str]:
    """The names that the service measures by."""
    tree = ast.parse((ROOT / "service" / "metrics.py").read_text(encoding="utf-8"))
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("callsmith_")
    }


def test_prometheus_reads_the_rules_from_where_compose_puts_them() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    mounted = [volume.split(":") for volume in COMPOSE["services"]["prometheus"]["volumes"]]
    for file in config["rule_files"]:
        assert [f"./deploy/prometheus/{file}", f"/etc/prometheus/{file}", "ro"] in mounted
    assert config["rule_files"] == ["alerts.yml"]


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_a_rule_asks_for_what_is_measured_and_says_what_to_do(rule: dict[str, Any]) -> None:
    asked = set(re.findall(r"callsmith_\w+", rule["expr"]))
    assert asked
    assert asked <= measures()
    assert rule["labels"]["severity"]
    assert set(rule["annotations"]) == {"summary", "description"}
    assert re.fullmatch(r"\d+[mh]", rule["for"])


def test_36_hours_without_a_refresh_that_went_through_are_told() -> None:
    (overdue,) = [rule for rule in RULES if rule["alert"] == "CallsmithRefreshOverdue"]
    assert overdue["expr"] == "time() - max(callsmith_refresh_last_success_timestamp_seconds) > 36 * 3600"
    (never,) = [rule for rule in RULES if rule["alert"] == "CallsmithNeverRefreshed"]
    assert never["for"] == "36h"
    jobs = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    assert re.search(r'job="(\w+)"', never["expr"])[1] in {one["job_name"] for one in jobs["scrape_configs"]}  # type: ignore[index]
