"""Getting a model from a hub: which file is taken, and that it arrives whole or not at all."""

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.hub import hub_of

from wellread.errors import BadRequestError, NotFoundError, StorageError, UnavailableError
from wellread.models import pull as pulling
from wellread.models.pull import RemoteFile, chosen

CONTENT = {
    "tea-q4_k_m.gguf": b"GGUF" + os.urandom(3_000_000),
    "tea-q8_0.gguf": b"GGUF" + os.urandom(1000),
    "mmproj-tea-f16.gguf": b"GGUF",
    "big/tea-f16-00001-of-00002.gguf": b"GGUF one",
    "big/tea-f16-00002-of-00002.gguf": b"GGUF two",
    "README.md": b"# Tea",
}


@pytest.fixture
def hub():
    with hub_of("Leaf/Tea-GGUF", CONTENT) as server:
        yield server


def pull(name, home, hub, report=lambda done, total: None):
    return asyncio.run(pulling.pull(name, home, report, hub.environment))


def left(home):
    return sorted(path.name for path in (home / "models").rglob("*") if path.is_file())


def test_the_file_that_suits_most_machines_arrives(home, hub):
    reports = []
    path = pull("Leaf/Tea-GGUF", home, hub, lambda done, total: reports.append((done, total)))
    assert path == home / "models" / "Leaf" / "Tea-GGUF" / "tea-q4_k_m.gguf"
    assert path.read_bytes() == CONTENT[path.name]
    assert left(home) == ["tea-q4_k_m.gguf"]
    assert reports == sorted(reports)
    assert reports[-1] == (3_000_004, 3_000_004)
    assert pull("Leaf/Tea-GGUF", home, hub) == path
    assert hub.asked == [0]  # once


@pytest.mark.parametrize("name", ["Leaf/Tea-GGUF:q8_0", "Leaf/Tea-GGUF/tea-q8_0.gguf"])
def test_a_quantisation_or_a_file_can_be_named(home, hub, name):
    assert pull(name, home, hub).name == "tea-q8_0.gguf"


def test_all_parts_of_a_split_model_arrive(home, hub):
    reports = []
    path = pull("Leaf/Tea-GGUF:F16", home, hub, lambda done, total: reports.append((done, total)))
    assert path.name == "tea-f16-00001-of-00002.gguf"
    assert left(home) == ["tea-f16-00001-of-00002.gguf", "tea-f16-00002-of-00002.gguf"]
    assert reports == [(8, 16), (16, 16)]


def test_a_connection_that_breaks_is_made_anew(home, hub):
    hub.cut = 2_000_000
    path = pull("Leaf/Tea-GGUF", home, hub)
    assert path.read_bytes() == CONTENT[path.name]
    assert hub.asked == [0, 2_000_000]


def test_an_interrupted_pull_is_gone_on_with(home, hub):
    hub.cut = 0
    with pytest.raises(UnavailableError, match="cannot be reached") as caught:
        pull("Leaf/Tea-GGUF", home, hub)
    assert "kept" in caught.value.hint
    [partial] = (home / "models").rglob("*.part")
    partial.write_bytes(CONTENT["tea-q4_k_m.gguf"][:1_234_567])
    hub.cut = None
    path = pull("Leaf/Tea-GGUF", home, hub)
    assert hub.asked == [0, 1_234_567]
    assert path.read_bytes() == CONTENT[path.name]
    assert left(home) == ["tea-q4_k_m.gguf"]


def test_a_pull_that_is_killed_is_gone_on_with(home, hub):
    hub.files["tea-q4_k_m.gguf"] = large = b"GGUF" + bytes(60_000_000)
    hub.hashes["tea-q4_k_m.gguf"] = hashlib.sha256(large).hexdigest()
    script = (
        "import asyncio, sys, time\nfrom pathlib import Path\nfrom wellread.models.pull import pull\n"
        "def report(done, total):\n    print(done, flush=True)\n    time.sleep(0.05)\n"
        f"asyncio.run(pull('Leaf/Tea-GGUF', Path({str(home)!r}), report))\n"
    )
    environment = os.environ | hub.environment
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment) as process:
        for _ in range(3):
            process.stdout.readline()
        process.kill()
    [partial] = (home / "models").rglob("*.part")
    arrived = partial.stat().st_size
    assert 0 < arrived < len(large)
    assert pull("Leaf/Tea-GGUF", home, hub).read_bytes() == large
    assert hub.asked == [0, arrived]


