"""torchvision's registry out of the newest wheel: which file is fetched, when, and what of it is trusted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_docs.errors import SourceError
from api_docs.sources.torchvision import read_registry
from api_docs.upstreams import torchvision
from api_docs.upstreams.client import Client
from tests.api_docs.upstreams.conftest import NewClient
from tests.api_docs.upstreams.torch_code import modules
from tests.upstreams.pypi import StandInIndex, wheel_of
from tests.upstreams.serving import Fault, serving


@pytest.fixture
def index() -> Iterator[StandInIndex]:
    stand_in = StandInIndex()
    stand_in.release("0.29.2", modules())
    with serving(stand_in):
        yield stand_in


def export(client: Client, index: StandInIndex, folder: Path) -> list[str]:
    broken = torchvision.export(client, torchvision.newest(client, index.url), folder)
    return [bad.record for bad in broken]


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_newest_wheel_becomes_a_registry(client: Client, index: StandInIndex, tmp_path: Path) -> None:
    folder = tmp_path / "torchhub"
    assert export(client, index, folder) == []
    (wheel,) = index.files
    assert names(folder) == ["torchvision_0.29.2_models.json", f"wheel/{wheel}"]
    builders, broken, others = read_registry((folder / "torchvision_0.29.2_models.json").read_text())
    assert [(builder.name, builder.kind) for builder in builders] == [
        ("resnet18", "classification"),
        ("fcn_resnet50", "segmentation"),
    ]
    assert (broken, others) == ([], 1)


def test_an_unchanged_release_costs_one_request(
    new_client: NewClient, index: StandInIndex, tmp_path: Path
) -> None:
    export(new_client(), index, tmp_path / "torchhub")
    index.forget()
    client = new_client()
    export(client, index, tmp_path / "torchhub")
    assert index.paths() == ["/pypi/torchvision/json"]
    assert client.counts.unchanged == 1


def test_a_new_release_takes_the_place_of_the_old(
    new_client: NewClient, index: StandInIndex, tmp_path: Path
) -> None:
    folder = tmp_path / "torchhub"
    export(new_client(), index, folder)
    wheel = index.release("0.30.0", modules(accuracy=71.0))
    export(new_client(), index, folder)
    assert names(folder) == ["torchvision_0.30.0_models.json", f"wheel/{wheel}"]
    records = json.loads((folder / "torchvision_0.30.0_models.json").read_bytes())
    figures = {
        record["name"]: record["weights"]["IMAGENET1K_V1"] for record in records if "res" in record["file"]
    }
    assert figures["resnet18"]["meta"]["_metrics"] == {"ImageNet-1K": {"acc@1": 71.0}}


def test_the_smallest_wheel_is_fetched(client: Client, index: StandInIndex, tmp_path: Path) -> None:
    (small,) = index.files
    large = small.replace("x86_64", "aarch64")
    index.files[large] = wheel_of({**modules(), "large.py": "".join(map(str, range(9_999)))})
    index.files["torchvision-0.29.2.tar.gz"] = b"source"
    index.kinds["torchvision-0.29.2.tar.gz"] = "sdist"
    index.files[small.replace("x86_64", "s390x")] = b"tiny, and withdrawn"
    index.yanked.add(small.replace("x86_64", "s390x"))
    export(client, index, tmp_path / "torchhub")
    assert index.paths()[1:] == [f"/files/{small}"]


def test_an_altered_wheel_is_not_read_and_the_old_registry_stays(
    new_client: NewClient, index: StandInIndex, tmp_path: Path
) -> None:
    folder = tmp_path / "torchhub"
    export(new_client(), index, folder)
    before = names(folder)
    index.altered.add(index.release("0.30.0", modules()))
    with pytest.raises(SourceError, match="SHA-256"):
        export(new_client(), index, folder)
    assert names(folder) == before


def test_a_wheel_that_was_cut_off_goes_on(client: Client, index: StandInIndex, tmp_path: Path) -> None:
    index.faults = [("/files/", Fault(cut=700))]
    export(client, index, tmp_path / "torchhub")
    assert [request.headers["Range"] for request in index.seen[1:]] == [None, "bytes=700-"]


def test_code_that_can_not_be_read_is_told_and_the_rest_is_read(
    client: Client, index: StandInIndex, tmp_path: Path
) -> None:
    index.release("0.29.2", {**modules(), "broken.py": "def broken(:"})
    assert export(client, index, tmp_path / "torchhub") == ["broken.py"]


@pytest.mark.parametrize(
    "content", [b"no wheel", wheel_of({"resnet.py": "words = 1"})], ids=["no-zip", "no-builder"]
)
def test_what_is_no_torchvision_is_refused(
    client: Client, index: StandInIndex, tmp_path: Path, content: bytes
) -> None:
    index.files = dict.fromkeys(index.files, content)
    with pytest.raises(SourceError, match="torchvision-0.29.2"):
        export(client, index, tmp_path / "torchhub")
    assert not list((tmp_path / "torchhub").glob("*.json"))


def test_a_module_that_is_too_large_is_refused(
    client: Client, index: StandInIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torchvision, "_MAX_MODULE", 100)
    with pytest.raises(SourceError, match="at most"):
        export(client, index, tmp_path / "torchhub")


@pytest.mark.parametrize(
    "told",
    [
        b"[]",
        b'{"info": {"version": "0.1"}, "urls": []}',
        b'{"info": {"version": "../0.1"}, "urls": [{"packagetype": "bdist_wheel", "filename": "a.whl", '
        b'"size": 1, "url": "u", "digests": {"sha256": "' + b"0" * 64 + b'"}}]}',
        b'{"info": {"version": "0.1"}, "urls": [{"packagetype": "bdist_wheel", "filename": "../a.whl", '
        b'"size": 1, "url": "u", "digests": {"sha256": "' + b"0" * 64 + b'"}}]}',
        b'{"info": {"version": "0.1"}, "urls": [{"packagetype": "bdist_wheel", "filename": "a.whl", '
        b'"size": 1, "url": "u", "digests": {"md5": "0"}}]}',
    ],
)
def test_an_index_that_says_something_else_is_refused(
    client: Client, index: StandInIndex, told: bytes
) -> None:
    index.faults = [("/json", Fault(200, body=told))]
    with pytest.raises(SourceError, match="names no wheel of torchvision"):
        torchvision.newest(client, index.url)


def test_a_wheel_that_is_too_large_is_not_fetched(
    client: Client, index: StandInIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torchvision, "_MAX_WHEEL", 100)
    with pytest.raises(SourceError, match="at most 100 are fetched"):
        torchvision.newest(client, index.url)
