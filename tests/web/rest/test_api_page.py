"""docs/api.md: its examples run, one after the other, and its table has every operation."""

import os
import re
import shutil
import subprocess

import pytest
from support.paths import DOCS
from support.running_server import running

from wellread.settings import Settings

PAGE = (DOCS / "api.md").read_text(encoding="utf-8")


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl or jq is not here")
def test_the_examples_run(demo_home, tmp_path):
    examples = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) >= 7
    printed = []
    with running(Settings(home=demo_home, model="extractive")) as address:
        for example in examples:
            ran = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", example],
                cwd=tmp_path,
                env={**os.environ, "WELLREAD": address},
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert ran.returncode == 0, example + ran.stdout + ran.stderr
            printed.append(ran.stdout)
    begun, twice, watched, listed, run, cancelled, opened, kept = printed
    assert begun == ""
    assert twice.strip() == "1"
    assert watched.startswith("1 run.started")
    assert watched.strip().endswith("run.completed")
    assert int(listed) == len(watched.splitlines()) - 2
    assert "delegation" in run.lower()
    assert '"state": "completed"' in run
    assert cancelled.strip() == "completed"
    assert "Steady Hands" in opened
    assert "«" in opened
    assert "Delegation" in kept
    assert "@book" in kept
    assert kept.strip().endswith("204")
