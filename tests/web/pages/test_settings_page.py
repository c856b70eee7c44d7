"""The pages of settings: who may open which, what they tell, and trying a model."""

import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from support.running_server import client, running
from support.served_script import serving

from wellread import settings as wellread_settings
from wellread.client import Client
from wellread.settings import Settings
from wellread.store.accounts.accounts import AccountStore
from wellread.store.accounts.passwords import Passwords
from wellread.store.backup.opening import open_database
from wellread.store.disk_usage import measure
from wellread.web.pages.templating import size_in

PAGE = {"Accept": "text/html"}
TRY = "/api/v1/models/try"
ADMINS = ["models", "budgets", "appearance", "tokens", "accounts", "storage", "usage", "advanced"]
READERS = ["appearance", "tokens", "usage"]
HOSTILE = "<script>alert(1)</script>\" onx='"
SCRIPT = """
[[reply]]
role = "text"
text = "Books let you think with other people's heads."
times = 9
"""


class Served:
    """A server with an admin and two readers, each with a token of a name that would act."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.address = ""
        self.tokens: dict[str, str] = {}
        cheap = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        with closing(open_database(home / "wellread.db")) as database:
            accounts = AccountStore(database, passwords=cheap)
            for name in ("admin", "reader", "other"):
                account = accounts.add(f"{name} <b>", "four words in a row")
                self.tokens[name] = accounts.add_token(account.account_id, f"{HOSTILE} {name}")[1]

    def client(self, name):
        return client(self.address, headers={"Authorization": f"Bearer {self.tokens[name]}", **PAGE})


@pytest.fixture(scope="module")
def model():
    with serving("tokens_per_second = 400\n" + SCRIPT) as served:
        yield served


@pytest.fixture(scope="module")
def served(mentor_home, model, tmp_path_factory):
    server = Served(Path(shutil.copytree(mentor_home, tmp_path_factory.mktemp("served") / "home")))
    settings = Settings(
        home=server.home,
        embedder="none",
        model="extractive",
        model_tries=1,
        openai_base_url=f"{model.address}/v1",
        judge="words",
        google_base_url="https://name:secret-word@proxy.test/v1?key=secret-word",
        ollama_base_url="http://127.0.0.1:9",
    )
    with running(settings) as server.address:
        yield server


@pytest.fixture
def admin(served):
    with served.client("admin") as http:
        yield http


@pytest.fixture
def reader(served):
    with served.client("reader") as http:
        yield http


def sections(text):
    return re.findall(r'href="/settings/(\w+)"', text)


# Who may open what


def test_everybody_sees_what_they_may_change_and_nothing_else(admin, reader):
    for http, shown in ((admin, ADMINS), (reader, READERS)):
        assert http.get("/settings").headers["location"] == f"/settings/{shown[0]}"
        for section in ADMINS:
            page = http.get(f"/settings/{section}")
            assert page.status_code == (200 if section in shown else 403), section
            if section in shown:
                assert sections(page.text) == shown
                assert re.findall(r'href="/settings/(\w+)" aria-current="page"', page.text) == [section]


def test_without_a_login_there_are_no_settings(served):
    with client(served.address, headers=PAGE) as http:
        for path in ("", *(f"/{section}" for section in ADMINS)):
            assert http.get(f"/settings{path}").headers["location"].startswith("/login?next=")


def test_an_open_server_has_no_accounts_and_says_that_no_token_is_needed(mentor_home):
    with (
        running(Settings(home=mentor_home, embedder="none")) as address,
        client(address, headers=PAGE) as http,
    ):
        page = http.get("/settings/tokens").text
        assert sections(page) == [section for section in ADMINS if section != "accounts"]
        assert "programs on this machine need no token" in page
        assert f'base_url="{address}/v1"' in unescape(page)
        assert "data-new-token" not in page
        assert http.get("/settings/accounts").status_code == 404


def test_tokens_are_the_callers_own_and_their_names_do_nothing(reader):
    page = reader.get("/settings/tokens").text
    assert f"{HOSTILE} reader" in unescape(page)
    assert f"{HOSTILE} other" not in unescape(page)
    assert "<script>alert" not in page
    assert "\" onx='" not in page
    made = reader.post("/api/v1/tokens", json={"name": "notebook"}).json()
    page = reader.get("/settings/tokens").text
    assert made["token"] not in page
    assert f'data-remove="/api/v1/tokens/{made["token_id"]}"' in page


def test_accounts_are_listed_with_a_way_to_remove_all_but_ones_own(admin):
    page = admin.get("/settings/accounts").text
    assert page.count("&lt;b&gt;</strong>") == 3
    assert page.count("data-remove=") == 2


# Settings


def test_every_setting_is_on_one_page_with_what_it_does(admin):
    pages = {section: admin.get(f"/settings/{section}").text for section in ("models", "budgets", "advanced")}
    for row in wellread_settings.rows():
        fields = [s for s, page in pages.items() if f'data-setting="{row.name}"' in page]
        told = [s for s, page in pages.items() if f"<dt><code>{row.name}</code></dt>" in page]
        assert (len(fields), len(told)) == ((1, 0) if row.live else (0, 1)), row.name
        [page] = [pages[section] for section in fields + told]
        assert " ".join(row.sentence.replace("`", "").split()) in unescape(re.sub(r"</?code>", "", page))
    assert 'name="quick_seconds" value="300"' in pages["budgets"]
    assert "secret-word" not in "".join(pages.values())
    assert "https://***@proxy.test/v1?***" in pages["advanced"]


def test_what_the_environment_sets_cannot_be_edited(admin, monkeypatch):
    monkeypatch.setenv("WELLREAD_DEEP_STEPS", "9")
    page = admin.get("/settings/budgets").text
    [field] = re.findall(r'<input id="setting-deep_steps"[^>]*>', page)
    assert " disabled" in field
    assert "Set by the environment variable WELLREAD_DEEP_STEPS" in page


def test_a_model_that_cannot_be_is_told_with_its_setting(admin):
    refused = admin.patch("/api/v1/settings", json={"quick_steps": 3, "writer_model": "nobody/x"})
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith("writer_model: ")


def test_a_browser_keeps_the_appearance(reader):
    for theme, shown in (
        ("dark", ' data-theme="dark"'),
        ("light", ' data-theme="light"'),
        ('"><b', ""),
        ("", ""),
    ):
        page = reader.get("/settings/appearance", headers={"Cookie": f"wellread_theme={theme}"}).text
        [root] = re.findall(r'<html lang="\w+" dir="ltr"([^>]*)>', page)
        assert root == shown
        checked = re.findall(r'name="theme" value="(\w*)" checked', page)
        assert checked == [theme if shown else ""]


# Models


def test_the_models_are_listed_without_their_keys(admin, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret-word")
    page = unescape(admin.get("/settings/models").text)
    assert "Questions that name no model go to <strong>extractive</strong>" in page
    assert "Set OPENROUTER_API_KEY in the environment" in page
    assert "secret-word" not in page


def test_trying_a_model_tells_seconds_and_tokens_or_what_is_wrong(served):
    with Client(served.address, served.tokens["admin"]) as wellread:
        tried = wellread.try_model("openai/gpt-4.1")
    structured, streamed = tried.trials
    assert tried.model == "openai/gpt-4.1"
    assert tried.context_tokens > 1000
    assert not structured.worked  # the script has no such reply
    assert structured.said
    assert streamed.worked
    assert streamed.said.startswith("Books let you think")
    assert streamed.usage.output_tokens > 0
    assert 0 <= streamed.first_seconds <= streamed.seconds


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("extractive", 400),
        ("auto", 400),
        ("nobody/x", 400),
        ("", 400),
        ("local//nowhere.gguf", 404),
        ("x" * 301, 422),
    ],
)
def test_what_cannot_be_tried_is_refused_with_what_to_do(admin, name, status):
    refused = admin.post(TRY, json={"model": name})
    assert refused.status_code == status
    assert refused.json()["hint"]


def test_only_an_admin_tries_models_and_one_at_a_time(admin, reader, served):
    assert reader.post(TRY, json={"model": "openai/gpt-4.1"}).status_code == 403
    with serving("tokens_per_second = 4\n" + SCRIPT) as slow:
        settings = Settings(
            home=served.home,
            embedder="none",
            judge="words",
            model_tries=1,
            openai_base_url=f"{slow.address}/v1",
        )
        headers = {"Authorization": f"Bearer {served.tokens['admin']}"}
        with (
            running(settings) as address,
            client(address, headers=headers) as http,
            ThreadPoolExecutor(1) as pool,
        ):
            first = pool.submit(http.post, TRY, json={"model": "openai/gpt-4.1"})
            until(lambda: slow.script.requests)
            second = http.post(TRY, json={"model": "openai/gpt-4.1"})
            assert second.status_code == 429
            assert int(second.headers["retry-after"]) > 0
            assert first.result().status_code == 200


def until(true):
    for _ in range(200):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come true")


# Storage and usage


def test_the_room_is_counted_by_part_and_given_up_in_time(tmp_path):
    for name, size in {
        "wellread.db": 5,
        "wellread.db-wal": 2,
        "settings.toml": 1,
        "files/ab/abc": 10,
        "index/a/b/c": 20,
        "database/x": 3,
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    (tmp_path / "files" / "link").symlink_to("/etc/passwd")
    found = measure(tmp_path)
    assert found.parts["files"] < 10 + 50  # the link itself, not what it leads to
    assert {**found.parts, "files": 10} == {"database": 7, "files": 10, "index": 20, "other": 4}
    assert found.complete
    for n in range(600):
        (tmp_path / "index" / str(n)).touch()
    assert not measure(tmp_path, seconds=0.0).complete


def test_sizes_are_told_in_the_readers_language():
    assert [size_in("en", n) for n in (0, 999, 1000, 999_499, 999_500, 12_345_678, 5 * 10**12)] == [
        "0 byte",
        "999 byte",
        "1.0 kB",
        "999 kB",
        "1.0 MB",
        "12.3 MB",
        "5.0 TB",
    ]
    assert size_in("de", 1500) == "1,5 kB"


def test_the_storage_is_told(admin, served):
    page = admin.get("/settings/storage").text
    assert "<dt>Titles</dt><dd>2</dd>" in page
    assert re.search(r"<th scope=\"row\">Database</th>.*?\d [kM]B", page)
    assert str(served.home) in page
    assert "search is by keyword only" in page


def test_usage_is_ones_own_and_everybodys_for_an_admin(admin, reader):
    begun = reader.post("/api/v1/runs", json={"question": "What is leadership?"})
    reader.get(f"{begun.headers['location']}/events")
    page = reader.get("/settings/usage").text
    assert "<dt>Questions</dt><dd>1</dd>" in page
    assert '<th scope="row" dir="ltr">extractive</th>' in page
    assert "$0.00" in page
    assert "Everybody" not in page
    assert reader.get("/settings/usage?caller=all").status_code == 403
    assert "Nothing was asked in these days." in admin.get("/settings/usage").text
    everybodys = admin.get("/settings/usage?caller=all&days=7").text
    assert int(re.search(r"<dt>Questions</dt><dd>(\d+)</dd>", everybodys)[1]) >= 1
    assert reader.get("/settings/usage?days=0").status_code == 404
