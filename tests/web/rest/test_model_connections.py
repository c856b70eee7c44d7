"""Setting up models over REST: who may, keys that go in and never come out, and downloads that are agreed to."""

import json
import logging
import shutil
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from support.hub import hub_of
from support.providers import lm_studio, refusing
from support.running_server import client, running, wait_until
from support.served_script import serving

from wellread import kept_keys
from wellread.settings import Settings
from wellread.store.accounts.accounts import AccountStore
from wellread.store.accounts.passwords import Passwords
from wellread.store.backup.opening import open_database

KEY = "wr-test-8Jq2mZ0c5Tn7Xb1L"
NOBODY = "http://127.0.0.1:9"
WRITER = "Qwen/Qwen2.5-1.5B-Instruct-GGUF"
SCRIPT = '[[reply]]\nrole = "text"\ntext = "Books let you think with other heads."\ntimes = 0\n'
SENT = {"X-Requested-With": "wellread"}


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("OPENAI", "ANTHROPIC", "GOOGLE", "GEMINI", "GROQ", "MISTRAL", "OPENROUTER"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)


@pytest.fixture
def own(mentor_home, tmp_path):
    home = Path(shutil.copytree(mentor_home, tmp_path / "home"))
    return {
        "home": home,
        "embedder": "none",
        "model_tries": 1,
        "ollama_base_url": NOBODY,
        "lmstudio_base_url": NOBODY,
    }


@pytest.fixture
def provider():
    with serving(SCRIPT) as served:
        yield f"{served.address}/v1"


def by_name(http):
    return {row["provider"]: row for row in http.get("/api/v1/connections").json()}


def test_only_an_admin_may_see_or_change_anything(own):
    cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    with closing(open_database(own["home"] / "wellread.db")) as database:
        accounts = AccountStore(database, passwords=cheap)
        tokens = [
            accounts.add_token(accounts.add(name, "four words in a row").account_id, "t")[1]
            for name in ("admin", "reader")
        ]
    requests = [
        ("GET", "/api/v1/connections", None),
        ("PUT", "/api/v1/connections/openai/key", {"key": KEY}),
        ("DELETE", "/api/v1/connections/openai/key", None),
        ("GET", "/api/v1/offers", None),
        ("POST", "/api/v1/offers/judge/inspect", None),
        ("POST", "/api/v1/offers/judge/download", {"revision": "c0ffee"}),
        ("GET", "/api/v1/download", None),
        ("DELETE", "/api/v1/download", None),
        ("GET", "/settings/models/connect", None),
    ]
    with running(Settings(**own), token="") as address:
        for token, status in ((tokens[1], 403), ("", 401)):
            headers = {**SENT, **({"Authorization": f"Bearer {token}"} if token else {})}
            with client(address, headers=headers) as http:
                assert {
                    http.request(method, path, json=body).status_code for method, path, body in requests
                } == {status}
                menu = http.get("/", headers={"Accept": "text/html"}).text
                assert "/settings/models/connect" not in menu
        with client(address, headers={"Authorization": f"Bearer {tokens[0]}"}) as http:
            assert http.get("/api/v1/connections").status_code == 200
    assert not (own["home"] / "keys.toml").exists()


def test_a_page_of_another_site_gives_no_key(own):
    with (
        running(Settings(**own)) as address,
        client(address, headers={"Origin": "https://evil.example"}) as http,
    ):
        assert (
            http.put("/api/v1/connections/openai/key", json={"key": KEY, "insist": True}).status_code == 403
        )
        assert http.delete("/api/v1/download").status_code == 403
    assert not (own["home"] / "keys.toml").exists()


def test_a_key_goes_in_and_never_comes_out(own, provider, caplog):
    caplog.set_level(logging.DEBUG)
    said = []
    with running(Settings(**own, openai_base_url=provider)) as address, client(address, headers=SENT) as http:
        outcome = http.put("/api/v1/connections/openai/key", json={"key": f" {KEY}\n"})
        assert outcome.json()["kept"] is True
        row = by_name(http)["openai"]
        assert row["key"] == "kept"
        assert row["connected"]
        listed = http.get("/api/v1/models").json()
        assert listed["connected"] is True
        assert listed["default"] == "openai/gpt-4.1"
        begun = http.post("/api/v1/runs", json={"question": "What is leadership?"}).json()
        said += [outcome.text, json.dumps(row), http.get(f"/api/v1/runs/{begun['run_id']}/events").text]
        said += [
            http.get(path, headers={"Accept": accept}).text
            for accept in ("application/json", "text/html")
            for path in (
                "/api/v1/settings",
                "/settings/models/connect",
                "/settings/models",
                "/api/v1/models",
                "/",
            )
        ]
        assert http.delete("/api/v1/connections/openai/key").status_code == 204
        assert http.delete("/api/v1/connections/openai/key").status_code == 404
    said.append(caplog.text)
    assert not [text for text in said if KEY in text or KEY[-4:] in text]
    assert not (own["home"] / "keys.toml").exists()


