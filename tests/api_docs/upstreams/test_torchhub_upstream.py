"""TorchHub from live upstreams: what is fetched, what becomes of renames, and what of all that fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from api_docs.errors import SourceError, SourceTimeout
from api_docs.models import ApiDoc
from api_docs.snapshot_build import prove
from api_docs.sources.known import REPOSITORIES
from api_docs.upstreams import torchhub as module
from api_docs.upstreams.base import Collected
from api_docs.upstreams.client import Client
from api_docs.upstreams.torchhub import TorchHub
from tests.api_docs.upstreams.conftest import NewClient
from tests.api_docs.upstreams.torch_code import modules
from tests.upstreams.github import StandInGitHub, page
from tests.upstreams.pypi import StandInIndex
from tests.upstreams.serving import Fault, serving

MIDAS, YOLO, YOLOP = "isl-org/MiDaS", "ultralytics/yolov5", "hustvl/YOLOP"
ZOO, FAIRSEQ = "facebookresearch/pytorch_GAN_zoo", "facebookresearch/fairseq"
TODAY = date(2026, 11, 25)

YOLO_HUBCONF = """
dependencies = ["torch"]

def _create(name, pretrained=True): ...

def yolov5s(pretrained=True, classes=80):
    return _create("yolov5s", pretrained)

def yolov5m(pretrained=True, classes=80):
    return _create("yolov5m", pretrained)
