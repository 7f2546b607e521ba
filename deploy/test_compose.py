"""Bring docker-compose.yml up with a real Docker engine, watch it serve, fail and recover, and take it down.

    make test-compose
    make test-compose COMPOSE_TEST="--build-network host --base-image python:3.12-slim-bookworm"

Outside CI: it builds two images and takes minutes. What happened is written to
`evaluation/results/compose/compose.log`, with times. Nothing but the images is left; a project name
and a port of its own keep clear of what runs already. Needs Python, and Docker with compose of either kind.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

ROOT = Path(__file__).parents[1]
LOG = ROOT / "evaluation" / "results" / "compose" / "compose.log"
PROJECT = "callsmith-test"
SERVICE_IMAGE = "callsmith:test"
ENGINE_IMAGE = "callsmith-engine-cpu:test"
INSTRUCTION = "Take the singing out of a song so that I can practise with only the band"
OWN_DOC = {
    "id": "lab:spectrum",
    "domain": "web-api",
    "name": "spectrum",
    "call": "lab.spectrum(sample=1)",
    "functionality": "Measure the absorption spectrum of a sample in the lab's spectrometer",
}
OWN_INSTRUCTION = "Measure the absorption spectrum of a sample with the spectrometer of our lab"
START_SECONDS = 900
"""Far more than a start takes; a machine that does other work beside is slow."""

Answer = dict[str, Any]


class Failed(Exception):
    """Something that was to be shown did not show."""


class Run:
    """One run: its log, and the environment that compose reads its variables from."""

    def __init__(self, log: Path, compose: list[str]) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self._log = log.open("w", encoding="utf-8")
        self._compose = compose
        self._began = time.monotonic()
        self.port = free_port()
        self.environment = {
            name: os.environ[name] for name in ("PATH", "HOME", "DOCKER_HOST") if name in os.environ
        }
        self.environment |= {
            "COMPOSE_PROJECT_NAME": PROJECT,
            "PUBLISH_PORT": str(self.port),
            "SERVICE_IMAGE": SERVICE_IMAGE,
            "ENGINE_CPU_IMAGE": ENGINE_IMAGE,
        }

    def say(self, text: str) -> None:
        """Log a line, with the time of day and the seconds since the beginning."""
        stamp = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {time.monotonic() - self._began:7.1f}s"
        for line in text.splitlines() or [""]:
            print(f"{stamp}  {line}", flush=True)
            print(f"{stamp}  {line}", file=self._log, flush=True)

    def command(self, *words: str, quiet: bool = False) -> str:
        """Run a command and give its output.

        Raises:
            Failed: when it fails, with its output.
        """
        if not quiet:
            self.say("$ " + " ".join(words))
        done = subprocess.run(  # noqa: S603
            words, cwd=ROOT, env=self.environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if done.returncode != 0:
            raise Failed(f"{' '.join(words)} ended with status {done.returncode}:\n{done.stdout[-4000:]}")
        return done.stdout

    def compose(self, *words: str, quiet: bool = False) -> str:
        """Run a compose command for the test's project."""
        return self.command(*self._compose, "--file", "docker-compose.yml", *words, quiet=quiet)

    def container(self, service: str) -> str:
        """The id of a service's container."""
        return self.command(
            "docker", "ps", "--all", "--quiet", "--no-trunc",
            "--filter", f"label=com.docker.compose.project={PROJECT}",
            "--filter", f"label=com.docker.compose.service={service}",
            "--filter", "label=com.docker.compose.oneoff=False", quiet=True,
        ).strip()  # fmt: skip

    def inspect(self, service: str, what: str) -> str:
        """A value of `docker inspect`."""
        return self.command(
            "docker", "inspect", "--format", what, self.container(service), quiet=True
        ).strip()

    def inside(self, service: str, script: str) -> str:
        """What a shell script prints in a running container."""
        return self.command("docker", "exec", self.container(service), "sh", "-c", script, quiet=True).strip()

    def get(self, path: str) -> Answer:
        """The JSON of a GET."""
        with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as response:
            found: Answer = json.load(response)
            return found

    def ask(self, instruction: str = INSTRUCTION, key: str = "") -> Answer:
        """POST an instruction to /generate_call."""
        request = Request(
            f"http://127.0.0.1:{self.port}/generate_call",
            json.dumps({"instruction": instruction}).encode(),
            {"content-type": "application/json"} | ({"authorization": f"Bearer {key}"} if key else {}),
        )
        with urlopen(request, timeout=180) as response:  # noqa: S310
            found: Answer = json.load(response)
            return found

    def say_answer(self, answer: Answer) -> None:
        """Log what an answer comes down to."""
        generator = answer["generator"]
        degraded = f" degraded ({generator.get('reason')})" if generator["degraded"] else ""
        self.say(
            f"POST /generate_call -> {answer['status']} by {generator['backend']}{degraded}: {answer['call']}"
        )

    def wait(self, what: str, done: Callable[[], bool], seconds: float = START_SECONDS) -> None:
        """Look until `done`.

        Raises:
            Failed: when it takes longer than `seconds`.
        """
        began = time.monotonic()
        while not done():
            if time.monotonic() - began > seconds:
                raise Failed(f"{what}: not within {seconds:.0f} s")
            time.sleep(1)
        self.say(f"{what}: after {time.monotonic() - began:.0f} s")

    def healthy(self, service: str) -> bool:
        """Whether Docker finds a container healthy.

        Raises:
            Failed: when it has ended.
        """
        state = self.inspect(service, "{{.State.Status}} {{.State.Health.Status}}")
        if state.startswith("exited"):
            raise Failed(f"{service} has ended:\n{self.logs(service)}")
        return state == "running healthy"

    def logs(self, service: str) -> str:
        """The end of a container's log."""
        return self.command("docker", "logs", "--tail", "40", self.container(service), quiet=True)

    @contextmanager
    def up(self, profile: str, *services: str, **variables: str) -> Iterator[None]:
        """A profile, or of it these services, brought up; afterwards all of it is gone, volumes too."""
        before = dict(self.environment)
        self.environment |= {"COMPOSE_PROFILES": profile, **variables}
        try:
            self.compose("up", "--detach", "--no-build", *services)
            yield
        except BaseException:
            for service in ("model", "engine-cpu", "service", "refresh"):
                if self.container(service):
                    self.say(f"---- log of {service}")
                    self.say(self.logs(service))
            raise
        finally:
            self.compose("down", "--volumes", "--remove-orphans")
            self.environment = before


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def expect(truth: bool, what: str) -> None:
    """Go on only if it holds."""
    if not truth:
        raise Failed(what)


