"""What a run may spend: the smaller of what is asked for and what the settings allow."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.running_server import client, running

from wellread.agent.state.budget import budget_for
from wellread.settings import Settings
from wellread.wire.runs import RunLimits

SETTINGS = Settings(home=Path("nowhere"))
AMOUNTS = {"seconds": st.floats(0.001, 1e12), "cost": st.floats(0.001, 1e12)}
WHOLE = {"input_tokens": st.integers(1, 10**15), "output_tokens": st.integers(1, 10**15)}
LIMITS = st.fixed_dictionaries({}, optional={"steps": st.integers(1, 100), **AMOUNTS, **WHOLE})


@given(asked=LIMITS, mode=st.sampled_from(["quick", "deep"]))
def test_no_wish_raises_a_limit_and_every_smaller_one_holds(asked, mode):
    budget = budget_for(mode, SETTINGS, RunLimits(**asked), with_model=True)
    for name in ("steps", "seconds", "input_tokens", "output_tokens", "cost"):
        allowed, held = getattr(SETTINGS, f"{mode}_{name}"), getattr(budget, name)
        limits = [limit for limit in (allowed, asked.get(name)) if limit is not None]
        assert held == (min(limits) if limits else None), name


def test_without_a_model_the_settings_limit_the_steps_only():
    budget = budget_for("quick", SETTINGS, RunLimits(steps=100, seconds=7), with_model=False)
    assert (budget.steps, budget.seconds, budget.cost) == (SETTINGS.quick_steps, 7, None)


@pytest.mark.parametrize("name", ["seconds", "cost"])
@pytest.mark.parametrize("value", [math.inf, math.nan, -1, 0])
def test_a_limit_is_a_finite_number_above_nothing(name, value):
    with pytest.raises(ValidationError):
        RunLimits(**{name: value})


@pytest.mark.parametrize(
    "limits", ['{"cost": Infinity}', '{"seconds": 1e999}', '{"cost": NaN}', '{"steps": 101}']
)
def test_the_server_refuses_what_is_endless(mentor_home, limits):
    with running(Settings(home=mentor_home, embedder="none")) as address, client(address) as http:
        body = f'{{"question": "Why?", "limits": {limits}}}'
        refused = http.post("/api/v1/runs", content=body, headers={"Content-Type": "application/json"})
        assert refused.status_code == 422
        assert "limits" in refused.json()["errors"][0]["field"]


def test_a_caller_who_asks_for_more_gets_what_the_settings_allow(mentor_home):
    settings = Settings(home=mentor_home, embedder="none", model="extractive", deep_steps=5)
    with running(settings) as address, client(address) as http:
        asked = {"question": "What is leadership?", "mode": "deep", "limits": {"cost": 1e9, "steps": 100}}
        run = http.post("/api/v1/runs", json=asked).json()
        events = http.get(f"/api/v1/runs/{run['run_id']}/events", headers={"Accept": "application/json"})
        assert events.json()[0]["budget"]["steps"] == 5