def test_a_key_that_is_refused_is_not_kept_unless_one_insists(own, caplog):
    caplog.set_level(logging.DEBUG)
    with refusing() as address:
        settings = Settings(**own, openai_base_url=f"{address}/v1")
        with running(settings) as server, client(server, headers=SENT) as http:
            outcome = http.put("/api/v1/connections/openai/key", json={"key": KEY})
            assert outcome.json()["kept"] is False
            assert "refuses the key" in outcome.json()["trials"][0]["said"]
            assert not (own["home"] / "keys.toml").exists()
            insisted = http.put("/api/v1/connections/openai/key", json={"key": KEY, "insist": True})
            assert insisted.json()["kept"] is True
    assert kept_keys.read(own["home"]) == {"openai": KEY}
    assert KEY not in outcome.text + insisted.text + caplog.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"key": "two words of it"}, 400),
        ({"key": "line\nbreak-of-it"}, 400),
        ({"key": ""}, 400),
        ({"key": "of-it" * 2000}, 422),
        ({"key": ["of-it"]}, 422),
        ({"keys": "of-it"}, 422),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(own, body, status):
    with running(Settings(**own)) as address, client(address, headers=SENT) as http:
        refused = http.put("/api/v1/connections/openai/key", json=body)
        assert refused.status_code == status
        assert "of it" not in refused.text
        assert "of-it" not in refused.text
        assert http.put("/api/v1/connections/nobody/key", json={"key": KEY}).status_code == 404


def test_the_menu_says_that_there_is_no_model_and_where_to_connect_one(own):
    with running(Settings(**own)) as address, client(address, headers={"Accept": "text/html"}) as http:
        wait_until(lambda: "No AI model: quoting only" in http.get("/").text)
        assert 'href="/settings/models/connect"' in http.get("/").text
        assert http.get("/api/v1/models", headers={"Accept": "application/json"}).json()["connected"] is False
        assert "No AI model: quoting only" in http.get("/settings/models/connect").text
    with (
        lm_studio("qwen2.5-7b-instruct") as program,
        running(Settings(**{**own, "lmstudio_base_url": program})) as address,
        client(address, headers={"Accept": "text/html"}) as http,
    ):
        page = http.get("/settings/models/connect").text
        assert "lmstudio/qwen2.5-7b-instruct</strong>: an LM Studio runs here" in page
        assert "No AI model" not in http.get("/").text


def test_a_download_is_shown_agreed_to_and_told_of(own, monkeypatch):
    with hub_of(WRITER, {"tea-q4_k_m.gguf": b"GGUF" + bytes(1000)}, license="apache-2.0") as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.environment["HF_ENDPOINT"])
        with running(Settings(**own)) as address, client(address, headers=SENT) as http:
            offers = {row["name"]: row for row in http.get("/api/v1/offers").json()}
            assert sum(row["suits"] for row in offers.values()) == 1
            assert not any(row["here"] for row in offers.values())
            assert http.get("/api/v1/download").json() is None
            shown = http.post("/api/v1/offers/writer-1.5b/inspect").json()
            assert shown["licence"] == "apache-2.0"
            assert shown["files"][0]["checksum"].startswith("SHA-256 ")
            assert hub.asked == []
            download = "/api/v1/offers/writer-1.5b/download"
            assert http.post(download, json={"revision": "another"}).status_code == 409
            assert hub.asked == []
            assert http.post(download, json={"revision": shown["revision"]}).status_code == 202
            wait_until(lambda: http.get("/api/v1/download").json()["status"] != "running")
            state = http.get("/api/v1/download").json()
            assert state["status"] == "done", state
            assert state["setting"] == "model"
            assert state["value"] == "local/tea-q4_k_m"
            assert http.get("/api/v1/offers").json()[0]["here"]
            assert http.post("/api/v1/offers/nothing/inspect").status_code == 404


def test_a_download_that_fails_says_why_and_the_next_goes_on_with_it(own, monkeypatch):
    with hub_of(WRITER, {"tea-q4_k_m.gguf": b"GGUF" + bytes(1000)}, license="apache-2.0") as hub:
        hub.cut = 0
        monkeypatch.setenv("HF_ENDPOINT", hub.environment["HF_ENDPOINT"])
        with running(Settings(**own)) as address, client(address, headers=SENT) as http:
            download = "/api/v1/offers/writer-1.5b/download"
            http.post(download, json={"revision": "c0ffee"})
            wait_until(lambda: http.get("/api/v1/download").json()["status"] != "running")
            state = http.get("/api/v1/download").json()
            assert state["status"] == "failed"
            assert "cannot be reached" in state["message"]
            assert state["hint"]
            hub.cut = None
            http.post(download, json={"revision": "c0ffee"})
            wait_until(lambda: http.get("/api/v1/download").json()["status"] == "done")
            assert http.delete("/api/v1/download").status_code == 204