def build(run: Run, given: argparse.Namespace) -> None:
    """Both images, and their sizes."""
    flags = ["--build-arg", f"BASE_IMAGE={given.base_image}"]
    flags += ["--build-arg", f"TORCH_INDEX_URL={given.torch_index_url}"] if given.torch_index_url else []
    flags += ["--network", given.build_network] if given.build_network else []
    for image, context in ((SERVICE_IMAGE, "."), (ENGINE_IMAGE, "deploy/engine")):
        began = time.monotonic()
        run.command("docker", "build", "--quiet", *flags, "--tag", image, context)
        run.say(f"{image}: built in {time.monotonic() - began:.0f} s")
    base = size(run, given.base_image)
    run.say(f"size of {given.base_image}: {base / 1e6:,.0f} MB")
    for image in (SERVICE_IMAGE, ENGINE_IMAGE):
        whole = size(run, image)
        run.say(f"size of {image}: {whole / 1e6:,.0f} MB, {(whole - base) / 1e6:,.0f} MB above its base")


def size(run: Run, image: str) -> int:
    """Bytes of an image, its base included."""
    return int(run.command("docker", "image", "inspect", "--format", "{{.Size}}", image, quiet=True))


def show_grounded(run: Run) -> None:
    """Without an engine: answers at once, as a user without rights on a file system that can't be written."""
    with run.up("grounded"):
        run.wait("service is healthy", lambda: run.healthy("service"))
        answer = run.ask()
        run.say_answer(answer)
        expect(answer["status"] == "verified", "the answer is not verified")
        expect(answer["generator"]["backend"] == "grounded", "the answer is not grounded")
        expect(not answer["generator"]["degraded"], "an answer without an engine is no degraded one")
        run.say(f"GET /readyz -> {json.dumps(run.get('/readyz'))}")
        expect("no engine" in run.logs("service"), "the log does not say that there is no engine")
        for service in ("service", "refresh"):
            run.say(f"{service} runs as user {run.inside(service, 'id -u')}")
            expect(run.inside(service, "id -u") == "10001", f"{service} runs as somebody else")
            expect(
                run.inside(service, "touch /nope 2>&1 || echo no").endswith("no"), f"{service} can write to /"
            )
        run.say(run.compose("ps", quiet=True).rstrip())


