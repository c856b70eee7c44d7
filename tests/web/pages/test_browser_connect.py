"""Settings › Models › Connect in a browser: a key, what came of it, and one question both ways."""

import shutil

import pytest
from support.browser import assert_accessible, assert_fits, expect
from support.providers import lm_studio, refusing
from support.running_server import running
from support.served_script import serving

from wellread import kept_keys
from wellread.settings import Settings

KEY = "wr-test-8Jq2mZ0c5Tn7Xb1L"
NOBODY = "http://127.0.0.1:9"
SCRIPT = '[[reply]]\nrole = "text"\ntext = "Books let you think with other heads."\ntimes = 0\n'


@pytest.fixture
def own(mentor_home, tmp_path, monkeypatch):
    for name in ("OPENAI", "ANTHROPIC", "OPENROUTER"):
        monkeypatch.delenv(f"{name}_API_KEY", raising=False)
    home = shutil.copytree(mentor_home, tmp_path / "home")
    return {
        "home": home,
        "embedder": "none",
        "model_tries": 1,
        "ollama_base_url": NOBODY,
        "lmstudio_base_url": NOBODY,
    }


def test_the_menu_leads_to_the_page_and_a_refused_key_is_kept_only_on_demand(own, visit):
    with refusing() as provider, running(Settings(**own, openai_base_url=f"{provider}/v1")) as address:
        page = visit(f"{address}/settings/models/connect", width=390)
        assert_accessible(page)
        assert_fits(page)
        row = page.locator("[data-provider=openai]")
        row.get_by_label("Key of OpenAI").fill(KEY)
        row.get_by_role("button", name="Connect").click()
        expect(row).to_contain_text("refuses the key", timeout=30_000)
        expect(row).to_contain_text("The key was not kept.")
        assert_fits(page)
        assert not (own["home"] / "keys.toml").exists()
        row.get_by_role("button", name="Keep it all the same").click()
        expect(row).to_contain_text("by a key that is kept here", timeout=30_000)
        assert kept_keys.read(own["home"]) == {"openai": KEY}
        assert KEY not in page.content()
        row.get_by_role("button", name="Remove the key").click()
        page.get_by_role("dialog").get_by_role("button", name="Remove").click()
        expect(row.get_by_label("Key of OpenAI")).to_be_visible()
        assert not (own["home"] / "keys.toml").exists()


def test_with_nothing_connected_the_menu_says_so(own, visit):
    with running(Settings(**own)) as address:
        page = visit(f"{address}/settings/models/connect")
        expect(page.locator(".notice").first).to_have_text("No AI model: quoting only")
        page.goto(address)
        expect(page.locator("[data-model] option")).to_have_text(["No AI model: quoting only"])
        page.locator("[data-model]").focus()
        page.wait_for_timeout(300)
        expect(page.locator("[data-model] option")).to_have_text(["No AI model: quoting only"])
        page.get_by_role("link", name="Connect one").click()
        expect(page.get_by_role("heading", name="Connect", exact=True)).to_be_visible()


def test_a_question_is_answered_both_ways(own, visit):
    with lm_studio("phi-4-mini") as program, serving(SCRIPT) as script:
        settings = Settings(
            **{**own, "lmstudio_base_url": program}, model="openai/x", openai_base_url=f"{script.address}/v1"
        )
        with running(settings) as address:
            page = visit(f"{address}/settings/models/connect")
            page.locator("[data-both-ways] select").evaluate("(s) => s.append(new Option('openai/x'))")
            page.get_by_label("Question").fill("What is leadership?")
            page.locator("[data-both-ways] select").select_option("openai/x")
            page.get_by_role("button", name="Ask both ways").click()
            quoted, written = (page.locator(f"[data-side={side}]") for side in ("extractive", "model"))
            expect(quoted).to_contain_text("No language model wrote this", timeout=60_000)
            expect(written).to_contain_text("think with other heads", timeout=60_000)
            page.locator("[data-use='lmstudio/phi-4-mini']").click()
            expect(page.locator("[data-provider=lmstudio]")).to_contain_text("used when none is named")
            assert 'model = "lmstudio/phi-4-mini"' in (own["home"] / "settings.toml").read_text()
