"""What the profile `monitoring` shows: that Prometheus and Grafana ask for what is there."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(
    (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
)["services"]
DASHBOARD: dict[str, Any] = json.loads(
    (ROOT / "deploy/grafana/dashboards/callsmith.json").read_text(encoding="utf-8")
)


def test_prometheus_asks_the_containers_that_have_measures() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yml").read_text(encoding="utf-8"))
    targets = {
        target for job in config["scrape_configs"] for s in job["static_configs"] for target in s["targets"]
    }
    assert targets == {"service:8000", "engine:8001", "127.0.0.1:9090"}


def test_panels_ask_the_provisioned_source_and_lie_side_by_side() -> None:
    sources = yaml.safe_load(
        (ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text(encoding="utf-8")
    )
    (source,) = sources["datasources"]
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
        for target in panel.get("targets", []):
            assert target["datasource"] == {"type": "prometheus", "uid": source["uid"]}
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def test_grafana_finds_the_dashboards_where_compose_mounts_them() -> None:
    provider = yaml.safe_load(
        (ROOT / "deploy/grafana/provisioning/dashboards/callsmith.yml").read_text(encoding="utf-8")
    )["providers"][0]
    mounted = [volume.split(":") for volume in SERVICES["grafana"]["volumes"]]
    assert ["./deploy/grafana/dashboards", provider["options"]["path"], "ro"] in mounted
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == f"{provider['options']['path']}/callsmith.json"


def asked() -> set[tuple[str, frozenset[str]]]:
    """Each of our metrics that a panel asks for, and the labels by which it does."""
    found = set()
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            grouped = re.findall(r"by \(([\w, ]+)\)", target["expr"])
            labels = {label.strip() for group in grouped for label in group.split(",")} - {"le"}
            matched = re.findall(r"(\w+)=", target["expr"])
            found |= {
                (name, frozenset(labels | set(matched)))
                for name in re.findall(r"callsmith_\w+", target["expr"])
            }
    return found


def test_panels_ask_for_metrics_that_the_service_has_by_labels_that_they_have() -> None:
    source = (ROOT / "service" / "metrics.py").read_text(encoding="utf-8")
    written = {
        node.value: {label.value for label in ast.walk(call) if isinstance(label, ast.Constant)}
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        for node in call.args
        if isinstance(node, ast.Constant)
    }
    assert asked()
    for name, labels in asked():
        short = re.sub(r"_bucket$", "", name)
        constants = written.get(short) or written.get(short.removeprefix("callsmith_"), set())
        if short == "callsmith_index_info":
            constants = written["1 for what is served."]
        assert constants, f"{name} is nothing that the service measures"
        assert labels <= constants, f"{name} has no label {labels - constants}"
