"""The three hubs, refreshed through upstreams that speak the real protocols, and served at once."""

from __future__ import annotations

from collections import Counter

from api_docs.refresh.merging import Outcome
from api_docs.verification import verify
from service.history import read_history
from service.refresh.report import Result
from tests.api_docs.upstreams.torch_code import modules
from tests.refresh.conftest import World
from tests.refresh.three_hubs import MIDAS, YOLO

HF, TF, TORCH = "huggingface", "tfhub", "torchhub"
DOCS = {HF: 11, TF: 3, TORCH: 4}


def test_everything_that_the_upstreams_have_is_published(world: World) -> None:
    catalogue = world.catalogue()
    assert Counter(doc.hub for doc in catalogue.docs) == DOCS
    assert [verify(doc.call, catalogue).doc_id for doc in catalogue.docs] == [
        doc.id for doc in catalogue.docs
    ]
    assert all(doc.description and doc.last_checked for doc in catalogue.docs)
    last = read_history(world.settings)[-1]
    assert (last.by, last.docs) == ("refresh", DOCS)
    answer = world.ask("how far away things on this photo are", hub=TORCH)
    assert answer["call"] == f"torch.hub.load('{MIDAS}', 'MiDaS_small')"


def test_a_night_without_news_publishes_nothing_and_transfers_next_to_nothing(world: World) -> None:
    night = world.night()
    assert night.report is not None
    assert (night.exit_code, night.report.result, night.taken_up) == (0, Result.UNCHANGED, False)
    assert all(one.outcome is Outcome.COLLECTED for one in night.report.sources)
    # Hugging Face's listing is the news itself; of everything else only what changed comes over the line.
    transferred = {one.hub: one.requests.bytes for one in night.report.sources}
    assert transferred[TORCH] == 0
    assert transferred[TF] < 2_000  # what Kaggle says, which has no tags
    assert not [path for path in world.hubs.github.paths() if path.startswith(("/raw/", "/archives/"))]
    assert not [path for path in world.hubs.index.paths() if path.startswith("/files/")]
    assert not world.hubs.hub.asked("README.md")


def test_what_changed_in_each_hub_is_embedded_and_served(world: World) -> None:
    hubs, old = world.hubs, world.catalogue().doc(f"{HF}:acme/spam").call
    hubs.sounds(2)
    hubs.github.commit(YOLO, {"hubconf.py": "def yolov5s(pretrained=True, colours=3):\n    return net()\n"})
    hubs.index.release("0.30.0", modules(accuracy=70.5))
    hubs.hub.rename("acme/spam", "other/ham")
    night = world.night()
    report = night.report
    assert report is not None
    assert (night.exit_code, report.result, night.taken_up) == (0, Result.PUBLISHED, True)
    assert report.changes is not None
    assert report.changes.renamed == {f"{HF}:acme/spam": f"{HF}:other/ham"}
    fields = {change.id: {one.field for one in change.fields} for change in report.changes.changed}
    assert "call" in fields[f"{TF}:google/yamnet"]
    assert any(name.startswith("arguments.colours") for name in fields[f"{TORCH}:{YOLO}:yolov5s"])
    assert any(name.startswith("performance.") for name in fields[f"{TORCH}:pytorch/vision:resnet18"])
    assert 0 < report.embedded <= len(fields) + 1
    answer = world.ask("which animal makes this sound", hub=TF)
    assert answer["call"] == "hub.load('https://tfhub.dev/google/yamnet/2')"
    assert answer["index_version"] == night.after
    refused = verify(old, world.catalogue())
    assert not refused.verified
    assert refused.nearest is not None
    assert "other/ham" in refused.nearest