def test_a_hub_that_sends_no_ranges_sends_the_whole_again(home, hub):
    folder = home / "models" / "Leaf" / "Tea-GGUF"
    folder.mkdir(parents=True)
    (folder / f"tea-q8_0.gguf.{hub.hashes['tea-q8_0.gguf'][:12]}.part").write_bytes(b"half")
    hub.ranges = False
    path = pull("Leaf/Tea-GGUF:Q8_0", home, hub)
    assert path.read_bytes() == CONTENT[path.name]


def test_a_hub_cannot_choose_where_files_go(home, hub):
    for name in ("../../../outside-q4_k_m.gguf", str(home.parent / "outside-q4_k_m.gguf")):
        hub.files[name] = b"GGUF"
        hub.hashes[name] = hashlib.sha256(b"GGUF").hexdigest()
    assert pull("Leaf/Tea-GGUF", home, hub).name == "tea-q4_k_m.gguf"


def test_what_is_not_as_the_hub_describes_it_is_removed(home, hub):
    hub.hashes["tea-q8_0.gguf"] = "0" * 64
    with pytest.raises(UnavailableError, match="checksum"):
        pull("Leaf/Tea-GGUF:Q8_0", home, hub)
    assert left(home) == []


@pytest.mark.parametrize(
    ("name", "error", "reason"),
    [
        ("tea", BadRequestError, "names no model of the hub"),
        ("../Tea-GGUF", BadRequestError, "names no model of the hub"),
        ("Leaf/Tea--GGUF", BadRequestError, "names no repository"),
        ("Leaf/Coffee", NotFoundError, "has no repository Leaf/Coffee"),
        ("Leaf/Tea-GGUF/oolong.gguf", NotFoundError, r"no oolong\.gguf"),
        ("Leaf/Tea-GGUF:Q2_K", NotFoundError, "no Q2_K"),
        ("Leaf/Secret", BadRequestError, "consent"),
        ("Leaf/Portal", UnavailableError, "does not answer as a hub"),
        ("Leaf/Busy", UnavailableError, "status 429"),
    ],
)
def test_what_cannot_be_had_is_said(home, hub, name, error, reason):
    with pytest.raises(error, match=reason) as caught:
        pull(name, home, hub)
    assert caught.value.hint
    assert not home.exists()


def test_no_network_is_said(home):
    with pytest.raises(UnavailableError, match="cannot be reached"):
        asyncio.run(pulling.pull("A/B", home, lambda *_: None, {"HF_ENDPOINT": "http://127.0.0.1:9"}))


def test_a_file_larger_than_the_disk_is_not_begun(home, hub):
    file = RemoteFile("Leaf/Tea-GGUF", "c0ffee", "x.gguf", shutil.disk_usage("/").total * 2, "0" * 64)
    with pytest.raises(StorageError, match="are free") as caught:
        asyncio.run(pulling._fetch(file, home / "x.gguf", hub.environment["HF_ENDPOINT"], lambda done: None))
    assert "smaller quantisation" in caught.value.hint
    assert hub.asked == []


def test_two_pulls_of_one_file_do_not_mix(home, hub):
    async def both():
        one = asyncio.create_task(pulling.pull("Leaf/Tea-GGUF", home, lambda *_: None, hub.environment))
        other = asyncio.create_task(pulling.pull("Leaf/Tea-GGUF", home, lambda *_: None, hub.environment))
        return await asyncio.gather(one, other, return_exceptions=True)

    results = asyncio.run(both())
    assert [type(result) for result in results if not isinstance(result, Path)] in ([], [UnavailableError])
    [path] = {result for result in results if isinstance(result, Path)}
    assert path.read_bytes() == CONTENT[path.name]


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        ("m-Q8_0 m-Q5_K_M m-Q2_K", "m-Q5_K_M"),
        ("m.Q4_K_S m.Q4_K_M m.Q4_0", "m.Q4_K_M"),
        ("m-UD-Q2_K_XL m-BF16", "m-UD-Q2_K_XL"),
        ("m.imatrix m-mmproj-Q4_K_M m-Q8_0", "m-Q8_0"),
    ],
)
def test_the_choice_is_the_nearest_to_four_bits(names, taken):
    sizes = {"BF16": 16, "Q8_0": 8}
    files = [
        RemoteFile("A/B", "r", f"{name}.gguf", sizes.get(name.split("-")[-1], 4), "0" * 64)
        for name in names.split()
    ]
    assert [file.name for file in chosen(files)] == [f"{taken}.gguf"]