def show_keys(run: Run) -> None:
    """Published for everybody: no start without keys; with keys, an answer for those who have one."""
    with run.up("grounded", "service", PUBLISH_ADDRESS="0.0.0.0"):  # noqa: S104
        run.wait("the service refuses to start", lambda: "no keys are set" in run.logs("service"))
        run.say(next(line for line in run.logs("service").splitlines() if "no keys are set" in line))
        add = ("callsmith", "service", "keys", "add", "alice", "--file", "/var/lib/callsmith/keys.json")
        key = run.compose("run", "--rm", "-T", "--no-deps", "--entrypoint", *add).split()[-1]
        run.wait("service is healthy", lambda: run.healthy("service"))
        try:
            run.ask()
        except HTTPError as exc:
            run.say(f"POST /generate_call without a key -> {exc.code}")
            expect(exc.code == 401, "somebody without a key was not refused")
        else:
            raise Failed("somebody without a key got an answer")
        run.say_answer(run.ask(key=key))


def show_engine(run: Run) -> None:
    """vLLM with Callsmith-nano: answers by the engine, degraded ones while it is dead, and recovery."""
    with run.up("cpu", MODEL="nano", ENGINE_TIMEOUT="120"):
        run.wait("service is healthy", lambda: run.healthy("service"))
        answer = run.ask()
        run.say_answer(answer)
        expect(answer["status"] == "verified", "while the engine starts, the answer is not verified")
        run.wait("the engine is healthy", lambda: run.healthy("engine-cpu"))
        wait_for_engine(run)
        for instruction in (INSTRUCTION, "Which bird is on this photo?", "Shorten newspaper articles"):
            answer = run.ask(instruction)
            run.say_answer(answer)
            expect(answer["status"] == "verified", "the engine's answer is not verified")
            expect(answer["generator"]["backend"] == "vllm", "the answer is not the engine's")
        run.say(f"engine-cpu runs as user {run.inside('engine-cpu', 'id -u')}")

        run.say("---- the engine crashes; its restart policy brings it back")
        run.inside("engine-cpu", "kill -9 -1")
        run.wait("the answer is degraded", lambda: degraded(run), 120)
        wait_for_engine(run)
        run.say(f"restarts of the engine's container: {run.inspect('engine-cpu', '{{.RestartCount}}')}")

        run.say("---- the engine's container is killed; somebody starts it again")
        run.compose("kill", "engine-cpu")
        run.wait("the answer is degraded", lambda: degraded(run), 120)
        run.say(f"GET /readyz -> {json.dumps(run.get('/readyz'))}")
        run.compose("start", "engine-cpu")
        wait_for_engine(run)

        show_refresh(run)
        run.say(run.compose("ps", quiet=True).rstrip())