"""


@dataclass
class World:
    """The upstreams, and the folder of the collections."""

    folder: Path
    github: StandInGitHub = field(default_factory=StandInGitHub)
    index: StandInIndex = field(default_factory=StandInIndex)

    def collect(self, client: Client, today: date = TODAY) -> Collected:
        upstream = TorchHub(self.github.addresses, self.index.url, today)
        return upstream.collect(client, self.folder)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    named = (MIDAS, YOLO, YOLOP, ZOO, FAIRSEQ)
    monkeypatch.setattr(module, "REPOSITORIES", {name: REPOSITORIES[name] for name in named})
    made = World(tmp_path / "torchhub")
    made.github.commit(
        "pytorch/hub",
        {
            "intelisl_midas_v2.md": page(
                "intel-isl/MiDaS", "torch.hub.load('intel-isl/MiDaS', 'MiDaS_small')"
            ),
            "hustvl_yolop.md": page(YOLOP, "torch.hub.load('hustvl/yolop', 'yolop', pretrained=True)"),
            "README.md": "no page of a model",
        },
    )
    made.github.commit(YOLO, {"hubconf.py": YOLO_HUBCONF, "models/yolo.py": "never fetched"})
    made.github.commit(YOLOP, {"hubconf.py": "def yolop(pretrained=True):\n    return net(pretrained)\n"})
    made.github.commit(
        MIDAS, {"hubconf.py": "def MiDaS_small(pretrained=True):\n    return net(pretrained)\n"}
    )
    made.github.commit(ZOO, {"hubconf.py": "def StyleGAN(pretrained=True):\n    return style(pretrained)\n"})
    made.github.commit(ZOO, {"hubconf.py": "def DCGAN(pretrained=True):\n    return dc(pretrained)\n"}, "hub")
    made.github.commit(
        FAIRSEQ,
        {
            "hubconf.py": "for _cls in REGISTRY.values():\n    for name in _cls.hub_models(): pass\n",
            "fairseq/models/roberta/model.py": "class Roberta:\n"
            "    @classmethod\n    def hub_models(cls):\n"
            "        return {'roberta.base': 'u', 'roberta.large': 'v'}\n",
        },
    )
    made.index.release("0.29.2", modules())
    with serving(made.github), serving(made.index):
        yield made


def docs(found: Collected) -> dict[str, ApiDoc]:
    return {doc.id.removeprefix("torchhub:"): doc for doc in found.result.docs}


def records(found: Collected) -> dict[str, str]:
    return {doc_id.removeprefix("torchhub:"): record for doc_id, record in found.records.items()}


ALL = {
    f"{MIDAS}:MiDaS_small",
    f"{YOLO}:yolov5s",
    f"{YOLO}:yolov5m",
    f"{YOLOP}:yolop",
    f"{ZOO}:DCGAN",
    f"{ZOO}:StyleGAN",
    f"{FAIRSEQ}:roberta.base",
    f"{FAIRSEQ}:roberta.large",
    "pytorch/vision:resnet18",
    "pytorch/vision:fcn_resnet50",
}


def test_everything_that_is_offered_is_collected(world: World, client: Client) -> None:
    found = world.collect(client)
    by_id = docs(found)
    assert set(by_id) == ALL
    assert found.complete
    assert found.revision == world.github.repos["pytorch/hub"].refs["HEAD"]
    assert all(doc.alive and doc.last_checked == TODAY and doc.description for doc in by_id.values())
    assert by_id[f"{YOLO}:yolov5s"].call == "torch.hub.load('ultralytics/yolov5', 'yolov5s')"
    assert by_id[f"{ZOO}:DCGAN"].call.startswith(
        "torch.hub.load('facebookresearch/pytorch_GAN_zoo:hub', 'DCGAN'"
    )
    assert by_id["pytorch/vision:resnet18"].source_revision == "v0.29.2"
    assert set(found.records) == {doc.id for doc in found.result.docs}
    prove(found.result.docs, found.result.aliases)


def test_an_unchanged_upstream_costs_one_request_each(world: World, new_client: NewClient) -> None:
    first = world.collect(new_client())
    world.github.forget()
    world.index.forget()
    client = new_client()
    second = world.collect(client)
    assert second.result == first.result
    assert second.records == first.records
    asked = [path.removeprefix("/api/repos/") for path in world.github.paths()]
    heads = [f"{name}/commits/HEAD" for name in ("pytorch/hub", MIDAS, YOLO, YOLOP, ZOO, FAIRSEQ)]
    assert sorted(asked) == sorted([*heads, f"{ZOO}/commits/hub"])
    assert world.index.paths() == ["/pypi/torchvision/json"]
    assert client.counts.unchanged == client.counts.requests
    assert client.counts.bytes == 0


def test_only_what_changed_is_fetched(world: World, new_client: NewClient) -> None:
    world.collect(new_client())
    world.github.forget()
    sha = world.github.commit(
        YOLO, {"hubconf.py": YOLO_HUBCONF + "\ndef yolov5x(pretrained=True):\n    ...\n"}
    )
    found = docs(world.collect(new_client()))
    assert set(found) == ALL | {f"{YOLO}:yolov5x"}
    assert world.github.asked("/raw/") == [f"/raw/{YOLO}/{sha}/hubconf.py"]
    assert not world.github.asked("/archives/")


def test_docs_move_with_their_repository(world: World, new_client: NewClient) -> None:
    before = world.collect(new_client())
    world.github.rename(YOLO, "vision-lab/yolo")
    found = world.collect(new_client())
    doc = docs(found)["vision-lab/yolo:yolov5s"]
    assert doc.call == "torch.hub.load('vision-lab/yolo', 'yolov5s')"
    assert doc.source_url == "https://github.com/vision-lab/yolo"
    assert doc.description == docs(before)[f"{YOLO}:yolov5s"].description
    assert f"{YOLO}:yolov5s" not in docs(found)
    assert found.result.aliases[f"torchhub:{YOLO}:yolov5s"] == "torchhub:vision-lab/yolo:yolov5s"
    assert records(found)["vision-lab/yolo:yolov5s"] == records(before)[f"{YOLO}:yolov5s"]
    assert f"{YOLO} is called vision-lab/yolo now" in found.notes
    world.github.forget()
    assert world.collect(new_client()).result == found.result
    assert world.github.asked("yolo/") == ["/api/repos/vision-lab/yolo/commits/HEAD"]


def test_a_page_may_call_a_repository_by_the_name_that_it_has_now(
    world: World, new_client: NewClient
) -> None:
    before = world.collect(new_client())
    world.github.rename(MIDAS, "depth-lab/midas")
    call = "torch.hub.load('depth-lab/midas', 'MiDaS_small')"
    world.github.commit("pytorch/hub", {"intelisl_midas_v2.md": page("depth-lab/midas", call)})
    for _ in range(2):
        found = world.collect(new_client())
        doc = docs(found)["depth-lab/midas:MiDaS_small"]
        assert doc.functionality == "monocular depth estimation"
        assert doc.source_url == "https://pytorch.org/hub/intelisl_midas_v2/"
        assert records(found)["depth-lab/midas:MiDaS_small"] == records(before)[f"{MIDAS}:MiDaS_small"]
        assert len(docs(found)) == len(ALL)
        assert not found.result.quarantined


def test_an_entrypoint_is_known_by_what_it_does_when_its_name_changes(
    world: World, new_client: NewClient
) -> None:
    before = records(world.collect(new_client()))
    world.github.commit(YOLO, {"hubconf.py": YOLO_HUBCONF.replace("def yolov5s", "def yolov5n")})
    after = records(world.collect(new_client()))
    assert after[f"{YOLO}:yolov5n"] == before[f"{YOLO}:yolov5s"]
    assert after[f"{YOLO}:yolov5m"] == before[f"{YOLO}:yolov5m"]


def test_a_page_of_one_model_stays_that_models_page(world: World, new_client: NewClient) -> None:
    before = records(world.collect(new_client()))
    world.github.commit(YOLOP, {"hubconf.py": "def yolop2(size=2):\n    return another(size)\n"})
    text = page(YOLOP, "torch.hub.load('hustvl/yolop', 'yolop2')")
    world.github.commit("pytorch/hub", {"hustvl_yolop.md": text})
    after = records(world.collect(new_client()))
    assert after[f"{YOLOP}:yolop2"] == before[f"{YOLOP}:yolop"] == "page:hustvl_yolop"
    assert f"{YOLOP}:yolop" not in after


@pytest.mark.parametrize("gone", ["repository", "hubconf"])
def test_what_can_be_loaded_no_more_is_marked_dead(world: World, new_client: NewClient, gone: str) -> None:
    world.collect(new_client())
    if gone == "repository":
        world.github.delete(YOLO)
    else:
        world.github.commit(YOLO, {"hubconf.py": None})
    for _ in range(2):
        found = world.collect(new_client())
        assert {name for name, doc in docs(found).items() if not doc.alive} == {
            f"{YOLO}:yolov5s",
            f"{YOLO}:yolov5m",
        }
        assert set(docs(found)) == ALL
        assert found.complete
        assert any(note.startswith(YOLO) for note in found.notes)
    world.github.commit(YOLO, {"hubconf.py": YOLO_HUBCONF})
    assert all(doc.alive for doc in docs(world.collect(new_client())).values())


def test_a_branch_that_is_gone_takes_only_its_own_with_it(world: World, new_client: NewClient) -> None:
    world.collect(new_client())
    del world.github.repos[ZOO].refs["hub"]
    found = docs(world.collect(new_client()))
    assert [name for name, doc in found.items() if not doc.alive] == [f"{ZOO}:DCGAN"]


def test_a_hubconf_that_is_no_python_does_not_replace_one_that_is(
    world: World, new_client: NewClient
) -> None:
    world.collect(new_client())
    world.github.commit(YOLO, {"hubconf.py": "print 'hello'"})
    found = world.collect(new_client())
    assert set(docs(found)) == ALL
    assert any("no Python" in note for note in found.notes)


def test_a_repository_that_can_not_be_asked_keeps_what_it_had(world: World, new_client: NewClient) -> None:
    first = world.collect(new_client(), date(2026, 11, 24))
    world.github.faults = [(f"/repos/{YOLO}/", Fault(500, stays=True))]
    found = world.collect(new_client(retries=1))
    assert set(docs(found)) == ALL
    assert found.complete
    assert docs(found)[f"{YOLO}:yolov5s"] == docs(first)[f"{YOLO}:yolov5s"]
    assert docs(found)[f"{YOLOP}:yolop"].last_checked == TODAY
    assert any(note.startswith(f"{YOLO} keeps what it had") for note in found.notes)


def test_a_repository_that_was_never_read_leaves_the_collection_incomplete(
    world: World, client: Client
) -> None:
    world.github.faults = [(f"/raw/{YOLO}/", Fault(500, stays=True))]
    found = world.collect(client)
    assert set(docs(found)) == ALL - {f"{YOLO}:yolov5s", f"{YOLO}:yolov5m"}
    assert not found.complete


def test_without_torchvision_the_rest_goes_on(world: World, new_client: NewClient) -> None:
    world.index.faults = [("/pypi/", Fault(503, stays=True))]
    first = world.collect(new_client(retries=1))
    assert set(docs(first)) == {name for name in ALL if not name.startswith("pytorch/vision")}
    assert not first.complete
    world.index.faults = []
    assert set(docs(world.collect(new_client()))) == ALL
    world.index.faults = [("/pypi/", Fault(503, stays=True))]
    last = world.collect(new_client(retries=1))
    assert set(docs(last)) == ALL
    assert any(note.startswith("torchvision keeps what it had") for note in last.notes)


def test_without_its_pages_there_is_no_torchhub(world: World, new_client: NewClient) -> None:
    world.collect(new_client())
    world.github.faults = [("/repos/pytorch/hub/", Fault(502, stays=True))]
    with pytest.raises(SourceError, match="pytorch/hub"):
        world.collect(new_client(retries=1))


def test_a_collection_that_ran_out_of_time_is_gone_on_with(world: World, new_client: NewClient) -> None:
    world.github.faults = [(f"/raw/{YOLO}/", Fault(429, {"Retry-After": "7200"}))]
    with pytest.raises(SourceTimeout):
        world.collect(new_client())
    done = len(world.github.asked("/raw/"))
    world.github.forget()
    assert set(docs(world.collect(new_client()))) == ALL
    assert done > 1
    assert len(world.github.asked("/raw/")) == 6 - (done - 1)
    assert not world.github.asked("/archives/pytorch/hub")


def test_numbers_are_asked_for_as_far_as_the_allowance_goes(world: World, new_client: NewClient) -> None:
    world.github.quota = 7 + 10 + 2  # the revisions, what is left to others, two numbers
    first = world.collect(new_client())
    assert set(docs(first)) == ALL
    assert len(world.github.asked("/api/repos/")) == 9
    assert any("GITHUB_TOKEN" in note for note in first.notes)
    world.github.quota = None
    second = world.collect(new_client())
    assert set(second.records) == {doc.id for doc in second.result.docs}


def test_a_page_may_name_a_repository_that_nobody_knew(world: World, client: Client) -> None:
    call = "torch.hub.load('some-lab/net:v2', 'net', pretrained=True)"
    world.github.commit("pytorch/hub", {"somelab_net.md": page("some-lab/net", call)})
    sha = world.github.commit("some-lab/net", {"hubconf.py": "def net(): ...\n"}, "v2")
    found = world.collect(client)
    assert f"/raw/some-lab/net/{sha}/hubconf.py" in world.github.paths()
    # Which domain it belongs to is for a person to say, so it is set aside with that.
    assert [bad.record for bad in found.result.quarantined] == ["torchhub:some-lab/net:net"]
    assert "TORCHHUB_DOMAINS" in found.result.quarantined[0].reason


def test_a_repository_that_is_named_no_more_leaves_nothing_behind(
    world: World, new_client: NewClient
) -> None:
    call = "torch.hub.load('some-lab/net', 'net')"
    world.github.commit("pytorch/hub", {"somelab_net.md": page("some-lab/net", call)})
    world.github.commit("some-lab/net", {"hubconf.py": "def net(): ...\n"})
    world.collect(new_client())
    assert (world.folder / "hubconf" / "some-lab+net.py").is_file()
    world.github.commit("pytorch/hub", {"somelab_net.md": None})
    found = world.collect(new_client())
    assert not (world.folder / "hubconf" / "some-lab+net.py").exists()
    assert not found.result.quarantined


@pytest.mark.parametrize("damage", [b"", b"[1, 2]", b'{"a/b": {"no_such_field": 1}}', b"\xff\xfe"])
def test_a_damaged_memory_is_made_anew(world: World, new_client: NewClient, damage: bytes) -> None:
    first = world.collect(new_client())
    (world.folder / "repositories.json").write_bytes(damage)
    second = world.collect(new_client())
    assert (second.result, second.records) == (first.result, first.records)


def test_no_code_of_an_upstream_is_ever_run(world: World, client: Client, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    touch = f"Path({str(mark)!r}).touch()"
    hubconf = f"from pathlib import Path\n{touch}\ndef yolov5s(a={touch}): ...\n"
    world.github.commit(YOLO, {"hubconf.py": hubconf})
    assert f"{YOLO}:yolov5s" in docs(world.collect(client))
    assert not mark.exists()
