"""The upstreams of the three hubs on loopback: a few models of each, or all that other people recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.api_docs.test_tfhub_source import page as tfhub_page
from tests.api_docs.upstreams.torch_code import modules
from tests.upstreams import github as github_stand_in
from tests.upstreams import huggingface as hub_stand_in
from tests.upstreams.github import StandInGitHub
from tests.upstreams.github import page as torchhub_page
from tests.upstreams.huggingface import StandInHub, made
from tests.upstreams.kaggle import StandInKaggle
from tests.upstreams.pypi import StandInIndex
from tests.upstreams.serving import StandIn, serving

PAGES, TFHUB_PAGES = "pytorch/hub", "tensorflow/tfhub.dev"
MIDAS, YOLO = "isl-org/MiDaS", "ultralytics/yolov5"
THINGS = (
    "reviews",
    "tickets",
    "spam",
    "moods",
    "topics",
    "insults",
    "news",
    "recipes",
    "contracts",
    "tweets",
)
GAPS = "zoo/gaps"
"""The one model of the small world that does something else than all others of its hub."""


@dataclass
class ThreeHubs:
    """What the three hubs are collected from."""

    github: StandInGitHub = field(default_factory=StandInGitHub)
    index: StandInIndex = field(default_factory=StandInIndex)
    kaggle: StandInKaggle = field(default_factory=StandInKaggle)
    hub: StandInHub = field(default_factory=StandInHub)

    @property
    def all(self) -> tuple[StandIn, ...]:
        return self.github, self.index, self.kaggle, self.hub

    def environment(self) -> dict[str, str]:
        """Variables that lead a refresh here."""
        addresses = self.github.addresses
        return {
            "CALLSMITH_GITHUB_API": addresses.api,
            "CALLSMITH_GITHUB_RAW": addresses.raw,
            "CALLSMITH_GITHUB_ARCHIVES": addresses.archives,
            "CALLSMITH_PYPI": self.index.url,
            "CALLSMITH_KAGGLE": self.kaggle.url,
            "KAGGLE_API_TOKEN": self.kaggle.token,
            "HF_ENDPOINT": self.hub.url,
        }

    def forget(self) -> None:
        """Begin to listen anew."""
        for one in self.all:
            one.seen.clear()

    def sounds(self, version: int) -> None:
        """Publish a version of TFHub's model of sounds."""
        text = tfhub_page(f"google/yamnet/{version}", task="audio-event-classification")
        self.github.commit(TFHUB_PAGES, {"assets/docs/google/models/yamnet/1.md": text})


@contextmanager
def served(world: ThreeHubs) -> Iterator[ThreeHubs]:
    """Serve all of them until the block ends."""
    with ExitStack() as stack:
        for one in world.all:
            stack.enter_context(serving(one))
        yield world


def small() -> ThreeHubs:
    """Four models of TorchHub from three repositories, three of TFHub, eleven of Hugging Face."""
    world = ThreeHubs()
    world.github.commit(
        PAGES, {"intelisl_midas_v2.md": torchhub_page(MIDAS, f"torch.hub.load('{MIDAS}', 'MiDaS_small')")}
    )
    world.github.commit(MIDAS, {"hubconf.py": "def MiDaS_small(pretrained=True):\n    return net()\n"})
    world.github.commit(YOLO, {"hubconf.py": "def yolov5s(pretrained=True, classes=80):\n    return net()\n"})
    world.index.release("0.29.2", modules())
    for name in ("net", "tree"):
        world.github.commit(
            TFHUB_PAGES, {f"assets/docs/acme/models/{name}/1.md": tfhub_page(f"acme/{name}/1")}
        )
    world.sounds(1)
    world.kaggle.models = {"acme/net": {"net": 1}, "acme/tree": {"tree": 1}, "google/yamnet": {"yamnet": 1}}
    world.hub.add(*(made(f"acme/{thing}", number) for number, thing in enumerate(THINGS, start=1)))
    fills = {"pipeline_tag": "fill-mask", "transformersInfo": {"auto_model": "AutoModelForMaskedLM"}}
    world.hub.add(made(GAPS, len(THINGS) + 1, **fills))
    return world


def recorded(upstream: Path) -> ThreeHubs:
    """All that was recorded of the three hubs; of torchvision's wheel nobody recorded more than its figures,
    so that its index has a small one."""
    world = ThreeHubs(github=github_stand_in.recorded(upstream), hub=hub_stand_in.recorded(upstream))
    world.index.release("0.29.2", modules())
    return world