def show_refresh(run: Run) -> None:
    """The refresh container's job, once: with network or without, a hub of one's own is taken up.

    Without network the three public hubs can't be read and keep their docs; that is no failure of the job.
    """
    run.say("---- the refresh container's job, once, with a hub of one's own")
    before = run.ask()["index_version"]
    folder = "/var/lib/callsmith/own"
    made = f"mkdir {folder} && echo {shlex.quote(json.dumps(OWN_DOC))} > {folder}/lab.jsonl"
    run.inside("service", made)
    hubs = ("hubs", "add", "lab", "--jsonl", folder)
    run.say(
        run.compose("run", "--rm", "-T", "--entrypoint", "callsmith", "refresh", *hubs, quiet=True).rstrip()
    )
    run.say(run.compose("run", "--rm", "-T", "refresh", "--now", quiet=True).rstrip())
    run.wait("the service answers from the new version", lambda: run.ask()["index_version"] != before, 60)
    for instruction, call in ((INSTRUCTION, None), (OWN_INSTRUCTION, OWN_DOC["call"])):
        answer = run.ask(instruction)
        run.say_answer(answer)
        expect(answer["status"] == "verified", "after the refresh, the answer is not verified")
        expect(call in (None, answer["call"]), f"expected {call}")


def degraded(run: Run) -> bool:
    """Whether an answer is a verified one in the engine's stead."""
    answer = run.ask()
    expect(answer["status"] == "verified", f"the answer is {answer['status']}")
    if answer["generator"]["degraded"]:
        run.say_answer(answer)
    return bool(answer["generator"]["degraded"])


def wait_for_engine(run: Run) -> None:
    """Until an answer is the engine's; every answer before is a verified one too."""

    def by_engine() -> bool:
        answer = run.ask()
        expect(answer["status"] == "verified", f"the answer is {answer['status']}")
        return bool(answer["generator"]["backend"] == "vllm")

    run.wait("the engine answers", by_engine)
    run.say(f"GET /readyz -> {json.dumps(run.get('/readyz'))}")


def show_nothing_left(run: Run) -> None:
    """No container, volume or network of the project is there."""
    label = f"label=com.docker.compose.project={PROJECT}"
    for kind in (["ps", "--all"], ["volume", "ls"], ["network", "ls"]):
        left = run.command("docker", *kind, "--quiet", "--filter", label, quiet=True).strip()
        expect(not left, f"docker {kind[0]} still lists {left}")
    run.say("no container, volume or network is left")


def machine() -> str:
    """What this ran on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def compose_command() -> list[str]:
    """docker's compose plugin, else docker-compose.

    Raises:
        SystemExit: where there is neither.
    """
    if shutil.which("docker"):
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)  # noqa: S607
        if plugin.returncode == 0:
            return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    raise SystemExit("this needs Docker, and its compose plugin or docker-compose")


def main() -> int:
    """Run it all; 0 when all of it showed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base-image", default="python:3.11-slim-bookworm")
    parser.add_argument("--torch-index-url", default="", help="index of CPU-only builds of torch")
    parser.add_argument("--build-network", default="", help="network that builds use, such as host")
    parser.add_argument(
        "--no-build", action="store_true", help=f"take {SERVICE_IMAGE} and {ENGINE_IMAGE} as they are"
    )
    given = parser.parse_args()
    # Whoever ends this ends it with all that it brought up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    run = Run(LOG, compose_command())
    try:
        docker = run.command("docker", "version", "--format", "{{.Server.Version}}", quiet=True)
        run.say(f"{machine()}; docker {docker}")
        run.say(run.compose("version", quiet=True).splitlines()[0])
        if not given.no_build:
            build(run, given)
        for title, show in (
            ("grounded: no engine", show_grounded),
            ("published for everybody", show_keys),
            ("cpu: vLLM with Callsmith-nano", show_engine),
            ("afterwards", show_nothing_left),
        ):
            run.say(f"==== {title}")
            show(run)
    except (Failed, URLError, OSError) as exc:
        run.say(f"FAILED: {exc}")
        return 1
    run.say("ALL SHOWN")
    return 0


if __name__ == "__main__":
    sys.exit(main())
